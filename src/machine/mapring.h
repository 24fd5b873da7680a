/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ring of records, as ring buffers and the CPUs' buffers of perf event arrays have: any number of producers, one consumer.
 *
 *	[ length, BUSY or DISCARDED ][ the record, up to 8 bytes ] ...
 *
 * A record is reserved under the lock, written without it, and then no more BUSY: the consumer waits at one that is. A record
 * lies in one piece even where the ring ends, as there is room for another ring's length behind it.
 */
#ifndef MACHINE_MAPRING_H
#define MACHINE_MAPRING_H

#include "machine/mapimpl.h"

#define MAPRING_HEAD_BYTES 192 /* of struct mapring, before its data */

struct mapring {
	u64 consumed; /* bytes, ever */
	u32 consumer; /* a lock: who reads */
	u64 produced __attribute__((aligned(64)));
	u32 producer; /* a lock: who reserves */
	u64 lost __attribute__((aligned(64)));
};
_Static_assert(sizeof(struct mapring) <= MAPRING_HEAD_BYTES, "a ring's data begin behind its head");

struct mapring_record {
	u32 length; /* and BPF_RINGBUF_BUSY_BIT, BPF_RINGBUF_DISCARD_BIT */
	u32 unused;
	u8 data[];
};

/* Bytes that a ring takes whose records have up to size bytes in all, a power of two. */
static inline u64 mapring_bytes(u64 size)
{
	return MAPRING_HEAD_BYTES + 2 * size;
}

/* The record, busy; NULL if there is no room, which is counted. */
struct mapring_record *mapring_reserve(struct mapring *r, u64 size, u64 length, u32 owner);
void mapring_commit(struct mapring_record *rec, bool discard);
s64 mapring_consume(struct mapring *r, u64 size, u32 cpu,
		    int (*fn)(void *arg, u32 cpu, const void *data, size_t len), void *arg);

#endif
