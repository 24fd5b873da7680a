/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reading end of a BPF ring buffer. */
#ifndef KERNEL_RING_H
#define KERNEL_RING_H

#include "engine/engine.h"

struct ring {
	int fd; /* the map's, owned by libbpf; -1: no ring */
	u64 mask;
	void *consumer_page; /* a page that is ours to write */
	void *producer_page; /* the kernel's page and twice the data, read-only */
	size_t page, producer_len;
	u64 *consumer, *producer;
	const u8 *data;
};

/* Maps the ring of a map of `size` bytes. 0 or -errno; r->fd is -1 after a failure. */
int ring_open(struct ring *r, int fd, u32 size);
void ring_close(struct ring *r);
/* Hands over the records that are there on entry; the number of them. */
int ring_consume(struct ring *r, engine_event_fn fn, void *arg);

#endif
