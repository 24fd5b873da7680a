/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One type for all that is assigned to one place. */
#ifndef LANG_UNIFY_H
#define LANG_UNIFY_H

#include "lang/check.h"

/* The type that a value has once stored: integers are widened to 64 bits, in tuples too. */
const struct type *unify_widen(struct check *c, const struct type *t);
/* What both fit in, or NULL. Both are widened types. */
const struct type *unify_join(struct check *c, const struct type *a, const struct type *b);
/* How firmly an expression's integer type is meant. */
enum strength unify_strength(const struct node *n);
/* Makes room in the slot for a value; false if the types do not go together. Sets c->changed. */
bool unify_slot(struct check *c, struct slot *slot, const struct type *t, enum strength strength,
		struct loc loc);

#endif
