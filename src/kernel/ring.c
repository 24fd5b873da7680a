/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reading end of a BPF ring buffer, mapped as Documentation/bpf/ringbuf.rst has it:
 *
 *	map offset 0      consumer page   our position, in bytes since the beginning
 *	page              producer page   the kernel's position
 *	2 * page          data, mapped twice in a row, so that no record is ever split
 *
 * Mapping the ring's pages makes them count as our memory, and takes time; so of a large ring only a part
 * is mapped, which follows the reading.
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
#define VIEW (256u << 10)
#define HEADER 8u

static void *map_part(const struct ring *r, int prot, u64 offset, size_t len)
{
	void *at = mmap(NULL, len, prot, MAP_SHARED, r->fd, (off_t)offset);

	return at == MAP_FAILED ? NULL : at;
}

int ring_open(struct ring *r, int fd, u32 size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	*r = (struct ring){ .fd = fd, .page = page, .size = size };
	r->consumer_page = map_part(r, PROT_READ | PROT_WRITE, 0, page);
	if (r->consumer_page)
		r->producer_page = map_part(r, PROT_READ, page, page);
	if (!r->producer_page) {
		int err = errno;

		ring_close(r);
		return -err;
	}
	r->consumer = r->consumer_page;
	r->producer = r->producer_page;
	r->pos = *r->consumer;
	return 0;
}

void ring_close(struct ring *r)
{
	if (r->consumer_page)
		munmap(r->consumer_page, r->page);
	if (r->producer_page)
		munmap(r->producer_page, r->page);
	if (r->view)
		munmap(r->view, r->view_len);
	*r = (struct ring){ .fd = -1 };
}

/* Maps another part of the data: at least these bytes, and those that will be read next. */
static int move_view(struct ring *r, u64 at, u64 len)
{
	u64 from = at & ~(u64)(r->page - 1), end = (at + len + r->page - 1) & ~(u64)(r->page - 1);

	if (end < from + VIEW)
		end = from + VIEW;
	if (end > 2 * r->size)
		end = 2 * r->size;
	if (at + len > end)
		return -EINVAL;
	if (r->view)
		munmap(r->view, r->view_len);
	r->view = map_part(r, PROT_READ, 2 * r->page + from, (size_t)(end - from));
	r->view_at = from;
	r->view_len = r->view ? (size_t)(end - from) : 0;
	return r->view ? 0 : -errno;
}

/* len bytes of data at a position; NULL with errno if they cannot be mapped. */
static const u8 *see(struct ring *r, u64 pos, u64 len)
{
	u64 at = pos & (r->size - 1);

	if (at < r->view_at || at + len > r->view_at + r->view_len) {
		int err = move_view(r, at, len);

		if (err) {
			errno = -err;
			return NULL;
		}
	}
	return r->view + (at - r->view_at);
}

void ring_publish(struct ring *r)
{
	if (r->fd >= 0)
		__atomic_store_n(r->consumer, r->pos, __ATOMIC_SEQ_CST);
}

int ring_consume(struct ring *r, engine_event_fn fn, void *arg)
{
	u64 end, last, published;
	int count = 0;

	if (r->fd < 0)
		return 0;
	r->blocked = false;
	published = last = r->pos;
	end = __atomic_load_n(r->producer, __ATOMIC_ACQUIRE);
	while (r->pos < end) {
		const u8 *record = see(r, r->pos, HEADER);
		u32 head, len;
		bool stop = false;

		if (!record)
			return -errno;
		head = __atomic_load_n((const u32 *)(const void *)record, __ATOMIC_ACQUIRE);
		if (head & BPF_RINGBUF_BUSY_BIT) {
			r->blocked = true;
			break;
		}
		len = head & ~(u32)BPF_RINGBUF_DISCARD_BIT;
		record = see(r, r->pos, (u64)HEADER + len);
		if (!record)
			return -errno;
		if (!(head & BPF_RINGBUF_DISCARD_BIT)) {
			stop = fn(arg, record + HEADER, len) != 0;
			count++;
		}
		last = r->pos;
		r->pos += ((u64)len + HEADER + 7) & ~7ull;
		if (stop)
			break;
		if (r->pos - published >= BATCH) {
			published = r->hold ? last : r->pos;
			__atomic_store_n(r->consumer, published, __ATOMIC_RELEASE);
		}
	}
	if (!r->hold)
		ring_publish(r);
	else if (last != r->pos)
		__atomic_store_n(r->consumer, last, __ATOMIC_RELEASE);
	return count;
}
