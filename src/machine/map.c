/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps: what all families share. Judges a spec, makes the map by its family's operations, and hands calls on to these; the
 * permissions of the host (BPF_F_RDONLY, BPF_F_WRONLY, frozen) and of programs (..._PROG) are looked at here.
 */
#include "machine/mapimpl.h"

#include <stdlib.h>
#include <unistd.h>

static const struct map_ops *find_ops(enum bpf_map_type type)
{
	static const struct map_ops *const families[] = {
		[BPF_MAP_TYPE_HASH] = &map_hash_ops,
		[BPF_MAP_TYPE_PERCPU_HASH] = &map_percpu_hash_ops,
		[BPF_MAP_TYPE_LRU_HASH] = &map_lru_ops,
		[BPF_MAP_TYPE_LRU_PERCPU_HASH] = &map_percpu_lru_ops,
		[BPF_MAP_TYPE_ARRAY] = &map_array_ops,
		[BPF_MAP_TYPE_PERCPU_ARRAY] = &map_percpu_array_ops,
		[BPF_MAP_TYPE_LPM_TRIE] = &map_lpm_ops,
		[BPF_MAP_TYPE_QUEUE] = &map_queue_ops,
		[BPF_MAP_TYPE_STACK] = &map_queue_ops,
		[BPF_MAP_TYPE_BLOOM_FILTER] = &map_bloom_ops,
		[BPF_MAP_TYPE_RINGBUF] = &map_ring_ops,
		[BPF_MAP_TYPE_USER_RINGBUF] = &map_ring_ops,
		[BPF_MAP_TYPE_PERF_EVENT_ARRAY] = &map_perf_ops,
		[BPF_MAP_TYPE_STACK_TRACE] = &map_stack_ops,
		[BPF_MAP_TYPE_PROG_ARRAY] = &map_prog_array_ops,
		[BPF_MAP_TYPE_CGROUP_ARRAY] = &map_object_array_ops,
		[BPF_MAP_TYPE_REUSEPORT_SOCKARRAY] = &map_object_array_ops,
		[BPF_MAP_TYPE_SOCKMAP] = &map_object_array_ops,
		[BPF_MAP_TYPE_SOCKHASH] = &map_object_hash_ops,
		[BPF_MAP_TYPE_ARRAY_OF_MAPS] = &map_array_of_maps_ops,
		[BPF_MAP_TYPE_HASH_OF_MAPS] = &map_hash_of_maps_ops,
		[BPF_MAP_TYPE_DEVMAP] = &map_device_array_ops,
		[BPF_MAP_TYPE_CPUMAP] = &map_device_array_ops,
		[BPF_MAP_TYPE_XSKMAP] = &map_device_array_ops,
		[BPF_MAP_TYPE_DEVMAP_HASH] = &map_device_hash_ops,
		[BPF_MAP_TYPE_TASK_STORAGE] = &map_storage_ops,
		[BPF_MAP_TYPE_SK_STORAGE] = &map_storage_ops,
		[BPF_MAP_TYPE_INODE_STORAGE] = &map_storage_ops,
		[MAP_TYPE_CGRP_STORAGE] = &map_storage_ops,
		[BPF_MAP_TYPE_CGROUP_STORAGE] = &map_cgroup_storage_ops,
		[BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE] = &map_percpu_cgroup_storage_ops,
	};

	return (size_t)type < ARRAY_SIZE(families) ? families[type] : NULL;
}

int map_refuse(const struct map_spec *s, struct diag *d, int err, const char *why)
{
	diag_error(d, LOC_NONE, "map %s: %s", s->name ? s->name : "", why);
	return err;
}

int map_check_flags(const struct map_spec *s, u32 allowed, struct diag *d)
{
	u32 both = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG, host = BPF_F_RDONLY | BPF_F_WRONLY;

	if (s->flags & ~allowed) {
		diag_error(d, LOC_NONE, "map %s: flags 0x%x are not for this type of map", s->name,
			   s->flags & ~allowed);
		return -EINVAL;
	}
	if ((s->flags & both) == both || (s->flags & host) == host)
		return map_refuse(s, d, -EINVAL, "nobody may read or write it");
	return 0;
}

/* Keeps the fields sorted; -EINVAL if one does not fit. */
static int add_field(struct map *m, s64 at, u32 size, u32 align, struct diag *d)
{
	u32 i = m->field_count;

	if (at < 0 || at % align || at + size > m->spec.value_size)
		return map_refuse(&m->spec, d, -EINVAL, "a field lies beyond the value");
	for (; i && m->fields[i - 1].at > at; i--)
		m->fields[i] = m->fields[i - 1];
	m->fields[i] = (struct map_field){ (u32)at, size };
	m->field_count++;
	if ((i && m->fields[i - 1].at + m->fields[i - 1].size > at) ||
	    (i + 1 < m->field_count && at + size > m->fields[i + 1].at))
		return map_refuse(&m->spec, d, -EINVAL, "fields of the value overlap");
	return 0;
}

static int take_fields(struct map *m, struct diag *d)
{
	const struct map_spec *s = &m->spec;
	int err = 0;

	if (s->kept_count > MAP_MAX_KEPT)
		return map_refuse(s, d, -E2BIG, "its value has too many kptrs");
	bool has_timer = s->timer >= 0 || s->work >= 0;

	if ((s->spin_lock >= 0 && !m->ops->has_lock) || (has_timer && !m->ops->has_timer))
		return map_refuse(s, d, -EOPNOTSUPP,
				  "values of this type of map have no locks, timers or work "
				  "queues");
	if ((s->kept_count && !m->ops->has_pointers) || (s->keeps_roots && !m->ops->has_roots))
		return map_refuse(s, d, -EOPNOTSUPP,
				  "values of this type of map own no objects, or no lists of them");
	/* What they own is in the memory of this process. */
	if (s->kept_count && s->shared)
		return map_refuse(s, d, -EOPNOTSUPP,
				  "its values own objects, which are not shared");
	if (s->spin_lock >= 0)
		err = add_field(m, s->spin_lock, sizeof(struct bpf_spin_lock), 4, d);
	if (!err && s->timer >= 0)
		err = add_field(m, s->timer, sizeof(struct bpf_timer), 8, d);
	if (!err && s->work >= 0)
		err = add_field(m, s->work, sizeof(u64[2]), 8, d);
	for (u32 i = 0; !err && i < s->kept_count; i++) {
		m->kept[i] = s->kept[i];
		err = add_field(m, s->kept[i].at, s->kept[i].size, 8, d);
	}
	m->spec.kept = m->kept;
	return err;
}

static int refused_update(struct map *m, const void *key, const void *value, u64 flags,
			  struct run *run)
{
	(void)m, (void)key, (void)value, (void)flags, (void)run;
	return -EPERM;
}

static int no_update(struct map *m, const void *key, const void *value, u64 flags, struct run *run)
{
	(void)m, (void)key, (void)value, (void)flags, (void)run;
	return -EINVAL;
}

static void *no_lookup(struct map *m, const void *key, struct run *run)
{
	(void)m, (void)key, (void)run;
	return NULL;
}

/* Copies the spec, so that the caller's strings need not live on. */
static int take_spec(struct map *m, const struct map_spec *spec, struct diag *d)
{
	m->spec = *spec;
	snprintf(m->name, sizeof(m->name), "%s", spec->name ? spec->name : "");
	m->spec.name = m->name;
	if (spec->shared) {
		if (strlen(spec->shared) >= sizeof(m->shared))
			return map_refuse(&m->spec, d, -EINVAL,
					  "the name of its memory is too long");
		strcpy(m->shared, spec->shared);
		m->spec.shared = m->shared;
	}
	if (!m->spec.cpus)
		m->spec.cpus = 1;
	/* libbpf does the same. */
	if (m->spec.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY && !m->spec.max_entries)
		m->spec.max_entries = m->spec.cpus;
	if (m->spec.cpus > MAP_MAX_CPUS)
		return map_refuse(&m->spec, d, -E2BIG, "there are too many CPUs");
	return 0;
}

static int set_up(struct map *m, const struct map_spec *spec, struct diag *d)
{
	int err = take_spec(m, spec, d);

	if (!err)
		err = m->ops->check(&m->spec, d);
	if (!err)
		err = take_fields(m, d);
	if (err)
		return err;
	m->value_stride = mapvalue_round(m->spec.value_size);
	m->owner = (u32)getpid();
	m->lookup = no_lookup;
	m->update = no_update;
	err = m->ops->open(m, d);
	if (err)
		return err;
	mapstore_ready(&m->store, &m->spec);
	if (m->spec.flags & BPF_F_RDONLY_PROG)
		m->update = refused_update;
	if (m->spec.flags & BPF_F_WRONLY_PROG)
		m->lookup = no_lookup;
	return 0;
}

static void destroy(struct map *m)
{
	if (m->ops->close)
		m->ops->close(m);
	mapstore_close(&m->store);
	free(m);
}

int map_new(const struct map_spec *spec, struct diag *d, struct map **out)
{
	const struct map_ops *ops = find_ops(spec->type);
	struct map *m;
	int err;

	if (!ops) {
		const struct map_type_info *type = map_type_info(spec->type);

		diag_error(d, LOC_NONE, "map %s: its type %u%s%s%s is none of the machine's",
			   spec->name ? spec->name : "", spec->type, type ? " (" : "",
			   type ? type->name : "", type ? ")" : "");
		return -EINVAL;
	}
	m = calloc(1, ops->size);
	if (!m)
		return diag_errno(d, ENOMEM, "map %s", spec->name ? spec->name : "");
	m->ops = ops;
	m->refs = 1;
	m->store.fd = -1;
	err = set_up(m, spec, d);
	if (err) {
		destroy(m);
		return err;
	}
	*out = m;
	return 0;
}

struct map *map_get(struct map *m)
{
	__atomic_add_fetch(&m->refs, 1, __ATOMIC_RELAXED);
	return m;
}

void map_put(struct map *m)
{
	if (m && !__atomic_sub_fetch(&m->refs, 1, __ATOMIC_ACQ_REL))
		destroy(m);
}

const struct map_spec *map_spec(const struct map *m)
{
	return &m->spec;
}

int map_freeze(struct map *m)
{
	if (m->field_count)
		return -MAP_ENOTSUPP;
	if (m->spec.flags & BPF_F_RDONLY)
		return -EPERM;
	return __atomic_exchange_n(&m->is_frozen, true, __ATOMIC_ACQ_REL) ? -EBUSY : 0;
}

const void *map_key_of(struct map *m, const void *value, u32 *index)
{
	return m->ops->key_of(m, value, index);
}

void map_on_drop(struct map *m, void (*fn)(void *arg, void *value), void *arg)
{
	if (m->spec.timer < 0 && m->spec.work < 0 && !m->spec.kept_count)
		return;
	if (!fn)
		m->listener_count = 0;
	else if (m->listener_count < MAP_LISTENERS)
		m->listeners[m->listener_count++] = (struct map_listener){ fn, arg };
	if (m->ops->on_drop)
		m->ops->on_drop(m);
}

/* ---- programs */

map_lookup_fn map_lookup_function(struct map *m)
{
	return m->lookup;
}

map_update_fn map_update_function(struct map *m)
{
	return m->update;
}

void *map_lookup(struct map *m, const void *key, struct run *run)
{
	return m->lookup(m, key, run);
}

int map_update(struct map *m, const void *key, const void *value, u64 flags, struct run *run)
{
	return m->update(m, key, value, flags, run);
}

int map_delete(struct map *m, const void *key)
{
	if (m->spec.flags & BPF_F_RDONLY_PROG)
		return -EPERM;
	if (!m->ops->remove)
		return m->ops->no_remove ? m->ops->no_remove : -MAP_ENOTSUPP;
	return m->ops->remove(m, key);
}

int map_push(struct map *m, const void *value, u64 flags)
{
	if (m->spec.flags & BPF_F_RDONLY_PROG)
		return -EPERM;
	return m->ops->push ? m->ops->push(m, value, flags) : -MAP_ENOTSUPP;
}

int map_pop(struct map *m, void *value)
{
	if (m->spec.flags & BPF_F_RDONLY_PROG)
		return -EPERM;
	return m->ops->pop ? m->ops->pop(m, value) : m->ops->peek ? -EOPNOTSUPP : -MAP_ENOTSUPP;
}

int map_peek(struct map *m, void *value)
{
	if (m->spec.flags & BPF_F_WRONLY_PROG)
		return -EPERM;
	return m->ops->peek ? m->ops->peek(m, value) : -MAP_ENOTSUPP;
}

void *map_lookup_percpu(struct map *m, const void *key, u32 cpu)
{
	if (!m->ops->lookup_percpu || cpu >= m->spec.cpus || m->spec.flags & BPF_F_WRONLY_PROG)
		return NULL;
	return m->ops->lookup_percpu(m, key, cpu);
}

s64 map_each(struct map *m, int (*fn)(void *arg, const void *key, void *value), void *arg,
	     struct run *run)
{
	return m->ops->each ? m->ops->each(m, fn, arg, map_cpu(run)) : -EINVAL;
}

void map_lock(void *lock)
{
	maplock_take(lock, MAPLOCK_VALUE);
}

void map_unlock(void *lock)
{
	maplock_release(lock);
}

/* ---- the host */

static bool may_host_write(const struct map *m)
{
	return !(m->spec.flags & BPF_F_RDONLY) && !__atomic_load_n(&m->is_frozen, __ATOMIC_ACQUIRE);
}

int map_read(struct map *m, const void *key, void *value, u64 flags)
{
	if (flags & ~(u64)BPF_F_LOCK)
		return -EINVAL;
	if (m->spec.flags & BPF_F_WRONLY)
		return -EPERM;
	if (flags && !map_has_lock(m))
		return -EINVAL;
	return m->ops->read ? m->ops->read(m, key, value, flags) : -MAP_ENOTSUPP;
}

int map_write(struct map *m, const void *key, const void *value, u64 flags)
{
	if (!may_host_write(m))
		return -EPERM;
	if (flags & BPF_F_LOCK && !map_has_lock(m))
		return -EINVAL;
	if (!m->ops->write)
		return m->ops->no_write ? m->ops->no_write : -MAP_ENOTSUPP;
	return m->ops->write(m, key, value, flags);
}

int map_remove(struct map *m, const void *key)
{
	if (!may_host_write(m))
		return -EPERM;
	if (!m->ops->remove)
		return m->ops->no_remove ? m->ops->no_remove : -MAP_ENOTSUPP;
	return m->ops->remove(m, key);
}

int map_take(struct map *m, const void *key, void *value, u64 flags)
{
	if (flags & ~(u64)BPF_F_LOCK)
		return -EINVAL;
	if (!may_host_write(m) || m->spec.flags & BPF_F_WRONLY)
		return -EPERM;
	if (flags && !map_has_lock(m))
		return -EINVAL;
	if (m->ops->take)
		return m->ops->take(m, key, value, flags);
	return m->ops->pop ? m->ops->pop(m, value) : -MAP_ENOTSUPP;
}

int map_next(struct map *m, const void *key, void *next)
{
	if (m->spec.flags & BPF_F_WRONLY)
		return -EPERM;
	if (!m->ops->next)
		return m->ops->no_next ? m->ops->no_next : -MAP_ENOTSUPP;
	return m->ops->next(m, key, next);
}

u32 map_value_bytes(const struct map *m)
{
	return m->ops->lookup_percpu ? m->value_stride * m->spec.cpus : m->spec.value_size;
}

u64 map_count(struct map *m)
{
	return m->ops->count ? m->ops->count(m) : 0;
}

u64 map_memory(const struct map *m)
{
	return m->ops->size + m->store.size;
}

int map_read_batch(struct map *m, u64 *cursor, void *keys, void *values, u32 *count,
		   bool and_delete)
{
	u32 room = *count;

	if (m->spec.flags & BPF_F_WRONLY || (and_delete && !may_host_write(m)))
		return -EPERM;
	if (!m->ops->read_batch || (and_delete && !m->ops->take))
		return -MAP_ENOTSUPP;
	if (!room)
		return 0;
	return m->ops->read_batch(m, cursor, keys, values, count, and_delete);
}

int map_write_batch(struct map *m, const void *keys, const void *values, u32 *count, u64 flags)
{
	const u8 *key = keys, *value = values;
	u32 n = *count, step = map_value_bytes(m);

	if (!m->ops->read_batch)
		return -MAP_ENOTSUPP;
	if (flags & ~(u64)BPF_F_LOCK)
		return -EINVAL;
	for (*count = 0; *count < n; ++*count, key += m->spec.key_size, value += step) {
		int err = map_write(m, key, value, flags);

		if (err)
			return err;
	}
	return 0;
}

int map_remove_batch(struct map *m, const void *keys, u32 *count)
{
	const u8 *key = keys;
	u32 n = *count;

	if (!m->ops->read_batch || !m->ops->remove)
		return -MAP_ENOTSUPP;
	for (*count = 0; *count < n; ++*count, key += m->spec.key_size) {
		int err = map_remove(m, key);

		if (err)
			return err;
	}
	return 0;
}

void *map_slot(struct map *m, const void *key)
{
	return m->ops->slot ? m->ops->slot(m, key) : NULL;
}

int map_slot_set(struct map *m, const void *key, void *item)
{
	return m->ops->slot_set ? m->ops->slot_set(m, key, item) : -MAP_ENOTSUPP;
}

s64 map_ring_consume(struct map *m, int (*fn)(void *arg, u32 cpu, const void *data, size_t len),
		     void *arg)
{
	return m->ops->consume ? m->ops->consume(m, fn, arg) : -MAP_ENOTSUPP;
}

u64 map_ring_lost(const struct map *m)
{
	return m->ops->lost ? m->ops->lost(m) : 0;
}

int map_perf_output(struct map *m, u64 flags, const void *a, size_t a_len, const void *b,
		    size_t b_len, struct run *run)
{
	if (!m->ops->output)
		return -MAP_ENOTSUPP;
	return m->ops->output(m, flags, a, a_len, b, b_len, map_cpu(run));
}
