/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Divisions. By a constant d they become multiplications: for a well chosen s and m = ceil(2^(w+s) / d), n / d is
 * n * m >> (w + s) for all n of w bits, if m * d - 2^(w+s) <= 2^s (Granlund and Montgomery, 1994). Where no such m has only w
 * bits, its highest is added by hand. All others use DIV, which is faster by 32 bits when both numbers are so small.
 *
 * R10 has the divisor or the quotient; R9 and R11 keep RAX and RDX, which DIV takes, if they are read later.
 */
#include "isa/insn.h"
#include "machine/jit_impl.h"

typedef unsigned __int128 u128;

static bool is_mod(const struct bpf_insn *i)
{
	return BPF_OP(i->code) == BPF_MOD;
}

/* Whether what a register has now is read behind the division: 0 and 3 are RAX and RDX. */
static bool is_read(const struct jit_state *s, u8 reg)
{
	return s->live[s->insn] >> reg & 1;
}

/* ---- by constants */

/* m and s as above for numbers of w bits; false if m needs one more. */
static bool find_magic(u32 w, u64 d, u64 *m, u8 *shift)
{
	for (u8 s = 0; s < w; s++) {
		u128 power = (u128)1 << (w + s);
		u128 factor = (power + d - 1) / d;

		if (factor >> w)
			return false;
		if (factor * d - power <= (u128)1 << s) {
			*m = (u64)factor;
			*shift = s;
			return true;
		}
	}
	return false;
}

/* R10 = the upper half of dst * factor. */
static void multiply_high(struct jit_state *s, u8 dst, bool wide, u64 factor)
{
	bool keeps = is_read(s, 3);
	struct x86 *x = &s->x;

	if (dst != X86_RDX && keeps)
		x86_mov(x, true, X86_R9, X86_RDX);
	if (dst != X86_RDX)
		x86_mov(x, wide, X86_RDX, dst);
	x86_mov_imm(x, X86_R11, factor);
	x86_mulx(x, X86_R10, X86_R11, X86_R11);
	if (dst != X86_RDX && keeps)
		x86_mov(x, true, X86_RDX, X86_R9);
}

/* R10 = dst / d, both of 32 bits. */
static void quotient32(struct jit_state *s, u8 dst, u32 d)
{
	struct x86 *x = &s->x;
	u64 m;
	u8 shift;

	x86_mov(x, false, dst, dst); /* the upper half is not the number's */
	if (!find_magic(32, d, &m, &shift)) {
		multiply_high(s, dst, false, UINT64_MAX / d + 1);
		return;
	}
	x86_mov_imm(x, X86_R10, m);
	x86_imul(x, true, X86_R10, dst);
	x86_shift_imm(x, X86_SHR, true, X86_R10, (u8)(32 + shift));
}

static void quotient64(struct jit_state *s, u8 dst, u64 d)
{
	struct x86 *x = &s->x;
	u64 m;
	u8 shift;

	if (find_magic(64, d, &m, &shift)) {
		multiply_high(s, dst, true, m);
		if (shift)
			x86_shift_imm(x, X86_SHR, true, X86_R10, shift);
		return;
	}
	/* The factor is 2^64 + m: q = ((n - t) / 2 + t) >> (shift - 1), where t is the upper half of n * m. */
	for (shift = 1; shift < 64 && (u64)1 << shift < d; shift++)
		;
	m = (u64)((((u128)1 << 64) * (((u128)1 << shift) - d)) / d + 1);
	multiply_high(s, dst, true, m);
	x86_mov(x, true, X86_R11, dst);
	x86_alu(x, X86_SUB, true, X86_R11, X86_R10);
	x86_shift_imm(x, X86_SHR, true, X86_R11, 1);
	x86_alu(x, X86_ADD, true, X86_R10, X86_R11);
	if (shift > 1)
		x86_shift_imm(x, X86_SHR, true, X86_R10, (u8)(shift - 1));
}

static void by_power(struct jit_state *s, const struct bpf_insn *i, bool wide, u64 d)
{
	u8 shift = 0;

	while ((u64)1 << shift != d)
		shift++;
	if (is_mod(i))
		x86_alu_imm(&s->x, X86_AND, wide, jit_dst(i), (s32)(d - 1));
	else
		x86_shift_imm(&s->x, X86_SHR, wide, jit_dst(i), shift);
}

static void by_zero(struct jit_state *s, const struct bpf_insn *i, bool wide)
{
	if (!is_mod(i))
		x86_mov_imm(&s->x, jit_dst(i), 0);
	else if (!wide)
		x86_mov(&s->x, false, jit_dst(i), jit_dst(i));
}

/* Unsigned; whether it could be done without a division. */
static bool by_constant(struct jit_state *s, const struct bpf_insn *i, bool wide)
{
	u64 d = wide ? (u64)(s64)i->imm : (u32)i->imm;
	struct x86 *x = &s->x;
	u8 dst = jit_dst(i);

	if (!d) {
		by_zero(s, i, wide);
		return true;
	}
	if (!(d & (d - 1))) {
		by_power(s, i, wide, d);
		return true;
	}
	if (!s->has_bmi2)
		return false;
	if (wide)
		quotient64(s, dst, d);
	else
		quotient32(s, dst, (u32)d);
	if (is_mod(i)) {
		x86_imul_imm(x, wide, X86_R10, X86_R10, i->imm);
		x86_alu(x, X86_SUB, wide, dst, X86_R10);
	} else {
		x86_mov(x, wide, dst, X86_R10);
	}
	return true;
}

/* ---- by DIV */

/* RAX and RDX of RAX by R10. */
static void divide_unsigned(struct x86 *x, bool wide)
{
	size_t is_long, done;

	if (!wide) {
		x86_alu(x, X86_XOR, false, X86_RDX, X86_RDX);
		x86_unary(x, X86_DIV, false, X86_R10);
		return;
	}
	x86_mov(x, true, X86_RDX, X86_RAX);
	x86_alu(x, X86_OR, true, X86_RDX, X86_R10);
	x86_shift_imm(x, X86_SHR, true, X86_RDX, 32);
	is_long = x86_skip(x, X86_NE);
	x86_unary(x, X86_DIV, false, X86_R10);
	done = x86_skip_always(x);
	x86_land(x, is_long);
	x86_alu(x, X86_XOR, false, X86_RDX, X86_RDX);
	x86_unary(x, X86_DIV, true, X86_R10);
	x86_land(x, done);
}

/* The least number by -1 does not fit; by -1 all are negated. */
static void divide_signed(struct x86 *x, bool wide)
{
	size_t other, done;

	x86_alu_imm(x, X86_CMP, wide, X86_R10, -1);
	other = x86_skip(x, X86_NE);
	x86_unary(x, X86_NEG, wide, X86_RAX);
	x86_alu(x, X86_XOR, false, X86_RDX, X86_RDX);
	done = x86_skip_always(x);
	x86_land(x, other);
	x86_cdq(x, wide);
	x86_unary(x, X86_IDIV, wide, X86_R10);
	x86_land(x, done);
}

/* dst by R10, which is not 0. */
static void divide(struct jit_state *s, const struct bpf_insn *i, bool wide)
{
	struct x86 *x = &s->x;
	u8 dst = jit_dst(i), result = is_mod(i) ? X86_RDX : X86_RAX;

	if (dst != X86_RDX && is_read(s, 3))
		x86_mov(x, true, X86_R11, X86_RDX);
	if (dst != X86_RAX && is_read(s, 0))
		x86_mov(x, true, X86_R9, X86_RAX);
	if (dst != X86_RAX)
		x86_mov(x, wide, X86_RAX, dst);
	if (i->off)
		divide_signed(x, wide);
	else
		divide_unsigned(x, wide);
	if (dst != result)
		x86_mov(x, wide, dst, result);
	if (dst != X86_RAX && is_read(s, 0))
		x86_mov(x, true, X86_RAX, X86_R9);
	if (dst != X86_RDX && is_read(s, 3))
		x86_mov(x, true, X86_RDX, X86_R11);
}

void jit_divide(struct jit_state *s, const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_ALU64;
	struct x86 *x = &s->x;
	size_t is_not_zero, done;

	if (BPF_SRC(i->code) == BPF_K) {
		if (!i->off && by_constant(s, i, wide))
			return;
		if (!i->imm) {
			by_zero(s, i, wide);
			return;
		}
		x86_mov_imm(x, X86_R10, wide ? (u64)(s64)i->imm : (u32)i->imm);
		divide(s, i, wide);
		return;
	}
	x86_mov(x, wide, X86_R10, jit_src(i));
	x86_test(x, wide, X86_R10, X86_R10);
	is_not_zero = x86_skip(x, X86_NE);
	by_zero(s, i, wide);
	done = x86_skip_always(x);
	x86_land(x, is_not_zero);
	divide(s, i, wide);
	x86_land(x, done);
}
