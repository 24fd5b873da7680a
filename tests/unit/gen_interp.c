/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit/gen_interp.h"

struct interp {
	const struct ir_func *f;
	struct world *w;
	u64 *regs;
	bool *set;
	u32 *labels;
};

static u64 value(struct interp *x, struct ir_operand o)
{
	switch (o.kind) {
	case IR_REG:
		if (!x->set[o.reg])
			x->w->fault = "a virtual register was read before it was written";
		return x->regs[o.reg];
	case IR_IMM:
		return (u64)o.imm;
	case IR_FRAME:
		return world_frame(x->w) + (u64)o.imm;
	case IR_MAP:
		return world_map(o.reg);
	case IR_BSS:
		return (u64)(uintptr_t)x->w->bss + (u64)o.imm;
	default:
		x->w->fault = "an operand that has no value";
		return 0;
	}
}

static u64 call(struct interp *x, const struct ir_insn *i)
{
	u64 args[5] = { 0 };

	for (u32 k = 0; k < i->arg_count; k++)
		args[k] = value(x, i->args[k]);
	return world_call(x->w, i->helper, args);
}

static void set(struct interp *x, const struct ir_insn *i, u64 v)
{
	if (i->dst == IR_NO_REG)
		return;
	x->regs[i->dst] = v;
	x->set[i->dst] = true;
}

/* Anything but jumps and the end. */
static void step(struct interp *x, const struct ir_insn *i)
{
	u64 address;

	switch (i->op) {
	case IR_MOV:
		set(x, i, value(x, i->a));
		break;
	case IR_ALU:
		set(x, i, world_alu(i->alu, value(x, i->a), value(x, i->b)));
		break;
	case IR_EXT:
		set(x, i, world_extend(value(x, i->a), i->size, i->is_signed));
		break;
	case IR_SWAP:
		set(x, i, world_swap(value(x, i->a), i->size));
		break;
	case IR_LOAD:
		address = value(x, i->a) + (u64)(s64)i->off;
		set(x, i, world_extend(world_load(x->w, address, i->size), i->size, i->is_signed));
		break;
	case IR_STORE:
		world_store(x->w, value(x, i->a) + (u64)(s64)i->off, i->size, value(x, i->b));
		break;
	case IR_ADD_TO:
		address = value(x, i->a) + (u64)(s64)i->off;
		world_store(x->w, address, i->size,
			    world_load(x->w, address, i->size) + value(x, i->b));
		break;
	case IR_XCHG: {
		u64 given = value(x, i->a);

		address = value(x, i->b) + (u64)(s64)i->off;
		set(x, i, world_load(x->w, address, 8));
		world_store(x->w, address, 8, given);
		break;
	}
	case IR_CALL:
		set(x, i, call(x, i));
		break;
	default:
		break;
	}
}

static u64 run(struct interp *x)
{
	u32 at = 0;

	for (u32 steps = 0; steps < WORLD_STEPS && !x->w->fault; steps++) {
		if (at >= x->f->insns.n) {
			x->w->fault = "control ran over the end";
			return 0;
		}
		const struct ir_insn *i = &x->f->insns.at[at++];
		if (i->op == IR_EXIT)
			return value(x, i->a);
		if (i->op == IR_GOTO ||
		    (i->op == IR_JUMP && world_compare(i->alu, value(x, i->a), value(x, i->b))))
			at = x->labels[i->label];
		else
			step(x, i);
	}
	if (!x->w->fault)
		x->w->fault = "it does not end";
	return 0;
}

u64 gen_interp_run(const struct ir_func *f, struct world *w)
{
	struct arena arena;

	arena_init(&arena);
	struct interp x = { .f = f,
			    .w = w,
			    .regs = arena_array(&arena, u64, f->reg_count + 1),
			    .set = arena_array(&arena, bool, f->reg_count + 1),
			    .labels = arena_array(&arena, u32, f->label_count + 1) };
	for (u32 r = 0; r < f->param_count; r++) {
		x.regs[r] = w->params[r];
		x.set[r] = true;
	}
	for (u32 i = 0; i < f->insns.n; i++)
		if (f->insns.at[i].op == IR_LABEL)
			x.labels[f->insns.at[i].label] = i;
	u64 result = run(&x);
	arena_done(&arena);
	return result;
}
