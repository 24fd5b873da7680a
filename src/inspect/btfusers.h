/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which programs and maps were loaded with each BTF object, gathered in one walk over all of them. */
#ifndef INSPECT_BTFUSERS_H
#define INSPECT_BTFUSERS_H

#include "base/table.h"
#include "base/vec.h"

struct btfusers_ids {
	vec_of(u32) progs, maps; /* ascending */
};

struct btfusers {
	struct arena *arena;
	struct table table;
};

void btfusers_read(struct btfusers *u, struct arena *a);
/* Those of a BTF object; empty lists if there are none. */
const struct btfusers_ids *btfusers_of(const struct btfusers *u, u32 id);

#endif
