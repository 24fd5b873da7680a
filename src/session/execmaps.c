/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A perf event that counts nothing, on each CPU, with a ring of its own (perf_event_open(2)):
 *
 *	page 0         struct perf_event_mmap_page: data_head is the kernel's, data_tail ours
 *	pages 1 to 16  records, each { u32 type; u16 misc; u16 size } and so on, in multiples of 8 bytes
 *
 *	MMAP2  pid, tid, address, length, offset, major, minor, inode (2 words), protection, flags, path
 *	FORK   pid, parent's pid, tid, parent's tid, time
 */
#include "session/execmaps.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/reader.h"

enum { EXECMAPS_PAGES = 16, EXECMAPS_MAX_CPUS = 4096, EXECMAPS_RECORD = 8192 };

struct cpu_ring {
	int fd;
	struct perf_event_mmap_page *control;
	const u8 *data;
};

struct execmaps {
	int epoll;
	size_t page, data_size;
	struct cpu_ring *rings;
	u32 count;
	u8 record[EXECMAPS_RECORD]; /* one that the ring's end splits */
};

static int ring_open_event(int cpu, u32 wakeup)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.mmap = 1,
		.mmap2 = 1,
		.task = 1,
		.watermark = 1,
		.wakeup_watermark = wakeup,
	};

	return (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

/* false: this CPU is left out. */
static bool ring_open_cpu(struct execmaps *m, int cpu)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct cpu_ring r = { .fd = ring_open_event(cpu, (u32)(m->data_size / 2)) };
	void *at;

	if (r.fd < 0)
		return false;
	at = mmap(NULL, m->page + m->data_size, PROT_READ | PROT_WRITE, MAP_SHARED, r.fd, 0);
	if (at == MAP_FAILED || epoll_ctl(m->epoll, EPOLL_CTL_ADD, r.fd, &event)) {
		if (at != MAP_FAILED)
			munmap(at, m->page + m->data_size);
		close(r.fd);
		return false;
	}
	r.control = at;
	r.data = (const u8 *)at + m->page;
	m->rings[m->count++] = r;
	return true;
}

struct execmaps *execmaps_new(void)
{
	struct execmaps *m = calloc(1, sizeof(*m));
	int cpus = get_nprocs_conf();

	if (!m)
		arena_exhausted();
	cpus = cpus > EXECMAPS_MAX_CPUS ? EXECMAPS_MAX_CPUS : cpus;
	m->page = (size_t)sysconf(_SC_PAGESIZE);
	m->data_size = EXECMAPS_PAGES * m->page;
	m->rings = calloc((size_t)cpus, sizeof(*m->rings));
	if (!m->rings)
		arena_exhausted();
	m->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (int cpu = 0; cpu < cpus && m->epoll >= 0; cpu++) {
		/* ENODEV: this CPU is not online; anything else goes for all. */
		if (!ring_open_cpu(m, cpu) && errno != ENODEV)
			break;
	}
	if (m->count)
		return m;
	execmaps_free(m);
	return NULL;
}

void execmaps_free(struct execmaps *m)
{
	if (!m)
		return;
	for (u32 i = 0; i < m->count; i++) {
		munmap(m->rings[i].control, m->page + m->data_size);
		close(m->rings[i].fd);
	}
	if (m->epoll >= 0)
		close(m->epoll);
	free(m->rings);
	free(m);
}

int execmaps_fd(const struct execmaps *m)
{
	return m->epoll;
}

static void record_mapped(struct reader *r, const struct execmaps_events *events, void *arg)
{
	u32 pid = reader_u32(r);
	struct execmap map;
	size_t left;

	reader_u32(r);
	map.start = reader_u64(r);
	map.end = map.start + reader_u64(r);
	map.offset = reader_u64(r);
	map.major = reader_u32(r);
	map.minor = reader_u32(r);
	map.inode = reader_u64(r);
	reader_u64(r);
	reader_u64(r);
	left = reader_left(r);
	map.path = reader_bytes(r, left);
	if (!r->failed && left && map.path[0] == '/' && memchr(map.path, '\0', left))
		events->mapped(arg, pid, &map);
}

static void record_forked(struct reader *r, const struct execmaps_events *events, void *arg)
{
	u32 pid = reader_u32(r), parent = reader_u32(r);

	if (!r->failed && pid != parent)
		events->forked(arg, pid, parent);
}

static void ring_read(struct execmaps *m, const struct cpu_ring *ring,
		      const struct execmaps_events *events, void *arg)
{
	u64 head = __atomic_load_n(&ring->control->data_head, __ATOMIC_ACQUIRE);
	u64 tail = ring->control->data_tail;

	while (tail < head) {
		size_t at = (size_t)(tail % m->data_size), first = m->data_size - at;
		struct perf_event_header header;
		const u8 *record = ring->data + at;
		struct reader r;

		/* Headers are never split, since records are multiples of 8 bytes. */
		memcpy(&header, record, sizeof(header));
		if (header.size < sizeof(header) || header.size > head - tail)
			break;
		if (header.size > first && header.size <= sizeof(m->record)) {
			memcpy(m->record, record, first);
			memcpy(m->record + first, ring->data, header.size - first);
			record = m->record;
		}
		reader_init(&r, record + sizeof(header), header.size - sizeof(header));
		if (header.size > first && record != m->record)
			r.failed = true;
		else if (header.type == PERF_RECORD_MMAP2)
			record_mapped(&r, events, arg);
		else if (header.type == PERF_RECORD_FORK)
			record_forked(&r, events, arg);
		tail += header.size;
	}
	__atomic_store_n(&ring->control->data_tail, head, __ATOMIC_RELEASE);
}

void execmaps_read(struct execmaps *m, const struct execmaps_events *events, void *arg)
{
	for (u32 i = 0; i < m->count; i++)
		ring_read(m, &m->rings[i], events, arg);
}
