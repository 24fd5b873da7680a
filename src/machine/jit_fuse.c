/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several instructions in a row that the processor has one for. What compilers make of C for BPF has two operands where
 * this processor takes three, no addresses but a register and a distance, no rotations and no conditional moves:
 *
 *	r3 = r1; r3 += r2			lea (r1,r2), r3
 *	r3 = r1; r3 += r2; r0 = *(u8 *)(r3 + 7)	movzbl 7(r1,r2), r0	where r3 is not read any more
 *	r6 = r0; r6 >>= 37; r0 <<= 27; r0 |= r6	rol $27, r0		likewise r6
 *	r1 = *(u64 *)(r2 + 8); r0 += r1		add 8(r2), r0		likewise r1
 *	r3 = *(u8 *)(r1 + 9); if r3 != 6 ...	cmpb $6, 9(r1); jne	likewise r3
 *	r3 = r1; r3 &= 4; if r3 == 0 ...	test $4, r1; je		likewise r3
 *	r1 += -1; if r1 != 0 ...		add $-1, r1; jne
 *	if r1 > r2 goto +1; r1 = r2		cmp r2, r1; cmovbe r2, r1
 *	r0 = 1; if r1 > r2 goto +1; r0 = 0	cmp r2, r1; seta r0
 *
 * Nobody may jump into the middle of them, and what is not computed has to be dead (jit_flow.c). Addresses and operands in
 * memory are in jit_address.c.
 */
#include "isa/insn.h"
#include "machine/jit_impl.h"

/* ---- arithmetic */

/* Two copies of a number, shifted in opposite directions and put together. */
static u32 fuse_rotation(struct jit_state *s, const struct bpf_insn *i)
{
	const struct bpf_insn *a = jit_behind(s, 1), *b = jit_behind(s, 2),
			      *join = jit_behind(s, 3);
	u8 class, copy = i->dst_reg, from = i->src_reg, other;
	const struct bpf_insn *left;
	bool wide;

	if (!jit_is_move(i) || !a || !b || !join)
		return 0;
	class = BPF_CLASS(a->code);
	wide = class == BPF_ALU64;
	left = BPF_OP(a->code) == BPF_LSH ? a : b;
	if ((wide && BPF_CLASS(i->code) != BPF_ALU64) || left->code != (class | BPF_LSH | BPF_K) ||
	    (left == a ? b : a)->code != (class | BPF_RSH | BPF_K) || a->dst_reg == b->dst_reg ||
	    (1u << a->dst_reg | 1u << b->dst_reg) != (1u << copy | 1u << from) || a->imm <= 0 ||
	    b->imm <= 0 || a->imm + b->imm != (wide ? 64 : 32))
		return 0;
	other = join->src_reg;
	if ((join->code != (class | BPF_OR | BPF_X) && join->code != (class | BPF_XOR | BPF_X) &&
	     join->code != (class | BPF_ADD | BPF_X)) ||
	    (1u << join->dst_reg | 1u << other) != (1u << copy | 1u << from) ||
	    join->dst_reg == other || !jit_is_dead(s, 3, other))
		return 0;
	if (join->dst_reg == from) {
		x86_shift_imm(&s->x, X86_ROL, wide, jit_regs[from], (u8)left->imm);
	} else if (s->has_bmi2) {
		x86_rorx(&s->x, wide, jit_regs[copy], jit_regs[from],
			 (u8)((wide ? 64 : 32) - left->imm));
	} else {
		x86_mov(&s->x, wide, jit_regs[copy], jit_regs[from]);
		x86_shift_imm(&s->x, X86_ROL, wide, jit_regs[copy], (u8)left->imm);
	}
	return 4;
}

/* To the left and back again: what is left are the lowest bits. */
static u32 fuse_extension(struct jit_state *s, const struct bpf_insn *i)
{
	u32 n = jit_is_move(i) && BPF_CLASS(i->code) == BPF_ALU64;
	const struct bpf_insn *left = n ? jit_behind(s, 1) : i, *right = jit_behind(s, n + 1);
	u8 from = n ? i->src_reg : i->dst_reg;
	bool is_signed;

	if (!right || !jit_is_op(left, BPF_ALU64 | BPF_LSH | BPF_K, i->dst_reg) ||
	    right->imm != left->imm || right->dst_reg != i->dst_reg)
		return 0;
	is_signed = right->code == (BPF_ALU64 | BPF_ARSH | BPF_K);
	if ((!is_signed && right->code != (BPF_ALU64 | BPF_RSH | BPF_K)) ||
	    (left->imm != 32 && left->imm != 48 && left->imm != 56))
		return 0;
	x86_extend(&s->x, is_signed, true, (u8)((64 - left->imm) / 8), jit_dst(i), jit_regs[from]);
	return n + 2;
}

/* Of a copy or in place: the lowest byte or two. */
static u32 fuse_mask(struct jit_state *s, const struct bpf_insn *i)
{
	u32 n = jit_is_move(i);
	const struct bpf_insn *mask = n ? jit_behind(s, 1) : i;

	if (!mask || mask->dst_reg != i->dst_reg ||
	    (mask->code != (BPF_ALU64 | BPF_AND | BPF_K) &&
	     mask->code != (BPF_ALU | BPF_AND | BPF_K)) ||
	    (mask->imm != 0xff && mask->imm != 0xffff))
		return 0;
	x86_extend(&s->x, false, false, mask->imm == 0xff ? 1 : 2, jit_dst(i),
		   n ? jit_src(i) : jit_dst(i));
	return n + 1;
}

/* Of a copy or in place, and what is added to it: by lea where that can. */
static u32 fuse_product(struct jit_state *s, const struct bpf_insn *i)
{
	u32 n = jit_is_move(i);
	const struct bpf_insn *mul = n ? jit_behind(s, 1) : i, *add;
	u8 class = mul ? BPF_CLASS(mul->code) : 0, from = n ? jit_src(i) : jit_dst(i);
	bool wide = class == BPF_ALU64;

	if (!jit_is_op(mul, class | BPF_MUL | BPF_K, i->dst_reg) ||
	    (class != BPF_ALU && class != BPF_ALU64) || (wide && BPF_CLASS(i->code) != BPF_ALU64))
		return 0;
	if (mul->imm == 3 || mul->imm == 5 || mul->imm == 9) {
		u8 scale = mul->imm == 3 ? 1 : mul->imm == 5 ? 2 : 3;
		struct x86_mem m = { from, from, scale, 0 };

		add = jit_behind(s, n + 1);
		if (jit_is_op(add, class | BPF_ADD | BPF_K, i->dst_reg)) {
			m.disp = add->imm;
			n++;
		}
		x86_lea_at(&s->x, wide, jit_dst(i), m);
		return n + 1;
	}
	if (!n && mul->imm > 0 && !(mul->imm & (mul->imm - 1))) {
		x86_shift_imm(&s->x, X86_SHL, wide, jit_dst(i), (u8)__builtin_ctz((u32)mul->imm));
		return 1;
	}
	if (n)
		x86_imul_imm(&s->x, wide, jit_dst(i), from, mul->imm);
	return n ? 2 : 0;
}

/* ---- conditions */

static bool is_zero_test(const struct bpf_insn *i, u8 reg, bool wide)
{
	if (!i || i->dst_reg != reg || i->imm)
		return false;
	return i->code == (BPF_JMP | BPF_JEQ | BPF_K) || i->code == (BPF_JMP | BPF_JNE | BPF_K) ||
	       (!wide && (i->code == (BPF_JMP32 | BPF_JEQ | BPF_K) ||
			  i->code == (BPF_JMP32 | BPF_JNE | BPF_K)));
}

/* What arithmetic says of its result by itself. */
static u32 fuse_flags(struct jit_state *s, const struct bpf_insn *i)
{
	u32 n = jit_is_move(i);
	const struct bpf_insn *alu = n ? jit_behind(s, 1) : i;
	bool wide = alu && BPF_CLASS(alu->code) == BPF_ALU64, is_test;
	struct x86 *x = &s->x;
	u8 reg = i->dst_reg, from;
	enum x86_alu op;

	if (!alu || (BPF_CLASS(alu->code) != BPF_ALU && !wide) || alu->dst_reg != reg ||
	    !jit_alu_of(BPF_OP(alu->code), &op) || !is_zero_test(jit_behind(s, n + 1), reg, wide) ||
	    (wide && BPF_CLASS(i->code) != BPF_ALU64))
		return 0;
	is_test = op == X86_AND && jit_is_dead(s, n + 1, reg);
	if (n && (!is_test || (BPF_SRC(alu->code) == BPF_X && alu->src_reg == reg)))
		return 0;
	from = n ? jit_src(i) : jit_dst(i);
	if (is_test && BPF_SRC(alu->code) == BPF_X)
		x86_test(x, wide, from, jit_src(alu));
	else if (is_test)
		x86_test_imm(x, wide, from, alu->imm);
	else if (BPF_SRC(alu->code) == BPF_X)
		x86_alu(x, op, wide, from, jit_src(alu));
	else
		x86_alu_imm(x, op, wide, from, alu->imm);
	return n + 1 + jit_take(s, s->insn + n + 1);
}

/* A jump over nothing but a move. */
static u32 fuse_choice(struct jit_state *s, const struct bpf_insn *i)
{
	const struct bpf_insn *move = jit_behind(s, 1);
	bool wide;
	u8 from = X86_R10;

	if (!jit_is_branch(i) || i->off != 1 || !move || move->off ||
	    (BPF_CLASS(move->code) != BPF_ALU64 && BPF_CLASS(move->code) != BPF_ALU) ||
	    BPF_OP(move->code) != BPF_MOV)
		return 0;
	wide = BPF_CLASS(move->code) == BPF_ALU64;
	if (BPF_SRC(move->code) == BPF_K)
		x86_mov_imm(&s->x, from, wide ? (u64)(s64)move->imm : (u32)move->imm);
	else if (!wide)
		x86_mov(&s->x, false, from, jit_src(move));
	else
		from = jit_src(move);
	jit_compare(s, i);
	x86_cmov(&s->x, jit_cond(i) ^ 1, jit_dst(move), from);
	return 2;
}

static bool is_constant(const struct bpf_insn *i, u8 reg, s32 imm)
{
	return i &&
	       (i->code == (BPF_ALU64 | BPF_MOV | BPF_K) ||
		i->code == (BPF_ALU | BPF_MOV | BPF_K)) &&
	       i->dst_reg == reg && i->imm == imm;
}

/* Whether something holds, as 1 or 0. */
static u32 fuse_truth(struct jit_state *s, const struct bpf_insn *i)
{
	const struct bpf_insn *jump = jit_behind(s, 1);
	u8 reg = i->dst_reg;

	if (!is_constant(i, reg, 1) || !jump || !jit_is_branch(jump) || jump->off != 1 ||
	    !is_constant(jit_behind(s, 2), reg, 0) || jit_reads(jump) >> reg & 1)
		return 0;
	x86_mov_imm(&s->x, jit_dst(i), 0);
	jit_compare(s, jump);
	x86_setcc(&s->x, jit_cond(jump), jit_dst(i));
	return 3;
}

u32 jit_fuse(struct jit_state *s, const struct bpf_insn *i)
{
	u32 n = 0;

	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		if (BPF_OP(i->code) == BPF_END)
			return 0;
		n = fuse_truth(s, i);
		n = n ? n : fuse_flags(s, i);
		n = n ? n : fuse_rotation(s, i);
		n = n ? n : jit_fuse_sum(s, i);
		n = n ? n : fuse_extension(s, i);
		n = n ? n : fuse_mask(s, i);
		return n ? n : fuse_product(s, i);
	case BPF_LDX:
		n = jit_fuse_operand(s, i);
		return n ? n : jit_fuse_compare(s, i);
	case BPF_JMP:
	case BPF_JMP32:
		return fuse_choice(s, i);
	default:
		return 0;
	}
}
