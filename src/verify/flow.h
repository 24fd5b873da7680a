/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be said of a program without walking its paths: where jumps lead, which registers and stack slots may still be read.
 * States are compared without what is dead, so that paths that differ in nothing that matters are one.
 */
#ifndef VERIFY_FLOW_H
#define VERIFY_FLOW_H

#include "object/image.h"

struct flow_insn {
	u16 live_regs;  /* a bit for each, before the instruction */
	u64 live_slots; /* of 8 bytes, from the top of the stack down */
	bool is_start;  /* of an instruction, not the second half of one */
	bool is_target; /* of a jump, or behind a call of a function */
	bool is_head;   /* of a loop */
	bool is_bounded; /* may be passed but a bounded number of times: calls with callbacks, may_goto */
};

struct flow {
	struct flow_insn *insns;
	u32 count;
};

/* The index that a jump leads to, of a call of a function its first instruction; -1 if none. */
s64 flow_target(const struct bpf_insn *i, u32 at);
/* 0; else with *at and *why: -EILSEQ for what is no instruction, -EINVAL where jumps lead out of the code. */
int flow_make(struct flow *f, struct arena *a, const struct bpf_insn *insns, u32 count, u32 *at,
	      const char **why);

#endif
