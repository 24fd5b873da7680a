/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit/machine_gen.h"

#include <string.h>

#include "isa/insn.h"

enum { SLOTS = 8, JUMPS = 16, LOOP_REG = 9 };

/* A jump whose end comes after so many more steps. */
struct pending {
	u32 insn, steps;
};

static u64 draw(struct machine_gen *g)
{
	u64 v = 0;

	if (g->len) {
		size_t n = g->len < 2 ? g->len : 2;

		memcpy(&v, g->bytes, n);
		g->bytes += n;
		g->len -= n;
		return v;
	}
	g->seed ^= g->seed << 13;
	g->seed ^= g->seed >> 7;
	g->seed ^= g->seed << 17;
	return g->seed >> 11;
}

static u32 below(struct machine_gen *g, u32 n)
{
	return (u32)(draw(g) % n);
}

static u64 number(struct machine_gen *g)
{
	static const u64 corners[] = {
		0,          1,           2,
		3,          7,           10,
		31,         32,          63,
		64,         127,         128,
		255,        256,         1000,
		0x7fff,     0x8000,      0xffff,
		0x10000,    0x7fffffff,  0x80000000,
		0xffffffff, 0x100000000, INT64_MAX,
		1ull << 63, UINT64_MAX,  UINT64_MAX - 1,
	};

	if (below(g, 4))
		return corners[below(g, ARRAY_SIZE(corners))];
	return draw(g) * 0x9e3779b97f4a7c15ull;
}

static void put(struct machine_gen *g, struct bpf_insn insn)
{
	g->insns[g->count++] = insn;
}

static void put_number(struct machine_gen *g, u8 reg)
{
	insn_ld_imm64(&g->insns[g->count], reg, 0, number(g));
	g->count += 2;
}

static s16 slot(struct machine_gen *g, u32 size)
{
	return (s16)(-8 * SLOTS + (s32)below(g, 8 * SLOTS + 1 - size));
}

/* Any but the one that a loop counts with. */
static u8 reg(struct machine_gen *g)
{
	return (u8)below(g, LOOP_REG);
}

static void put_alu(struct machine_gen *g)
{
	static const u8 ops[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR,  BPF_AND,
				  BPF_LSH, BPF_RSH, BPF_MOD, BPF_XOR, BPF_MOV, BPF_ARSH };
	u8 class = below(g, 2) ? BPF_ALU64 : BPF_ALU, op = ops[below(g, ARRAY_SIZE(ops))];
	bool by_reg = below(g, 2), divides = op == BPF_DIV || op == BPF_MOD;
	struct bpf_insn insn =
		insn_make((u8)(class | op | (by_reg ? BPF_X : BPF_K)), reg(g),
			  by_reg ? (u8)below(g, 10) : 0, 0, by_reg ? 0 : (s32)number(g));

	if (!by_reg && (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH))
		insn.imm &= class == BPF_ALU64 ? 63 : 31;
	if (divides)
		insn.off = (s16)below(g, 2);
	if (op == BPF_MOV && by_reg && below(g, 2))
		insn.off = (s16)(8 << below(g, class == BPF_ALU64 ? 3 : 2));
	put(g, insn);
}

static void put_unary(struct machine_gen *g)
{
	s32 bits = 16 << below(g, 3);

	switch (below(g, 3)) {
	case 0:
		put(g, insn_make((u8)((below(g, 2) ? BPF_ALU64 : BPF_ALU) | BPF_NEG), reg(g), 0, 0,
				 0));
		break;
	case 1:
		put(g, insn_endian(reg(g), bits, below(g, 2)));
		break;
	default:
		put(g, insn_make(BPF_ALU64 | BPF_END, reg(g), 0, 0, bits));
	}
}

static void put_memory(struct machine_gen *g)
{
	static const u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	u32 k = below(g, 4);
	s16 off = slot(g, 1u << k);

	switch (below(g, 4)) {
	case 0:
		put(g, insn_load(sizes[k], reg(g), 10, off));
		break;
	case 1:
		put(g, insn_store_reg(sizes[k], 10, off, (u8)below(g, 10)));
		break;
	case 2:
		put(g, insn_store_imm(sizes[k], 10, off, (s32)number(g)));
		break;
	default:
		put(g, insn_make((u8)(BPF_LDX | INSN_MEMSX | sizes[k % 3]), reg(g), 10,
				 slot(g, 1u << k % 3), 0));
	}
}

static void put_atomic(struct machine_gen *g)
{
	static const s32 ops[] = { BPF_ADD,
				   BPF_OR,
				   BPF_AND,
				   BPF_XOR,
				   BPF_ADD | BPF_FETCH,
				   BPF_OR | BPF_FETCH,
				   BPF_AND | BPF_FETCH,
				   BPF_XOR | BPF_FETCH,
				   BPF_XCHG,
				   BPF_CMPXCHG };
	u8 base = (u8)below(g, 9);
	bool wide = below(g, 2);

	/* By way of another register now and then, as r10 is a good one to encode. */
	if (below(g, 2)) {
		put(g, insn_mov64_reg(base, 10));
		put(g, insn_atomic(wide ? BPF_DW : BPF_W, ops[below(g, ARRAY_SIZE(ops))], base,
				   (s16)(-8 * (1 + (s32)below(g, SLOTS))), reg(g)));
		put_number(g, base); /* the stack's address is not the same everywhere */
		return;
	}
	put(g, insn_atomic(wide ? BPF_DW : BPF_W, ops[below(g, ARRAY_SIZE(ops))], 10,
			   (s16)(-8 * (1 + (s32)below(g, SLOTS))), reg(g)));
}

static struct bpf_insn some_jump(struct machine_gen *g)
{
	static const u8 ops[] = { BPF_JEQ, BPF_JNE,  BPF_JSET, BPF_JGT,  BPF_JGE, BPF_JLT,
				  BPF_JLE, BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE };
	u8 op = ops[below(g, ARRAY_SIZE(ops))], class = below(g, 2) ? BPF_JMP : BPF_JMP32;
	bool by_reg = below(g, 2);

	if (!below(g, 8))
		return insn_ja(0);
	return insn_make((u8)(class | op | (by_reg ? BPF_X : BPF_K)), (u8)below(g, 10),
			 by_reg ? (u8)below(g, 10) : 0, 0, by_reg ? 0 : (s32)number(g));
}

static void land(struct machine_gen *g, struct pending *jumps, u32 *n, bool all)
{
	for (u32 i = 0; i < *n;) {
		if (!all && --jumps[i].steps) {
			i++;
			continue;
		}
		g->insns[jumps[i].insn].off = (s16)(g->count - jumps[i].insn - 1);
		jumps[i] = jumps[--*n];
	}
}

static void put_step(struct machine_gen *g)
{
	switch (below(g, 8)) {
	case 0:
		put_unary(g);
		break;
	case 1:
	case 2:
		put_memory(g);
		break;
	case 3:
		put_atomic(g);
		break;
	case 4:
		put_number(g, reg(g));
		break;
	default:
		put_alu(g);
	}
}

/* Steps with jumps forward among them. */
static void put_steps(struct machine_gen *g, u32 steps)
{
	struct pending jumps[JUMPS];
	u32 n = 0;

	for (u32 i = 0; i < steps; i++) {
		land(g, jumps, &n, false);
		if (n < JUMPS && !below(g, 6)) {
			jumps[n++] = (struct pending){ g->count, 1 + below(g, 12) };
			put(g, some_jump(g));
		} else {
			put_step(g);
		}
	}
	land(g, jumps, &n, true);
}

static void put_loop(struct machine_gen *g, u32 steps)
{
	u32 begin;

	put(g, insn_mov64_imm(LOOP_REG, 1 + (s32)below(g, 5)));
	begin = g->count;
	put_steps(g, steps);
	put(g, insn_alu64_imm(BPF_SUB, LOOP_REG, 1));
	put(g, insn_jump_imm(BPF_JNE, LOOP_REG, 0, (s16)((s32)begin - (s32)g->count - 1)));
}

static void put_begin(struct machine_gen *g, bool is_main)
{
	for (u8 r = 0; r < 10; r++) {
		if (is_main || r == 0 || r > 5)
			put_number(g, r);
	}
	for (s16 i = 1; i <= SLOTS; i++)
		put(g, insn_store_reg(BPF_DW, 10, (s16)(-8 * i), (u8)(i % 10)));
}

static void put_digest(struct machine_gen *g)
{
	for (u8 r = 1; r < 10; r++) {
		put(g, insn_alu64_imm(BPF_MUL, 0, 0x01000193));
		put(g, insn_alu64_reg(BPF_XOR, 0, r));
	}
	for (s16 i = 1; i <= SLOTS; i++) {
		put(g, insn_load(BPF_DW, 1, 10, (s16)(-8 * i)));
		put(g, insn_alu64_imm(BPF_MUL, 0, 0x01000193));
		put(g, insn_alu64_reg(BPF_ADD, 0, 1));
	}
	put(g, insn_exit());
}

static u32 put_function(struct machine_gen *g, u32 size, bool is_main, u32 *calls, u32 max_calls)
{
	u32 n = 0;

	put_begin(g, is_main);
	for (u32 done = 0; done < size;) {
		u32 part = 1 + below(g, 20);

		if (n < max_calls && !below(g, 4)) {
			calls[n++] = g->count;
			put(g, insn_call_func(0));
		} else if (!below(g, 4)) {
			put_loop(g, part);
		} else {
			put_steps(g, part);
		}
		done += part;
	}
	put_digest(g);
	return n;
}

void machine_gen(struct machine_gen *g, u32 size)
{
	u32 calls[16], more[16], n, first, second, m;

	if (size > 200)
		size = 200;
	g->count = 0;
	n = put_function(g, size, true, calls, 8);
	first = g->count;
	m = n ? put_function(g, size / 2, false, more, 4) : 0;
	second = g->count;
	if (m)
		put_function(g, size / 4, false, NULL, 0);
	for (u32 i = 0; i < n; i++)
		g->insns[calls[i]].imm = (s32)(first - calls[i] - 1);
	for (u32 i = 0; i < m; i++)
		g->insns[more[i]].imm = (s32)(second - more[i] - 1);
}
