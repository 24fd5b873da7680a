/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where virtual registers come to live. That no two get into each other's way is for gen_random_test.c. */
#include "unit/test.h"

#include <string.h>

#include "gen/regalloc.h"
#include "unit/gen_world.h"

struct alloc_case {
	struct arena arena;
	struct ir_func f;
	struct allocation out;
};

static struct ir_func *begin(struct alloc_case *c, u32 params)
{
	memset(c, 0, sizeof(*c));
	arena_init(&c->arena);
	ir_func_init(&c->f, &c->arena, "f", "s", params);
	return &c->f;
}

static struct ir_operand call(struct ir_func *f, struct ir_operand a, struct ir_operand b)
{
	return ir_call(f, WORLD_MIX(2), a, b, ir_none(), ir_none(), ir_none());
}

static int home(const struct alloc_case *c, struct ir_operand o)
{
	return c->out.home[o.reg];
}

TEST(gen_regalloc_saves_what_lives_across_calls)
{
	struct alloc_case c;
	struct ir_func *f = begin(&c, 1);

	struct ir_operand kept = ir_load(f, ir_reg(0), 0, 8, false);
	struct ir_operand passed = ir_load(f, ir_reg(0), 8, 8, false);
	struct ir_operand result = call(f, ir_reg(0), passed);
	ir_exit(f, ir_alu(f, BPF_ADD, kept, result));
	regalloc(f, &c.out);
	CHECK(home(&c, kept) >= 6 && home(&c, kept) <= 9);
	CHECK_EQ(home(&c, passed), 2); /* where the call wants it */
	CHECK_EQ(c.out.home[0], 1);    /* where it came */
	CHECK_EQ(home(&c, result), 0);
	CHECK(!c.out.spills);
	CHECK_EQ(c.out.frame, 0);
	arena_done(&c.arena);
}

TEST(gen_regalloc_unused_needs_no_home)
{
	struct alloc_case c;
	struct ir_func *f = begin(&c, 3);

	ir_exit(f, ir_reg(1));
	regalloc(f, &c.out);
	CHECK_EQ(c.out.home[0], HOME_NONE);
	CHECK(c.out.home[1] >= 0);
	CHECK_EQ(c.out.home[2], HOME_NONE);
	arena_done(&c.arena);
}

/* n values that are all needed after a call: four registers survive it. */
static void check_across(u32 n, u32 spilled)
{
	struct alloc_case c;
	struct ir_func *f = begin(&c, 1);
	struct ir_operand values[8], sum = ir_imm(0);

	f->frame = 20;
	for (u32 i = 0; i < n; i++)
		values[i] = ir_load(f, ir_reg(0), (s32)(8 * i), 8, false);
	call(f, ir_imm(1), ir_imm(2));
	for (u32 i = 0; i < n; i++)
		sum = ir_alu(f, BPF_ADD, values[i], sum);
	ir_exit(f, sum);
	regalloc(f, &c.out);
	u32 on_stack = 0;
	for (u32 i = 0; i < n; i++) {
		CHECK(home(&c, values[i]) >= 6 || home(&c, values[i]) == HOME_STACK);
		if (home(&c, values[i]) != HOME_STACK)
			continue;
		on_stack++;
		CHECK(c.out.slot[values[i].reg] % 8 == 0 && c.out.slot[values[i].reg] <= -32);
		CHECK((u32)-c.out.slot[values[i].reg] <= c.out.frame);
	}
	CHECK_EQ(on_stack, spilled);
	CHECK_EQ(c.out.spills, spilled > 0);
	CHECK_EQ(c.out.frame, spilled ? 24 + 8 * spilled : 24);
	arena_done(&c.arena);
}

TEST(gen_regalloc_spills_when_saved_registers_run_out)
{
	check_across(1, 0);
	check_across(4, 0);
	check_across(5, 1);
	check_across(8, 4);
}

/* More at once than there are registers, without calls: r0 and r5 are left for moving values in and out. */
TEST(gen_regalloc_keeps_two_registers_when_it_spills)
{
	struct alloc_case c;
	struct ir_func *f = begin(&c, 1);
	struct ir_operand values[12], sum = ir_imm(0);

	for (u32 i = 0; i < 12; i++)
		values[i] = ir_load(f, ir_reg(0), (s32)(8 * i), 8, false);
	for (u32 i = 0; i < 12; i++)
		sum = ir_alu(f, BPF_ADD, values[i], sum);
	ir_exit(f, sum);
	regalloc(f, &c.out);
	CHECK(c.out.spills);
	for (u32 r = 0; r < f->reg_count; r++)
		CHECK(c.out.home[r] != BPF_REG_0 && c.out.home[r] != BPF_REG_5);
	for (u32 i = 0; i < 12; i++)
		for (u32 k = 0; k < i; k++)
			CHECK(home(&c, values[i]) == HOME_STACK ||
			      home(&c, values[i]) != home(&c, values[k]));
	arena_done(&c.arena);
}

/* What is set before a loop and read in it lives until the loop's end, calls behind the reading included. */
TEST(gen_regalloc_keeps_values_through_loops)
{
	struct alloc_case c;
	struct ir_func *f = begin(&c, 1);
	u32 head = ir_new_label(f), end = ir_new_label(f), i = ir_new_reg(f);

	struct ir_operand fixed = ir_load(f, ir_reg(0), 0, 8, false);
	ir_mov(f, i, ir_imm(0));
	ir_label(f, head);
	ir_jump(f, BPF_JGE, ir_reg(i), ir_imm(5), end);
	ir_mov(f, i, ir_alu(f, BPF_ADD, ir_reg(i), fixed));
	call(f, ir_imm(1), ir_imm(2));
	ir_goto(f, head);
	ir_label(f, end);
	ir_exit(f, ir_imm(0));
	regalloc(f, &c.out);
	CHECK(home(&c, fixed) >= 6);
	CHECK(c.out.home[i] >= 6);
	CHECK(home(&c, fixed) != c.out.home[i]);
	arena_done(&c.arena);
}

/* One after the other can have the same register. */
TEST(gen_regalloc_reuses_registers)
{
	struct alloc_case c;
	struct ir_func *f = begin(&c, 1);

	for (u32 i = 0; i < 50; i++) {
		struct ir_operand v = ir_load(f, ir_reg(0), (s32)(8 * i), 8, false);
		call(f, v, ir_imm(1));
		ir_store(f, ir_reg(0), (s32)(8 * i), 8, ir_imm(1));
	}
	ir_exit(f, ir_imm(0));
	regalloc(f, &c.out);
	CHECK(!c.out.spills);
	arena_done(&c.arena);
}
