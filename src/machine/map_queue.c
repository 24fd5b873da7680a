/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queues and stacks: a ring with a place more than entries, so that full and empty differ. A queue takes from the tail, a
 * stack from the head; what has to go for a new one, with BPF_EXIST, is in both the oldest.
 */
#include "machine/mapimpl.h"

struct common {
	u32 lock;
	u32 head, tail; /* where the next goes, where the oldest is */
};

static struct common *common_of(struct map *m)
{
	return (struct common *)(void *)m->store.base;
}

static u8 *place(struct map *m, u32 i)
{
	return m->store.base + 64 + (u64)i * m->value_stride;
}

static u32 next_place(const struct map *m, u32 i)
{
	return i == m->spec.max_entries ? 0 : i + 1;
}

static int queue_push(struct map *m, const void *value, u64 flags)
{
	struct common *c = common_of(m);
	u32 after;
	int err = 0;

	if (flags & BPF_NOEXIST || flags > BPF_EXIST)
		return -EINVAL;
	maplock_take(&c->lock, m->owner);
	after = next_place(m, c->head);
	if (after == c->tail && !flags) {
		err = -E2BIG;
	} else {
		if (after == c->tail)
			c->tail = next_place(m, c->tail);
		memcpy(place(m, c->head), value, m->spec.value_size);
		c->head = after;
	}
	maplock_release(&c->lock);
	return err;
}

static int queue_take(struct map *m, void *value, bool and_delete)
{
	struct common *c = common_of(m);
	bool is_stack = m->spec.type == BPF_MAP_TYPE_STACK;
	u32 last;

	maplock_take(&c->lock, m->owner);
	if (c->head == c->tail) {
		maplock_release(&c->lock);
		memset(value, 0, m->spec.value_size);
		return -ENOENT;
	}
	last = c->head ? c->head - 1 : m->spec.max_entries;
	memcpy(value, place(m, is_stack ? last : c->tail), m->spec.value_size);
	if (and_delete && is_stack)
		c->head = last;
	else if (and_delete)
		c->tail = next_place(m, c->tail);
	maplock_release(&c->lock);
	return 0;
}

static int queue_pop(struct map *m, void *value)
{
	return queue_take(m, value, true);
}

static int queue_peek(struct map *m, void *value)
{
	return queue_take(m, value, false);
}

static int queue_read(struct map *m, const void *key, void *value, u64 flags)
{
	(void)key, (void)flags;
	return queue_take(m, value, false);
}

static int queue_write(struct map *m, const void *key, const void *value, u64 flags)
{
	(void)key;
	return queue_push(m, value, flags);
}

static u64 queue_count(struct map *m)
{
	struct common *c = common_of(m);
	u64 places = (u64)m->spec.max_entries + 1, n;

	maplock_take(&c->lock, m->owner);
	n = (c->head + places - c->tail) % places;
	maplock_release(&c->lock);
	return n;
}

static int queue_check(const struct map_spec *s, struct diag *d)
{
	if (!s->max_entries || s->key_size || !s->value_size)
		return map_refuse(s, d, -EINVAL, "it has values and entries, and no keys");
	if (map_check_flags(s, BPF_F_NUMA_NODE | MAP_ACCESS_FLAGS, d))
		return -EINVAL;
	if (s->value_size > MAP_MAX_VALUE)
		return map_refuse(s, d, -E2BIG, "its values are too large");
	return 0;
}

static int queue_open(struct map *m, struct diag *d)
{
	u64 size = 64;

	if (!mapstore_add(&size, (u64)m->spec.max_entries + 1, m->value_stride))
		return map_refuse(&m->spec, d, -E2BIG, "it would take more memory than a map may");
	return mapstore_open(&m->store, &m->spec, size, d);
}

const struct map_ops map_queue_ops = {
	.size = sizeof(struct map),
	.check = queue_check,
	.open = queue_open,
	.push = queue_push,
	.pop = queue_pop,
	.peek = queue_peek,
	.read = queue_read,
	.write = queue_write,
	.count = queue_count,
	.may_be_inner = true,
	.no_remove = -EINVAL,
	.no_next = -EINVAL,
};
