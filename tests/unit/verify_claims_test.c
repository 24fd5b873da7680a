/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random programs of arithmetic and forward jumps, verified, then run on many numbers: before each instruction the registers have to be
 * what was claimed. Memory is not touched, so that the verifier accepts all of them.
 */
#include "verify/claims.h"

#include <string.h>

#include "isa/insn.h"
#include "unit/test.h"

#define LENGTH 40
#define PROGRAMS 3000
#define RUNS 24

static u64 next(u64 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Numbers near which mistakes are. */
static u64 number(u64 *seed)
{
	static const u64 edges[] = { 0, 1, 7, 8, 63, 64, 255, 0x7fffffff, 0x80000000, 0xffffffff };
	u64 v = next(seed);

	switch (next(seed) % 4) {
	case 0:
		return edges[v % ARRAY_SIZE(edges)];
	case 1:
		return 0 - edges[v % ARRAY_SIZE(edges)];
	case 2:
		return edges[v % ARRAY_SIZE(edges)] << 32;
	default:
		return v >> (v % 60);
	}
}

static struct bpf_insn random_insn(u64 *seed, u32 at)
{
	static const u8 alu[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR,   BPF_AND, BPF_LSH,
				  BPF_RSH, BPF_MOD, BPF_XOR, BPF_MOV, BPF_ARSH, BPF_NEG };
	static const u8 jumps[] = { BPF_JEQ,  BPF_JGT, BPF_JGE, BPF_JSET, BPF_JNE, BPF_JSGT,
				    BPF_JSGE, BPF_JLT, BPF_JLE, BPF_JSLT, BPF_JSLE };
	u32 d = 6 + (u32)(next(seed) % 4), s = 6 + (u32)(next(seed) % 4);
	bool half = next(seed) & 1, by_reg = next(seed) & 1;
	s32 imm = (s32)number(seed);

	if (next(seed) % 3 == 0) {
		u8 op = jumps[next(seed) % ARRAY_SIZE(jumps)];
		s16 off = (s16)(next(seed) % 6);
		if ((s32)at + 1 + off > LENGTH)
			off = 0;
		return insn_make((u8)((half ? BPF_JMP32 : BPF_JMP) | op | (by_reg ? BPF_X : 0)),
				 (u8)d, by_reg ? (u8)s : 0, off, by_reg ? 0 : imm);
	}
	u8 op = alu[next(seed) % ARRAY_SIZE(alu)];
	bool divides = op == BPF_DIV || op == BPF_MOD;
	bool shifts = op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;
	s16 off = divides && next(seed) % 2 ? 1 : 0;
	if (op == BPF_NEG) {
		by_reg = false;
		imm = 0;
	}
	if (op == BPF_MOV && by_reg && next(seed) % 2)
		off = next(seed) % 2 ? 8 : 16;
	if (shifts)
		imm &= half ? 31 : 63;
	if (divides && !imm)
		imm = 3;
	return insn_make((u8)((half ? BPF_ALU : BPF_ALU64) | op | (by_reg ? BPF_X : 0)), (u8)d,
			 by_reg ? (u8)s : 0, off, by_reg ? 0 : imm);
}

static u64 compute(const struct bpf_insn *i, u64 a, u64 b)
{
	bool half = (i->code & 7) == BPF_ALU, is_signed = i->off == 1;
	u64 mask = half ? 31 : 63;

	if (half) {
		a = (u32)a;
		b = (u32)b;
	}
	s64 x = half ? (s32)a : (s64)a, y = half ? (s32)b : (s64)b;
	switch (i->code & 0xf0) {
	case BPF_ADD:
		a += b;
		break;
	case BPF_SUB:
		a -= b;
		break;
	case BPF_MUL:
		a *= b;
		break;
	case BPF_DIV:
		a = !b ? 0 : !is_signed ? a / b : y == -1 ? 0 - (u64)x : (u64)(x / y);
		break;
	case BPF_MOD:
		a = !b ? a : !is_signed ? a % b : y == -1 ? 0 : (u64)(x % y);
		break;
	case BPF_OR:
		a |= b;
		break;
	case BPF_AND:
		a &= b;
		break;
	case BPF_XOR:
		a ^= b;
		break;
	case BPF_LSH:
		a <<= b & mask;
		break;
	case BPF_RSH:
		a >>= b & mask;
		break;
	case BPF_ARSH:
		a = (u64)(x >> (b & mask));
		break;
	case BPF_NEG:
		a = 0 - a;
		break;
	default:
		a = i->off == 8 ? (u64)(s8)b : i->off == 16 ? (u64)(s16)b : b;
		break;
	}
	return half ? (u32)a : a;
}

static bool holds(const struct bpf_insn *i, u64 a, u64 b)
{
	bool half = (i->code & 7) == BPF_JMP32;

	if (half) {
		a = (u32)a;
		b = (u32)b;
	}
	s64 x = half ? (s32)a : (s64)a, y = half ? (s32)b : (s64)b;
	switch (i->code & 0xf0) {
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSET:
		return a & b;
	case BPF_JSGT:
		return x > y;
	case BPF_JSGE:
		return x >= y;
	case BPF_JSLT:
		return x < y;
	default:
		return x <= y;
	}
}

/* False with the place where a claim was broken. */
static bool run(const struct bpf_insn *insns, u32 count, const struct verify_claims *claims,
		u64 *seed, u32 *at, u32 *reg)
{
	u64 regs[11] = { 0 };

	for (*at = 0; *at < count; ++*at) {
		const struct bpf_insn *i = &insns[*at];
		u8 class = i->code & 7;
		if (!claims_hold(claims, *at, regs, NULL, reg))
			return false;
		if (i->code == (BPF_JMP | BPF_EXIT))
			break;
		if (i->code == (BPF_JMP | BPF_CALL)) {
			regs[0] = number(seed);
			continue;
		}
		u64 b = i->code & BPF_X ? regs[i->src_reg] : (u64)(s64)i->imm;
		if (class == BPF_ALU || class == BPF_ALU64)
			regs[i->dst_reg] = compute(i, regs[i->dst_reg], b);
		else if (holds(i, regs[i->dst_reg], b))
			*at += (u16)i->off; /* forwards */
	}
	return true;
}

static u32 make_program(struct bpf_insn *insns, u64 *seed)
{
	u32 n = 0;

	for (u8 r = 6; r <= 9; r++) {
		insns[n++] = insn_call(BPF_FUNC_ktime_get_ns);
		insns[n++] = insn_mov64_reg(r, 0);
	}
	for (u32 i = 0; i < LENGTH; i++)
		insns[n++] = random_insn(seed, i);
	insns[n++] = insn_mov64_imm(0, 0);
	insns[n++] = insn_exit();
	return n;
}

TEST(verify_claims_hold)
{
	struct bpf_insn insns[LENGTH + 16];
	struct verify_options opts = { .privileged = true, .record = true };
	u64 seed = 88172645463325252u;
	u32 accepted = 0;

	for (u32 k = 0; k < PROGRAMS; k++) {
		struct verify_result r;
		struct image img;
		struct arena a;
		struct diag d;
		u32 at = 0, reg = 0;

		arena_init(&a);
		diag_init(&d, &a);
		u32 count = make_program(insns, &seed);
		image_of_insns(&img, &a, BPF_PROG_TYPE_XDP, insns, count);
		if (!verify_program(&a, &img, 0, &opts, &r, &d) && r.accepted) {
			accepted++;
			for (u32 i = 0; i < RUNS; i++) {
				if (!run(insns, count, r.claims, &seed, &at, &reg)) {
					test_fail(__FILE__, __LINE__,
						  "program %u: r%u before instruction %u", k, reg,
						  at);
					break;
				}
			}
		}
		arena_done(&a);
	}
	CHECK(accepted > PROGRAMS / 2);
}
