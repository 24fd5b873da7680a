/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ring buffers, and user ring buffers, where the host produces and programs consume. The model is in mapring.h. */
#include "machine/mapring.h"

#include <unistd.h>

#define MAX_RECORD (UINT32_MAX / 4)

static struct mapring_record *record_at(struct mapring *r, u64 size, u64 position)
{
	return (struct mapring_record *)((u8 *)r + MAPRING_HEAD_BYTES + (position & (size - 1)));
}

static u64 room_of(u64 length)
{
	return (sizeof(struct mapring_record) + length + 7) & ~7ull;
}

struct mapring_record *mapring_reserve(struct mapring *r, u64 size, u64 length, u32 owner)
{
	struct mapring_record *rec = NULL;
	u64 end;

	if (length <= MAX_RECORD && room_of(length) <= size) {
		maplock_take(&r->producer, owner);
		end = r->produced + room_of(length);
		/* A byte always stays free, as in the kernel. */
		if (end - __atomic_load_n(&r->consumed, __ATOMIC_ACQUIRE) < size) {
			rec = record_at(r, size, r->produced);
			__atomic_store_n(&rec->length, (u32)length | BPF_RINGBUF_BUSY_BIT,
					 __ATOMIC_RELAXED);
			__atomic_store_n(&r->produced, end, __ATOMIC_RELEASE);
		}
		maplock_release(&r->producer);
	}
	if (!rec)
		__atomic_add_fetch(&r->lost, 1, __ATOMIC_RELAXED);
	return rec;
}

void mapring_commit(struct mapring_record *rec, bool discard)
{
	u32 length = __atomic_load_n(&rec->length, __ATOMIC_RELAXED) & ~BPF_RINGBUF_BUSY_BIT;

	__atomic_store_n(&rec->length, discard ? length | BPF_RINGBUF_DISCARD_BIT : length,
			 __ATOMIC_RELEASE);
}

/* The consumer's lock is held. */
static s64 consume(struct mapring *r, u64 size, u32 cpu,
		   int (*fn)(void *arg, u32 cpu, const void *data, size_t len), void *arg)
{
	u64 at = r->consumed;
	s64 n = 0;

	while (at < __atomic_load_n(&r->produced, __ATOMIC_ACQUIRE)) {
		struct mapring_record *rec = record_at(r, size, at);
		u32 head = __atomic_load_n(&rec->length, __ATOMIC_ACQUIRE);
		u32 length = head & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
		int err = 0;

		/* Longer than it can be: another process has written over shared memory. */
		if (head & BPF_RINGBUF_BUSY_BIT || room_of(length) > size)
			break;
		if (!(head & BPF_RINGBUF_DISCARD_BIT)) {
			err = fn(arg, cpu, rec->data, length);
			n++;
		}
		at += room_of(length);
		__atomic_store_n(&r->consumed, at, __ATOMIC_RELEASE);
		if (err < 0)
			return err;
	}
	return n;
}

s64 mapring_consume(struct mapring *r, u64 size, u32 cpu,
		    int (*fn)(void *arg, u32 cpu, const void *data, size_t len), void *arg)
{
	s64 n;

	if (!maplock_try(&r->consumer, (u32)getpid()))
		return -EBUSY;
	n = consume(r, size, cpu, fn, arg);
	maplock_release(&r->consumer);
	return n;
}

/* ---- the maps */

static struct mapring *ring_of(const struct map *m)
{
	return (struct mapring *)(void *)m->store.base;
}

static bool is_ring(const struct map *m)
{
	return m->spec.type == BPF_MAP_TYPE_RINGBUF || m->spec.type == BPF_MAP_TYPE_USER_RINGBUF;
}

void *map_ring_reserve(struct map *m, u64 size)
{
	struct mapring_record *rec;

	if (!is_ring(m))
		return NULL;
	rec = mapring_reserve(ring_of(m), m->spec.max_entries, size, m->owner);
	return rec ? rec->data : NULL;
}

static struct mapring_record *record_of(void *sample)
{
	return (struct mapring_record *)((u8 *)sample - sizeof(struct mapring_record));
}

void map_ring_submit(void *sample, u64 flags)
{
	(void)flags; /* nobody sleeps who would have to be woken */
	mapring_commit(record_of(sample), false);
}

void map_ring_discard(void *sample, u64 flags)
{
	(void)flags;
	mapring_commit(record_of(sample), true);
}

int map_ring_output(struct map *m, const void *data, u64 size, u64 flags)
{
	void *to;

	if (flags & ~(u64)(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP))
		return -EINVAL;
	to = map_ring_reserve(m, size);
	if (!to)
		return -EAGAIN;
	memcpy(to, data, size);
	map_ring_submit(to, flags);
	return 0;
}

u64 map_ring_query(struct map *m, u64 flags)
{
	struct mapring *r = ring_of(m);

	if (!is_ring(m))
		return 0;
	switch (flags) {
	case BPF_RB_AVAIL_DATA:
		return __atomic_load_n(&r->produced, __ATOMIC_ACQUIRE) -
		       __atomic_load_n(&r->consumed, __ATOMIC_ACQUIRE);
	case BPF_RB_RING_SIZE:
		return m->spec.max_entries;
	case BPF_RB_CONS_POS:
		return __atomic_load_n(&r->consumed, __ATOMIC_ACQUIRE);
	case BPF_RB_PROD_POS:
		return __atomic_load_n(&r->produced, __ATOMIC_ACQUIRE);
	default:
		return 0;
	}
}

static s64 ringbuf_consume(struct map *m,
			   int (*fn)(void *arg, u32 cpu, const void *data, size_t len), void *arg)
{
	return mapring_consume(ring_of(m), m->spec.max_entries, 0, fn, arg);
}

static u64 ringbuf_lost(const struct map *m)
{
	return __atomic_load_n(&ring_of(m)->lost, __ATOMIC_RELAXED);
}

static int ringbuf_check(const struct map_spec *s, struct diag *d)
{
	if (map_check_flags(s, BPF_F_NUMA_NODE, d))
		return -EINVAL;
	if (s->key_size || s->value_size)
		return map_refuse(s, d, -EINVAL, "a ring buffer has neither keys nor values");
	if (!s->max_entries || s->max_entries & (s->max_entries - 1) || s->max_entries % 4096)
		return map_refuse(s, d, -EINVAL,
				  "a ring buffer's bytes are a power of two and whole pages");
	return 0;
}

static int ringbuf_open(struct map *m, struct diag *d)
{
	return mapstore_open(&m->store, &m->spec, mapring_bytes(m->spec.max_entries), d);
}

const struct map_ops map_ring_ops = {
	.size = sizeof(struct map),
	.check = ringbuf_check,
	.open = ringbuf_open,
	.consume = ringbuf_consume,
	.lost = ringbuf_lost,
	.may_be_inner = true,
	.inner_same_count = true,
};
