/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types of an object's variables as C for the host, with their places in memory kept whatever made them so. Definitions get a
 * prefix, so that they can stand beside those of any header:
 *
 *	struct event { u64 at; char comm[16]; };	of the object, for x.bpf.o is
 *	struct x__event { __u64 at; char comm[16]; };
 *
 * Pointers are of no use to the host: they are void *.
 */
#ifndef OBJECT_SKEL_TYPE_H
#define OBJECT_SKEL_TYPE_H

#include "base/buf.h"
#include "base/table.h"
#include "btf/rawbtf.h"

struct skel_types {
	struct arena *arena;
	const struct rawbtf *btf;
	const char *prefix; /* "x" */
	bool is_own;        /* records and enums by their own names, which others define */
	struct buf *out;
	u8 *known;  /* by id: it is defined, or being so */
	u8 *aligns; /* of records by id, in bytes; 0: not asked yet */
	u32 left; /* how many more members are written: types may be made so that there is no end */
	u32 pads; /* members that only take room, so far */
	struct table names; /* of definitions → 1 + id */
};

/* A member of a struct, or a variable of a section. */
struct skel_member {
	const char *name; /* "" : a record without one */
	u32 type;
	u32 size; /* of a variable: what it takes; 0: what its type takes */
	u64 bit_offset;
	u32 bits; /* of a bit-field, else 0 */
};

void skel_types_init(struct skel_types *t, struct arena *arena, const struct rawbtf *btf,
		     const char *prefix, bool is_own, struct buf *out);
/* Writes the definitions that a variable of this type needs. */
void skel_types_define(struct skel_types *t, u32 id);
/* Writes `struct NAME { ... };` with a section's variables where they are, and checks of that. */
void skel_types_struct(struct skel_types *t, const char *name, const struct skel_member *members,
		       u32 n);
/* Writes `T *name;`, or `T (*name)[3];`, for a variable, of which its own definitions have been written. */
void skel_types_pointer(struct skel_types *t, const struct skel_member *variable);
/* A name as C and C++ take it. */
const char *skel_identifier(struct arena *a, const char *name);

#endif
