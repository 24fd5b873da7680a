/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gen/regalloc.h"

#include <stdlib.h>
#include <string.h>

#include "gen/live.h"

#define REGS 10
#define FIRST_SAVED 6
#define NO_HINT (-1)

struct value {
	u32 reg;
	u32 start, end;
	struct live_range *ranges;
	bool crosses_call;
	s8 hint;          /* a physical register that would save a move */
	u32 hint_like[2]; /* virtual registers whose home would, or IR_NO_REG */
	struct value *next_in_home;
};

struct scan {
	const struct ir_func *f;
	struct value *by_reg;
	struct value **order;
	u32 n;
	u32 *calls; /* positions of calls, ascending */
	u32 call_count;
	struct value *homes[REGS]; /* who lives there and is not over yet */
	u32 reserved;              /* bit set of registers not to be used */
	struct allocation *out;
	bool spilled;
};

static void hint_register(struct scan *s, struct ir_operand o, u32 physical)
{
	if (o.kind == IR_REG && s->by_reg[o.reg].hint == NO_HINT)
		s->by_reg[o.reg].hint = (s8)physical;
}

static void hint_like(struct value *v, u32 other)
{
	v->hint_like[v->hint_like[0] != IR_NO_REG] = other;
}

static void set_hints(struct scan *s, const struct ir_insn *i)
{
	struct value *v = s->by_reg;

	switch (i->op) {
	case IR_CALL:
		if (i->dst != IR_NO_REG)
			hint_register(s, ir_reg(i->dst), 0);
		for (u32 k = 0; k < i->arg_count; k++)
			hint_register(s, i->args[k], k + 1);
		break;
	case IR_MOV:
	case IR_ALU:
	case IR_EXT:
	case IR_SWAP:
	case IR_XCHG:
		if (i->a.kind != IR_REG)
			break;
		hint_like(&v[i->dst], i->a.reg);
		hint_like(&v[i->a.reg], i->dst);
		break;
	case IR_EXIT:
		hint_register(s, i->a, 0);
		break;
	default:
		break;
	}
}

static bool crosses_call(const struct scan *s, const struct live_range *ranges)
{
	for (const struct live_range *r = ranges; r; r = r->next) {
		u32 low = 0, high = s->call_count;
		while (low < high) { /* the first call after the range's beginning */
			u32 middle = (low + high) / 2;
			if (s->calls[middle] <= r->start)
				low = middle + 1;
			else
				high = middle;
		}
		if (low < s->call_count && s->calls[low] < r->end)
			return true;
	}
	return false;
}

static int by_start(const void *a, const void *b)
{
	const struct value *x = *(struct value *const *)a, *y = *(struct value *const *)b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->reg < y->reg ? -1 : 1;
}

static void find_values(struct scan *s)
{
	const struct ir_func *f = s->f;
	struct live_range **ranges = live_find(f);

	s->by_reg = arena_array(f->arena, struct value, f->reg_count + 1);
	s->order = arena_array(f->arena, struct value *, f->reg_count + 1);
	s->calls = arena_array(f->arena, u32, f->insns.n + 1);
	for (u32 r = 0; r < f->reg_count; r++)
		s->by_reg[r] = (struct value){ .reg = r,
					       .hint = r < f->param_count ? (s8)(r + 1) : NO_HINT,
					       .hint_like = { IR_NO_REG, IR_NO_REG },
					       .ranges = ranges[r] };
	for (u32 i = 0; i < f->insns.n; i++) {
		if (f->insns.at[i].op == IR_CALL)
			s->calls[s->call_count++] = LIVE_READ(i);
		set_hints(s, &f->insns.at[i]);
	}
	for (u32 r = 0; r < f->reg_count; r++) {
		struct value *v = &s->by_reg[r];
		if (!v->ranges)
			continue;
		v->start = v->ranges->start;
		for (const struct live_range *k = v->ranges; k; k = k->next)
			v->end = k->end;
		v->crosses_call = crosses_call(s, v->ranges);
		s->order[s->n++] = v;
	}
	qsort(s->order, s->n, sizeof(struct value *), by_start);
}

/* The values in a register that v cannot share it with: how many (at most 2 are counted), and one of them. */
static u32 conflicts(const struct scan *s, const struct value *v, int reg, struct value **one)
{
	u32 n = 0;

	for (struct value *h = s->homes[reg]; h && n < 2; h = h->next_in_home)
		if (live_overlap(h->ranges, v->ranges)) {
			*one = h;
			n++;
		}
	return n;
}

static bool may_use(const struct scan *s, const struct value *v, int reg)
{
	return !(s->reserved & (1u << reg)) && !(v->crosses_call && reg < FIRST_SAVED);
}

static bool is_free(const struct scan *s, const struct value *v, int reg)
{
	struct value *other;

	return may_use(s, v, reg) && !conflicts(s, v, reg, &other);
}

static int hinted(const struct scan *s, const struct value *v)
{
	for (int k = 0; k < 2; k++) {
		u32 like = v->hint_like[k];
		int home = like == IR_NO_REG ? HOME_NONE : s->out->home[like];
		if (home >= 0 && is_free(s, v, home))
			return home;
	}
	if (v->hint >= 0 && is_free(s, v, v->hint))
		return v->hint;
	for (int k = 0; k < 2; k++) { /* not placed yet: where it would like to go */
		u32 like = v->hint_like[k];
		int hint = like == IR_NO_REG ? NO_HINT : s->by_reg[like].hint;
		if (hint >= 0 && is_free(s, v, hint))
			return hint;
	}
	return HOME_NONE;
}

static int pick(const struct scan *s, const struct value *v)
{
	int reg = hinted(s, v);

	for (int r = 0; reg < 0 && r < REGS; r++)
		if (is_free(s, v, r))
			reg = r;
	return reg;
}

static void move_in(struct scan *s, struct value *v, int reg)
{
	v->next_in_home = s->homes[reg];
	s->homes[reg] = v;
	s->out->home[v->reg] = (s8)reg;
}

static void move_out(struct scan *s, struct value *v, int reg)
{
	struct value **at = &s->homes[reg];

	while (*at != v)
		at = &(*at)->next_in_home;
	*at = v->next_in_home;
}

static void to_stack(struct scan *s, struct value *v)
{
	s->spilled = true;
	s->out->home[v->reg] = HOME_STACK;
	s->out->frame += 8;
	s->out->slot[v->reg] = -(s32)s->out->frame;
}

/* Nothing is free: what is needed longest goes to the stack. */
static void evict_for(struct scan *s, struct value *v)
{
	struct value *longest = v, *one = NULL;
	int reg = HOME_NONE;

	for (int r = 0; r < REGS; r++)
		if (may_use(s, v, r) && conflicts(s, v, r, &one) == 1 && one->end > longest->end) {
			longest = one;
			reg = r;
		}
	to_stack(s, longest);
	if (longest == v)
		return;
	move_out(s, longest, reg);
	move_in(s, v, reg);
}

static void forget_before(struct scan *s, u32 position)
{
	for (int r = 0; r < REGS; r++)
		for (struct value **at = &s->homes[r]; *at;) {
			if ((*at)->end <= position)
				*at = (*at)->next_in_home;
			else
				at = &(*at)->next_in_home;
		}
}

static void allocate(struct scan *s)
{
	s->spilled = false;
	s->out->frame = (s->f->frame + 7) & ~7u;
	memset(s->homes, 0, sizeof(s->homes));
	for (u32 r = 0; r < s->f->reg_count; r++)
		s->out->home[r] = HOME_NONE;
	for (u32 i = 0; i < s->n; i++) {
		struct value *v = s->order[i];
		forget_before(s, v->start);
		int reg = pick(s, v);
		if (reg < 0)
			evict_for(s, v);
		else
			move_in(s, v, reg);
	}
}

void regalloc(const struct ir_func *f, struct allocation *out)
{
	struct scan s = { .f = f, .out = out };

	out->home = arena_array(f->arena, s8, f->reg_count + 1);
	out->slot = arena_array(f->arena, s32, f->reg_count + 1);
	find_values(&s);
	allocate(&s);
	out->spills = s.spilled;
	if (s.spilled) {
		s.reserved = 1u << BPF_REG_0 | 1u << BPF_REG_5;
		allocate(&s);
	}
}
