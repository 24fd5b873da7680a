/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dead code: what control never reaches, jumps to where control goes anyway, and results that nobody
 * reads. Lowering can then be simple: it computes what it may need.
 */
#include <string.h>

#include "gen/ir.h"

/* Index of each label's instruction; n when it was never placed. */
static u32 *find_labels(const struct ir_func *f)
{
	u32 *at = arena_array(f->arena, u32, f->label_count + 1);

	for (u32 i = 0; i < f->label_count; i++)
		at[i] = (u32)f->insns.n;
	for (u32 i = 0; i < f->insns.n; i++)
		if (f->insns.at[i].op == IR_LABEL)
			at[f->insns.at[i].label] = i;
	return at;
}

static void mark_reachable(const struct ir_func *f, const u32 *labels, bool *live)
{
	u32 *work = arena_array(f->arena, u32, f->insns.n + 1);
	u32 n = 0;

	work[n++] = 0;
	while (n) {
		for (u32 i = work[--n]; i < f->insns.n && !live[i]; i++) {
			const struct ir_insn *insn = &f->insns.at[i];
			live[i] = true;
			if (insn->op == IR_EXIT)
				break;
			if (insn->op != IR_GOTO && insn->op != IR_JUMP)
				continue;
			u32 target = labels[insn->label];
			if (target < f->insns.n && !live[target])
				work[n++] = target;
			if (insn->op == IR_GOTO)
				break;
		}
	}
}

static void count_use(u32 *uses, struct ir_operand o, int by)
{
	if (o.kind == IR_REG)
		uses[o.reg] += (u32)by;
}

static void count_insn(u32 *uses, const struct ir_insn *i, int by)
{
	count_use(uses, i->a, by);
	count_use(uses, i->b, by);
	for (u32 k = 0; k < i->arg_count; k++)
		count_use(uses, i->args[k], by);
}

static bool is_pure(const struct ir_insn *i)
{
	return i->op == IR_MOV || i->op == IR_ALU || i->op == IR_EXT || i->op == IR_SWAP ||
	       i->op == IR_LOAD;
}

/* Backwards, so that a chain of unused results goes in one pass. */
static void mark_unused(const struct ir_func *f, bool *live)
{
	u32 *uses = arena_array(f->arena, u32, f->reg_count + 1);

	for (u32 i = 0; i < f->insns.n; i++)
		if (live[i])
			count_insn(uses, &f->insns.at[i], 1);
	for (u32 i = (u32)f->insns.n; i-- > 0;) {
		struct ir_insn *insn = &f->insns.at[i];
		if (!live[i] || insn->dst == IR_NO_REG || uses[insn->dst])
			continue;
		if (insn->op == IR_CALL) {
			insn->dst = IR_NO_REG; /* some helpers return nothing: r0 may not be read */
		} else if (is_pure(insn)) {
			live[i] = false;
			count_insn(uses, insn, -1);
		}
	}
}

/* Jumps over nothing but labels to their own target. */
static void mark_void_jumps(const struct ir_func *f, bool *live)
{
	for (u32 i = 0; i < f->insns.n; i++) {
		const struct ir_insn *insn = &f->insns.at[i];
		if (!live[i] || (insn->op != IR_GOTO && insn->op != IR_JUMP))
			continue;
		for (u32 k = i + 1; k < f->insns.n; k++) {
			if (f->insns.at[k].op == IR_LABEL && f->insns.at[k].label == insn->label) {
				live[i] = false;
				break;
			}
			if (live[k] && f->insns.at[k].op != IR_LABEL)
				break;
		}
	}
}

/* A goto to an exit is as long as the exit itself where nothing has to be set before it. */
static void thread_jumps(const struct ir_func *f, const u32 *labels)
{
	for (u32 i = 0; i < f->insns.n; i++) {
		struct ir_insn *insn = &f->insns.at[i];
		for (int hops = 0; hops < 8 && (insn->op == IR_GOTO || insn->op == IR_JUMP);
		     hops++) {
			u32 k = labels[insn->label];
			while (k < f->insns.n && f->insns.at[k].op == IR_LABEL)
				k++;
			if (k >= f->insns.n || f->insns.at[k].op != IR_GOTO ||
			    f->insns.at[k].label == insn->label)
				break;
			insn->label = f->insns.at[k].label;
		}
	}
}

/* t = a op b; x = t, and t is not used again: x = a op b. */
static void merge_moves(const struct ir_func *f, bool *live)
{
	u32 *uses = arena_array(f->arena, u32, f->reg_count + 1);
	u32 previous = UINT32_MAX;

	for (u32 i = 0; i < f->insns.n; i++)
		if (live[i])
			count_insn(uses, &f->insns.at[i], 1);
	for (u32 i = 0; i < f->insns.n; i++) {
		struct ir_insn *move = &f->insns.at[i];
		if (!live[i])
			continue;
		struct ir_insn *from = previous == UINT32_MAX ? NULL : &f->insns.at[previous];
		previous = i;
		if (!from || move->op != IR_MOV || move->a.kind != IR_REG ||
		    from->dst != move->a.reg || from->dst == IR_NO_REG || uses[from->dst] != 1)
			continue;
		/* The right side must not be overwritten by the left. */
		if (from->b.kind == IR_REG && from->b.reg == move->dst)
			continue;
		from->dst = move->dst;
		live[i] = false;
		previous = (u32)(from - f->insns.at);
	}
}

static u32 replace_reads(struct ir_insn *i, u32 from, u32 to)
{
	u32 n = 0;

	if (i->a.kind == IR_REG && i->a.reg == from && ++n)
		i->a.reg = to;
	if (i->b.kind == IR_REG && i->b.reg == from && ++n)
		i->b.reg = to;
	for (u32 k = 0; k < i->arg_count; k++)
		if (i->args[k].kind == IR_REG && i->args[k].reg == from && ++n)
			i->args[k].reg = to;
	return n;
}

static u32 count_reads(const struct ir_insn *i, u32 reg)
{
	u32 n = 0;

	n += i->a.kind == IR_REG && i->a.reg == reg;
	n += i->b.kind == IR_REG && i->b.reg == reg;
	for (u32 k = 0; k < i->arg_count; k++)
		n += i->args[k].kind == IR_REG && i->args[k].reg == reg;
	return n;
}

/*
 * copy = v, and all reads of the copy follow before the next label and before v changes: they can read v
 * itself.
 */
static void propagate_copies(const struct ir_func *f, bool *live)
{
	u32 *uses = arena_array(f->arena, u32, f->reg_count + 1);
	u32 *writes = arena_array(f->arena, u32, f->reg_count + 1);

	for (u32 i = 0; i < f->insns.n; i++) {
		if (!live[i])
			continue;
		count_insn(uses, &f->insns.at[i], 1);
		if (f->insns.at[i].dst != IR_NO_REG)
			writes[f->insns.at[i].dst]++;
	}
	for (u32 i = 0; i < f->insns.n; i++) {
		const struct ir_insn *move = &f->insns.at[i];
		if (!live[i] || move->op != IR_MOV || move->a.kind != IR_REG ||
		    writes[move->dst] != 1 || move->dst < f->param_count)
			continue;
		u32 copy = move->dst, v = move->a.reg, found = 0;
		for (u32 k = i + 1; k < f->insns.n && found < uses[copy]; k++) {
			const struct ir_insn *insn = &f->insns.at[k];
			if (insn->op == IR_LABEL)
				break;
			/* v = a op copy: the left side, which goes to v first, would overwrite the right. */
			if (live[k] && insn->dst == v && insn->b.kind == IR_REG &&
			    insn->b.reg == copy)
				break;
			found += live[k] ? count_reads(insn, copy) : 0;
			if (live[k] && insn->dst == v)
				break; /* v changes, once this has been read */
		}
		if (found < uses[copy])
			continue;
		for (u32 k = i + 1; k < f->insns.n && found; k++)
			found -= live[k] ? replace_reads(&f->insns.at[k], copy, v) : 0;
		uses[v] += uses[copy] - 1;
		live[i] = false;
	}
}

/* One round; whether anything went. */
static bool clean_once(struct ir_func *f)
{
	u32 *labels = find_labels(f);
	bool *live = arena_array(f->arena, bool, f->insns.n + 1);
	u32 n = 0;

	thread_jumps(f, labels);
	mark_reachable(f, labels, live);
	mark_void_jumps(f, live);
	mark_unused(f, live);
	merge_moves(f, live);
	propagate_copies(f, live);
	for (u32 i = 0; i < f->insns.n; i++)
		if (live[i])
			f->insns.at[n++] = f->insns.at[i];
	bool changed = n < f->insns.n;
	f->insns.n = n;
	return changed;
}

void ir_clean(struct ir_func *f)
{
	while (clean_once(f))
		;
}
