/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CO-RE: what a program was compiled with, found again in the kernel's types.
 *
 *	local type + path "0:2:1" ──image_spec_parse()──► spec: type, members by name, elements by index
 *	spec + type of the kernel ──image_spec_match()──► spec of the kernel's
 *	spec ──image_spec_value()──► the number that goes into the instruction
 *
 * Names end where ___ begins: task_struct___old is a flavour of task_struct. Members without a name are gone through as if
 * theirs were the outer type's.
 */
#ifndef OBJECT_IMAGE_CORE_H
#define OBJECT_IMAGE_CORE_H

#include "object/image_impl.h"

enum {
	CORE_FIELD_OFFSET,
	CORE_FIELD_SIZE,
	CORE_FIELD_EXISTS,
	CORE_FIELD_SIGNED,
	CORE_FIELD_LSHIFT,
	CORE_FIELD_RSHIFT,
	CORE_TYPE_ID_LOCAL,
	CORE_TYPE_ID_TARGET,
	CORE_TYPE_EXISTS,
	CORE_TYPE_SIZE,
	CORE_ENUM_EXISTS,
	CORE_ENUM_VALUE,
	CORE_TYPE_MATCHES,
	CORE_KINDS,
};

enum { CORE_MAX_STEPS = 64 };

struct image_step {
	u32 type;         /* the record or enum with the member, or the element's type */
	u32 index;        /* of the member, enumerator or element */
	const char *name; /* NULL: an element */
};

struct image_spec {
	const struct rawbtf *btf;
	u32 kind, root;
	u32 count;
	u64 bit_offset;
	struct image_step steps[CORE_MAX_STEPS];
};

/* How many more types may be looked at: types may be made so that it would take forever. */
struct image_budget {
	u32 left;
};

/* 0, or -EINVAL: the path does not lead through the type. */
int image_spec_parse(const struct rawbtf *b, u32 kind, u32 root, const char *path,
		     struct image_spec *out);
/* 1: the type has it, in *out; 0: it has not; -EINVAL: the types make no sense. */
int image_spec_match(const struct image_spec *local, const struct rawbtf *kernel, u32 root,
		     struct image_budget *budget, struct image_spec *out);

struct image_value {
	u64 number;
	u32 size;      /* of what is loaded or stored; 0: of no matter */
	u32 type;      /* of that */
	bool is_exact; /* the compiler cannot have come to another number */
};
/* spec NULL: the kernel has nothing of the kind. 0; -ENOENT: then there is no number; -EINVAL. */
int image_spec_value(u32 kind, const struct image_spec *spec, struct image_value *out);
/* "task_struct.se.exec_start" */
void image_spec_print(const struct image_spec *spec, char *out, size_t size);

/* ---- image_compat.c */
size_t image_core_name_len(const char *name); /* without the flavour */
bool image_core_same_name(const char *a, const char *b);
bool image_core_same_kind(const struct btf_type *a, const struct btf_type *b);
/* Whether a field of one type can be read as one of the other: 1, 0, or -EINVAL. */
int image_core_field_fits(const struct rawbtf *a, u32 a_id, const struct rawbtf *b, u32 b_id,
			  struct image_budget *budget);
/* Whether types are of the same shape; and whether all that the first has the second has too. */
int image_core_type_fits(const struct rawbtf *a, u32 a_id, const struct rawbtf *b, u32 b_id,
			 u32 depth, struct image_budget *budget);
int image_core_type_matches(const struct rawbtf *a, u32 a_id, const struct rawbtf *b, u32 b_id,
			    bool behind_pointer, u32 depth, struct image_budget *budget);

enum { CORE_MAX_DEPTH = 32 };

#endif
