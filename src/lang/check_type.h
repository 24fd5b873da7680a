/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types as written, looked up: casts, sizeof, let, and the script's own definitions. */
#ifndef LANG_CHECK_TYPE_H
#define LANG_CHECK_TYPE_H

#include "lang/check.h"
#include "lang/type_expr.h"

/* Pointers in it get this space. NULL (reported) if there is no such type. */
const struct type *check_type(struct check *c, const struct type_expr *e, enum type_space space);
/* Makes all definitions known to c->types. */
void check_type_defs(struct check *c, const struct type_def *defs);
/* Reports that a record has no such field, with the nearest and a few of those it has. */
void check_no_field(struct check *c, struct loc loc, const struct type *record, const char *name);
/* A type's size, with records looked up; 0 if unknown. */
u32 check_sizeof_type(struct check *c, const struct type *t);

#endif
