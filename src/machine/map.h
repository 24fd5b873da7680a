/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps of the machine: the kernel's map types in our own memory. A map is used in two ways,
 *
 *	by programs	map_lookup() and so on: per-CPU maps give the value of the CPU that the program runs on; the pointer
 *			stays valid until the end of the run
 *	by the host	map_read() and so on: values are copied; those of per-CPU maps are all CPUs' in a row, each rounded
 *			up to 8 bytes, as bpf(2) has them
 *
 * Both may go on at once in any number of threads, as in the kernel. Errors are the kernel's: -ENOENT, -E2BIG, -EEXIST...
 */
#ifndef MACHINE_MAP_H
#define MACHINE_MAP_H

#include <linux/bpf.h>

#include "base/diag.h"
#include "machine/epoch.h"

#define MAP_MAX_BYTES (4ull << 30) /* of one map's memory */
#define MAP_MAX_CPUS 4096
#define MAP_MAX_KEPT 11 /* fields of a value, as many as the kernel looks at */
#define MAP_MAX_STORED                                                                             \
	65536 /* elements of a map that is storage of tasks, sockets, inodes or cgroups */
#define MAP_PERF_BYTES (256 << 10) /* of each CPU's buffer of a perf event array */
#define MAP_ENOTSUPP                                                                               \
	524 /* what the kernel returns where a map has no such operation; no libc knows it */

struct map;
struct run;

/* A part of values that copies leave out. */
struct map_field {
	u32 at, size; /* bytes from the beginning of the value */
};

struct map_spec {
	const char *name;
	enum bpf_map_type type;
	u32 key_size, value_size, max_entries, flags;
	u64 extra;
	u32 cpus;                /* of per-CPU maps; at least 1 */
	const struct map *inner; /* of maps of maps: what theirs have to be like */
	/* Fields of the value that the kernel keeps an eye on: bytes from its beginning, or -1. Updates leave them alone. */
	s32 spin_lock, timer, work;
	const struct map_field
		*kept;    /* more of them: pointers to objects, lists and trees of such */
	u32 kept_count;   /* at most MAP_MAX_KEPT */
	bool keeps_roots; /* lists or trees are among them */
	struct epoch *
		epoch; /* of the runs that use it, see map_enter(); NULL: none while slots change */
	const char *
		shared; /* a name: the map is in memory that other processes open by the same name; NULL: private */
};

/*
 * Shared are all that hold values; what is in slots is an address, so maps with slots are always private. A perf event array
 * without entries gets one for each CPU, as libbpf does it.
 */
/* A new map with one reference, or an error: what the spec has wrong, as the kernel would judge it. 0 or -errno. */
int map_new(const struct map_spec *spec, struct diag *d, struct map **out);
struct map *map_get(struct map *m); /* one more reference */
void map_put(struct map *m);        /* NULL is accepted */
const struct map_spec *map_spec(const struct map *m);

/* Writes by the host are refused from now on, with -EPERM; -EBUSY: it is frozen already. */
int map_freeze(struct map *m);
/*
 * fn is told of each value that is about to be forgotten or was overwritten, of maps with a timer, a work queue or kept fields: to cancel
 * and drop what these hold; of kept fields also before an element's memory is used anew, as a run that still had it may have put
 * something there. It is called with the map's locks held: it must not wait but for the value's own lock, nor use the map.
 * MAP_LISTENERS may be told; map_on_drop(m, NULL, NULL) forgets them.
 */
#define MAP_LISTENERS 3
void map_on_drop(struct map *m, void (*fn)(void *arg, void *value), void *arg);

/*
 * A run is inside from map_enter() to map_leave(), which are in run.h. What it finds in maps meanwhile stays valid memory
 * until it leaves; hash maps may use the memory of what was deleted for another element at once, as the kernel's do. For
 * this the run joins the epoch of its maps once: epoch_join(epoch, &run->reader).
 */

/* ---- by programs, on CPU run->cpu */
void *map_lookup(struct map *m, const void *key, struct run *run);
int map_update(struct map *m, const void *key, const void *value, u64 flags, struct run *run);
/* What these two call for this map: for code that is compiled for it. Of run they use the CPU, and only of per-CPU maps. */
typedef void *(*map_lookup_fn)(struct map *m, const void *key, struct run *run);
typedef int (*map_update_fn)(struct map *m, const void *key, const void *value, u64 flags,
			     struct run *run);
map_lookup_fn map_lookup_function(struct map *m);
map_update_fn map_update_function(struct map *m);
int map_delete(struct map *m, const void *key);
int map_push(struct map *m, const void *value, u64 flags);
int map_pop(struct map *m, void *value);
int map_peek(struct map *m, void *value);
void *map_lookup_percpu(struct map *m, const void *key, u32 cpu);
/* Calls fn for each element until it returns non-zero; elements that come or go meanwhile may be seen or not. The number of calls. */
s64 map_each(struct map *m, int (*fn)(void *arg, const void *key, void *value), void *arg,
	     struct run *run);

/* bpf_spin_lock() and its end: waits; BPF_F_LOCK of reads and updates takes the same lock. */
void map_lock(void *lock);
void map_unlock(void *lock);

/* ---- by the host */
int map_read(struct map *m, const void *key, void *value, u64 flags);
int map_write(struct map *m, const void *key, const void *value, u64 flags);
/* key NULL: the first. -ENOENT: there is none after it. A key that is gone continues at the beginning, as in the kernel. */
int map_next(struct map *m, const void *key, void *next);
/* As map_delete(), and -EPERM if the host may not. */
int map_remove(struct map *m, const void *key);
/* Reads and deletes at once; of queues and stacks key is not looked at. */
int map_take(struct map *m, const void *key, void *value, u64 flags);
u32 map_value_bytes(const struct map *m); /* of one map_read() */
u64 map_count(struct map *m);             /* elements now; 0 where that has no meaning */
u64 map_memory(const struct map *m);      /* bytes that it takes */
/* Batches: up to *count elements from *cursor on (0 at first); returns -ENOENT with the last batch. */
int map_read_batch(struct map *m, u64 *cursor, void *keys, void *values, u32 *count,
		   bool and_delete);

/* *count elements in a row; it becomes the number that was done before an error. */
int map_write_batch(struct map *m, const void *keys, const void *values, u32 *count, u64 flags);
int map_remove_batch(struct map *m, const void *keys, u32 *count);

/* What is in a slot of a map of maps, a program array, a device, CPU or socket map: borrowed; NULL if it is empty. */
void *map_slot(struct map *m, const void *key);
/*
 * item: a struct map (a reference is taken), or anything where the map is of another type; NULL empties it: -ENOENT if it is.
 * A value that map_write() puts into a device, CPU or XDP socket map is an item too: map_slot() gives where it is.
 */
int map_slot_set(struct map *m, const void *key, void *item);

/* ---- arrays: the memory of all values in a row, for code that is compiled for this map; NULL: it is no plain array */
u8 *map_array(struct map *m, u32 *stride);

/* ---- ring buffers. What is reserved has to be submitted or discarded. flags as of the helpers. */
void *map_ring_reserve(struct map *m, u64 size);
void map_ring_submit(void *sample, u64 flags);
void map_ring_discard(void *sample, u64 flags);
int map_ring_output(struct map *m, const void *data, u64 size, u64 flags);
u64 map_ring_query(struct map *m, u64 flags);
/*
 * Hands over what is there, of perf event arrays too (then with the CPU); returns the number, or what fn returned if negative.
 * -EBUSY: somebody does so already.
 */
s64 map_ring_consume(struct map *m, int (*fn)(void *arg, u32 cpu, const void *data, size_t len),
		     void *arg);
u64 map_ring_lost(const struct map *m); /* records that found no room */
int map_perf_output(struct map *m, u64 flags, const void *a, size_t a_len, const void *b,
		    size_t b_len, struct run *run);

/* ---- stack traces: the id of a stack of count addresses, or -EEXIST. flags as of bpf_get_stackid(), without the number to skip. */
s64 map_stack_store(struct map *m, const u64 *addresses, u32 count, u64 flags);

/* ---- storage of tasks, sockets, inodes and cgroups: what belongs to an id; made if it is not there and create is set. */
void *map_storage(struct map *m, u64 id, const void *init, bool create, struct run *run);
int map_storage_delete(struct map *m, u64 id);

#endif
