/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the verifier claims of the registers before each instruction, over all paths: numbers lie within a scalar. A run that
 * looks after each instruction shows mistakes of the verifier, on whatever path it takes. Of pointers nothing is claimed.
 */
#ifndef VERIFY_CLAIMS_H
#define VERIFY_CLAIMS_H

#include "verify/state.h"
#include "verify/verify.h"

struct claims_reg {
	enum { CLAIMS_NOTHING_YET, CLAIMS_NUMBER, CLAIMS_ANYTHING } kind;
	struct scalar n;
};

struct verify_claims {
	u32 count; /* instructions */
	bool *is_reached;
	struct claims_reg (*regs)[10];
};

struct verify_claims *claims_new(struct arena *a, u32 count);
/* Before an instruction is looked at. */
void claims_record(struct verify_claims *c, const struct state *s);
/* Whether r0 to r9 may be so before an instruction; if not, *reg is the one that may not, or 10 if it is not reached at all. */
bool claims_hold(const struct verify_claims *c, u32 insn, const u64 regs[11], u32 *reg);
/* A bit for each register that always has the same value there. */
u16 claims_constants(const struct verify_claims *c, u32 insn);

#endif
