/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linear scan: one pass over the virtual registers in order of their beginning.
 *
 * BPF's calls destroy r0-r5, so a value that lives across a call goes to r6-r9; one that does not
 * prefers r0-r5, best of all the register in which it arrives or has to be passed on. What finds no register lives in
 * the stack frame; then r0 and r5 are kept free, and the allocation made again, for moving such values in and out.
 */
#ifndef GEN_REGALLOC_H
#define GEN_REGALLOC_H

#include "gen/ir.h"

#define HOME_NONE (-1)  /* never used */
#define HOME_STACK (-2) /* in slot[reg] */

struct allocation {
	s8 *home;    /* per virtual register: 0 to 9, HOME_NONE, HOME_STACK */
	s32 *slot;   /* frame offset of those on the stack */
	u32 frame;   /* bytes of stack in use, spills included */
	bool spills; /* r0 and r5 are free for the emitter */
};

void regalloc(const struct ir_func *f, struct allocation *out);

#endif
