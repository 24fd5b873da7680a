/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random programs that every engine has to agree on: all arithmetic, memory of the stack, atomics, jumps, loops that end,
 * functions, and what compilers like to put together. They touch nothing but registers and stack, of which r0 is a digest in the end.
 */
#ifndef UNIT_MACHINE_GEN_H
#define UNIT_MACHINE_GEN_H

#include <linux/bpf.h>

#include "base/int.h"

enum { MACHINE_GEN_MAX = 4096 };

/* Where choices come from: bytes while there are any, then a sequence that starts from the seed. */
struct machine_gen {
	const u8 *bytes;
	size_t len;
	u64 seed; /* not 0 */
	bool for_kernel; /* only what its verifier accepts, too: no functions, no code that is never reached */
	struct bpf_insn insns[MACHINE_GEN_MAX];
	bool is_hidden[MACHINE_GEN_MAX]; /* before it a register has nothing, or an address */
	bool hides;                      /* what is made now */
	u32 count;
};

/* Makes a program of some `size` steps and up to three functions. */
void machine_gen(struct machine_gen *g, u32 size);
/* One more choice: below n. */
u32 machine_gen_below(struct machine_gen *g, u32 n);

#endif
