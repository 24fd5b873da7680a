/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loops that end, by their shape: one entry, and a register that all of the loop only adds to (or only subtracts from), at least
 * once a round. Wherever the register is known not to wrap around, the rounds are finite, whatever else the loop does; so the
 * walk need not count them.
 */
#ifndef VERIFY_LOOPS_H
#define VERIFY_LOOPS_H

#include "object/image.h"

struct loop {
	u32 head;
	u8 counter;
	bool is_half; /* some of the steps are of 32 bits */
	bool is_down;
	bool is_bounded; /* by may_goto, without a counter */
	u64 step;        /* of a whole round at most */
};

/* Ascending by head. False if there is a loop of another shape. */
bool loops_find(struct arena *a, const struct bpf_insn *insns, u32 count, struct loop **out,
		u32 *n);
const struct loop *loops_at(const struct loop *loops, u32 n, u32 head);

#endif
