/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as routes: read or refused with a place, and what was read is found by its own prefix. */
#include <stdint.h>
#include <stdlib.h>

#include "source/routes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct diag d;
	struct fib fib = { .arena = &arena };

	arena_init(&arena);
	diag_init(&d, &arena);
	if (routes_parse(&fib, (const char *)data, size, &d) && !d.items.n)
		abort();
	for (u32 i = 0; i < fib.routes.n; i++) {
		const struct fib_route *r = &fib.routes.at[i];
		const struct fib_route *found = fib_find(&fib, r->family, r->address);

		if (!found || found->bits < r->bits)
			abort();
	}
	arena_done(&arena);
	return 0;
}
