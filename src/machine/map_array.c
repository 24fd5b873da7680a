/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arrays and per-CPU arrays: all values in a row, each in whole words; of a per-CPU array an index has one value for each CPU.
 *
 *	[ value 0 ][ value 1 ] ...			array
 *	[ value 0 of CPU 0 ][ of CPU 1 ][ value 1 of CPU 0 ] ...	per-CPU array
 */
#include "machine/mapimpl.h"

static bool is_percpu(const struct map_spec *s)
{
	return s->type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static int array_check(const struct map_spec *s, struct diag *d)
{
	u32 allowed = BPF_F_NUMA_NODE | MAP_ACCESS_FLAGS;

	if (!is_percpu(s))
		allowed |= BPF_F_MMAPABLE | BPF_F_INNER_MAP;
	if (!s->max_entries || s->key_size != 4 || !s->value_size)
		return map_refuse(s, d, -EINVAL,
				  "an array has keys of 4 bytes, values and at least one entry");
	if (map_check_flags(s, allowed, d))
		return -EINVAL;
	if (is_percpu(s) && s->flags & BPF_F_NUMA_NODE)
		return map_refuse(s, d, -EINVAL, "a per-CPU map has no node of its own");
	if (s->value_size > INT32_MAX)
		return map_refuse(s, d, -E2BIG, "its values are too large");
	if (is_percpu(s) && mapvalue_round(s->value_size) > MAP_MAX_PERCPU)
		return map_refuse(s, d, -E2BIG, "values of a CPU are too large");
	return 0;
}

static u64 step(const struct map *m)
{
	return is_percpu(&m->spec) ? (u64)m->value_stride * m->spec.cpus : m->value_stride;
}

/* The first CPU's value, or NULL. */
static u8 *find(const struct map *m, const void *key)
{
	u32 index;

	memcpy(&index, key, sizeof(index));
	return index < m->spec.max_entries ? m->store.base + index * step(m) : NULL;
}

static void *array_lookup(struct map *m, const void *key, struct run *run)
{
	u32 index;

	(void)run;
	memcpy(&index, key, sizeof(index));
	return index < m->spec.max_entries ? m->store.base + (u64)index * m->value_stride : NULL;
}

static void *array_lookup_percpu(struct map *m, const void *key, u32 cpu)
{
	u8 *at = find(m, key);

	return at && cpu < m->spec.cpus ? at + (u64)cpu * m->value_stride : NULL;
}

static void *percpu_lookup(struct map *m, const void *key, struct run *run)
{
	return array_lookup_percpu(m, key, map_cpu(run));
}

static int check_update(const struct map *m, const u8 *at, u64 flags)
{
	if ((flags & ~(u64)BPF_F_LOCK) > BPF_EXIST)
		return -EINVAL;
	if (!at)
		return -E2BIG;
	if (flags & BPF_NOEXIST)
		return -EEXIST;
	return flags & BPF_F_LOCK && !map_has_lock(m) ? -EINVAL : 0;
}

static int array_write(struct map *m, const void *key, const void *value, u64 flags)
{
	u8 *at = find(m, key);
	int err = check_update(m, at, flags);

	if (!err)
		map_replace_value(m, at, value, flags);
	return err;
}

static int array_update(struct map *m, const void *key, const void *value, u64 flags,
			struct run *run)
{
	(void)run;
	return array_write(m, key, value, flags);
}

static int percpu_update(struct map *m, const void *key, const void *value, u64 flags,
			 struct run *run)
{
	u8 *at = find(m, key);
	u32 cpu = map_cpu(run);
	int err = check_update(m, at, flags);

	if (!err && cpu >= m->spec.cpus)
		return -EINVAL;
	if (!err)
		map_replace_value(m, at + (u64)cpu * m->value_stride, value, 0);
	return err;
}

static int percpu_write(struct map *m, const void *key, const void *value, u64 flags)
{
	u8 *at = find(m, key);

	if (flags > BPF_EXIST)
		return -EINVAL;
	if (!at)
		return -E2BIG;
	if (flags == BPF_NOEXIST)
		return -EEXIST;
	map_put_cpus(m, at, value);
	map_drop_cpus(m, at);
	return 0;
}

static int array_read(struct map *m, const void *key, void *value, u64 flags)
{
	u8 *at = find(m, key);

	if (!at)
		return -ENOENT;
	if (is_percpu(&m->spec))
		map_get_cpus(m, value, at);
	else
		map_get_value(m, value, at, flags);
	return 0;
}

static int array_next(struct map *m, const void *key, void *next)
{
	u32 index = UINT32_MAX;

	if (key)
		memcpy(&index, key, sizeof(index));
	if (index == m->spec.max_entries - 1)
		return -ENOENT;
	index = index >= m->spec.max_entries ? 0 : index + 1;
	memcpy(next, &index, sizeof(index));
	return 0;
}

static s64 array_each(struct map *m, int (*fn)(void *arg, const void *key, void *value), void *arg,
		      u32 cpu)
{
	u64 offset = is_percpu(&m->spec) ? (u64)cpu * m->value_stride : 0;

	if (cpu >= m->spec.cpus && is_percpu(&m->spec))
		return -EINVAL;
	for (u32 i = 0; i < m->spec.max_entries; i++) {
		u32 key = i; /* a callback cannot change what comes next */

		if (fn(arg, &key, m->store.base + i * step(m) + offset))
			return (s64)i + 1;
	}
	return m->spec.max_entries;
}

static u64 array_count(struct map *m)
{
	return m->spec.max_entries;
}

static int array_read_batch(struct map *m, u64 *cursor, void *keys, void *values, u32 *count,
			    bool and_delete)
{
	u32 room = *count, n = 0;
	u8 *key = keys, *value = values;

	(void)and_delete; /* never: elements of arrays stay */
	for (; n < room && *cursor < m->spec.max_entries; n++, ++*cursor) {
		u32 index = (u32)*cursor;

		memcpy(key + n * sizeof(index), &index, sizeof(index));
		array_read(m, &index, value + (u64)n * map_value_bytes(m), 0);
	}
	*count = n;
	return *cursor < m->spec.max_entries ? 0 : -ENOENT;
}

u8 *map_array(struct map *m, u32 *stride)
{
	if (m->ops != &map_array_ops || m->spec.flags & BPF_F_WRONLY_PROG)
		return NULL;
	*stride = m->value_stride;
	return m->store.base;
}

static int array_open(struct map *m, struct diag *d)
{
	u64 size = 0;

	if (!mapstore_add(&size, m->spec.max_entries, step(m)))
		return map_refuse(&m->spec, d, -E2BIG, "it would take more memory than a map may");
	m->lookup = is_percpu(&m->spec) ? percpu_lookup : array_lookup;
	m->update = is_percpu(&m->spec) ? percpu_update : array_update;
	return mapstore_open(&m->store, &m->spec, size, d);
}

static const void *array_key_of(struct map *m, const void *value, u32 *index)
{
	*index = (u32)((u64)((const u8 *)value - m->store.base) / m->value_stride);
	return index;
}

const struct map_ops map_array_ops = {
	.size = sizeof(struct map),
	.check = array_check,
	.open = array_open,
	.read = array_read,
	.write = array_write,
	.next = array_next,
	.each = array_each,
	.count = array_count,
	.read_batch = array_read_batch,
	.may_be_inner = true,
	.inner_same_count = true,
	.has_lock = true,
	.has_timer = true,
	.has_pointers = true,
	.has_roots = true,
	.key_of = array_key_of,
	.no_remove = -EINVAL,
};

const struct map_ops map_percpu_array_ops = {
	.size = sizeof(struct map),
	.check = array_check,
	.open = array_open,
	.lookup_percpu = array_lookup_percpu,
	.has_pointers = true,
	.read = array_read,
	.write = percpu_write,
	.next = array_next,
	.each = array_each,
	.count = array_count,
	.read_batch = array_read_batch,
	.may_be_inner = true,
	.inner_same_count = true,
	.no_remove = -EINVAL,
};
