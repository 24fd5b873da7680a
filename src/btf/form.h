/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How values of a type are written, worked out once for many of them. A form is a list of steps, those of a struct or array with
 * the steps of its parts behind them:
 *
 *	struct { __be32 saddr; __be16 port; int n[2]; }		record (to 4), IPv4 at 0, be16 at 4, array of 2 (to 4), signed at 8
 *
 * As text it is what btf/literal.h reads; fields that are addresses by their type or name are shown as such:
 *
 *	{ .saddr = 10.0.0.1, .port = htons(80), .n = [1, 2] }
 *
 * As JSON it is of bpftool's shape, where all of them are numbers, bits and large integers strings in hexadecimal, nameless members
 * have the name "" and a section is a list: {"saddr": 16777226, "port": 20480, "n": [1, 2]}; with FORM_ADDRESSES it is
 * {"saddr": "10.0.0.1", "port": 80, "n": [1, 2]}.
 *
 * The type is not trusted: what does not fit into the size is shown by "?", in JSON by null.
 */
#ifndef BTF_FORM_H
#define BTF_FORM_H

#include "base/arena.h"
#include "base/out.h"
#include "btf/rawbtf.h"

#define FORM_MAX_DEPTH 16
#define FORM_MAX_STEPS 65536 /* what is beyond is shown as bytes */
#define FORM_MAX_BYTES 1024  /* of a string or of bytes in a row, in text */

enum form_style {
	FORM_JSON = 1 << 0,      /* else text; it has to be that of the writer */
	FORM_ADDRESSES = 1 << 1, /* in JSON, too */
	FORM_TOTAL = 1 << 2,     /* counts and sizes alone, of several values: their sums */
};

struct form;

/* A form in the arena, which also needs b; size: bytes of a value. NULL: there are no parts to be shown in this style. */
struct form *form_new(struct arena *a, const struct rawbtf *b, u32 type, u32 size, u32 style);
/* Whether a value is a struct or a union or a section, not one number or text. */
bool form_is_record(const struct form *f);
/* key: as of base/out.h, for JSON alone. */
void form_print(const struct form *f, struct out *o, const char *key, const void *value);
/* FORM_TOTAL: of n values, each stride bytes behind the one before. */
void form_print_total(const struct form *f, struct out *o, const char *key, const void *values,
		      u32 stride, u32 n);

/* A number that a total has. */
struct form_number {
	const char *
		name; /* "packets", within a struct "rx.packets"; "" if the value is but a number */
	u32 offset, size; /* of 1, 2, 4 or 8 bytes */
	bool is_signed;
};
/* FORM_TOTAL: its numbers, in the order of the value, at most max of them, in the arena; those of arrays are left out. */
u32 form_numbers(const struct form *f, struct arena *a, struct form_number *out, u32 max);

#endif
