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
	struct bpf_insn insns[MACHINE_GEN_MAX];
	u32 count;
};

/* Makes a program of some `size` steps and up to three functions. */
void machine_gen(struct machine_gen *g, u32 size);

#endif
