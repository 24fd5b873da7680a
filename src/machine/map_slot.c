/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps whose values stand for something else: programs, maps, devices, CPUs, sockets, cgroups. Where that is found by its key is
 * an array or a hash map of slots, made for it; here is what may be put into a slot, and what comes out.
 *
 *	program arrays, arrays and hash maps of maps	items by map_slot_set()
 *	device, CPU, XDP socket maps			the value that the host wrote, or an item
 *	socket maps, cgroup arrays			items
 *
 * Readers take no lock: a slot's item is one word, and what was in it is let go of through the epoch.
 */
#include <stdlib.h>

#include "machine/mapimpl.h"

enum { MAX_SOCKHASH_KEY = 512, MAX_CPUMAP = 8192, MAX_CPU_QUEUE = 16384 };

struct slot {
	u64 item; /* an address; 0: the value counts, if there is one */
	u64 value;
	u64 is_filled;
};

struct map_slots {
	struct map map;
	struct map *table; /* of slots */
	u32 lock;          /* of writers */
	u64 count;
	const struct map_ops *inner; /* of maps of maps: what theirs are like */
	struct map_spec inner_spec;
};

static struct map_slots *slots_of(struct map *m)
{
	return (struct map_slots *)m;
}

static bool is_hash(const struct map *m)
{
	return m->ops == &map_hash_of_maps_ops || m->ops == &map_object_hash_ops ||
	       m->ops == &map_device_hash_ops;
}

static bool holds_maps(const struct map *m)
{
	return m->ops == &map_array_of_maps_ops || m->ops == &map_hash_of_maps_ops;
}

static bool holds_values(const struct map *m)
{
	return m->ops == &map_device_array_ops || m->ops == &map_device_hash_ops;
}

static struct slot *find(struct map *m, const void *key)
{
	struct map *table = slots_of(m)->table;

	return table->lookup(table, key, NULL);
}

static void *slot_get(struct map *m, const void *key)
{
	struct slot *s = find(m, key);
	u64 item = s ? __atomic_load_n(&s->item, __ATOMIC_ACQUIRE) : 0;

	if (item)
		return (void *)(uintptr_t)item;
	return s && __atomic_load_n(&s->is_filled, __ATOMIC_ACQUIRE) ? &s->value : NULL;
}

/* What a program gets: the map, the socket, or where the device's value is. */
static void *slot_lookup(struct map *m, const void *key, struct run *run)
{
	(void)run;
	return slot_get(m, key);
}

static void put_map(void *arg)
{
	map_put(arg);
}

/* The slot is not to be found any more, or has something else in it. */
static void let_go(struct map *m, u64 item)
{
	if (item && holds_maps(m))
		epoch_defer(m->spec.epoch, put_map, (void *)(uintptr_t)item);
}

/* Of hash maps the slot goes with what is in it. -ENOENT: it is empty. */
static int empty(struct map *m, const void *key)
{
	struct map_slots *t = slots_of(m);
	u64 item = 0;
	struct slot *s;
	int err = -ENOENT;

	maplock_take(&t->lock, m->owner);
	s = find(m, key);
	if (s && __atomic_load_n(&s->is_filled, __ATOMIC_RELAXED)) {
		item = __atomic_load_n(&s->item, __ATOMIC_RELAXED);
		if (!is_hash(m)) {
			__atomic_store_n(&s->is_filled, 0, __ATOMIC_RELEASE);
			__atomic_store_n(&s->item, 0, __ATOMIC_RELEASE);
		} else {
			map_delete(t->table, key);
		}
		t->count--;
		err = 0;
	}
	maplock_release(&t->lock);
	let_go(m, item);
	return err;
}

static int fill(struct map *m, const void *key, const struct slot *with, u64 flags)
{
	struct map_slots *t = slots_of(m);
	struct slot *s;
	u64 was = 0;
	int err = 0;

	maplock_take(&t->lock, m->owner);
	s = find(m, key);
	if (s && s->is_filled && flags == BPF_NOEXIST) {
		err = -EEXIST;
	} else if ((!s || !s->is_filled) && flags == BPF_EXIST && is_hash(m)) {
		err = -ENOENT;
	} else if (s) {
		t->count += !s->is_filled;
		__atomic_store_n(&s->value, with->value, __ATOMIC_RELAXED);
		was = __atomic_exchange_n(&s->item, with->item, __ATOMIC_ACQ_REL);
		__atomic_store_n(&s->is_filled, 1, __ATOMIC_RELEASE);
	} else {
		err = map_update(t->table, key, with, BPF_NOEXIST, NULL);
		t->count += !err;
	}
	maplock_release(&t->lock);
	let_go(m, was);
	return err;
}

static bool is_beyond(const struct map *m, const void *key)
{
	u32 index;

	if (is_hash(m))
		return false;
	memcpy(&index, key, sizeof(index));
	return index >= m->spec.max_entries;
}

static bool is_like_inner(const struct map_slots *t, const struct map *inner)
{
	const struct map_spec *a = &t->inner_spec, *b = &inner->spec;
	bool same_count = t->inner->inner_same_count && !(a->flags & BPF_F_INNER_MAP);

	return a->type == b->type && a->key_size == b->key_size && a->value_size == b->value_size &&
	       a->flags == b->flags && a->spin_lock == b->spin_lock && a->timer == b->timer &&
	       a->work == b->work && (!same_count || a->max_entries == b->max_entries);
}

static int slot_set(struct map *m, const void *key, void *item)
{
	struct slot s = { .item = (u64)(uintptr_t)item, .is_filled = 1 };
	int err;

	if (is_beyond(m, key))
		return -E2BIG;
	if (!item)
		return empty(m, key);
	if (holds_maps(m)) {
		if (!is_like_inner(slots_of(m), item))
			return -EINVAL;
		map_get(item);
	}
	err = fill(m, key, &s, BPF_ANY);
	if (err && holds_maps(m))
		map_put(item);
	return err;
}

/* A device's number, a CPU's length of queue, a socket's descriptor; the first two are none when 0. */
static int value_write(struct map *m, const void *key, const void *value, u64 flags)
{
	struct slot s = { .is_filled = 1 };
	u32 first;

	memcpy(&s.value, value, m->spec.value_size);
	memcpy(&first, value, sizeof(first));
	if (flags > BPF_EXIST)
		return -EINVAL;
	if (is_beyond(m, key))
		return -E2BIG;
	if (flags == BPF_NOEXIST && m->ops == &map_device_array_ops &&
	    m->spec.type != BPF_MAP_TYPE_XSKMAP)
		return -EEXIST;
	if (m->spec.type == BPF_MAP_TYPE_CPUMAP && first > MAX_CPU_QUEUE)
		return -EOVERFLOW;
	if (!first && !is_hash(m) && m->spec.type != BPF_MAP_TYPE_XSKMAP) {
		empty(m, key);
		return 0;
	}
	return fill(m, key, &s, flags);
}

static int value_read(struct map *m, const void *key, void *value, u64 flags)
{
	struct slot *s = find(m, key);
	u64 word;

	(void)flags;
	if (m->spec.type == BPF_MAP_TYPE_XSKMAP)
		return -EOPNOTSUPP;
	if (!s || !__atomic_load_n(&s->is_filled, __ATOMIC_ACQUIRE))
		return -ENOENT;
	word = __atomic_load_n(&s->value, __ATOMIC_RELAXED);
	memcpy(value, &word, m->spec.value_size);
	return 0;
}

static int slot_remove(struct map *m, const void *key)
{
	int err;

	if (is_beyond(m, key))
		return holds_values(m) || m->spec.type == BPF_MAP_TYPE_SOCKMAP ? -EINVAL : -E2BIG;
	err = empty(m, key);
	if (err && holds_values(m) && !is_hash(m))
		return 0;
	return err && m->spec.type == BPF_MAP_TYPE_SOCKMAP ? -EINVAL : err;
}

static int slot_next(struct map *m, const void *key, void *next)
{
	return map_next(slots_of(m)->table, key, next);
}

static u64 slot_count(struct map *m)
{
	struct map_slots *t = slots_of(m);
	u64 n;

	maplock_take(&t->lock, m->owner);
	n = t->count;
	maplock_release(&t->lock);
	return n;
}

/* ---- specs */

static int check_array(const struct map_spec *s, bool may_be_8, u32 flags, struct diag *d)
{
	if (!s->max_entries || s->key_size != 4 ||
	    (s->value_size != 4 && !(may_be_8 && s->value_size == 8)))
		return map_refuse(s, d, -EINVAL,
				  may_be_8 ? "it has keys of 4 bytes, values of 4 or 8 and entries"
					   : "it has keys and values of 4 bytes and entries");
	return map_check_flags(s, flags, d);
}

static int check_inner(const struct map_spec *s, struct diag *d)
{
	if (!s->inner)
		return map_refuse(s, d, -EBADF,
				  "a map of maps needs one that shows what they have");
	if (holds_maps(s->inner))
		return map_refuse(s, d, -EINVAL, "maps of maps of maps are not possible");
	if (!s->inner->ops->may_be_inner)
		return map_refuse(s, d, -MAP_ENOTSUPP,
				  "maps of such a type cannot be in another map");
	return 0;
}

static int object_array_check(const struct map_spec *s, struct diag *d)
{
	u32 host = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY;

	switch (s->type) {
	case BPF_MAP_TYPE_REUSEPORT_SOCKARRAY:
		return check_array(s, true, BPF_F_NUMA_NODE | MAP_ACCESS_FLAGS, d);
	case BPF_MAP_TYPE_SOCKMAP:
	case BPF_MAP_TYPE_DEVMAP:
	case BPF_MAP_TYPE_DEVMAP_HASH:
		return check_array(s, true, host, d);
	case BPF_MAP_TYPE_CPUMAP:
		if (s->max_entries > MAX_CPUMAP)
			return map_refuse(s, d, -E2BIG, "there are not so many CPUs");
		return check_array(s, true, BPF_F_NUMA_NODE, d);
	default: /* programs, cgroups, maps, XDP sockets */
		return check_array(s, false, host, d);
	}
}

static int object_hash_check(const struct map_spec *s, struct diag *d)
{
	if (!s->max_entries || !s->key_size || (s->value_size != 4 && s->value_size != 8))
		return map_refuse(s, d, -EINVAL, "it has keys, values of 4 or 8 bytes and entries");
	if (s->key_size > MAX_SOCKHASH_KEY)
		return map_refuse(s, d, -E2BIG, "its keys are too large");
	return map_check_flags(s, BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY, d);
}

static int array_of_maps_check(const struct map_spec *s, struct diag *d)
{
	int err = object_array_check(s, d);

	return err ? err : check_inner(s, d);
}

static int hash_of_maps_check(const struct map_spec *s, struct diag *d)
{
	struct map_spec hash = *s;
	int err;

	if (s->value_size != 4)
		return map_refuse(s, d, -EINVAL, "values of a map of maps have 4 bytes");
	hash.type = BPF_MAP_TYPE_HASH;
	err = map_hash_ops.check(&hash, d);
	return err ? err : check_inner(s, d);
}

/* ---- memory */

static int slot_open(struct map *m, struct diag *d)
{
	struct map_slots *t = slots_of(m);
	struct map_spec table = { .name = m->name,
				  .type = is_hash(m) ? BPF_MAP_TYPE_HASH : BPF_MAP_TYPE_ARRAY,
				  .key_size = m->spec.key_size,
				  .value_size = sizeof(struct slot),
				  .max_entries = m->spec.max_entries,
				  .cpus = 1,
				  .spin_lock = -1,
				  .timer = -1,
				  .work = -1 };

	if (holds_maps(m)) {
		t->inner = m->spec.inner->ops;
		t->inner_spec = m->spec.inner->spec;
	}
	m->spec.inner = NULL; /* it need not live on */
	/* Programs read devices' values, and do not change them. */
	if (m->ops != &map_prog_array_ops && m->spec.type != BPF_MAP_TYPE_CGROUP_ARRAY)
		m->lookup = slot_lookup;
	return map_new(&table, d, &t->table);
}

static int forget(void *arg, const void *key, void *value)
{
	const struct slot *s = value;

	(void)arg, (void)key;
	map_put((struct map *)(uintptr_t)s->item);
	return 0;
}

static void slot_close(struct map *m)
{
	struct map_slots *t = slots_of(m);

	if (t->table && holds_maps(m))
		map_each(t->table, forget, NULL, NULL);
	map_put(t->table);
}

#define SLOT_OPS                                                                                   \
	.size = sizeof(struct map_slots), .open = slot_open, .close = slot_close,                  \
	.remove = slot_remove, .next = slot_next, .count = slot_count, .slot = slot_get,           \
	.slot_set = slot_set
/* Descriptors, which is what the kernel's take, there are none. */
#define ITEM_OPS SLOT_OPS, .no_write = -EBADF
#define VALUE_OPS SLOT_OPS, .write = value_write, .read = value_read, .may_be_inner = true

const struct map_ops map_prog_array_ops = { ITEM_OPS, .check = object_array_check };
const struct map_ops map_object_array_ops = { ITEM_OPS, .check = object_array_check,
					      .may_be_inner = true };
const struct map_ops map_object_hash_ops = { ITEM_OPS, .check = object_hash_check,
					     .may_be_inner = true };
const struct map_ops map_array_of_maps_ops = { ITEM_OPS, .check = array_of_maps_check };
const struct map_ops map_hash_of_maps_ops = { ITEM_OPS, .check = hash_of_maps_check };
const struct map_ops map_device_array_ops = { VALUE_OPS, .check = object_array_check };
const struct map_ops map_device_hash_ops = { VALUE_OPS, .check = object_array_check };
