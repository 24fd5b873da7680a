/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where each virtual register holds a value that is still to be read: a list of ranges with holes between
 * them, found by going backwards through the blocks until nothing changes.
 *
 * Instruction i reads at position 2i + 2 and writes at 2i + 3; parameters are written at 0. The right side of an ALU
 * instruction is read after its result was written, since its left side is copied to the result first.
 */
#ifndef GEN_LIVE_H
#define GEN_LIVE_H

#include "gen/ir.h"

struct live_range {
	u32 start, end;          /* positions; the value is needed from start to end */
	struct live_range *next; /* later */
};

#define LIVE_READ(i) (2 * (i) + 2)
#define LIVE_WRITE(i) (2 * (i) + 3)

/* One list for each virtual register, NULL for those never used. In the function's arena. */
struct live_range **live_find(const struct ir_func *f);
bool live_overlap(const struct live_range *a, const struct live_range *b);

#endif
