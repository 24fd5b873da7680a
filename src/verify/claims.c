/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The union of all states that are met at an instruction. What is dead on some path is not claimed at all. */
#include "verify/claims.h"

#include <string.h>

struct verify_claims *claims_new(struct arena *a, u32 count)
{
	struct verify_claims *c = arena_new(a, struct verify_claims);

	c->arena = a;
	c->count = count;
	c->at = arena_array(a, struct claims_at, count);
	return c;
}

/* ---- recording */

/* A pointer whose base a run can tell; others are anything. */
static bool has_base(const struct state *s, const struct reg *r)
{
	switch (r->kind) {
	case REG_STACK:
		return r->frame == s->frame_count - 1;
	case REG_CTX:
	case REG_PACKET:
	case REG_PACKET_END:
		return true;
	default:
		return false;
	}
}

static struct claims_reg claim_of(const struct state *s, const struct reg *r)
{
	if (r->kind == REG_SCALAR)
		return (struct claims_reg){ .kind = CLAIMS_NUMBER, .n = r->n };
	if (!has_base(s, r))
		return (struct claims_reg){ .kind = CLAIMS_ANYTHING };
	return (struct claims_reg){ .kind = CLAIMS_POINTER,
				    .to = r->kind,
				    .maybe_null = r->maybe_null,
				    .off = r->off,
				    .size = r->kind == REG_PACKET ? r->size : 0,
				    .n = r->n };
}

static void add(struct claims_reg *claim, const struct claims_reg *more)
{
	bool alike = claim->kind == more->kind && claim->to == more->to && claim->off == more->off;

	if (claim->kind == CLAIMS_NOTHING_YET) {
		*claim = *more;
		return;
	}
	if (!alike || more->kind == CLAIMS_ANYTHING) {
		claim->kind = CLAIMS_ANYTHING;
		return;
	}
	claim->maybe_null |= more->maybe_null;
	if (more->size < claim->size)
		claim->size = more->size;
	if (!scalar_subset(&more->n, &claim->n))
		claim->n = scalar_join(&claim->n, &more->n, SCALAR_BITS);
}

/* A whole register that was spilled, or eight zeroes. */
static struct claims_reg claim_of_slot(const struct state *s, const struct slot *slot)
{
	struct reg zero = reg_const(0);
	u32 spilled = 0, zeroes = 0;

	for (u32 i = 0; i < 8; i++) {
		spilled += slot->bytes[i] == BYTE_SPILL;
		zeroes += slot->bytes[i] == BYTE_ZERO;
	}
	if (zeroes == 8)
		return claim_of(s, &zero);
	if (spilled == 8 && slot->from == 0 && slot->size == 8)
		return claim_of(s, &slot->spill);
	return (struct claims_reg){ .kind = CLAIMS_ANYTHING };
}

static void record_slots(struct verify_claims *c, struct claims_at *at, const struct state *s)
{
	const struct frame *f = &s->frames[s->frame_count - 1];

	if (!at->is_reached) {
		at->slot_count = f->slot_count;
		at->slots = arena_array(c->arena, struct claims_reg, f->slot_count + 1);
	}
	if (f->slot_count < at->slot_count)
		at->slot_count = f->slot_count;
	for (u32 i = 0; i < at->slot_count; i++) {
		struct claims_reg claim = claim_of_slot(s, &f->slots[i]);

		add(&at->slots[i], &claim);
	}
}

void claims_record(struct verify_claims *c, const struct state *s)
{
	const struct frame *f = &s->frames[s->frame_count - 1];
	struct claims_at *at = &c->at[s->insn];

	record_slots(c, at, s);
	at->is_reached = true;
	for (u32 r = 0; r < 10; r++) {
		struct claims_reg claim = claim_of(s, &f->regs[r]);

		add(&at->regs[r], &claim);
	}
}

/* ---- looking */

static bool is_at(const struct claims_reg *claim, u64 value, u64 base)
{
	return scalar_has(&claim->n, value - base - (u64)(s64)claim->off, SCALAR_BITS);
}

static bool pointer_holds(const struct claims_reg *claim, u64 value, u64 frame,
			  const struct claims_bases *b)
{
	if (claim->maybe_null && !value)
		return true;
	switch (claim->to) {
	case REG_STACK:
		return is_at(claim, value, frame);
	case REG_CTX:
		return is_at(claim, value, b->ctx);
	case REG_PACKET_END:
		return !b->data || is_at(claim, value, b->data_end);
	default: /* so many bytes are there, from where it was before off was added */
		return !b->data || (is_at(claim, value, b->data) &&
				    value - (u64)(s64)claim->off + claim->size <= b->data_end);
	}
}

static bool may_be(const struct claims_reg *claim, u64 value, u64 frame,
		   const struct claims_bases *bases)
{
	if (claim->kind == CLAIMS_NUMBER)
		return scalar_has(&claim->n, value, SCALAR_BITS);
	return claim->kind != CLAIMS_POINTER || !bases || pointer_holds(claim, value, frame, bases);
}

bool claims_hold(const struct verify_claims *c, u32 insn, const u64 regs[11],
		 const struct claims_bases *bases, u32 *broken)
{
	const struct claims_at *at = insn < c->count ? &c->at[insn] : NULL;

	*broken = 10;
	if (!at || !at->is_reached)
		return false;
	for (u32 r = 0; r < 10; r++) {
		*broken = r;
		if (!may_be(&at->regs[r], regs[r], regs[10], bases))
			return false;
	}
	for (u32 i = 0; bases && bases->has_stack && i < at->slot_count; i++) {
		u64 value;

		memcpy(&value, (const u8 *)(uintptr_t)regs[10] - 8 * (i + 1), sizeof(value));
		*broken = 11 + i;
		if (!may_be(&at->slots[i], value, regs[10], bases))
			return false;
	}
	return true;
}

u16 claims_constants(const struct verify_claims *c, u32 insn)
{
	u32 bits = 0;

	for (u32 r = 0; r < 10; r++) {
		const struct claims_reg *claim = &c->at[insn].regs[r];
		if (claim->kind == CLAIMS_NUMBER && scalar_is_const(&claim->n))
			bits |= 1u << r;
	}
	return (u16)bits;
}
