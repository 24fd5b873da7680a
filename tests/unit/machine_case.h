/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of what programs do, in files that are neutral of what runs them:
 *
 *	-- name add64 imm: two small numbers
 *	-- asm
 *	r0 = 40
 *	r0 += 2
 *	exit
 *	-- mem 01 02 03		what r1 points to, r2 bytes of it; without, both are 0
 *	-- result 0x2a		r0 at the end, or
 *	-- error TEXT		a part of what a rejection or, looked at closely, the run says
 *
 * Lines that begin with # outside of the code are comments.
 */
#ifndef UNIT_MACHINE_CASE_H
#define UNIT_MACHINE_CASE_H

#include <linux/bpf.h>

#include "base/arena.h"
#include "base/vec.h"

#define CASE_MAX_MEM 64

struct machine_case {
	const char *file, *name;
	const char *text; /* of the code */
	u8 mem[CASE_MAX_MEM];
	u32 mem_len;
	u64 result;
	const char *error; /* NULL: there is a result */
	const struct bpf_insn *insns;
	u32 count;
};
struct machine_cases {
	vec_of(struct machine_case) cases;
	const char *problem; /* the first thing that is wrong with the files; NULL */
};

/* All of *.case in a folder, assembled; none if it is not there. */
void machine_cases_read(struct machine_cases *all, struct arena *a, const char *folder);

/*
 * The same by the running kernel, as a function that a program of type syscall calls: it has no access to memory that is
 * not its context's. False if the kernel does not take it, or there is none that may be asked.
 */
bool machine_case_kernel(const struct machine_case *c, u64 *result);

#endif
