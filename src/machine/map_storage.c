/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Storage of tasks, sockets, inodes and cgroups: a value for each, found by a number that the machine gives it (a task's id, an
 * inode's or cgroup's number). It is kept in a hash map by that number. The host's keys are the number too, where the
 * kernel's are descriptors; struct bpf_cgroup_storage_key begins with it.
 */
#include <stdlib.h>

#include "machine/mapimpl.h"

enum { MAX_VALUE = 65000, MAX_CGROUP_VALUE = 4096 };

struct map_storage {
	struct map map;
	struct map *table;
};

static struct map *table_of(struct map *m)
{
	return ((struct map_storage *)m)->table;
}

static bool is_percpu(const struct map *m)
{
	return m->ops == &map_percpu_cgroup_storage_ops;
}

static bool is_storage(const struct map *m)
{
	return m->ops == &map_storage_ops || m->ops == &map_cgroup_storage_ops || is_percpu(m);
}

static u64 id_of(const struct map *m, const void *key)
{
	u64 id = 0;

	memcpy(&id, key, m->spec.key_size < sizeof(id) ? m->spec.key_size : sizeof(id));
	return id;
}

void *map_storage(struct map *m, u64 id, const void *init, bool create, struct run *run)
{
	struct map *t = is_storage(m) ? table_of(m) : NULL;
	void *value = t ? t->lookup(t, &id, run) : NULL, *zeroes = NULL;

	if (value || !create || !t)
		return value;
	if (!init)
		init = zeroes = calloc(1, m->spec.value_size);
	/* Another thread may have been faster, and its value is the one then. */
	if (init)
		t->update(t, &id, init, BPF_NOEXIST, run);
	free(zeroes);
	return t->lookup(t, &id, run);
}

int map_storage_delete(struct map *m, u64 id)
{
	return is_storage(m) ? map_delete(table_of(m), &id) : -EINVAL;
}

static int storage_remove(struct map *m, const void *key)
{
	return map_storage_delete(m, id_of(m, key));
}

static int storage_read(struct map *m, const void *key, void *value, u64 flags)
{
	u64 id = id_of(m, key);

	return map_read(table_of(m), &id, value, flags);
}

static int storage_write(struct map *m, const void *key, const void *value, u64 flags)
{
	u64 id = id_of(m, key);

	return map_write(table_of(m), &id, value, flags);
}

/* A cgroup's is there when a program is attached; the host does not make any. */
static int cgroup_write(struct map *m, const void *key, const void *value, u64 flags)
{
	if (flags & ~(u64)(BPF_F_LOCK | BPF_EXIST))
		return -EINVAL;
	return storage_write(m, key, value, flags | BPF_EXIST);
}

static int storage_next(struct map *m, const void *key, void *next)
{
	u64 id = key ? id_of(m, key) : 0, after;
	int err = map_next(table_of(m), key ? &id : NULL, &after);

	if (err)
		return err;
	memset(next, 0, m->spec.key_size);
	memcpy(next, &after, m->spec.key_size < sizeof(after) ? m->spec.key_size : sizeof(after));
	return 0;
}

static void *storage_lookup_percpu(struct map *m, const void *key, u32 cpu)
{
	u64 id = id_of(m, key);

	return map_lookup_percpu(table_of(m), &id, cpu);
}

static u64 storage_count(struct map *m)
{
	return map_count(table_of(m));
}

static int storage_check(const struct map_spec *s, struct diag *d)
{
	u32 clone = s->type == BPF_MAP_TYPE_SK_STORAGE ? BPF_F_CLONE : 0;

	if (map_check_flags(s, BPF_F_NO_PREALLOC | clone, d))
		return -EINVAL;
	if (!(s->flags & BPF_F_NO_PREALLOC) || s->max_entries || s->key_size != 4 || !s->value_size)
		return map_refuse(s, d, -EINVAL,
				  "storage has keys of 4 bytes, values, no number of entries and "
				  "the flag BPF_F_NO_PREALLOC");
	if (s->value_size > MAX_VALUE)
		return map_refuse(s, d, -E2BIG, "its values are too large");
	return 0;
}

static int cgroup_check(const struct map_spec *s, struct diag *d)
{
	bool percpu = s->type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;

	if (s->max_entries || !s->value_size ||
	    (s->key_size != 8 && s->key_size != sizeof(struct bpf_cgroup_storage_key)))
		return map_refuse(s, d, -EINVAL,
				  "storage of cgroups has keys of 8 or 16 bytes, values, and no "
				  "number of entries");
	if (s->value_size > (percpu ? MAP_MAX_PERCPU : MAX_CGROUP_VALUE))
		return map_refuse(s, d, -E2BIG, "its values are too large");
	return map_check_flags(s, BPF_F_NUMA_NODE | MAP_ACCESS_FLAGS, d);
}

static int storage_open(struct map *m, struct diag *d)
{
	struct map_spec table = m->spec;

	table.type = is_percpu(m) ? BPF_MAP_TYPE_PERCPU_HASH : BPF_MAP_TYPE_HASH;
	table.key_size = sizeof(u64);
	table.max_entries = MAP_MAX_STORED;
	table.flags = BPF_F_NO_PREALLOC;
	return map_new(&table, d, &((struct map_storage *)m)->table);
}

static void storage_close(struct map *m)
{
	map_put(table_of(m));
}

static void storage_on_drop(struct map *m)
{
	map_on_drop(table_of(m), NULL, NULL);
	for (u32 i = 0; i < m->listener_count; i++)
		map_on_drop(table_of(m), m->listeners[i].drop, m->listeners[i].arg);
}

#define STORAGE_OPS                                                                                \
	.size = sizeof(struct map_storage), .open = storage_open, .close = storage_close,          \
	.remove = storage_remove, .read = storage_read, .next = storage_next,                      \
	.count = storage_count, .on_drop = storage_on_drop, .table = table_of

const struct map_ops map_storage_ops = {
	STORAGE_OPS,          .check = storage_check, .write = storage_write,
	.may_be_inner = true, .has_lock = true,       .has_pointers = true
};
const struct map_ops map_cgroup_storage_ops = { STORAGE_OPS, .check = cgroup_check,
						.write = cgroup_write, .has_lock = true };
const struct map_ops map_percpu_cgroup_storage_ops = { STORAGE_OPS, .check = cgroup_check,
						       .write = cgroup_write,
						       .lookup_percpu = storage_lookup_percpu };
