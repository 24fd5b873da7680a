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
 * Nobody may jump into the middle of them, and what is not computed has to be dead (jit_flow.c). An address that is folded
 * stays known until its register is dead, so that several accesses may use it.
 */
#include "isa/insn.h"
#include "machine/jit_impl.h"

enum { FAR = 8 }; /* as many instructions behind an address its uses may be */

/* The nth instruction from here if it is only come to from the one before; NULL. */
static const struct bpf_insn *behind(const struct jit_state *s, u32 n)
{
	u32 at = s->insn + n;

	if (at >= s->c->count || s->flags[at] & (JIT_ENTERED | JIT_SECOND_HALF))
		return NULL;
	return &s->c->insns[at];
}

static bool is_dead(const struct jit_state *s, u32 n, u8 reg)
{
	return !(s->live[s->insn + n] >> reg & 1);
}

static bool is_op(const struct bpf_insn *i, u8 code, u8 dst)
{
	return i && i->code == code && i->dst_reg == dst;
}

static bool is_move(const struct bpf_insn *i)
{
	return (i->code == (BPF_ALU64 | BPF_MOV | BPF_X) ||
		i->code == (BPF_ALU | BPF_MOV | BPF_X)) &&
	       !i->off && i->dst_reg != i->src_reg;
}

/* ---- addresses */

static bool add_disp(struct x86_mem *m, s32 imm)
{
	s64 sum = (s64)m->disp + imm;

	if (sum > INT16_MAX || sum < INT16_MIN)
		return false;
	m->disp = (s32)sum;
	return true;
}

struct sum {
	u8 reg, base, index; /* of BPF; index 11: none */
	u8 scale;
	struct x86_mem mem;
	u32 count; /* instructions */
};

/* The sum that begins here, of one class of instructions. */
static bool find_sum(const struct jit_state *s, u8 class, struct sum *sum)
{
	const struct bpf_insn *i = &s->c->insns[s->insn], *next = behind(s, 1);
	u8 add = class | BPF_ADD | BPF_X, shift = class | BPF_LSH | BPF_K, reg = i->dst_reg;
	u32 n = 0;

	*sum = (struct sum){ .reg = reg, .base = reg, .index = 11 };
	if (i->code == (class | BPF_MOV | BPF_X) && is_move(i)) {
		sum->base = i->src_reg;
		n = 1;
		i = next;
		next = behind(s, 2);
	}
	if (is_op(i, shift, reg) && i->imm > 0 && i->imm < 4 && is_op(next, add, reg) &&
	    next->src_reg != reg) {
		sum->index = sum->base;
		sum->scale = (u8)i->imm;
		sum->base = next->src_reg;
		n += 2;
	} else if (is_op(i, add, reg) && i->src_reg != reg) {
		sum->index = i->src_reg;
		n++;
	}
	sum->mem = x86_at(jit_regs[sum->base], 0);
	if (sum->index < 11) {
		sum->mem.index = jit_regs[sum->index];
		sum->mem.scale = sum->scale;
	}
	while (is_op(n ? behind(s, n) : i, class | BPF_ADD | BPF_K, reg) &&
	       add_disp(&sum->mem, (n ? behind(s, n) : i)->imm))
		n++;
	sum->count = n;
	return n;
}

static bool is_plain_access(const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code), mode = BPF_MODE(i->code);

	return class == BPF_ST || (class == BPF_STX && mode == BPF_MEM) ||
	       (class == BPF_LDX && (mode == BPF_MEM || mode == INSN_MEMSX));
}

/* Whether the sum's register is read for nothing but accesses that are near; then the last of them. */
static bool is_only_address(const struct jit_state *s, const struct sum *sum, u32 *end)
{
	u16 parts = (u16)(1u << sum->base | 1u << sum->index);

	for (u32 n = sum->count; n < sum->count + FAR; n++) {
		const struct bpf_insn *i = behind(s, n);
		bool is_used = false;
		u16 writes;

		if (!i || BPF_CLASS(i->code) == BPF_JMP || BPF_CLASS(i->code) == BPF_JMP32)
			return false;
		writes = jit_writes(i);
		if (is_plain_access(i)) {
			bool is_load = BPF_CLASS(i->code) == BPF_LDX;

			is_used = (is_load ? i->src_reg : i->dst_reg) == sum->reg;
			if (BPF_CLASS(i->code) == BPF_STX && i->src_reg == sum->reg)
				return false;
		} else if (jit_reads(i) >> sum->reg & 1) {
			return false;
		}
		if (is_used && (writes >> sum->reg & 1 || is_dead(s, n, sum->reg))) {
			*end = s->insn + n;
			return true;
		}
		if (writes & (parts | 1u << sum->reg))
			return false;
	}
	return false;
}

static bool remember(struct jit_state *s, const struct sum *sum, u32 end)
{
	for (u32 k = 0; k < JIT_ADDRESSES; k++) {
		struct jit_address *a = &s->addresses[k];

		if (a->end <= s->insn) {
			*a = (struct jit_address){ end, sum->reg, sum->mem };
			return true;
		}
	}
	return false;
}

static u32 fuse_sum(struct jit_state *s, const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_ALU64;
	struct sum sum;
	u32 end;

	if (!find_sum(s, BPF_CLASS(i->code), &sum))
		return 0;
	if (wide && is_only_address(s, &sum, &end) && remember(s, &sum, end))
		return sum.count;
	if (sum.count < 2)
		return 0;
	x86_lea_at(&s->x, wide, jit_regs[sum.reg], sum.mem);
	return sum.count;
}

struct x86_mem jit_mem(const struct jit_state *s, u8 reg, s16 off)
{
	struct x86_mem m = x86_at(jit_regs[reg], off);

	for (u32 k = 0; k < JIT_ADDRESSES; k++) {
		const struct jit_address *a = &s->addresses[k];

		if (a->reg == reg && a->end >= s->insn && a->end) {
			m = a->mem;
			m.disp += off;
		}
	}
	return m;
}

/* ---- arithmetic */

/* Two copies of a number, shifted in opposite directions and put together. */
static u32 fuse_rotation(struct jit_state *s, const struct bpf_insn *i)
{
	const struct bpf_insn *a = behind(s, 1), *b = behind(s, 2), *join = behind(s, 3);
	u8 class, copy = i->dst_reg, from = i->src_reg, other;
	const struct bpf_insn *left;
	bool wide;

	if (!is_move(i) || !a || !b || !join)
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
	    join->dst_reg == other || !is_dead(s, 3, other))
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
	u32 n = is_move(i) && BPF_CLASS(i->code) == BPF_ALU64;
	const struct bpf_insn *left = n ? behind(s, 1) : i, *right = behind(s, n + 1);
	u8 from = n ? i->src_reg : i->dst_reg;
	bool is_signed;

	if (!right || !is_op(left, BPF_ALU64 | BPF_LSH | BPF_K, i->dst_reg) ||
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
	u32 n = is_move(i);
	const struct bpf_insn *mask = n ? behind(s, 1) : i;

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
	u32 n = is_move(i);
	const struct bpf_insn *mul = n ? behind(s, 1) : i, *add;
	u8 class = mul ? BPF_CLASS(mul->code) : 0, from = n ? jit_src(i) : jit_dst(i);
	bool wide = class == BPF_ALU64;

	if (!is_op(mul, class | BPF_MUL | BPF_K, i->dst_reg) ||
	    (class != BPF_ALU && class != BPF_ALU64) || (wide && BPF_CLASS(i->code) != BPF_ALU64))
		return 0;
	if (mul->imm == 3 || mul->imm == 5 || mul->imm == 9) {
		u8 scale = mul->imm == 3 ? 1 : mul->imm == 5 ? 2 : 3;
		struct x86_mem m = { from, from, scale, 0 };

		add = behind(s, n + 1);
		if (is_op(add, class | BPF_ADD | BPF_K, i->dst_reg)) {
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

/* ---- operands in memory */

static bool alu_of(u8 op, enum x86_alu *out)
{
	switch (op) {
	case BPF_ADD:
		*out = X86_ADD;
		return true;
	case BPF_SUB:
		*out = X86_SUB;
		return true;
	case BPF_AND:
		*out = X86_AND;
		return true;
	case BPF_OR:
		*out = X86_OR;
		return true;
	case BPF_XOR:
		*out = X86_XOR;
		return true;
	default:
		return false;
	}
}

static u32 fuse_operand(struct jit_state *s, const struct bpf_insn *i)
{
	const struct bpf_insn *next = behind(s, 1);
	u8 class = BPF_SIZE(i->code) == BPF_DW ? BPF_ALU64 : BPF_ALU;
	bool wide = class == BPF_ALU64;
	struct x86_mem m;
	enum x86_alu op;

	if (!next || BPF_MODE(i->code) != BPF_MEM || jit_bytes(i) < 4 ||
	    BPF_CLASS(next->code) != class || BPF_SRC(next->code) != BPF_X ||
	    next->src_reg != i->dst_reg || next->dst_reg == i->dst_reg || next->off ||
	    !is_dead(s, 1, i->dst_reg))
		return 0;
	m = jit_mem(s, i->src_reg, i->off);
	if (BPF_OP(next->code) == BPF_MUL)
		x86_imul_at(&s->x, wide, jit_dst(next), m);
	else if (alu_of(BPF_OP(next->code), &op))
		x86_alu_at(&s->x, op, wide, jit_dst(next), m);
	else
		return 0;
	return 2;
}

/* A number in memory compared with a constant, as large as it is there. */
static u32 fuse_compare(struct jit_state *s, const struct bpf_insn *i)
{
	const struct bpf_insn *jump = behind(s, 1);
	u8 bytes = jit_bytes(i), op;
	bool narrow, is_signed;

	if (!jump || BPF_MODE(i->code) != BPF_MEM || !jit_is_branch(jump) ||
	    BPF_SRC(jump->code) == BPF_X || jump->dst_reg != i->dst_reg ||
	    !is_dead(s, 1, i->dst_reg) || bytes == 2)
		return 0;
	op = BPF_OP(jump->code);
	narrow = BPF_CLASS(jump->code) == BPF_JMP32;
	is_signed = op == BPF_JSGT || op == BPF_JSGE || op == BPF_JSLT || op == BPF_JSLE;
	if (op == BPF_JSET || (bytes == 8 && narrow) ||
	    (bytes == 4 && !narrow && (is_signed || jump->imm < 0)) ||
	    (bytes == 1 && (is_signed || jump->imm < 0 || jump->imm > 255)))
		return 0;
	x86_cmp_at(&s->x, bytes, jit_mem(s, i->src_reg, i->off), jump->imm);
	return 1 + jit_take(s, s->insn + 1);
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
	u32 n = is_move(i);
	const struct bpf_insn *alu = n ? behind(s, 1) : i;
	bool wide = alu && BPF_CLASS(alu->code) == BPF_ALU64, is_test;
	struct x86 *x = &s->x;
	u8 reg = i->dst_reg, from;
	enum x86_alu op;

	if (!alu || (BPF_CLASS(alu->code) != BPF_ALU && !wide) || alu->dst_reg != reg ||
	    !alu_of(BPF_OP(alu->code), &op) || !is_zero_test(behind(s, n + 1), reg, wide) ||
	    (wide && BPF_CLASS(i->code) != BPF_ALU64))
		return 0;
	is_test = op == X86_AND && is_dead(s, n + 1, reg);
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
	const struct bpf_insn *move = behind(s, 1);
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
	const struct bpf_insn *jump = behind(s, 1);
	u8 reg = i->dst_reg;

	if (!is_constant(i, reg, 1) || !jump || !jit_is_branch(jump) || jump->off != 1 ||
	    !is_constant(behind(s, 2), reg, 0) || jit_reads(jump) >> reg & 1)
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
		n = n ? n : fuse_sum(s, i);
		n = n ? n : fuse_extension(s, i);
		n = n ? n : fuse_mask(s, i);
		return n ? n : fuse_product(s, i);
	case BPF_LDX:
		n = fuse_operand(s, i);
		return n ? n : fuse_compare(s, i);
	case BPF_JMP:
	case BPF_JMP32:
		return fuse_choice(s, i);
	default:
		return 0;
	}
}
