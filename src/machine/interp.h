/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interpreter's form of a program: an op for each 8-byte unit of code, so that indices are the same, decoded once.
 *
 *	instruction	if r1 > 5 goto +3
 *	op		do = the handler's address, dst = 1, imm = 5, to = 4 * sizeof(struct op)
 *
 * code->ops has them twice: code->count ops for plain runs, and behind them those for checked runs, whose handlers look at
 * each access to memory before it is made. Of a machine that steps or counts there are as many again: their handlers ask run->step
 * first, then do what the plain or the checked op does.
 */
#ifndef MACHINE_INTERP_H
#define MACHINE_INTERP_H

#include "machine/code.h"

struct op {
	const void *handler;
	u8 dst, src;
	s16 off;
	s32 to; /* of jumps and calls: bytes from this op to the one where it goes on */
	u64 imm; /* sign-extended; of 64-bit loads the whole number, of helpers the function's address */
};

enum op_id {
#define OP(id) OP_##id,
#include "machine/op.def"
	OP_COUNT
};

/* Where the handlers are; OP_COUNT of them. */
const void *const *interp_handlers(void);

/* Makes code->ops of code->insns, which have been checked and resolved. */
void decode_ops(struct code *code);

#endif
