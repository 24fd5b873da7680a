/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of a form, which form.c makes and form_print.c goes through. */
#ifndef BTF_FORM_IMPL_H
#define BTF_FORM_IMPL_H

#include "base/vec.h"
#include "btf/form.h"

enum form_kind {
	FORM_RECORD, /* parts up to end, by name */
	FORM_LIST,   /* parts up to end, without names */
	FORM_ARRAY,  /* the part behind it, count times, stride bytes apart */
	FORM_UNSIGNED,
	FORM_SIGNED,
	FORM_BOOL,
	FORM_ENUM,
	FORM_POINTER,
	FORM_FLOAT,
	FORM_WIDE,   /* an integer of more than 8 bytes */
	FORM_STRING, /* size bytes */
	FORM_MEMORY, /* the same that are no text */
	FORM_BITS,
	FORM_IPV4,
	FORM_IPV6,
	FORM_MAC,
	FORM_BE16,
	FORM_BE32,
	FORM_MISSING
};

struct form_step {
	enum form_kind kind;
	u32 offset; /* from the beginning of the value, in an array for its first element */
	u32 size;   /* in bytes */
	u32 count, stride, end;
	u8 bit, bits;   /* FORM_BITS */
	bool is_signed; /* FORM_ENUM, FORM_BITS */
	const char *
		lead; /* what is written before a part of a record: ", .name = ", or in JSON its key; NULL: nothing */
	u32 lead_len;
	const char *name;             /* of a part of a record; NULL: it has none */
	const struct btf_type *enums; /* FORM_ENUM and bits of one; NULL: none */
};

struct form {
	const struct rawbtf *btf;
	u32 style;
	vec_of(struct form_step) steps;
};

#endif
