/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Building the intermediate form: what is folded, what is made cheaper, and that neither changes a result. */
#include "unit/test.h"

#include <string.h>

#include "gen/emit.h"
#include "unit/gen_emul.h"
#include "unit/gen_interp.h"

static const u8 operations[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_MOD, BPF_AND,
				 BPF_OR,  BPF_XOR, BPF_LSH, BPF_RSH, BPF_ARSH };
static const u8 comparisons[] = { BPF_JEQ, BPF_JNE,  BPF_JGT,  BPF_JGE,  BPF_JLT,
				  BPF_JLE, BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE };
static const s64 numbers[] = {
	0,
	1,
	-1,
	2,
	-2,
	3,
	7,
	8,
	63,
	64,
	70,
	255,
	INT32_MAX,
	INT32_MIN,
	0x80000000,
	0xffffffff,
	1ll << 32,
	INT64_MAX,
	INT64_MIN,
	0x123456789abcdef,
	-0x123456789abcdef,
};

struct ir_case {
	struct arena arena;
	struct diag diag;
	struct ir_func f;
};

static void begin(struct ir_case *c, u32 params)
{
	memset(c, 0, sizeof(*c));
	arena_init(&c->arena);
	diag_init(&c->diag, &c->arena);
	ir_func_init(&c->f, &c->arena, "f", "socket", params);
}

/* What a function of numbers in its parameters returns, both as it stands and as code. */
static u64 run(struct ir_case *c, u64 a, u64 b)
{
	struct object_func code = { 0 };
	struct world w;
	u32 stack;

	world_init(&w, 0);
	w.params[0] = a;
	w.params[1] = b;
	u64 want = gen_interp_run(&c->f, &w);
	CHECK_EQ(emit_func(&c->f, &code, &stack, &c->diag), 0);
	u64 got = emul_run(&code, &w);
	if (w.fault)
		test_fail(__FILE__, __LINE__, "%s", w.fault);
	CHECK_EQ(got, want);
	return got;
}

TEST(gen_ir_folds_numbers)
{
	struct ir_case c;

	begin(&c, 0);
	for (size_t a = 0; a < ARRAY_SIZE(numbers); a++)
		for (size_t b = 0; b < ARRAY_SIZE(numbers); b++)
			for (size_t k = 0; k < ARRAY_SIZE(operations); k++) {
				struct ir_operand r =
					ir_alu(&c.f, operations[k], ir_imm(numbers[a]),
					       ir_imm(numbers[b]));
				CHECK_EQ(r.kind, IR_IMM);
				CHECK_EQ(r.imm, world_alu(operations[k], (u64)numbers[a],
							  (u64)numbers[b]));
			}
	for (size_t a = 0; a < ARRAY_SIZE(numbers); a++)
		for (u32 size = 1; size <= 8; size *= 2) {
			u64 v = (u64)numbers[a];
			CHECK_EQ(ir_ext(&c.f, ir_imm((s64)v), size, true).imm,
				 world_extend(v, size, true));
			CHECK_EQ(ir_ext(&c.f, ir_imm((s64)v), size, false).imm,
				 world_extend(v, size, false));
			if (size > 1)
				CHECK_EQ(ir_swap(&c.f, ir_imm((s64)v), size).imm,
					 world_swap(v, size));
		}
	CHECK_EQ(c.f.insns.n, 0);
	arena_done(&c.arena);
}

/* A register and a number: identities, powers of two, numbers that do not fit an instruction. */
static void check_with_number(u8 op, s64 number, bool number_first)
{
	struct ir_case c;

	begin(&c, 1);
	struct ir_operand reg = ir_reg(0), imm = ir_imm(number);
	ir_exit(&c.f, number_first ? ir_alu(&c.f, op, imm, reg) : ir_alu(&c.f, op, reg, imm));
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		u64 v = (u64)numbers[i], n = (u64)number;
		CHECK_EQ(run(&c, v, 0), number_first ? world_alu(op, n, v) : world_alu(op, v, n));
	}
	arena_done(&c.arena);
}

TEST(gen_ir_operations_with_numbers)
{
	for (size_t k = 0; k < ARRAY_SIZE(operations); k++)
		for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
			check_with_number(operations[k], numbers[i], false);
			check_with_number(operations[k], numbers[i], true);
		}
}

TEST(gen_ir_operations_that_change_nothing_cost_nothing)
{
	static const struct {
		u8 op;
		s64 number;
	} identities[] = { { BPF_ADD, 0 }, { BPF_SUB, 0 },  { BPF_MUL, 1 }, { BPF_DIV, 1 },
			   { BPF_OR, 0 },  { BPF_AND, -1 }, { BPF_XOR, 0 }, { BPF_LSH, 0 } };
	struct ir_case c;

	begin(&c, 1);
	for (size_t i = 0; i < ARRAY_SIZE(identities); i++) {
		struct ir_operand r =
			ir_alu(&c.f, identities[i].op, ir_reg(0), ir_imm(identities[i].number));
		CHECK_EQ(r.kind, IR_REG);
		CHECK_EQ(r.reg, 0);
	}
	CHECK_EQ(ir_ext(&c.f, ir_reg(0), 8, true).reg, 0);
	CHECK_EQ(ir_swap(&c.f, ir_reg(0), 1).reg, 0);
	/* An address on the stack plus a number is another such address. */
	struct ir_operand r = ir_alu(&c.f, BPF_ADD, ir_frame(-16), ir_imm(8));
	CHECK_EQ(r.kind, IR_FRAME);
	CHECK_EQ(r.imm, -8);
	CHECK_EQ(c.f.insns.n, 0);
	arena_done(&c.arena);
}

TEST(gen_ir_powers_of_two_are_shifts)
{
	struct ir_case c;

	begin(&c, 1);
	ir_alu(&c.f, BPF_MUL, ir_reg(0), ir_imm(8));
	ir_alu(&c.f, BPF_DIV, ir_reg(0), ir_imm(8));
	ir_alu(&c.f, BPF_MOD, ir_reg(0), ir_imm(8));
	CHECK_EQ(c.f.insns.n, 3);
	CHECK_EQ(c.f.insns.at[0].alu, BPF_LSH);
	CHECK_EQ(c.f.insns.at[1].alu, BPF_RSH);
	CHECK_EQ(c.f.insns.at[2].alu, BPF_AND);
	CHECK_EQ(c.f.insns.at[2].b.imm, 7);
	arena_done(&c.arena);
}

static u64 run_jump(u8 cmp, struct ir_operand a, struct ir_operand b, u64 va, u64 vb)
{
	struct ir_case c;

	begin(&c, 2);
	u32 yes = ir_new_label(&c.f);
	ir_jump(&c.f, cmp, a, b, yes);
	ir_exit(&c.f, ir_imm(0));
	ir_label(&c.f, yes);
	ir_exit(&c.f, ir_imm(1));
	u64 result = run(&c, va, vb);
	arena_done(&c.arena);
	return result;
}

TEST(gen_ir_jumps)
{
	for (size_t k = 0; k < ARRAY_SIZE(comparisons); k++)
		for (size_t i = 0; i < ARRAY_SIZE(numbers) * ARRAY_SIZE(numbers); i++) {
			u8 cmp = comparisons[k];
			s64 a = numbers[i % ARRAY_SIZE(numbers)],
			    b = numbers[i / ARRAY_SIZE(numbers)];
			bool want = world_compare(cmp, (u64)a, (u64)b);
			CHECK_EQ(run_jump(cmp, ir_imm(a), ir_imm(b), 0, 0), want);
			CHECK_EQ(run_jump(cmp, ir_reg(0), ir_imm(b), (u64)a, 0), want);
			CHECK_EQ(run_jump(cmp, ir_imm(a), ir_reg(1), 0, (u64)b), want);
			CHECK_EQ(run_jump(cmp, ir_reg(0), ir_reg(1), (u64)a, (u64)b), want);
		}
}

/* Numbers are stored with the bits that fit. */
TEST(gen_ir_stores_numbers)
{
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		for (u32 size = 1; size <= 8; size *= 2) {
			struct ir_case c;
			begin(&c, 0);
			c.f.frame = 8;
			ir_store(&c.f, ir_frame(-8), 0, 8, ir_imm(-1));
			ir_store(&c.f, ir_frame(-8), 0, size, ir_imm(numbers[i]));
			ir_exit(&c.f, ir_load(&c.f, ir_frame(-8), 0, size, false));
			CHECK_EQ(run(&c, 0, 0), world_extend((u64)numbers[i], size, false));
			arena_done(&c.arena);
		}
}

TEST(gen_ir_knows_what_is_reachable)
{
	struct ir_case c;

	begin(&c, 1);
	CHECK(ir_reachable(&c.f));
	u32 label = ir_new_label(&c.f);
	ir_jump(&c.f, BPF_JEQ, ir_reg(0), ir_imm(0), label);
	CHECK(ir_reachable(&c.f));
	ir_jump(&c.f, BPF_JEQ, ir_imm(1), ir_imm(2), label); /* never taken */
	CHECK(ir_reachable(&c.f));
	ir_jump(&c.f, BPF_JEQ, ir_imm(1), ir_imm(1), label); /* always taken */
	CHECK(!ir_reachable(&c.f));
	ir_label(&c.f, label);
	CHECK(ir_reachable(&c.f));
	ir_exit(&c.f, ir_imm(0));
	CHECK(!ir_reachable(&c.f));
	arena_done(&c.arena);
}
