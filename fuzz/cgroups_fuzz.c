/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a tree of cgroups: read or refused with a place; each is found by its number, and is below the root of its own level. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "source/cgroups.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cgroups all;
	struct arena arena;
	struct diag d;
	u64 current = 0;

	arena_init(&arena);
	diag_init(&d, &arena);
	cgroups_init(&all, &arena);
	if (cgroups_parse(&all, (const char *)data, size, &d, &current) && !d.items.n)
		abort();
	if (current && !cgroup_find(&all, current))
		abort();
	for (u32 i = 0; i < all.all.n && i < 64; i++) {
		const struct cgroup *c = &all.all.at[i];

		if (cgroup_find(&all, c->id) != c ||
		    cgroup_ancestor(&all, c->id, c->level) != c->id ||
		    !cgroup_is_under(&all, c->id, cgroup_ancestor(&all, c->id, 0)))
			abort();
	}
	arena_done(&arena);
	return 0;
}
