/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Building the intermediate form. Numbers are folded on the way in, so no pass need look for them. */
#include "gen/ir.h"

#include <string.h>

void ir_func_init(struct ir_func *f, struct arena *a, const char *name, const char *section,
		  u32 param_count)
{
	memset(f, 0, sizeof(*f));
	f->arena = a;
	f->name = name;
	f->section = section;
	f->param_count = param_count;
	f->reg_count = param_count;
}

u32 ir_new_reg(struct ir_func *f)
{
	return f->reg_count++;
}

u32 ir_new_label(struct ir_func *f)
{
	return f->label_count++;
}

static struct ir_insn *add(struct ir_func *f, enum ir_op op)
{
	struct ir_insn *i = vec_add(f->arena, &f->insns);

	i->op = op;
	i->dst = IR_NO_REG;
	i->loc = f->loc;
	return i;
}

static bool fits_s32(s64 v)
{
	return v == (s32)v;
}

void ir_mov(struct ir_func *f, u32 dst, struct ir_operand a)
{
	struct ir_insn *i = add(f, IR_MOV);

	i->dst = dst;
	i->a = a;
}

struct ir_operand ir_in_reg(struct ir_func *f, struct ir_operand a)
{
	if (a.kind == IR_REG)
		return a;
	u32 reg = ir_new_reg(f);
	ir_mov(f, reg, a);
	return ir_reg(reg);
}

/* What BPF accepts beside a register: a number of 32 bits. */
static struct ir_operand reg_or_imm32(struct ir_func *f, struct ir_operand a)
{
	return a.kind == IR_IMM && fits_s32(a.imm) ? a : ir_in_reg(f, a);
}

/* BPF's own results, division by zero included, so that folding changes nothing. */
static s64 fold(u8 alu, u64 a, u64 b)
{
	switch (alu) {
	case BPF_ADD:
		return (s64)(a + b);
	case BPF_SUB:
		return (s64)(a - b);
	case BPF_MUL:
		return (s64)(a * b);
	case BPF_DIV:
		return (s64)(b ? a / b : 0);
	case BPF_MOD:
		return (s64)(b ? a % b : a);
	case BPF_AND:
		return (s64)(a & b);
	case BPF_OR:
		return (s64)(a | b);
	case BPF_XOR:
		return (s64)(a ^ b);
	case BPF_LSH:
		return (s64)(a << (b & 63));
	case BPF_RSH:
		return (s64)(a >> (b & 63));
	case BPF_ARSH:
		return (s64)a >> (b & 63);
	default:
		return 0;
	}
}

/* x + 0, x * 1, x << 0: nothing to do. */
static bool is_identity(u8 alu, s64 b)
{
	switch (alu) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_OR:
	case BPF_XOR:
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		return b == 0;
	case BPF_MUL:
	case BPF_DIV:
		return b == 1;
	case BPF_AND:
		return b == -1;
	default:
		return false;
	}
}

static bool is_commutative(u8 alu)
{
	return alu == BPF_ADD || alu == BPF_MUL || alu == BPF_AND || alu == BPF_OR ||
	       alu == BPF_XOR;
}

/* log2 of a power of two, or -1. */
static int power_of_two(s64 v)
{
	return v > 0 && (v & (v - 1)) == 0 ? __builtin_ctzll((u64)v) : -1;
}

struct ir_operand ir_alu(struct ir_func *f, u8 alu, struct ir_operand a, struct ir_operand b)
{
	if (a.kind == IR_IMM && b.kind == IR_IMM)
		return ir_imm(fold(alu, (u64)a.imm, (u64)b.imm));
	if (a.kind == IR_IMM && is_commutative(alu)) {
		struct ir_operand t = a;
		a = b;
		b = t;
	}
	if (b.kind == IR_IMM) {
		if (alu == BPF_LSH || alu == BPF_RSH || alu == BPF_ARSH)
			b.imm &= 63; /* as a shift by a register does; the verifier refuses more */
		if (is_identity(alu, b.imm))
			return a;
		if (a.kind == IR_FRAME && alu == BPF_ADD)
			return ir_frame(a.imm + b.imm);
		int log2 = power_of_two(b.imm);
		if (log2 >= 0 && (alu == BPF_MUL || alu == BPF_DIV)) {
			alu = alu == BPF_MUL ? BPF_LSH : BPF_RSH;
			b = ir_imm(log2);
		} else if (log2 >= 0 && alu == BPF_MOD) {
			alu = BPF_AND;
			b = ir_imm(b.imm - 1);
		} else if (b.imm == 0 && (alu == BPF_DIV || alu == BPF_MOD)) {
			/* The verifier refuses a division by the number 0; by a register it yields 0 or a. */
			return alu == BPF_DIV ? ir_imm(0) : a;
		}
	}
	a = ir_in_reg(f, a);
	b = reg_or_imm32(f, b);
	u32 dst = ir_new_reg(f);
	struct ir_insn *i = add(f, IR_ALU);
	i->alu = alu;
	i->dst = dst;
	i->a = a;
	i->b = b;
	return ir_reg(dst);
}

struct ir_operand ir_ext(struct ir_func *f, struct ir_operand a, u32 size, bool is_signed)
{
	if (size >= 8)
		return a;
	if (a.kind == IR_IMM) {
		u32 bits = 64 - 8 * size;
		u64 high = (u64)a.imm << bits;
		return ir_imm(is_signed ? (s64)high >> bits : (s64)(high >> bits));
	}
	a = ir_in_reg(f, a);
	u32 dst = ir_new_reg(f);
	struct ir_insn *i = add(f, IR_EXT);
	i->dst = dst;
	i->a = a;
	i->size = (u8)size;
	i->is_signed = is_signed;
	return ir_reg(dst);
}

struct ir_operand ir_swap(struct ir_func *f, struct ir_operand a, u32 size)
{
	if (size == 1)
		return a;
	if (a.kind == IR_IMM) {
		u64 swapped = __builtin_bswap64((u64)a.imm) >> (64 - 8 * size);
		return ir_imm((s64)swapped);
	}
	a = ir_in_reg(f, a);
	u32 dst = ir_new_reg(f);
	struct ir_insn *i = add(f, IR_SWAP);
	i->dst = dst;
	i->a = a;
	i->size = (u8)size;
	return ir_reg(dst);
}

/* Memory is addressed from a register or the frame; anything else goes to a register first. */
static struct ir_operand address(struct ir_func *f, struct ir_operand base)
{
	return base.kind == IR_FRAME ? base : ir_in_reg(f, base);
}

struct ir_operand ir_load(struct ir_func *f, struct ir_operand base, s32 off, u32 size,
			  bool is_signed)
{
	base = address(f, base);
	u32 dst = ir_new_reg(f);
	struct ir_insn *i = add(f, IR_LOAD);
	i->dst = dst;
	i->a = base;
	i->off = off;
	i->size = (u8)size;
	i->is_signed = is_signed;
	return ir_reg(dst);
}

void ir_store(struct ir_func *f, struct ir_operand base, s32 off, u32 size, struct ir_operand v)
{
	base = address(f, base);
	if (v.kind == IR_IMM && size < 8)
		v = ir_ext(f, v, size, true);
	v = reg_or_imm32(f, v);
	struct ir_insn *i = add(f, IR_STORE);
	i->a = base;
	i->b = v;
	i->off = off;
	i->size = (u8)size;
}

void ir_add_to(struct ir_func *f, struct ir_operand base, s32 off, u32 size, struct ir_operand v)
{
	base = address(f, base);
	v = ir_in_reg(f, v);
	struct ir_insn *i = add(f, IR_ADD_TO);
	i->a = base;
	i->b = v;
	i->off = off;
	i->size = (u8)size;
}

struct ir_operand ir_xchg(struct ir_func *f, struct ir_operand base, s32 off, struct ir_operand v)
{
	base = ir_in_reg(f, base);
	v = ir_in_reg(f, v);
	u32 dst = ir_new_reg(f);
	struct ir_insn *i = add(f, IR_XCHG);

	i->dst = dst;
	i->a = v;
	i->b = base;
	i->off = off;
	i->size = 8;
	return ir_reg(dst);
}

struct ir_operand ir_call(struct ir_func *f, u32 helper, struct ir_operand a1, struct ir_operand a2,
			  struct ir_operand a3, struct ir_operand a4, struct ir_operand a5)
{
	const struct ir_operand args[5] = { a1, a2, a3, a4, a5 };
	u32 dst = ir_new_reg(f);
	struct ir_insn *i = add(f, IR_CALL);

	i->helper = helper;
	i->dst = dst;
	i->args = arena_array(f->arena, struct ir_operand, 5);
	while (i->arg_count < 5 && args[i->arg_count].kind != IR_NONE) {
		i->args[i->arg_count] = args[i->arg_count];
		i->arg_count++;
	}
	return ir_reg(dst);
}

static bool compare(u8 cmp, s64 a, s64 b)
{
	u64 ua = (u64)a, ub = (u64)b;

	switch (cmp) {
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JGT:
		return ua > ub;
	case BPF_JGE:
		return ua >= ub;
	case BPF_JLT:
		return ua < ub;
	case BPF_JLE:
		return ua <= ub;
	case BPF_JSGT:
		return a > b;
	case BPF_JSGE:
		return a >= b;
	case BPF_JSLT:
		return a < b;
	case BPF_JSLE:
		return a <= b;
	default:
		return false;
	}
}

void ir_jump(struct ir_func *f, u8 cmp, struct ir_operand a, struct ir_operand b, u32 label)
{
	if (a.kind == IR_IMM && b.kind == IR_IMM) {
		if (compare(cmp, a.imm, b.imm))
			ir_goto(f, label);
		return;
	}
	a = ir_in_reg(f, a);
	b = reg_or_imm32(f, b);
	struct ir_insn *i = add(f, IR_JUMP);
	i->alu = cmp;
	i->a = a;
	i->b = b;
	i->label = label;
}

void ir_goto(struct ir_func *f, u32 label)
{
	add(f, IR_GOTO)->label = label;
}

void ir_label(struct ir_func *f, u32 label)
{
	add(f, IR_LABEL)->label = label;
}

void ir_exit(struct ir_func *f, struct ir_operand a)
{
	add(f, IR_EXIT)->a = a;
}

bool ir_reachable(const struct ir_func *f)
{
	if (!f->insns.n)
		return true;
	enum ir_op last = f->insns.at[f->insns.n - 1].op;
	return last != IR_GOTO && last != IR_EXIT;
}
