/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/speculation.h"

static bool is_by_register(const struct bpf_insn *i)
{
	return i->code & BPF_X;
}

/* How far the pointer is from the edge that it is moved towards. */
static bool find_limit(struct engine *e, u32 d, const struct reg *p, bool to_left, u32 *out)
{
	u32 room, limit;

	switch (p->kind) {
	case REG_STACK:
		room = STATE_STACK + to_left;
		limit = (u32) - (p->off + (s64)p->n.bits.value);
		break;
	case REG_VALUE:
		room = e->img->maps.at[p->map].value_size;
		limit = (u32)((to_left ? (u64)p->n.full.smin : p->n.full.umax) + (u64)(s64)p->off);
		break;
	default:
		return engine_fail(
			e, VERIFY_SPECULATION,
			"use a constant, or a map value: only there distances are masked",
			"r%u: a register may not be added to %s without CAP_PERFMON", d,
			reg_kind_name(p->kind));
	}
	if (limit >= room)
		return engine_fail(e, VERIFY_SPECULATION,
				   "compare the number so that the sum stays within",
				   "r%u: with the number the pointer may leave the %s", d,
				   reg_kind_name(p->kind));
	*out = limit;
	return true;
}

/* All paths that come to the instruction have to agree on how it is masked, as there is but one mask. */
static bool set_mask(struct engine *e, u32 d, struct speculation_mask m)
{
	struct speculation_mask *old = &e->masks[e->cur->insn];

	if (old->is_set && (old->is_number != m.is_number || old->is_negative != m.is_negative ||
			    old->is_constant != m.is_constant || old->is_swapped != m.is_swapped ||
			    old->limit != m.limit))
		return engine_fail(
			e, VERIFY_SPECULATION, "make the sum on each path for itself",
			"r%u: on another path this adds to another pointer, or within other "
			"bounds",
			d);
	*old = m;
	return true;
}

bool speculation_begin(struct engine *e, struct speculation_sum *s)
{
	u32 insn = e->cur->insn, d = s->insn->dst_reg;
	bool is_constant = scalar_is_const(&s->by), is_negative = s->by.full.smin < 0;

	s->mask = (struct speculation_mask){ 0 };
	if (e->opts->privileged || !is_by_register(s->insn))
		return true;
	if (!e->cur->is_speculative) {
		if (!is_constant && is_negative != (s->by.full.smax < 0))
			return engine_fail(
				e, VERIFY_SPECULATION,
				"compare it with 0 first, or make it unsigned",
				"r%u: the number may be negative or not, and may not be %s a "
				"pointer without CAP_PERFMON",
				s->is_swapped ? d : s->insn->src_reg,
				s->is_minus ? "subtracted from" : "added to");
		s->mask = (struct speculation_mask){ .is_set = true,
						     .is_negative = is_negative,
						     .is_constant = is_constant,
						     .is_swapped = s->is_swapped };
		if (!find_limit(e, d, &s->pointer, s->is_minus != is_negative, &s->mask.limit))
			return false;
		e->is_masked |= !is_constant;
	}
	if (!is_constant) { /* masked, the number is 0 */
		struct reg kept = *engine_reg(e, d);
		*engine_reg(e, d) = s->pointer;
		engine_run_ahead(e, insn + 1, false);
		*engine_reg(e, d) = kept;
	}
	return true;
}

static bool check_place(struct engine *e, u32 d, const struct reg *p)
{
	s64 low = (s64)p->off + p->n.full.smin, high = (s64)p->off + p->n.full.smax;

	if (p->kind == REG_STACK && !scalar_is_const(&p->n))
		return engine_fail(e, VERIFY_SPECULATION, "use constant offsets",
				   "r%u: where on the stack it points to has to be known without "
				   "CAP_PERFMON",
				   d);
	if (p->kind == REG_STACK && (high >= 0 || low < -STATE_STACK))
		return engine_fail(
			e, VERIFY_SPECULATION, "keep it within r10 - 512 and r10 - 1",
			"r%u: r10%+lld is outside of the stack, where no pointer may lead "
			"without CAP_PERFMON",
			d, (long long)low);
	if (p->kind == REG_VALUE && p->n.full.umax >= STATE_MAX_OFFSET)
		return engine_fail(e, VERIFY_SPECULATION, "compare it with 0 first",
				   "r%u: what was added to it may be negative in all, which takes "
				   "CAP_PERFMON",
				   d);
	if (p->kind == REG_VALUE && (low < 0 || high >= (s64)e->img->maps.at[p->map].value_size))
		return engine_fail(e, VERIFY_SPECULATION,
				   "compare the number first: the sum has to stay within the value",
				   "r%u would point to byte %lld of a map value with %u bytes, and "
				   "without CAP_PERFMON it may not leave it",
				   d, (long long)(low < 0 ? low : high),
				   e->img->maps.at[p->map].value_size);
	return true;
}

bool speculation_end(struct engine *e, const struct speculation_sum *s, const struct reg *moved)
{
	u32 d = s->insn->dst_reg, limit;

	if (e->opts->privileged)
		return true;
	if (!check_place(e, d, moved))
		return false;
	if (!s->mask.is_set)
		return true;
	struct speculation_mask m = s->mask;
	if (!find_limit(e, d, moved, s->is_minus != m.is_negative, &limit))
		return false;
	m.limit = m.limit > limit ? m.limit - limit : limit - m.limit;
	return set_mask(e, d, m);
}

bool speculation_numbers(struct engine *e, const struct bpf_insn *i)
{
	u8 op = i->code & 0xf0;

	if (e->opts->privileged || !is_by_register(i) || (op != BPF_ADD && op != BPF_SUB))
		return true;
	return set_mask(e, i->dst_reg,
			(struct speculation_mask){ .is_set = true, .is_number = true });
}

bool speculation_tail(struct engine *e)
{
	if (e->opts->privileged || e->out->facts[e->cur->insn].map >= 0)
		return true;
	return engine_fail(e, VERIFY_SPECULATION, "call the tail on each path for itself",
			   "on another path this calls a tail of another map");
}

void speculation_branch(struct engine *e, const struct state *before, const struct bpf_insn *i,
			u32 to, bool is_taken)
{
	struct state *here = e->cur;
	struct state ahead;

	state_copy(&ahead, before);
	state_frame(&ahead)->regs[i->dst_reg] = reg_unknown();
	if (is_by_register(i))
		state_frame(&ahead)->regs[i->src_reg] = reg_unknown();
	e->cur = &ahead;
	engine_run_ahead(e, to, is_taken);
	e->cur = here;
	state_done(&ahead);
}
