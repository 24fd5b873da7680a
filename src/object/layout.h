/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where an object's functions lie: those with the same section name follow each other in it, in the
 * order in which the object has them. .text comes first, the others as they first appear.
 */
#ifndef OBJECT_LAYOUT_H
#define OBJECT_LAYOUT_H

#include "object/object.h"

#define LAYOUT_TEXT ".text"

struct layout_section {
	const char *name;
	u32 size;          /* bytes */
	u32 relocs;        /* how many its functions have together */
	vec_of(u32) funcs; /* indices into object.funcs */
};

struct layout {
	vec_of(struct layout_section) sections;
	u32 *offsets; /* of each function in its section, bytes */
};

/* The object must have passed object_check(). */
void layout_make(struct layout *l, const struct object *o, struct arena *arena);
bool layout_is_static(const struct object_func *f); /* lies in .text */

/* Checks everything that object_write() relies on: indices, names, limits. 0 or -EINVAL. */
int object_check(const struct object *o, struct diag *d);

#endif
