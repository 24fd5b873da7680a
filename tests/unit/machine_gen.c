/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit/machine_gen.h"

#include <string.h>

#include "isa/insn.h"

enum { SLOTS = 8, JUMPS = 16, LOOP_REG = 9, IDIOM = 8 };

/* Instructions that compilers like to put together; a jump that ends one is not filled in. */
struct idiom {
	struct bpf_insn insns[IDIOM];
	u32 count;
	bool is_whole; /* nobody may come in between: it has addresses of the stack in a register */
};

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

u32 machine_gen_below(struct machine_gen *g, u32 n)
{
	return (u32)(draw(g) % n);
}

static u32 below(struct machine_gen *g, u32 n)
{
	return machine_gen_below(g, n);
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
	g->is_hidden[g->count] = g->hides;
	g->insns[g->count++] = insn;
}

static void put_number(struct machine_gen *g, u8 reg)
{
	g->is_hidden[g->count] = g->hides;
	insn_ld_imm64(&g->insns[g->count], reg, 0, number(g));
	g->count += 2;
}

static s16 slot(struct machine_gen *g, u32 size)
{
	s32 at = (s32)below(g, 8 * SLOTS + 1 - size);

	return (s16)(-8 * SLOTS + (g->for_kernel ? at & -(s32)size : at));
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
	if (divides && !by_reg && !insn.imm && g->for_kernel)
		insn.imm = 1;
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
	u8 base = (u8)below(g, 9), value = reg(g);
	bool wide = below(g, 2);

	if (base == value) /* or the address gets into memory, where all see it */
		value = (u8)((base + 1) % LOOP_REG);
	if (!base && g->for_kernel)
		base = value == 7 ? 6 : 7;

	/* By way of another register now and then, as r10 is a good one to encode. */
	if (below(g, 2)) {
		put(g, insn_mov64_reg(base, 10));
		g->hides = true;
		put(g, insn_atomic(wide ? BPF_DW : BPF_W, ops[below(g, ARRAY_SIZE(ops))], base,
				   (s16)(-8 * (1 + (s32)below(g, SLOTS))), value));
		put_number(g, base); /* the stack's address is not the same everywhere */
		g->hides = false;
		return;
	}
	put(g, insn_atomic(wide ? BPF_DW : BPF_W, ops[below(g, ARRAY_SIZE(ops))], 10,
			   (s16)(-8 * (1 + (s32)below(g, SLOTS))), value));
}

static struct bpf_insn some_jump(struct machine_gen *g)
{
	static const u8 ops[] = { BPF_JEQ, BPF_JNE,  BPF_JSET, BPF_JGT,  BPF_JGE, BPF_JLT,
				  BPF_JLE, BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE };
	u8 op = ops[below(g, ARRAY_SIZE(ops))], class = below(g, 2) ? BPF_JMP : BPF_JMP32;
	bool by_reg = below(g, 2);

	if (!below(g, 8) && !g->for_kernel)
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

/* ---- idioms, in which registers are dead now and then */

static void say(struct idiom *d, struct bpf_insn insn)
{
	d->insns[d->count++] = insn;
}

static u8 a_class(struct machine_gen *g)
{
	return below(g, 2) ? BPF_ALU64 : BPF_ALU;
}

static struct bpf_insn by_reg(u8 class, u8 op, u8 dst, u8 src)
{
	return insn_make(class | op | BPF_X, dst, src, 0, 0);
}

static struct bpf_insn by_imm(u8 class, u8 op, u8 dst, s32 imm)
{
	return insn_make(class | op | BPF_K, dst, 0, 0, imm);
}

static void say_rotation(struct machine_gen *g, struct idiom *d, u8 t, u8 a)
{
	u8 class = a_class(g), join[] = { BPF_OR, BPF_XOR, BPF_ADD, BPF_SUB };
	s32 width = class == BPF_ALU64 ? 64 : 32, left = 1 + (s32)below(g, (u32)width - 1);
	s32 right = below(g, 8) ? width - left : (left + 3) % width;
	bool first = below(g, 2), side = below(g, 2);

	say(d, by_reg(below(g, 4) ? class : a_class(g), BPF_MOV, t, a));
	say(d, first ? by_imm(class, BPF_LSH, side ? t : a, left)
		     : by_imm(class, BPF_RSH, side ? t : a, right));
	say(d, first ? by_imm(class, BPF_RSH, side ? a : t, right)
		     : by_imm(class, BPF_LSH, side ? a : t, left));
	first = below(g, 2);
	say(d, by_reg(class, join[below(g, 4)], first ? t : a, first ? a : t));
	if (below(g, 4))
		say(d, insn_mov64_imm(first ? a : t, 5));
}

static void say_sum(struct machine_gen *g, struct idiom *d, u8 t, u8 a)
{
	u8 class = a_class(g);

	if (below(g, 4))
		say(d, by_reg(class, BPF_MOV, t, a));
	if (below(g, 2))
		say(d, by_imm(class, BPF_LSH, t, 1 + (s32)below(g, 4)));
	if (below(g, 4))
		say(d, by_reg(class, BPF_ADD, t, (u8)below(g, 9)));
	if (below(g, 2))
		say(d, by_imm(class, BPF_ADD, t, (s32)number(g)));
	if (below(g, 2))
		say(d, by_imm(class, BPF_ADD, t, -8));
}

static void say_bits(struct machine_gen *g, struct idiom *d, u8 t, u8 a)
{
	static const s32 shifts[] = { 32, 48, 56, 40 }, masks[] = { 255, 65535, 256, -1 };
	static const s32 factors[] = { 3, 5, 9, 2, 8, 64, 7, 1, -3 };
	u8 class = a_class(g);
	s32 by = shifts[below(g, 4)];

	if (below(g, 2))
		say(d, by_reg(below(g, 4) ? BPF_ALU64 : BPF_ALU, BPF_MOV, t, a));
	switch (below(g, 3)) {
	case 0:
		say(d, by_imm(BPF_ALU64, BPF_LSH, t, by));
		say(d, by_imm(BPF_ALU64, below(g, 2) ? BPF_RSH : BPF_ARSH, t, by));
		break;
	case 1:
		say(d, by_imm(class, BPF_AND, t, masks[below(g, 4)]));
		break;
	default:
		say(d, by_imm(class, BPF_MUL, t, factors[below(g, ARRAY_SIZE(factors))]));
		if (below(g, 2))
			say(d, by_imm(class, BPF_ADD, t, (s32)number(g)));
	}
}

/* A number of the stack, used once. */
static void say_operand(struct machine_gen *g, struct idiom *d, u8 t, u8 a)
{
	static const u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	static const u8 ops[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_OR, BPF_AND, BPF_XOR, BPF_MOV };
	u32 k = below(g, 4);

	say(d, insn_load(sizes[k], t, 10, slot(g, 1u << k)));
	say(d, by_reg(a_class(g), ops[below(g, ARRAY_SIZE(ops))], a, t));
	if (below(g, 4))
		say(d, insn_mov64_imm(t, 7));
}

/* r10 and a small number, by which the stack is reached; nobody sees the address. */
static void say_address(struct machine_gen *g, struct idiom *d, u8 t, u8 a)
{
	static const u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	u8 size = sizes[below(g, 4)];
	s32 unit = g->for_kernel ? 8 : 1, back = (s32)below(g, 40), by = (s32)below(g, 8);
	s16 off = (s16)(-8 - (back & -unit));

	d->is_whole = true;
	say(d, insn_mov64_imm(a, by & -unit));
	say(d, insn_mov64_reg(t, 10));
	if (below(g, 4))
		say(d, insn_alu64_reg(BPF_ADD, t, a));
	say(d, insn_alu64_imm(BPF_ADD, t, -8));
	if (below(g, 2))
		say(d, insn_store_reg(size, t, off, below(g, 2) ? a : (u8)((t + 1) % LOOP_REG)));
	if (below(g, 2))
		say(d, insn_mov64_imm(a, 77));
	say(d, insn_load(size, below(g, 2) ? t : a, t, off));
	if (d->insns[d->count - 1].dst_reg != t)
		say(d, insn_mov64_imm(t, 1));
}

static void say_test(struct machine_gen *g, struct idiom *d, u8 t, u8 a)
{
	static const u8 ops[] = { BPF_AND, BPF_AND, BPF_SUB, BPF_ADD, BPF_OR, BPF_XOR };
	static const u8 tests[] = { BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JSLT };
	u8 class = a_class(g), op = ops[below(g, ARRAY_SIZE(ops))];

	if (below(g, 2))
		say(d, by_reg(below(g, 4) ? class : a_class(g), BPF_MOV, t, a));
	say(d, below(g, 2) ? by_reg(class, op, t, (u8)below(g, 9))
			   : by_imm(class, op, t, (s32)number(g)));
	say(d, insn_make((u8)((below(g, 2) ? BPF_JMP : BPF_JMP32) | tests[below(g, 4)] | BPF_K), t,
			 0, 0, below(g, 4) ? 0 : 3));
}

/* A number of the stack that decides. */
static void say_compare(struct machine_gen *g, struct idiom *d, u8 t)
{
	static const u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	u32 k = below(g, 4);
	struct bpf_insn jump = some_jump(g);

	say(d, insn_load(sizes[k], t, 10, slot(g, 1u << k)));
	if (BPF_OP(jump.code) != BPF_JA)
		jump.dst_reg = t & 15u;
	say(d, jump);
}

/* A jump over a move, or over a jump. */
static void say_choice(struct machine_gen *g, struct idiom *d, u8 t, u8 a)
{
	struct bpf_insn jump = some_jump(g);

	if (below(g, 2))
		say(d, by_imm(a_class(g), BPF_MOV, t, below(g, 4) ? 1 : 2));
	jump.off = 1;
	say(d, jump);
	if (!below(g, 3))
		say(d, insn_ja(0));
	else if (below(g, 2))
		say(d, by_imm(a_class(g), BPF_MOV, t, below(g, 4) ? 0 : (s32)number(g)));
	else
		say(d, by_reg(a_class(g), BPF_MOV, t, a));
}

static void make_idiom(struct machine_gen *g, struct idiom *d)
{
	u8 t = reg(g), a = (u8)((t + 1 + below(g, LOOP_REG - 1)) % LOOP_REG);

	*d = (struct idiom){ 0 };
	switch (below(g, 8)) {
	case 0:
		say_rotation(g, d, t, a);
		break;
	case 1:
		say_sum(g, d, t, a);
		break;
	case 2:
		say_bits(g, d, t, a);
		break;
	case 3:
		say_operand(g, d, t, a);
		break;
	case 4:
		say_address(g, d, t, a);
		break;
	case 5:
		say_test(g, d, t, a);
		break;
	case 6:
		say_compare(g, d, t);
		break;
	default:
		say_choice(g, d, t, a);
	}
}

static bool is_open_jump(const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code);

	return (class == BPF_JMP || class == BPF_JMP32) && !i->off;
}

/* Others' jumps land between its instructions, too. */
static void put_idiom(struct machine_gen *g, struct pending *jumps, u32 *n)
{
	struct idiom d;

	make_idiom(g, &d);
	for (u32 i = 0; i < d.count; i++) {
		if (i && !d.is_whole)
			land(g, jumps, n, false);
		if (is_open_jump(&d.insns[i]) && *n == JUMPS)
			d.insns[i] = insn_mov64_imm(0, 3);
		else if (is_open_jump(&d.insns[i]))
			jumps[(*n)++] = (struct pending){ g->count, 1 + below(g, 12) };
		put(g, d.insns[i]);
		g->hides = d.is_whole;
	}
	g->hides = false;
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
		} else if (!below(g, 3)) {
			put_idiom(g, jumps, &n);
		} else {
			put_step(g);
		}
	}
	land(g, jumps, &n, true);
}

/* A loop of few instructions, which may be left from within, by way of some that are not of it. */
static void put_tight_loop(struct machine_gen *g)
{
	u32 begin, leaves[3], n = 0;

	put(g, insn_mov64_imm(LOOP_REG, 1 + (s32)below(g, 9)));
	begin = g->count;
	for (u32 steps = 1 + below(g, 5); steps; steps--) {
		put_step(g);
		if (n < ARRAY_SIZE(leaves) && !below(g, 3)) {
			struct bpf_insn jump = some_jump(g);
			u32 at = g->count;

			put(g, jump);
			for (u32 k = below(g, 4); k; k--)
				put_step(g);
			leaves[n++] = g->count;
			put(g, insn_ja(0));
			g->insns[at].off = (s16)(g->count - at - 1);
		}
	}
	put(g, insn_alu64_imm(BPF_SUB, LOOP_REG, 1));
	if (below(g, 2)) {
		put(g, insn_jump_imm(BPF_JNE, LOOP_REG, 0, (s16)((s32)begin - (s32)g->count - 1)));
	} else {
		put(g, insn_jump_imm(BPF_JEQ, LOOP_REG, 0, 1));
		put(g, insn_ja((s16)((s32)begin - (s32)g->count - 1)));
	}
	while (n--)
		g->insns[leaves[n]].off = (s16)(g->count - leaves[n] - 1);
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
	g->hides = true;
	for (u8 r = 0; r < 10; r++) {
		if (is_main || r == 0 || r > 5)
			put_number(g, r);
	}
	for (s16 i = 1; i <= SLOTS; i++)
		put(g, insn_store_reg(BPF_DW, 10, (s16)(-8 * i), (u8)(i % 10)));
	g->hides = false;
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
		} else if (!below(g, 4)) {
			put_tight_loop(g);
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
	n = put_function(g, size, true, calls, g->for_kernel ? 0 : 8);
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
