/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the families of maps have in common. A family is a struct that begins with struct map, and a row of operations; those
 * that it leaves out are refused by map.c as the kernel refuses them.
 *
 *	map.c ──► map_families[type] ──► map_array.c, map_hash.c, map_lpm.c, ...
 *	              check(spec)   what the kernel's map_alloc_check would say
 *	              open(map)     memory, and map->lookup, map->update
 */
#ifndef MACHINE_MAPIMPL_H
#define MACHINE_MAPIMPL_H

#include "isa/map_type.h"
#include "machine/map.h"
#include "machine/maplock.h"
#include "machine/mapstore.h"
#include "machine/mapvalue.h"
#include "machine/run.h"

#define MAP_ACCESS_FLAGS (BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)
#define MAP_MAX_VALUE (4u << 20)   /* bytes that the kernel allocates in one piece */
#define MAP_MAX_PERCPU (32u << 10) /* the same of per-CPU memory */
#define MAP_ALL_CPUS UINT32_MAX
#define MAP_MAX_NAME 64

struct map_ops {
	size_t size; /* of the family's struct */
	int (*check)(const struct map_spec *s, struct diag *d);
	int (*open)(struct map *m, struct diag *d);
	void (*close)(struct map *m); /* before the memory goes; NULL: nothing to do */
	int (*remove)(struct map *m, const void *key);
	int (*push)(struct map *m, const void *value, u64 flags);
	int (*pop)(struct map *m, void *value);
	int (*peek)(struct map *m, void *value);
	void *(*lookup_percpu)(struct map *m, const void *key, u32 cpu);
	s64 (*each)(struct map *m, int (*fn)(void *arg, const void *key, void *value), void *arg,
		    u32 cpu);
	int (*read)(struct map *m, const void *key, void *value, u64 flags);
	int (*write)(struct map *m, const void *key, const void *value, u64 flags);
	int (*take)(struct map *m, const void *key, void *value, u64 flags);
	int (*next)(struct map *m, const void *key, void *next);
	u64 (*count)(struct map *m);
	int (*read_batch)(struct map *m, u64 *cursor, void *keys, void *values, u32 *count,
			  bool and_delete);
	void *(*slot)(struct map *m, const void *key);
	int (*slot_set)(struct map *m, const void *key, void *item);
	int (*output)(struct map *m, u64 flags, const void *a, size_t a_len, const void *b,
		      size_t b_len, u32 cpu);
	s64 (*consume)(struct map *m, int (*fn)(void *arg, u32 cpu, const void *data, size_t len),
		       void *arg);
	u64 (*lost)(const struct map *m);
	const void *(*key_of)(struct map *m, const void *value,
			      u32 *index);   /* where there are timers */
	void (*on_drop)(struct map *m);      /* NULL: the family tells of its values itself */
	struct map *(*table)(struct map *m); /* where its values are, if not in its own memory */
	bool may_be_inner;                   /* of a map of maps */
	bool inner_same_count;    /* and then has to have as many entries as the others */
	bool has_lock, has_timer; /* values may have such a field */
	bool has_pointers,
		has_roots; /* likewise pointers to objects, and lists and trees of such */
	int no_write, no_remove,
		no_next; /* what the host gets where there is no such operation; 0: -MAP_ENOTSUPP */
};

struct map_listener {
	void (*drop)(void *arg, void *value);
	void *arg;
};

struct map {
	map_lookup_fn lookup; /* never NULL, like update */
	map_update_fn update;
	const struct map_ops *ops;
	struct map_spec spec; /* its strings are below */
	u32 value_stride;     /* value_size in whole words */
	u32 owner;            /* of its locks: this process */
	bool is_frozen;
	u32 refs;
	struct map_field fields[MAP_MAX_KEPT + 3]; /* ascending */
	u32 field_count;
	struct map_field kept[MAP_MAX_KEPT];
	struct map_listener listeners[MAP_LISTENERS];
	u32 listener_count;
	struct mapstore store;
	char name[MAP_MAX_NAME], shared[MAPSTORE_MAX_NAME];
};

/* The key of a value that is in the map; index is where an array's is put. Only of maps that may have timers. */
const void *map_key_of(struct map *m, const void *value, u32 *index);

extern const struct map_ops map_array_ops, map_percpu_array_ops;
extern const struct map_ops map_hash_ops, map_percpu_hash_ops, map_lru_ops, map_percpu_lru_ops;
extern const struct map_ops map_lpm_ops, map_queue_ops, map_bloom_ops;
extern const struct map_ops map_ring_ops, map_perf_ops, map_stack_ops;
extern const struct map_ops map_prog_array_ops, map_object_array_ops, map_object_hash_ops;
extern const struct map_ops map_array_of_maps_ops, map_hash_of_maps_ops;
extern const struct map_ops map_device_array_ops, map_device_hash_ops;
extern const struct map_ops map_storage_ops, map_cgroup_storage_ops, map_percpu_cgroup_storage_ops;

/* Says why the map cannot be; returns err, which is negative. */
int map_refuse(const struct map_spec *s, struct diag *d, int err, const char *why);
/* -EINVAL if there are flags beyond the allowed ones, or programs may neither read nor write. */
int map_check_flags(const struct map_spec *s, u32 allowed, struct diag *d);

/* A caller's value into the map's or back, without the fields; those of the caller's become zero. */
void map_put_fields(const struct map *m, void *value, const void *from);
void map_get_fields(const struct map *m, void *to, const void *value);

static inline void map_put_value(const struct map *m, void *value, const void *from)
{
	if (m->field_count)
		map_put_fields(m, value, from);
	else
		mapvalue_put(value, from, m->spec.value_size);
}

/* The lock of a value; only of maps that have one. */
static inline u32 *map_value_lock(const struct map *m, void *value)
{
	return (u32 *)((u8 *)value + m->spec.spin_lock);
}

static inline bool map_has_lock(const struct map *m)
{
	return m->spec.spin_lock >= 0;
}

static inline void map_drop_value(const struct map *m, void *value)
{
	for (u32 i = 0; i < m->listener_count; i++)
		m->listeners[i].drop(m->listeners[i].arg, value);
}

/* Of maps with a value for each CPU all of them, in a row as the host has them: out of the map, into it, forgotten. */
void map_get_cpus(const struct map *m, void *to, void *value);
void map_put_cpus(const struct map *m, void *value, const void *from);
void map_drop_cpus(const struct map *m, void *value);

/* A value for the host, under its lock if the flags ask for it. */
void map_get_value(const struct map *m, void *to, void *value, u64 flags);
/* Over a value that is in use; fields are dropped, as they are in the kernel. */
void map_replace_value(const struct map *m, void *value, const void *from, u64 flags);

static inline u32 map_cpu(const struct run *run)
{
	return run ? run->cpu : 0;
}

#endif
