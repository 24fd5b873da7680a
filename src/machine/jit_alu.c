/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arithmetic but for divisions. */
#include "isa/insn.h"
#include "machine/jit_impl.h"

static void shift_reg(struct jit_state *s, enum x86_shift op, bool wide, u8 dst, u8 src)
{
	struct x86 *x = &s->x;

	if (s->has_bmi2) {
		x86_shift_bmi2(x, op, wide, dst, dst, src);
		return;
	}
	if (src == X86_RCX && dst != X86_RCX) {
		x86_shift_cl(x, op, wide, dst);
		return;
	}
	x86_mov(x, true, X86_R10, dst);
	x86_mov(x, true, X86_R11, X86_RCX);
	x86_mov(x, true, X86_RCX, src);
	x86_shift_cl(x, op, wide, X86_R10);
	x86_mov(x, true, X86_RCX, X86_R11);
	x86_mov(x, true, dst, X86_R10);
}

static void shift(struct jit_state *s, const struct bpf_insn *i, enum x86_shift op, bool wide)
{
	if (BPF_SRC(i->code) == BPF_X)
		shift_reg(s, op, wide, jit_dst(i), jit_src(i));
	else
		x86_shift_imm(&s->x, op, wide, jit_dst(i), (u8)(i->imm & (wide ? 63 : 31)));
}

static void simple(struct jit_state *s, const struct bpf_insn *i, enum x86_alu op, bool wide)
{
	if (BPF_SRC(i->code) == BPF_X)
		x86_alu(&s->x, op, wide, jit_dst(i), jit_src(i));
	else
		x86_alu_imm(&s->x, op, wide, jit_dst(i), i->imm);
}

static void move(struct jit_state *s, const struct bpf_insn *i, bool wide)
{
	struct x86 *x = &s->x;

	if (BPF_SRC(i->code) == BPF_K)
		x86_mov_imm(x, jit_dst(i), wide ? (u64)(s64)i->imm : (u32)i->imm);
	else if (i->off)
		x86_extend(x, true, wide, (u8)(i->off / 8), jit_dst(i), jit_src(i));
	else
		x86_mov(x, wide, jit_dst(i), jit_src(i));
}

static void swap(struct x86 *x, u8 reg, s32 bits)
{
	if (bits == 16) {
		x86_ror16(x, reg, 8);
		x86_extend(x, false, false, 2, reg, reg);
	} else {
		x86_bswap(x, bits == 64, reg);
	}
}

/* This processor is little-endian. */
static void endian(struct jit_state *s, const struct bpf_insn *i, bool wide)
{
	if (wide || BPF_SRC(i->code) == BPF_TO_BE)
		swap(&s->x, jit_dst(i), i->imm);
	else if (i->imm < 64)
		x86_extend(&s->x, false, false, (u8)(i->imm / 8), jit_dst(i), jit_dst(i));
}

void jit_alu(struct jit_state *s, const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_ALU64;

	switch (BPF_OP(i->code)) {
	case BPF_ADD:
		simple(s, i, X86_ADD, wide);
		break;
	case BPF_SUB:
		simple(s, i, X86_SUB, wide);
		break;
	case BPF_AND:
		simple(s, i, X86_AND, wide);
		break;
	case BPF_OR:
		simple(s, i, X86_OR, wide);
		break;
	case BPF_XOR:
		simple(s, i, X86_XOR, wide);
		break;
	case BPF_MUL:
		if (BPF_SRC(i->code) == BPF_X)
			x86_imul(&s->x, wide, jit_dst(i), jit_src(i));
		else
			x86_imul_imm(&s->x, wide, jit_dst(i), jit_dst(i), i->imm);
		break;
	case BPF_LSH:
		shift(s, i, X86_SHL, wide);
		break;
	case BPF_RSH:
		shift(s, i, X86_SHR, wide);
		break;
	case BPF_ARSH:
		shift(s, i, X86_SAR, wide);
		break;
	case BPF_NEG:
		x86_unary(&s->x, X86_NEG, wide, jit_dst(i));
		break;
	case BPF_MOV:
		move(s, i, wide);
		break;
	case BPF_END:
		endian(s, i, wide);
		break;
	default:
		jit_divide(s, i);
	}
}
