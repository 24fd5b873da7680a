/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What CPUs may run ahead into. They guess how a comparison ends, and go on before they know; what they read there by a wrong guess
 * leaves traces that a program without privilege could make use of. So of such a program
 *
 *	- comparisons that can end one way only are followed the other way, too, where what was compared may be any number;
 *	- a register is added to a pointer only where the kernel can keep the sum within the map's value or the stack by masking:
 *	  of one sign, in one direction, on all paths as far from the edge; and the path on which the mask made it 0 is followed.
 *
 * What is rejected there is rejected. This is as Linux 6.12 does it; younger kernels accept more, and put barriers there.
 * To those with privilege all of these say true.
 */
#ifndef VERIFY_SPECULATION_H
#define VERIFY_SPECULATION_H

#include "verify/engine.h"

/* How the distance of an instruction is masked. */
struct speculation_mask {
	bool is_set, is_number; /* is_number: none is, both are numbers */
	bool is_negative, is_constant, is_swapped;
	u32 limit;
};

/* A register is added to a pointer, or subtracted. */
struct speculation_sum {
	const struct bpf_insn *insn;
	struct reg pointer;
	struct scalar by;
	bool is_minus, is_swapped; /* is_swapped: the pointer is the source */
	struct speculation_mask mask;
};

/* Before it is computed, and after, with the pointer that it gives. */
bool speculation_begin(struct engine *e, struct speculation_sum *s);
bool speculation_end(struct engine *e, const struct speculation_sum *s, const struct reg *moved);
/* Two numbers, by an instruction that may add to pointers on another path. */
bool speculation_numbers(struct engine *e, const struct bpf_insn *i);
/* A call of a tail: of one array on all paths, as its size bounds the index. */
bool speculation_tail(struct engine *e);
/* The way that a comparison cannot end, from the state before it. */
void speculation_branch(struct engine *e, const struct state *before, const struct bpf_insn *i,
			u32 to, bool is_taken);

#endif
