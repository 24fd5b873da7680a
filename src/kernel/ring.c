/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reading end of a BPF ring buffer, mapped as Documentation/bpf/ringbuf.rst has it:
 *
 *	map offset 0      consumer page   our position, in bytes since the beginning
 *	page              producer page   the kernel's position
 *	2 * page          data, mapped twice in a row, so that no record is ever split
 *
 * A record is { u32 length; u32 page offset; bytes }, padded to 8. The length's top bit says that the
 * writer is not done yet: reading stops there, and the kernel wakes us when it is. The next bit says
 * that the record was given up.
 *
 * Our position is published once per BATCH bytes rather than per record: it shares a cache line with
 * every writer. A writer wakes us only if it sees that we had read up to its record; a position published
 * late cannot lose that wake-up, because epoll tells of a ring that is not empty, not of its filling.
 */
#include "kernel/ring.h"

#include <errno.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#define BATCH (64u << 10)
#define HEADER 8u

int ring_open(struct ring *r, int fd, u32 size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *map;

	*r = (struct ring){ .fd = -1, .page = page, .mask = size - 1 };
	map = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	r->consumer_page = map;
	r->consumer = map;

	r->producer_len = page + 2 * (size_t)size;
	map = mmap(NULL, r->producer_len, PROT_READ, MAP_SHARED, fd, (off_t)page);
	if (map == MAP_FAILED) {
		int err = errno;

		ring_close(r);
		return -err;
	}
	r->producer_page = map;
	r->producer = map;
	r->data = (const u8 *)map + page;
	r->fd = fd;
	return 0;
}

void ring_close(struct ring *r)
{
	if (r->consumer_page)
		munmap(r->consumer_page, r->page);
	if (r->producer_page)
		munmap(r->producer_page, r->producer_len);
	*r = (struct ring){ .fd = -1 };
}

int ring_consume(struct ring *r, engine_event_fn fn, void *arg)
{
	u64 pos, end, published;
	int count = 0;

	if (r->fd < 0)
		return 0;
	pos = published = *r->consumer;
	end = __atomic_load_n(r->producer, __ATOMIC_ACQUIRE);
	while (pos < end) {
		const u8 *record = r->data + (pos & r->mask);
		u32 head = __atomic_load_n((const u32 *)(const void *)record, __ATOMIC_ACQUIRE);
		u32 len = head & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
		bool stop = false;

		if (head & BPF_RINGBUF_BUSY_BIT)
			break;
		if (!(head & BPF_RINGBUF_DISCARD_BIT)) {
			stop = fn(arg, record + HEADER, len) != 0;
			count++;
		}
		pos += ((u64)len + HEADER + 7) & ~7ull;
		if (stop)
			break;
		if (pos - published >= BATCH) {
			__atomic_store_n(r->consumer, pos, __ATOMIC_RELEASE);
			published = pos;
		}
	}
	__atomic_store_n(r->consumer, pos, __ATOMIC_SEQ_CST);
	return count;
}
