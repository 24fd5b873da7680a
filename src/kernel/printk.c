/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records in the ring, of linux/perf_event.h, at positions modulo its size:
 *
 *	perf_event_header | u32 size | size bytes: common fields (8), u32 place of the string (offset, length << 16), string
 */
#include "kernel/printk.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/arena.h"
#include "kernel/tracefs.h"

#define PAGES 256 /* of records; a power of two */
#define COMMON 8  /* bytes of the fields that all tracepoints have */

struct printk {
	int fd;
	size_t page;
	struct perf_event_mmap_page *head; /* the ring is behind it */
	u8 record[65536];                  /* header's size has 16 bits */
};

static int open_event(void)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr) };
	struct instance k = { 0 };
	int id = tracefs_event_id(&k, "bpf_trace", "bpf_trace_printk");

	if (id < 0) {
		errno = -id;
		return -1;
	}
	attr.config = (__u64)(u32)id;
	attr.sample_type = PERF_SAMPLE_RAW;
	attr.sample_period = 1;
	attr.watermark = 1;
	attr.wakeup_watermark = 1u << 30; /* nobody waits for it */
	return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

struct printk *printk_open(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct printk *p;
	int fd = open_event();
	void *head;

	if (fd < 0)
		return NULL;
	head = mmap(NULL, (PAGES + 1) * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (head == MAP_FAILED) {
		close(fd);
		return NULL;
	}
	p = calloc(1, sizeof(*p));
	if (!p)
		arena_exhausted();
	p->fd = fd;
	p->page = page;
	p->head = head;
	return p;
}

void printk_close(struct printk *p)
{
	if (!p)
		return;
	munmap(p->head, (PAGES + 1) * p->page);
	close(p->fd);
	free(p);
}

static void copy(const struct printk *p, void *to, u64 at, size_t n)
{
	const u8 *ring = (const u8 *)p->head + p->page;
	u64 size = PAGES * p->page;
	u8 *out = to;

	for (size_t i = 0; i < n; i++)
		out[i] = ring[(at + i) & (size - 1)];
}

static void hand_over(const struct printk *p, size_t len,
		      void (*fn)(void *arg, const char *line, size_t len), void *arg)
{
	const u8 *data = p->record + sizeof(struct perf_event_header) + sizeof(u32);
	size_t left = len - (size_t)(data - p->record), n;
	u32 place;

	memcpy(&place, data + COMMON, sizeof(place));
	if ((place & 0xffff) > left || place >> 16 > left - (place & 0xffff))
		return;
	data += place & 0xffff;
	n = strnlen((const char *)data, place >> 16);
	if (n && data[n - 1] == '\n')
		n--;
	fn(arg, (const char *)data, n);
}

u64 printk_drain(struct printk *p, void (*fn)(void *arg, const char *line, size_t len), void *arg)
{
	u64 end = __atomic_load_n(&p->head->data_head, __ATOMIC_ACQUIRE), at = p->head->data_tail;
	u64 lost = 0;

	while (at < end) {
		struct perf_event_header *h = (void *)p->record;

		copy(p, h, at, sizeof(*h));
		if (h->size < sizeof(*h))
			break;
		copy(p, p->record, at, h->size);
		if (h->type == PERF_RECORD_SAMPLE &&
		    h->size >= sizeof(*h) + 2 * sizeof(u32) + COMMON)
			hand_over(p, h->size, fn, arg);
		else if (h->type == PERF_RECORD_LOST && h->size >= sizeof(*h) + 16)
			lost += *(const u64 *)(const void *)(p->record + sizeof(*h) + 8);
		at += h->size;
	}
	__atomic_store_n(&p->head->data_tail, end, __ATOMIC_RELEASE);
	return lost;
}
