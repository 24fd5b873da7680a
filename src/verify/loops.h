/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loops that end, by their shape: one entry, and a register that all of the loop only adds to (or only subtracts from), at least
 * once a round. Wherever the register is known not to wrap around, the rounds are finite, whatever else the loop does; so the
 * walk need not count them. Of others with one entry the walk itself has to find out what grows (counting.h).
 */
#ifndef VERIFY_LOOPS_H
#define VERIFY_LOOPS_H

#include "object/image.h"

#define LOOPS_NONE UINT32_MAX
#define LOOPS_MAX_TRACED 1024 /* loops of a program, if one of them is traced */

struct loop {
	u32 head;
	u32 outer;      /* index of the loop around it; LOOPS_NONE */
	bool is_traced; /* no register is seen to count its rounds */
	u8 counter;
	bool is_half; /* some of the steps are of 32 bits */
	bool is_down;
	bool is_bounded; /* by may_goto, without a counter */
	u64 step;        /* of a whole round at most */
	u32 *latches, latch_count;
};

/* Ascending by head. False if there is a loop with two entries. */
bool loops_find(struct arena *a, const struct bpf_insn *insns, u32 count, struct loop **out,
		u32 *n);
const struct loop *loops_at(const struct loop *loops, u32 n, u32 head);
/* Whether who comes from there to the loop's head has gone through a round. */
bool loops_is_round(const struct loop *l, u32 from);

#endif
