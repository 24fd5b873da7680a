/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reading end of a BPF ring buffer. */
#ifndef KERNEL_RING_H
#define KERNEL_RING_H

#include "engine/engine.h"

struct ring {
	int fd;        /* the map's, owned by libbpf; -1: no ring */
	u64 size, pos; /* bytes; how far we have read since the beginning */
	/* The published position stays one record behind, so that no writer wakes us. */
	bool hold;
	bool blocked; /* the last look ended at a record that is still being written */
	size_t page;
	void *consumer_page; /* ours to write */
	void *producer_page; /* the kernel's */
	u64 *consumer, *producer;
	u8 *view; /* the part of the data that is mapped: this many bytes from this offset */
	size_t view_len;
	u64 view_at;
};

/* Maps the ring of a map of `size` bytes. 0 or -errno; r->fd is -1 after a failure. */
int ring_open(struct ring *r, int fd, u32 size);
void ring_close(struct ring *r);
/* Hands over the records that are there on entry; the number of them, or -errno. */
int ring_consume(struct ring *r, engine_event_fn fn, void *arg);
/* Tells the kernel all that was read, hold or not. */
void ring_publish(struct ring *r);

#endif
