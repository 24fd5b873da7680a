/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stack traces: a table in which a stack's place, its id, is its hash. Two stacks of the same place do not both fit, as in the
 * kernel: the second is refused, or takes the place.
 */
#include "machine/mapimpl.h"

enum { MAX_DEPTH = 127 }; /* the kernel's perf_event_max_stack */

struct place {
	u32 lock;
	u32 hash;
	u32 count; /* addresses; 0: it is empty */
	u32 unused;
	u64 addresses[];
};

struct map_stack {
	struct map map;
	u32 places, depth;
};

static struct map_stack *stack_of(struct map *m)
{
	return (struct map_stack *)m;
}

static u64 place_bytes(const struct map_stack *s)
{
	return sizeof(struct place) + (u64)s->depth * 8;
}

static struct place *place_at(struct map_stack *s, u32 id)
{
	return (struct place *)(void *)(s->map.store.base + id * place_bytes(s));
}

static u32 hash_stack(const u64 *addresses, u32 count)
{
	u64 sum = count;

	for (u32 i = 0; i < count; i++) {
		sum = (sum ^ addresses[i]) * 0x9e3779b97f4a7c15;
		sum ^= sum >> 29;
	}
	return (u32)(sum ^ sum >> 32);
}

s64 map_stack_store(struct map *m, const u64 *addresses, u32 count, u64 flags)
{
	struct map_stack *s = stack_of(m);
	u32 hash, id;
	struct place *p;
	s64 result;

	if (m->spec.type != BPF_MAP_TYPE_STACK_TRACE ||
	    flags & ~(u64)(BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK | BPF_F_FAST_STACK_CMP |
			   BPF_F_REUSE_STACKID))
		return -EINVAL;
	if (!count)
		return -EFAULT;
	if (count > s->depth)
		count = s->depth;
	hash = hash_stack(addresses, count);
	id = hash & (s->places - 1);
	result = id;
	p = place_at(s, id);
	maplock_take(&p->lock, m->owner);
	if (p->count && p->hash == hash &&
	    (flags & BPF_F_FAST_STACK_CMP ||
	     (p->count == count && !memcmp(p->addresses, addresses, (size_t)count * 8)))) {
		maplock_release(&p->lock);
		return result;
	}
	if (p->count && !(flags & BPF_F_REUSE_STACKID)) {
		result = -EEXIST;
	} else {
		p->hash = hash;
		__atomic_store_n(&p->count, count, __ATOMIC_RELAXED);
		memcpy(p->addresses, addresses, (size_t)count * 8);
	}
	maplock_release(&p->lock);
	return result;
}

static int stack_read(struct map *m, const void *key, void *value, u64 flags)
{
	struct map_stack *s = stack_of(m);
	struct place *p;
	u32 id, count;

	(void)flags;
	memcpy(&id, key, sizeof(id));
	if (id >= s->places)
		return -ENOENT;
	p = place_at(s, id);
	maplock_take(&p->lock, m->owner);
	count = p->count;
	memcpy(value, p->addresses, (size_t)count * 8);
	maplock_release(&p->lock);
	if (!count)
		return -ENOENT;
	memset((u8 *)value + (size_t)count * 8, 0, m->spec.value_size - (size_t)count * 8);
	return 0;
}

static int stack_remove(struct map *m, const void *key)
{
	struct map_stack *s = stack_of(m);
	struct place *p;
	u32 id, count;

	memcpy(&id, key, sizeof(id));
	if (id >= s->places)
		return -E2BIG;
	p = place_at(s, id);
	maplock_take(&p->lock, m->owner);
	count = p->count;
	__atomic_store_n(&p->count, 0, __ATOMIC_RELAXED);
	maplock_release(&p->lock);
	return count ? 0 : -ENOENT;
}

static bool is_filled(struct map_stack *s, u32 id)
{
	return __atomic_load_n(&place_at(s, id)->count, __ATOMIC_RELAXED) != 0;
}

static int stack_next(struct map *m, const void *key, void *next)
{
	struct map_stack *s = stack_of(m);
	u32 id = 0;

	if (key) {
		memcpy(&id, key, sizeof(id));
		id = id < s->places && is_filled(s, id) ? id + 1 : 0;
	}
	while (id < s->places && !is_filled(s, id))
		id++;
	if (id >= s->places)
		return -ENOENT;
	memcpy(next, &id, sizeof(id));
	return 0;
}

static u64 stack_count(struct map *m)
{
	u64 n = 0;

	for (u32 id = 0; id < stack_of(m)->places; id++)
		n += is_filled(stack_of(m), id);
	return n;
}

static int stack_check(const struct map_spec *s, struct diag *d)
{
	if (map_check_flags(s, BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY, d))
		return -EINVAL;
	if (!s->max_entries || s->key_size != 4 || s->value_size < 8 || s->value_size % 8 ||
	    s->value_size / 8 > MAX_DEPTH)
		return map_refuse(
			s, d, -EINVAL,
			"stack traces have keys of 4 bytes and values of 1 to 127 addresses");
	return 0;
}

static int stack_open(struct map *m, struct diag *d)
{
	struct map_stack *s = stack_of(m);
	u64 size = 0;

	if (m->spec.max_entries > 1u << 31)
		return map_refuse(&m->spec, d, -E2BIG, "it has too many entries");
	s->depth = m->spec.value_size / 8;
	for (s->places = 1; s->places < m->spec.max_entries;)
		s->places <<= 1;
	if (!mapstore_add(&size, s->places, place_bytes(s)))
		return map_refuse(&m->spec, d, -E2BIG, "it would take more memory than a map may");
	return mapstore_open(&m->store, &m->spec, size, d);
}

const struct map_ops map_stack_ops = {
	.size = sizeof(struct map_stack),
	.check = stack_check,
	.open = stack_open,
	.remove = stack_remove,
	.read = stack_read,
	.next = stack_next,
	.count = stack_count,
	.may_be_inner = true,
	.no_write = -EINVAL,
};
