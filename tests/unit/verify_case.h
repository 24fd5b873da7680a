/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of the verifier as data, tests/verify/<any>.case; a file has many:
 *
 *	-- name reads behind the packet
 *	-- prog xdp
 *	-- map counts hash 4 8 16		name, type, sizes of key and value, entries; asm: map[counts]
 *	-- flags strict_alignment		BPF_F_...; optional
 *	-- unprivileged				judged as of one who has no capabilities; optional
 *	-- needs may_goto			the kernel is asked only if it is new enough to have that
 *	-- asm
 *	r0 = 0
 *	exit
 *	-- verdict reject packet-bounds		or accept
 *	-- message only 0 are known to be there	a part of it; optional
 *	-- insn 6				where it is rejected; optional
 *	-- kernel differs WHY			without it the running kernel has to agree
 */
#ifndef UNIT_VERIFY_CASE_H
#define UNIT_VERIFY_CASE_H

#include "object/image.h"

struct verify_case {
	const char *name, *file;
	u32 line, type, flags;
	char *code;
	bool accept, needs_may_goto, unprivileged;
	s32 insn; /* -1: any */
	const char *category, *message, *differs;
	struct image img;
	struct bpf_insn *insns;
	u32 count;
};

/* All cases of a file; they live in the arena. */
typedef void (*verify_case_run)(struct arena *a, struct verify_case *c, void *arg);
void verify_case_each(verify_case_run run, void *arg);
/* Assembles into the image; false if that fails, which was told. */
bool verify_case_build(struct arena *a, struct verify_case *c);

#endif
