/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two walks over a value, value.c and value_json.c, have in common. */
#ifndef SESSION_VALUE_PARTS_H
#define SESSION_VALUE_PARTS_H

#include "session/value.h"

enum { VALUE_DEPTH = 32 };

/* The bytes that a kind takes at least which is always shown as text; 0 for all other kinds. */
u32 value_named_size(enum type_kind kind);
/* An array of char is a string, as it is in C. */
bool value_is_char(const struct type *t);
/* Of tuples and records. */
const struct field *value_fields(struct values *v, const struct type *t, u32 *count);
/* The bytes of a member within its record's, bit-fields put into `bits`; false if they are not all there. */
bool value_member(const struct field *f, const u8 *p, size_t size, u8 bits[8], const u8 **member,
		  size_t *left);
/* By v->div, as C divides. */
u64 value_divide(const struct values *v, u64 bits, bool is_signed);

#endif
