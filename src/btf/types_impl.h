/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of `struct types` share. Each BTF in use is a unit: the kernel's is unit 0, modules
 * follow as they are asked for. A type's id is (unit << UNIT_SHIFT | BTF id), with TYPES_SCRIPT_ID set for
 * enums that the script defined; what was made from an id is kept in `made` and outlives the BTF.
 */
#ifndef BTF_TYPES_IMPL_H
#define BTF_TYPES_IMPL_H

#include "base/arena.h"
#include "base/table.h"
#include "base/vec.h"
#include "btf/rawbtf.h"
#include "btf/types.h"

enum {
	UNIT_SHIFT = 20, /* BTF ids are below it */
	UNIT_MAX = 2000, /* modules, at most */
	TYPES_DEPTH =
		32, /* pointers to pointers, arrays of arrays, anonymous members: longer chains are cut */
};
#define TYPES_SCRIPT_ID 0x80000000u

struct enum_def {
	const struct enumerator *at;
	u32 count;
};

/* What was made from one id so far. */
struct made {
	const struct type *type;
	const struct field *fields; /* records; NULL until asked for */
	u32 field_count;
	const struct enum_def *values;  /* enums; likewise */
	const struct func_proto *proto; /* function prototypes */
};

/* What an enumerator's name stands for. */
struct constant {
	const struct type *type; /* NULL: known to be absent */
	s64 value;
};

struct unit {
	const char *name; /* "vmlinux", or the module's */
	struct rawbtf *btf;
	bool was_tried; /* opening it failed before, if btf is NULL */
};

struct types {
	struct arena *arena;
	vec_of(struct unit) units;
	const char *path; /* of unit 0, unless bytes were given */
	bool is_own;      /* unit 0 is not the running kernel's: modules do not belong to it */
	bool is_bytes;    /* unit 0 cannot be read again */
	/* The script's own: struct type, struct type, struct constant. */
	struct table tags, typedefs, enumerators;
	vec_of(struct enum_def) script_enums;
	struct table made; /* struct made by id */
	/* Answers for the kernel's names: `struct type`, of kind TYPE_NONE and not type_none if absent. */
	struct table found_records, found_enums, found_others, found_enumerators;
};

/* As types_use_file, from memory; the bytes are copied. */
int types_use_bytes(struct types *t, const void *data, size_t len);

/* The unit's BTF, opened now if need be; NULL if there is none. */
struct rawbtf *types_unit(struct types *t, u32 unit);
/* Gives a unit's memory back until it is asked for again; modules go before the kernel. */
void types_close_unit(struct types *t, u32 unit);
/* The unit of a module, NULL and "vmlinux" being the kernel; -ENOENT if it has no BTF. */
int types_find_unit(struct types *t, const char *module);

/* A type's id from a unit's BTF id: what a module takes from its base is the kernel's. */
u32 types_id(const struct rawbtf *b, u32 unit, u32 id);
struct made *types_made(struct types *t, u32 id); /* by a type's id; never NULL */
/* The type that an id of the unit stands for, typedefs and qualifiers looked through; void if the id is
 * wrong or the types behind it are nested too deep. */
const struct type *types_make(struct types *t, u32 unit, u32 id);
/* Follows typedefs, qualifiers and tags. NULL for void. */
const struct btf_type *types_resolve(const struct rawbtf *b, u32 *id, bool *is_user);
/* The value of enumerator i. */
s64 types_enum_value(const struct btf_type *bt, u32 i);
/* A bit-field's or other member's place in bits, and the bit-field's size, 0 if it is none. */
void types_member_bits(const struct rawbtf *b, const struct btf_type *record, u32 i, u32 *bits,
		       u32 *bit_size);

/* C's and the usual headers' names of integers, "unsigned long" or "u64"; NULL if it is none of them. */
const struct type *types_base_find(const char *name);

#endif
