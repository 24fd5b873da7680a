/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ir_clean() removes, and what it must not: functions before and after, as text. */
#include "unit/test.h"

#include <string.h>

#include "gen/emit.h"
#include "unit/gen_emul.h"
#include "unit/gen_interp.h"

struct clean_case {
	struct arena arena;
	struct ir_func f;
	struct buf text;
};

static struct ir_func *begin(struct clean_case *c)
{
	memset(c, 0, sizeof(*c));
	arena_init(&c->arena);
	ir_func_init(&c->f, &c->arena, "f", "s", 1);
	return &c->f;
}

static void check(struct clean_case *c, const char *want)
{
	ir_clean(&c->f);
	ir_dump(&c->f, &c->text);
	const char *body = strchr(buf_str(&c->text), '\n');
	CHECK_STR(body ? body + 1 : "", want);
	buf_done(&c->text);
	arena_done(&c->arena);
}

static struct ir_operand call0(struct ir_func *f)
{
	return ir_call(f, BPF_FUNC_ktime_get_ns, ir_none(), ir_none(), ir_none(), ir_none(),
		       ir_none());
}

TEST(gen_clean_removes_unused_chains)
{
	struct clean_case c;
	struct ir_func *f = begin(&c);

	struct ir_operand v = ir_load(f, ir_reg(0), 8, 4, false);
	v = ir_alu(f, BPF_ADD, v, ir_imm(1));
	ir_ext(f, ir_swap(f, v, 4), 2, true);
	ir_exit(f, ir_imm(0));
	check(&c, "\texit 0\n\n");
}

/* Calls, stores and atomics do more than yield a result. */
TEST(gen_clean_keeps_effects)
{
	struct clean_case c;
	struct ir_func *f = begin(&c);

	call0(f);
	ir_store(f, ir_frame(-8), 0, 8, ir_imm(1));
	ir_add_to(f, ir_reg(0), 0, 8, ir_reg(0));
	ir_exit(f, ir_imm(0));
	check(&c, "\tcall bpf_ktime_get_ns()\n\tstore u64 [frame-8] = 1\n"
		  "\tatomic u64 [v0] += v0\n\texit 0\n\n");
}

TEST(gen_clean_removes_the_unreachable)
{
	struct clean_case c;
	struct ir_func *f = begin(&c);
	u32 end = ir_new_label(f), lost = ir_new_label(f);

	ir_goto(f, end);
	ir_label(f, lost);
	call0(f);
	ir_goto(f, lost);
	ir_label(f, end);
	ir_exit(f, ir_imm(3));
	check(&c, "L0:\n\texit 3\n\n");
}

/* A jump to the next instruction goes, and with it what only its condition needed. */
TEST(gen_clean_removes_void_jumps)
{
	struct clean_case c;
	struct ir_func *f = begin(&c);
	u32 a = ir_new_label(f), b = ir_new_label(f);

	struct ir_operand v = ir_alu(f, BPF_MUL, ir_reg(0), ir_imm(3));
	ir_jump(f, BPF_JEQ, v, ir_imm(9), b);
	ir_label(f, a);
	ir_label(f, b);
	ir_exit(f, ir_imm(0));
	check(&c, "L0:\nL1:\n\texit 0\n\n");
}

TEST(gen_clean_threads_jumps)
{
	struct clean_case c;
	struct ir_func *f = begin(&c);
	u32 hop = ir_new_label(f), hop2 = ir_new_label(f), end = ir_new_label(f);

	ir_jump(f, BPF_JEQ, ir_reg(0), ir_imm(0), hop);
	call0(f);
	ir_exit(f, ir_imm(1));
	ir_label(f, hop);
	ir_goto(f, hop2);
	ir_label(f, hop2);
	ir_goto(f, end);
	ir_label(f, end);
	ir_exit(f, ir_imm(2));
	check(&c, "\tif v0 == 0 goto L2\n\tcall bpf_ktime_get_ns()\n\texit 1\nL2:\n\texit 2\n\n");
}

TEST(gen_clean_survives_endless_loops)
{
	struct clean_case c;
	struct ir_func *f = begin(&c);
	u32 a = ir_new_label(f), b = ir_new_label(f), self = ir_new_label(f);

	ir_jump(f, BPF_JEQ, ir_reg(0), ir_imm(0), self);
	ir_label(f, a);
	ir_goto(f, b);
	ir_label(f, b);
	ir_goto(f, a);
	ir_label(f, self);
	ir_goto(f, self);
	ir_clean(f);
	CHECK(f->insns.n > 0);
	arena_done(&c.arena);
}

TEST(gen_clean_merges_moves)
{
	struct clean_case c;
	struct ir_func *f = begin(&c);
	u32 x = ir_new_reg(f);

	ir_mov(f, x, ir_alu(f, BPF_ADD, ir_reg(0), ir_imm(5)));
	ir_mov(f, x, ir_alu(f, BPF_XOR, ir_reg(x), ir_imm(3)));
	ir_exit(f, ir_reg(x));
	check(&c, "\tv1 = v0 + 5\n\tv1 = v1 ^ 3\n\texit v1\n\n");
}

/* What a function of three parameters returns: as it stands, cleaned, and as code. */
static void check_result(struct clean_case *c, u64 want)
{
	struct object_func code = { 0 };
	struct diag d;
	struct world w;
	u32 stack;

	diag_init(&d, &c->arena);
	world_init(&w, 0);
	w.params[1] = 4;
	w.params[2] = 10;
	CHECK_EQ(gen_interp_run(&c->f, &w), want);
	ir_clean(&c->f);
	CHECK_EQ(gen_interp_run(&c->f, &w), want);
	CHECK_EQ(emit_func(&c->f, &code, &stack, &d), 0);
	CHECK_EQ(emul_run(&code, &w), want);
	CHECK_STR(w.fault, NULL);
	arena_done(&c->arena);
}

/* x = y - x is no instruction that may overwrite its right side; nor may a result be lost that is read again. */
TEST(gen_clean_keeps_moves_that_are_needed)
{
	struct clean_case c;
	struct ir_func *f = begin(&c);
	u32 x = ir_new_reg(f), y = ir_new_reg(f);

	f->param_count = 3; /* x and y are given */
	ir_mov(f, x, ir_alu(f, BPF_SUB, ir_reg(y), ir_reg(x)));
	struct ir_operand twice = ir_alu(f, BPF_MUL, ir_reg(x), ir_imm(3));
	ir_mov(f, y, twice);
	ir_mov(f, x, ir_alu(f, BPF_ADD, twice, ir_reg(x)));
	ir_exit(f, ir_alu(f, BPF_SUB, ir_reg(y), ir_reg(x)));
	check_result(&c, (u64)(18 - 24));
}

/* The same when the right side is a copy: y = x; x = 100 - y. */
TEST(gen_clean_copies_on_the_right)
{
	struct clean_case c;
	struct ir_func *f = begin(&c);
	u32 x = ir_new_reg(f), y = ir_new_reg(f), copy = ir_new_reg(f);

	f->param_count = 3;
	ir_mov(f, copy, ir_reg(x));
	ir_mov(f, x, ir_alu(f, BPF_SUB, ir_alu(f, BPF_MUL, ir_reg(y), ir_imm(10)), ir_reg(copy)));
	ir_exit(f, ir_reg(x));
	check_result(&c, 96);
}

/* A copy keeps the value of its time. */
TEST(gen_clean_copies_of_what_changes)
{
	struct clean_case c;
	struct ir_func *f = begin(&c);
	u32 x = ir_new_reg(f), y = ir_new_reg(f), copy = ir_new_reg(f);
	u32 end = ir_new_label(f);

	f->param_count = 3;
	ir_mov(f, copy, ir_reg(x));
	ir_mov(f, x, ir_imm(50));
	ir_jump(f, BPF_JEQ, ir_reg(y), ir_imm(0), end);
	ir_mov(f, x, ir_alu(f, BPF_ADD, ir_reg(x), ir_reg(copy)));
	ir_label(f, end);
	ir_exit(f, ir_alu(f, BPF_MUL, ir_reg(copy), ir_reg(x)));
	check_result(&c, 4 * 54);
}
