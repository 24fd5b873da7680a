/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gen/live.h"

#include <string.h>

#define NO_SLOT UINT32_MAX

struct block {
	u32 first, end; /* instructions [first, end) */
	u32 next[2];    /* blocks that may follow */
	u32 next_count;
	u64 *in, *out; /* bit sets of shared registers, by slot */
};

struct live {
	const struct ir_func *f;
	struct block *blocks;
	u32 block_count;
	u32 *block_of_label;
	u32 *slot; /* of registers used in more than one block; NO_SLOT for others */
	u32 *reg_of_slot;
	u32 slot_count, words;
	struct live_range **ranges;
};

static bool ends_block(const struct ir_insn *i)
{
	return i->op == IR_JUMP || i->op == IR_GOTO || i->op == IR_EXIT;
}

static void find_blocks(struct live *l)
{
	const struct ir_func *f = l->f;
	u32 n = 0;

	l->blocks = arena_array(f->arena, struct block, f->insns.n + 1);
	l->block_of_label = arena_array(f->arena, u32, f->label_count + 1);
	for (u32 i = 0; i < f->insns.n; i++) {
		const struct ir_insn *insn = &f->insns.at[i];
		if (i == 0 || insn->op == IR_LABEL || ends_block(insn - 1))
			l->blocks[n++].first = i;
		if (insn->op == IR_LABEL)
			l->block_of_label[insn->label] = n - 1;
		l->blocks[n - 1].end = i + 1;
	}
	l->block_count = n;
	for (u32 b = 0; b < n; b++) {
		struct block *k = &l->blocks[b];
		const struct ir_insn *last = &f->insns.at[k->end - 1];
		if (last->op == IR_JUMP || last->op == IR_GOTO)
			k->next[k->next_count++] = l->block_of_label[last->label];
		if (last->op != IR_GOTO && last->op != IR_EXIT && b + 1 < n)
			k->next[k->next_count++] = b + 1;
	}
}

/* Only registers that more than one block uses need bits; most live inside one statement. */
static void note_use(struct live *l, u32 *block, u32 reg, u32 b)
{
	if (block[reg] == 0) {
		block[reg] = b + 1;
	} else if (block[reg] != b + 1 && l->slot[reg] == NO_SLOT) {
		l->reg_of_slot[l->slot_count] = reg;
		l->slot[reg] = l->slot_count++;
	}
}

static void find_shared(struct live *l)
{
	const struct ir_func *f = l->f;
	u32 *block = arena_array(f->arena, u32, f->reg_count + 1);

	l->slot = arena_array(f->arena, u32, f->reg_count + 1);
	l->reg_of_slot = arena_array(f->arena, u32, f->reg_count + 1);
	memset(l->slot, 0xff, sizeof(u32) * (f->reg_count + 1));
	for (u32 r = 0; r < f->param_count; r++)
		note_use(l, block, r, l->block_count); /* written before all blocks */
	for (u32 b = 0; b < l->block_count; b++)
		for (u32 i = l->blocks[b].first; i < l->blocks[b].end; i++) {
			const struct ir_insn *insn = &f->insns.at[i];
			if (insn->a.kind == IR_REG)
				note_use(l, block, insn->a.reg, b);
			if (insn->b.kind == IR_REG)
				note_use(l, block, insn->b.reg, b);
			for (u32 k = 0; k < insn->arg_count; k++)
				if (insn->args[k].kind == IR_REG)
					note_use(l, block, insn->args[k].reg, b);
			if (insn->dst != IR_NO_REG)
				note_use(l, block, insn->dst, b);
		}
	l->words = (l->slot_count + 63) / 64;
	for (u32 b = 0; b < l->block_count; b++) {
		l->blocks[b].in = arena_array(f->arena, u64, l->words + 1);
		l->blocks[b].out = arena_array(f->arena, u64, l->words + 1);
	}
}

static void set_bit(const struct live *l, u64 *set, u32 reg, bool on)
{
	u32 slot = l->slot[reg];

	if (slot == NO_SLOT)
		return;
	if (on)
		set[slot / 64] |= 1ULL << (slot % 64);
	else
		set[slot / 64] &= ~(1ULL << (slot % 64));
}

static void read_bits(const struct live *l, u64 *set, const struct ir_insn *i)
{
	if (i->a.kind == IR_REG)
		set_bit(l, set, i->a.reg, true);
	if (i->b.kind == IR_REG)
		set_bit(l, set, i->b.reg, true);
	for (u32 k = 0; k < i->arg_count; k++)
		if (i->args[k].kind == IR_REG)
			set_bit(l, set, i->args[k].reg, true);
}

/* What is live at each block's edges, until nothing changes. */
static void flow(struct live *l)
{
	u64 *set = arena_array(l->f->arena, u64, l->words + 1);
	bool changed = true;

	while (changed) {
		changed = false;
		for (u32 b = l->block_count; b-- > 0;) {
			struct block *k = &l->blocks[b];
			for (u32 s = 0; s < k->next_count; s++)
				for (u32 w = 0; w < l->words; w++)
					k->out[w] |= l->blocks[k->next[s]].in[w];
			memcpy(set, k->out, sizeof(u64) * l->words);
			for (u32 i = k->end; i-- > k->first;) {
				const struct ir_insn *insn = &l->f->insns.at[i];
				if (insn->dst != IR_NO_REG)
					set_bit(l, set, insn->dst, false);
				read_bits(l, set, insn);
			}
			if (memcmp(set, k->in, sizeof(u64) * l->words)) {
				memcpy(k->in, set, sizeof(u64) * l->words);
				changed = true;
			}
		}
	}
}

/* Ranges are found from the end to the beginning, so each goes to the front of its list. */
static void live_until(struct live *l, u32 reg, u32 start, u32 end)
{
	struct live_range *r = l->ranges[reg];

	if (r && start <= r->end && end >= r->start) { /* the same, seen from another instruction */
		if (start < r->start)
			r->start = start;
		if (end > r->end)
			r->end = end;
		return;
	}
	struct live_range *first = arena_new(l->f->arena, struct live_range);
	*first = (struct live_range){ start, end, r };
	l->ranges[reg] = first;
}

static void write_at(struct live *l, u32 reg, u32 position, bool *live)
{
	if (live[reg])
		l->ranges[reg]->start = position;
	else /* never read: it still needs a place to be written to */
		live_until(l, reg, position, position + 1);
	live[reg] = false;
}

static void read_at(struct live *l, struct ir_operand o, u32 start, u32 position, bool *live)
{
	if (o.kind != IR_REG)
		return;
	if (!live[o.reg])
		live_until(l, o.reg, start, position);
	live[o.reg] = true;
}

static void find_ranges(struct live *l)
{
	const struct ir_func *f = l->f;
	bool *live = arena_array(f->arena, bool, f->reg_count + 1);

	for (u32 b = l->block_count; b-- > 0;) {
		struct block *k = &l->blocks[b];
		u32 start = LIVE_READ(k->first);
		for (u32 s = 0; s < l->slot_count; s++)
			if (k->out[s / 64] & (1ULL << (s % 64))) {
				live_until(l, l->reg_of_slot[s], start, LIVE_READ(k->end));
				live[l->reg_of_slot[s]] = true;
			}
		for (u32 i = k->end; i-- > k->first;) {
			const struct ir_insn *insn = &f->insns.at[i];
			if (insn->dst != IR_NO_REG)
				write_at(l, insn->dst, LIVE_WRITE(i), live);
			bool is_late = insn->op == IR_ALU || insn->op == IR_XCHG;
			u32 after = is_late ? LIVE_WRITE(i) + 1 : LIVE_READ(i);
			read_at(l, insn->b, start, after, live);
			read_at(l, insn->a, start, LIVE_READ(i), live);
			for (u32 a = 0; a < insn->arg_count; a++)
				read_at(l, insn->args[a], start, LIVE_READ(i), live);
		}
		/* What is live at the beginning is so at the end of the blocks before. */
		for (u32 s = 0; s < l->slot_count; s++)
			live[l->reg_of_slot[s]] = false;
	}
	for (u32 r = 0; r < f->param_count; r++)
		if (l->ranges[r])
			l->ranges[r]->start = 0;
}

struct live_range **live_find(const struct ir_func *f)
{
	struct live l = { .f = f };

	l.ranges = arena_array(f->arena, struct live_range *, f->reg_count + 1);
	find_blocks(&l);
	find_shared(&l);
	flow(&l);
	find_ranges(&l);
	return l.ranges;
}

bool live_overlap(const struct live_range *a, const struct live_range *b)
{
	while (a && b) {
		if (a->start < b->end && b->start < a->end)
			return true;
		if (a->end < b->end)
			a = a->next;
		else
			b = b->next;
	}
	return false;
}
