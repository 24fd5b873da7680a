/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel tells of a map: its shape, its memory, what programs may use it, the types of what is in it. */
#ifndef INSPECT_MAPINFO_H
#define INSPECT_MAPINFO_H

#include "btf/rawbtf.h"
#include "inspect/handle.h"
#include "isa/map_type.h"

struct mapinfo {
	struct bpf_map_info info;         /* name ends with a NUL */
	const struct map_type_info *type; /* NULL: a type that we do not know */
	u32 traits;                       /* MAP_TRAIT_..., 0 if the type is not known */
	u64 memlock;                      /* bytes of the kernel's memory */
	bool frozen;                      /* from user space it is read-only for ever */
	u32 owner_prog_type; /* of a prog_array: the programs that may be in it; 0: none yet */
	bool owner_jited;
	u32 cpus; /* that per-CPU maps have values for; 1 for all others */
	u32 stride; /* bytes from a CPU's value to the next; the size of the value where there is one only */
	u64 value_bytes; /* that bpf(2) copies for a value: those of all CPUs */
};

/* Of a descriptor of a map. 0 or -errno. */
int mapinfo_read(int fd, struct mapinfo *out);
/* "hash", or "type 40" in buf if it is not known. */
const char *mapinfo_type_name(const struct mapinfo *m, char buf[16]);
/* Flags of its creation by name, the first is number 0: NULL behind the last. */
const char *mapinfo_flag_name(u32 bit);

/* Types of what is in a map; btf is NULL and both are 0 if they are not known. The caller frees btf. */
struct mapinfo_types {
	struct rawbtf *btf;
	u32 key, value;
};
/* 0, also if there are none, or -errno: they could not be read. */
int mapinfo_types(const struct mapinfo *m, struct mapinfo_types *out);

#endif
