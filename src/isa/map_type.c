/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of map_type.def as arrays. */
#include "isa/map_type.h"

#include <linux/bpf.h>
#include <string.h>

#include "isa/helper.h"
#include "isa/prog_type.h"

/* Words of the table's columns. BIG is what the kernel's allocator gives at once, about. */
#define SIZE(min, max, step)                                                                       \
	{                                                                                          \
		min, max, step                                                                     \
	}
#define NO_SIZE                                                                                    \
	{                                                                                          \
		0, 0, 0                                                                            \
	}
#define FOUR                                                                                       \
	{                                                                                          \
		4, 4, 4                                                                            \
	}
#define BIG (4u << 20)
#define PERCPU_BIG (32u << 10)
#define STORAGE_BIG 65000u
#define NO_PREALLOC BPF_F_NO_PREALLOC
#define NO_COMMON_LRU BPF_F_NO_COMMON_LRU
#define NODE BPF_F_NUMA_NODE
#define USER_ACCESS (BPF_F_RDONLY | BPF_F_WRONLY)
#define ACCESS (USER_ACCESS | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)
#define HASH_FLAGS (NODE | ACCESS | BPF_F_ZERO_SEED)
#define ZERO_SEED BPF_F_ZERO_SEED
#define BUILD_ID BPF_F_STACK_BUILD_ID
#define CLONE BPF_F_CLONE
#define MMAPABLE BPF_F_MMAPABLE
#define PRESERVE BPF_F_PRESERVE_ELEMS
#define INNER BPF_F_INNER_MAP
/* Later than the headers of Debian 12. */
#define LINK (1u << 13)
#define BTF_OBJECT (1u << 15)
#define SEGV (1u << 17)
#define NO_CONVERSION (1u << 18)

#define OPEN MAP_TRAIT_OPEN
#define LOOKUP MAP_TRAIT_LOOKUP
#define EACH MAP_TRAIT_EACH
#define PER_CPU MAP_TRAIT_PER_CPU
#define OF_MAPS MAP_TRAIT_OF_MAPS
#define SOCKETS MAP_TRAIT_SOCKETS
#define READ_ONLY MAP_TRAIT_READ_ONLY
#define STORAGE MAP_TRAIT_STORAGE
#define LRU MAP_TRAIT_LRU
#define INDEXED MAP_TRAIT_INDEXED
#define BATCH MAP_TRAIT_BATCH
#define ANYONE MAP_TRAIT_ANYONE

static const struct map_type_info types[MAP_TYPE_COUNT] = {
#define MAP_TYPE_ROW(number, id, name, key, value, entries, flags, needs, traits)                  \
	[number] = { name, key, value, MAP_ENTRIES_##entries, flags, needs, traits },
#include "isa/map_type.def"
};

static const struct map_use {
	enum helper_number helper;
	u64 types;
} uses[] = {
#define MAP_USE(helper, types) { HELPER_##helper, types },
#include "isa/map_type.def"
};

static const struct map_update {
	enum helper_number helper;
	u64 progs;
} updates[] = {
#define MAP_UPDATE(helper, progs) { HELPER_##helper, progs },
#include "isa/map_type.def"
};

const struct map_type_info *map_type_info(u32 type)
{
	return type < MAP_TYPE_COUNT && types[type].name ? &types[type] : NULL;
}

const char *map_type_struct(u32 type)
{
	static const struct {
		const char *name;
		u64 types;
	} structs[] = {
#define MAP_STRUCT(name, types) { name, types },
#include "isa/map_type.def"
	};

	for (size_t i = 0; i < ARRAY_SIZE(structs) && type < MAP_TYPE_COUNT; i++) {
		if (structs[i].types >> type & 1)
			return structs[i].name;
	}
	return NULL;
}

u32 map_type_find(const char *name)
{
	for (u32 i = 1; i < MAP_TYPE_COUNT; i++) {
		if (!strcmp(types[i].name, name))
			return i;
	}
	return MAP_TYPE_UNSPEC;
}

static bool size_fits(const struct map_size *s, u32 size)
{
	return size >= s->min && size <= s->max && (!s->step || size % s->step == 0);
}

static const char *entries_check(enum map_entries rule, u32 n)
{
	switch (rule) {
	case MAP_ENTRIES_NONE:
		return n ? "max_entries has to be 0" : NULL;
	case MAP_ENTRIES_ONE:
		return n != 1 ? "max_entries has to be 1" : NULL;
	case MAP_ENTRIES_PAGES:
		if (n < 4096 || n & (n - 1))
			return "max_entries has to be a power of two, at least 4096";
		return NULL;
	default:
		return n ? NULL : "max_entries is 0";
	}
}

const char *map_type_check(u32 type, u32 key_size, u32 value_size, u32 max_entries, u32 flags)
{
	const struct map_type_info *t = map_type_info(type);

	if (!t)
		return "there is no such type of map";
	if (!size_fits(&t->key, key_size))
		return t->key.max ? "keys of this size are not possible" : "key_size has to be 0";
	if (!size_fits(&t->value, value_size))
		return t->value.max ? "values of this size are not possible"
				    : "value_size has to be 0";
	if (flags & ~t->flags)
		return "it has a flag that maps of this type do not know";
	if (~flags & t->needs)
		return t->needs & MMAPABLE ? "it needs the flag BPF_F_MMAPABLE"
					   : "it needs the flag BPF_F_NO_PREALLOC";
	if (flags & BPF_F_STACK_BUILD_ID && value_size % sizeof(struct bpf_stack_build_id))
		return "with BPF_F_STACK_BUILD_ID values are of 32 bytes for each frame";
	/* Flags that exclude each other. */
	if ((flags & BPF_F_RDONLY && flags & BPF_F_WRONLY) ||
	    (flags & BPF_F_RDONLY_PROG && flags & BPF_F_WRONLY_PROG))
		return "it is read-only and write-only at once";
	return entries_check(t->entries, max_entries);
}

/* Programs that change a map of sockets, where no lock of a socket can be held. */
static bool sockets_take(u32 helper, u32 prog_type, u32 attach)
{
	for (size_t i = 0; i < ARRAY_SIZE(updates); i++) {
		if (updates[i].helper != helper)
			continue;
		return updates[i].progs & 1ull << prog_type ||
		       (prog_type == PROG_TRACING && attach == AT_TRACE_ITER);
	}
	return false;
}

bool map_type_takes(u32 type, u32 helper, u32 prog_type, u32 attach)
{
	const struct map_type_info *t = map_type_info(type);

	if (!t || prog_type >= PROG_TYPES)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(uses); i++) {
		if (uses[i].helper == helper)
			return uses[i].types & 1ull << type;
	}
	if (helper == HELPER_for_each_map_elem)
		return t->traits & EACH;
	if (helper == HELPER_map_lookup_elem && t->traits & LOOKUP)
		return true;
	if (t->traits & SOCKETS)
		return sockets_take(helper, prog_type, attach);
	return t->traits & OPEN;
}
