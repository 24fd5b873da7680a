/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the verifier claims of registers and of the stack before each instruction, over all paths: numbers lie within a scalar,
 * pointers to the stack, the context and the packet at a distance that does, and so much of the packet is there. A run that looks
 * before each instruction shows mistakes of the verifier, on whatever path it takes.
 */
#ifndef VERIFY_CLAIMS_H
#define VERIFY_CLAIMS_H

#include "verify/state.h"
#include "verify/verify.h"

struct claims_reg {
	enum { CLAIMS_NOTHING_YET, CLAIMS_NUMBER, CLAIMS_POINTER, CLAIMS_ANYTHING } kind;
	u8 to; /* of a pointer: REG_STACK (this function's), REG_CTX, REG_PACKET, REG_PACKET_END */
	bool maybe_null;
	s32 off;
	u32 size;        /* bytes of the packet that are there from where off is not added yet */
	struct scalar n; /* the number; of a pointer what is added to off */
};

/* Before an instruction. */
struct claims_at {
	bool is_reached;
	struct claims_reg regs[10];
	struct claims_reg *slots; /* 8 bytes each of this function's stack, the first the highest */
	u32 slot_count;
};

struct verify_claims {
	struct arena *arena;
	u32 count; /* instructions */
	struct claims_at *at;
};

/* Where things are in a run: addresses. */
struct claims_bases {
	u64 ctx;
	u64 data, data_end; /* of the packet; 0: there is none, and nothing is said of it */
	bool has_stack;     /* the stack may be read below r10 */
};

struct verify_claims *claims_new(struct arena *a, u32 count);
/* Before an instruction is looked at. */
void claims_record(struct verify_claims *c, const struct state *s);
/*
 * Whether r0 to r9, and the stack below r10, may be so before an instruction; if not, *broken is the register that may not, 10
 * if the instruction is not reached at all, or 11 and up for slots of the stack. bases NULL: numbers in registers only.
 */
bool claims_hold(const struct verify_claims *c, u32 insn, const u64 regs[11],
		 const struct claims_bases *bases, u32 *broken);
/* A bit for each register that always has the same value there. */
u16 claims_constants(const struct verify_claims *c, u32 insn);

#endif
