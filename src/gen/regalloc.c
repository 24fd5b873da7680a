/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gen/regalloc.h"

#include <stdlib.h>
#include <string.h>

#define REGS 10
#define FIRST_SAVED 6
#define NO_HINT (-1)

/*
 * Positions: instruction i reads at 2i + 2 and writes at 2i + 3; parameters are written at 0. An operand that must survive the writing of the result
 * (the right side of an ALU instruction, whose left side is copied to the result first) is read after that.
 */
struct interval {
	u32 reg;
	u32 start, end;
	bool used, crosses_call;
	s8 hint;         /* a physical register */
	u32 hint_like;   /* a virtual register whose home would do, or IR_NO_REG */
};

struct scan {
	const struct ir_func *f;
	struct interval *by_reg;
	struct interval **order;
	u32 n;
	u32 *calls; /* positions of calls, ascending */
	u32 call_count;
	struct interval *holder[REGS];
	u32 reserved; /* bit set of registers not to be used */
	struct allocation *out;
	bool spilled;
};

static void touch(struct interval *v, u32 position)
{
	if (!v->used) {
		v->used = true;
		v->start = v->end = position;
		return;
	}
	if (position < v->start)
		v->start = position;
	if (position > v->end)
		v->end = position;
}

static void read_operand(struct scan *s, struct ir_operand o, u32 position)
{
	if (o.kind == IR_REG)
		touch(&s->by_reg[o.reg], position);
}

static void set_hints(struct scan *s, const struct ir_insn *i)
{
	struct interval *v = s->by_reg;

	if (i->op == IR_CALL) {
		if (i->dst != IR_NO_REG && v[i->dst].hint == NO_HINT)
			v[i->dst].hint = 0;
		for (u32 k = 0; k < i->arg_count; k++)
			if (i->args[k].kind == IR_REG && v[i->args[k].reg].hint == NO_HINT)
				v[i->args[k].reg].hint = (s8)(k + 1);
	}
	if ((i->op == IR_MOV || i->op == IR_ALU || i->op == IR_EXT || i->op == IR_SWAP) &&
	    i->a.kind == IR_REG) {
		if (v[i->dst].hint_like == IR_NO_REG)
			v[i->dst].hint_like = i->a.reg;
		if (v[i->a.reg].hint_like == IR_NO_REG)
			v[i->a.reg].hint_like = i->dst;
	}
	if (i->op == IR_EXIT && i->a.kind == IR_REG && v[i->a.reg].hint == NO_HINT)
		v[i->a.reg].hint = 0;
}

static void build_intervals(struct scan *s)
{
	const struct ir_func *f = s->f;

	s->by_reg = arena_array(f->arena, struct interval, f->reg_count + 1);
	s->calls = arena_array(f->arena, u32, f->insns.n + 1);
	for (u32 r = 0; r < f->reg_count; r++)
		s->by_reg[r] = (struct interval){ .reg = r, .hint = NO_HINT, .hint_like = IR_NO_REG };
	for (u32 i = 0; i < f->insns.n; i++) {
		const struct ir_insn *insn = &f->insns.at[i];
		u32 at = 2 * i + 2;
		read_operand(s, insn->a, at);
		read_operand(s, insn->b, insn->op == IR_ALU ? at + 2 : at);
		for (u32 k = 0; k < insn->arg_count; k++)
			read_operand(s, insn->args[k], at);
		if (insn->dst != IR_NO_REG)
			touch(&s->by_reg[insn->dst], at + 1);
		if (insn->op == IR_CALL)
			s->calls[s->call_count++] = at;
		set_hints(s, insn);
	}
	/* Parameters arrive in r1, r2, ... before the first instruction. */
	for (u32 r = 0; r < f->param_count; r++)
		if (s->by_reg[r].used) {
			s->by_reg[r].start = 0;
			s->by_reg[r].hint = (s8)(r + 1);
		}
}

/* What lives at the head of a loop lives until its end. */
static void extend_over_loops(struct scan *s)
{
	const struct ir_func *f = s->f;
	u32 *label_at = arena_array(f->arena, u32, f->label_count + 1);
	bool changed = true;

	for (u32 i = 0; i < f->insns.n; i++)
		if (f->insns.at[i].op == IR_LABEL)
			label_at[f->insns.at[i].label] = 2 * i + 2;
	while (changed) {
		changed = false;
		for (u32 i = 0; i < f->insns.n; i++) {
			const struct ir_insn *insn = &f->insns.at[i];
			if (insn->op != IR_GOTO && insn->op != IR_JUMP)
				continue;
			u32 head = label_at[insn->label], tail = 2 * i + 2;
			if (head > tail)
				continue;
			for (u32 r = 0; r < f->reg_count; r++) {
				struct interval *v = &s->by_reg[r];
				if (v->used && v->start < head && v->end >= head && v->end < tail) {
					v->end = tail;
					changed = true;
				}
			}
		}
	}
}

static bool crosses_call(const struct scan *s, const struct interval *v)
{
	u32 low = 0, high = s->call_count;

	while (low < high) { /* the first call after the interval's beginning */
		u32 middle = (low + high) / 2;
		if (s->calls[middle] <= v->start)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->call_count && s->calls[low] < v->end;
}

static int by_start(const void *a, const void *b)
{
	const struct interval *x = *(struct interval *const *)a, *y = *(struct interval *const *)b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->reg < y->reg ? -1 : 1;
}

static bool is_free(const struct scan *s, const struct interval *v, int reg)
{
	if (s->reserved & (1u << reg))
		return false;
	if (v->crosses_call && reg < FIRST_SAVED)
		return false;
	return !s->holder[reg];
}

static int hinted(const struct scan *s, const struct interval *v)
{
	if (v->hint_like != IR_NO_REG) {
		int home = s->out->home[v->hint_like];
		if (home >= 0 && is_free(s, v, home))
			return home;
		/* Not placed yet: go where it wants to go. */
		home = s->by_reg[v->hint_like].hint;
		if (v->hint == NO_HINT && home >= 0 && is_free(s, v, home))
			return home;
	}
	if (v->hint >= 0 && is_free(s, v, v->hint))
		return v->hint;
	return HOME_NONE;
}

static int pick(const struct scan *s, const struct interval *v)
{
	int reg = hinted(s, v);

	if (reg >= 0)
		return reg;
	if (!v->crosses_call)
		for (reg = 0; reg < FIRST_SAVED; reg++)
			if (is_free(s, v, reg))
				return reg;
	for (reg = FIRST_SAVED; reg < REGS; reg++)
		if (is_free(s, v, reg))
			return reg;
	return HOME_NONE;
}

static void to_stack(struct scan *s, struct interval *v)
{
	s->spilled = true;
	s->out->home[v->reg] = HOME_STACK;
	s->out->frame += 8;
	s->out->slot[v->reg] = -(s32)s->out->frame;
}

/* Nothing is free: the interval that lasts longest goes to the stack. */
static void evict_for(struct scan *s, struct interval *v)
{
	struct interval *longest = NULL;
	int reg = HOME_NONE;

	for (int r = v->crosses_call ? FIRST_SAVED : 0; r < REGS; r++) {
		if (s->reserved & (1u << r))
			continue;
		if (s->holder[r] && (!longest || s->holder[r]->end > longest->end)) {
			longest = s->holder[r];
			reg = r;
		}
	}
	if (!longest || longest->end <= v->end) {
		to_stack(s, v);
		return;
	}
	to_stack(s, longest);
	s->holder[reg] = v;
	s->out->home[v->reg] = (s8)reg;
}

static void allocate(struct scan *s)
{
	s->spilled = false;
	s->out->frame = (s->f->frame + 7) & ~7u;
	memset(s->holder, 0, sizeof(s->holder));
	for (u32 r = 0; r < s->f->reg_count; r++)
		s->out->home[r] = HOME_NONE;
	for (u32 i = 0; i < s->n; i++) {
		struct interval *v = s->order[i];
		for (int r = 0; r < REGS; r++)
			if (s->holder[r] && s->holder[r]->end <= v->start)
				s->holder[r] = NULL;
		int reg = pick(s, v);
		if (reg < 0) {
			evict_for(s, v);
			continue;
		}
		s->holder[reg] = v;
		s->out->home[v->reg] = (s8)reg;
	}
}

void regalloc(const struct ir_func *f, struct allocation *out)
{
	struct scan s = { .f = f, .out = out };

	out->home = arena_array(f->arena, s8, f->reg_count + 1);
	out->slot = arena_array(f->arena, s32, f->reg_count + 1);
	build_intervals(&s);
	extend_over_loops(&s);
	s.order = arena_array(f->arena, struct interval *, f->reg_count + 1);
	for (u32 r = 0; r < f->reg_count; r++) {
		struct interval *v = &s.by_reg[r];
		if (!v->used)
			continue;
		if (v->end == v->start)
			v->end++; /* written and never read: still needs a place */
		v->crosses_call = crosses_call(&s, v);
		s.order[s.n++] = v;
	}
	qsort(s.order, s.n, sizeof(struct interval *), by_start);
	allocate(&s);
	if (s.spilled) {
		s.reserved = 1u << BPF_REG_0 | 1u << BPF_REG_5;
		allocate(&s);
		out->spills = true;
	}
}
