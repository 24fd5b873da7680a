/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types of maps, from map_type.def: MAP_TYPE_HASH and so on have the numbers of bpf(2), also where
 * the kernel's headers that this is built with are too old to have them.
 */
#ifndef ISA_MAP_TYPE_H
#define ISA_MAP_TYPE_H

#include "base/int.h"

enum map_type {
	MAP_TYPE_UNSPEC,
#define MAP_TYPE_ROW(number, id, name, key, value, entries, flags, needs, traits)                  \
	MAP_TYPE_##id = number,
#include "isa/map_type.def"
	MAP_TYPE_COUNT
};
#define MAPS(id) (1ull << MAP_TYPE_##id)

enum map_trait {
	MAP_TRAIT_OPEN = 1 << 0,      /* programs look up, update and delete */
	MAP_TRAIT_LOOKUP = 1 << 1,    /* programs look up only (OPEN ones do, too) */
	MAP_TRAIT_EACH = 1 << 2,      /* bpf_for_each_map_elem() */
	MAP_TRAIT_PER_CPU = 1 << 3,   /* a value for each CPU */
	MAP_TRAIT_OF_MAPS = 1 << 4,   /* a look-up gives a map */
	MAP_TRAIT_SOCKETS = 1 << 5,   /* a look-up gives a socket, with a reference */
	MAP_TRAIT_READ_ONLY = 1 << 6, /* what a look-up gives may not be written */
	MAP_TRAIT_STORAGE = 1 << 7,   /* keyed by a socket, task, inode or cgroup */
	MAP_TRAIT_LRU = 1 << 8,       /* makes room by itself */
	MAP_TRAIT_INDEXED = 1 << 9,   /* keys are 0 to entries - 1 */
	MAP_TRAIT_BATCH = 1 << 10,    /* bpf(2) can read it in batches */
	MAP_TRAIT_ANYONE = 1 << 11,   /* it takes no privilege to make one, nor BPF_F_ZERO_SEED */
};

struct map_size {
	u32 min, max, step; /* all 0: has to be 0 */
};

enum map_entries { MAP_ENTRIES_NONE, MAP_ENTRIES_MANY, MAP_ENTRIES_ONE, MAP_ENTRIES_PAGES };

struct map_type_info {
	const char *name; /* "lru_hash" */
	struct map_size key, value;
	enum map_entries entries;
	u32 flags, needs; /* on creation: those that are known, those that have to be there */
	u32 traits;       /* MAP_TRAIT_... */
};
/* NULL for a number that the table does not have. */
const struct map_type_info *map_type_info(u32 type);
/* "bpf_array", the kernel's struct behind a map of the type; NULL if there is none that programs may read. */
const char *map_type_struct(u32 type);
/* By name; 0 (MAP_TYPE_UNSPEC) if there is none. */
u32 map_type_find(const char *name);

/*
 * What is wrong with a map like this ("key_size has to be 0"), as the kernel would judge, NULL if
 * nothing is. Pages have 4096 bytes; that some types need a BTF description or another map is not
 * looked at, nor how much memory there is.
 */
const char *map_type_check(u32 type, u32 key_size, u32 value_size, u32 max_entries, u32 flags);
/* Whether a program of this type and expected attach type may call the helper on such a map. */
bool map_type_takes(u32 type, u32 helper, u32 prog_type, u32 attach);

#endif
