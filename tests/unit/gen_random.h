/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random functions in the intermediate form: arithmetic on a few dozen variables that are read and written
 * everywhere, memory, helper calls, branches and bounded loops nested in each other. They are valid:
 * everything is written before it is read, accesses are in bounds, and they end.
 */
#ifndef UNIT_GEN_RANDOM_H
#define UNIT_GEN_RANDOM_H

#include "gen/ir.h"

struct random_shape {
	u32 variables; /* at most RANDOM_VARIABLES: more than registers make spills */
	u32 statements;
	u32 params;      /* 1 to 5; the first is the context's address */
	bool for_kernel; /* only helpers that a kernel has, and few enough paths for its verifier */
};
enum { RANDOM_VARIABLES = 40 };

/* The same function for the same seed. */
void random_func(struct ir_func *f, struct arena *a, u64 seed, const struct random_shape *shape);

#endif
