/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The union of all states that are met at an instruction. A register that is dead on some path is not claimed at all. */
#include "verify/claims.h"

struct verify_claims *claims_new(struct arena *a, u32 count)
{
	struct verify_claims *c = arena_new(a, struct verify_claims);

	c->count = count;
	c->is_reached = arena_array(a, bool, count);
	c->regs = arena_alloc(a, sizeof(*c->regs) * count);
	return c;
}

void claims_record(struct verify_claims *c, const struct state *s)
{
	const struct frame *f = &s->frames[s->frame_count - 1];

	c->is_reached[s->insn] = true;
	for (u32 r = 0; r < 10; r++) {
		struct claims_reg *claim = &c->regs[s->insn][r];
		if (f->regs[r].kind != REG_SCALAR)
			claim->kind = CLAIMS_ANYTHING;
		else if (claim->kind == CLAIMS_NOTHING_YET)
			*claim = (struct claims_reg){ CLAIMS_NUMBER, f->regs[r].n };
		else if (claim->kind == CLAIMS_NUMBER && !scalar_subset(&f->regs[r].n, &claim->n))
			claim->n = scalar_join(&claim->n, &f->regs[r].n, SCALAR_BITS);
	}
}

bool claims_hold(const struct verify_claims *c, u32 insn, const u64 regs[11], u32 *reg)
{
	*reg = 10;
	if (insn >= c->count || !c->is_reached[insn])
		return false;
	for (u32 r = 0; r < 10; r++) {
		const struct claims_reg *claim = &c->regs[insn][r];
		*reg = r;
		if (claim->kind == CLAIMS_NUMBER && !scalar_has(&claim->n, regs[r], SCALAR_BITS))
			return false;
	}
	return true;
}

u16 claims_constants(const struct verify_claims *c, u32 insn)
{
	u32 bits = 0;

	for (u32 r = 0; r < 10; r++) {
		const struct claims_reg *claim = &c->regs[insn][r];
		if (claim->kind == CLAIMS_NUMBER && scalar_is_const(&claim->n))
			bits |= 1u << r;
	}
	return (u16)bits;
}
