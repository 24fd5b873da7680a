/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instructions: arguments that change places, relocations, lines, and what is too large. */
#include "unit/test.h"

#include <string.h>

#include "gen/emit.h"
#include "unit/gen_emul.h"
#include "unit/gen_interp.h"

struct emit_case {
	struct arena arena;
	struct diag diag;
	struct ir_func f;
	struct object_func code;
	u32 stack;
};

static struct ir_func *begin(struct emit_case *c, u32 params)
{
	memset(c, 0, sizeof(*c));
	arena_init(&c->arena);
	diag_init(&c->diag, &c->arena);
	ir_func_init(&c->f, &c->arena, "f", "socket", params);
	return &c->f;
}

static void done(struct emit_case *c)
{
	arena_done(&c->arena);
}

static int emit(struct emit_case *c)
{
	return emit_func(&c->f, &c->code, &c->stack, &c->diag);
}

/* Emits, and lets the code run against the function. */
static void check_result(struct emit_case *c, u32 number)
{
	struct world w;

	CHECK_EQ(emit(c), 0);
	world_init(&w, number);
	u64 want = gen_interp_run(&c->f, &w), got = emul_run(&c->code, &w);
	if (w.fault || want != got)
		test_fail(__FILE__, __LINE__, "case %u: %s", number,
			  w.fault ? w.fault : "another result");
}

static struct ir_operand mix(struct ir_func *f, const struct ir_operand a[5])
{
	return ir_call(f, WORLD_MIX(5), a[0], a[1], a[2], a[3], a[4]);
}

/* All ways to pass a function's five parameters on: the moves form chains, forks and cycles. */
TEST(gen_emit_arguments_change_places)
{
	for (u32 order = 0; order < 5 * 5 * 5 * 5 * 5; order++) {
		struct emit_case c;
		struct ir_func *f = begin(&c, 5);
		struct ir_operand args[5];
		for (u32 i = 0, rest = order; i < 5; i++, rest /= 5)
			args[i] = ir_reg(rest % 5);
		ir_exit(f, mix(f, args));
		check_result(&c, order);
		done(&c);
	}
}

/* The same when some parameters live on in saved registers or on the stack, and some arguments are numbers or addresses. */
TEST(gen_emit_arguments_of_all_kinds)
{
	for (u32 order = 0; order < 7 * 7 * 7 * 7 * 7; order += 3) {
		struct emit_case c;
		struct ir_func *f = begin(&c, 5);
		struct ir_operand args[5], kept[6], sum;
		for (u32 i = 0; i < order % 7; i++) /* with more than four, some are spilled */
			kept[i] = ir_alu(f, BPF_XOR, ir_reg(i % 5), ir_imm(i));
		for (u32 i = 0, rest = order; i < 5; i++, rest /= 7)
			args[i] = rest % 7 < 5    ? ir_reg(rest % 7)
				  : rest % 7 == 5 ? ir_imm(-5 + (1ll << 33))
						  : ir_bss(8 * i);
		sum = mix(f, args);
		for (u32 i = 0; i < order % 7; i++)
			sum = ir_alu(f, BPF_ADD, sum, kept[i]);
		ir_exit(f, ir_alu(f, BPF_SUB, sum, ir_reg(order % 5)));
		check_result(&c, order);
		done(&c);
	}
}

TEST(gen_emit_relocations)
{
	struct emit_case c;
	struct ir_func *f = begin(&c, 1);

	ir_store(f, ir_frame(-8), 0, 8, ir_imm(1));
	f->frame = 8;
	ir_call(f, BPF_FUNC_map_lookup_elem, ir_map(3), ir_frame(-8), ir_none(), ir_none(),
		ir_none());
	ir_store(f, ir_bss(24), 0, 8, ir_imm(1));
	ir_call(f, BPF_FUNC_loop, ir_imm(5), (struct ir_operand){ .kind = IR_FUNC, .reg = 7 },
		ir_frame(-8), ir_imm(0), ir_none());
	ir_exit(f, ir_imm(0));
	CHECK_EQ(emit(&c), 0);
	CHECK_EQ(c.stack, 8);
	CHECK_EQ(c.code.relocs.n, 3);
	for (size_t i = 0; i < c.code.relocs.n; i++)
		CHECK_EQ(c.code.insns.at[c.code.relocs.at[i].insn].code, BPF_LD | BPF_IMM | BPF_DW);
	CHECK_EQ(c.code.relocs.at[0].kind, RELOC_MAP);
	CHECK_EQ(c.code.relocs.at[0].index, 3);
	CHECK_EQ(c.code.relocs.at[1].kind, RELOC_BSS);
	CHECK_EQ(c.code.relocs.at[1].offset, 24);
	CHECK_EQ(c.code.relocs.at[2].kind, RELOC_FUNC);
	CHECK_EQ(c.code.relocs.at[2].index, 7);
	done(&c);
}

/* A field's relocation points at the instruction with its offset. */
TEST(gen_emit_field_relocations)
{
	struct emit_case c;
	struct ir_func *f = begin(&c, 1);
	u32 field = ir_new_reg(f);

	*vec_add(&c.arena, &f->cores) = (struct object_core){ .record = "task_struct" };
	ir_mov(f, field, ir_alu(f, BPF_ADD, ir_reg(0), ir_imm(1234)));
	f->insns.at[0].core = 1;
	ir_exit(f, ir_load(f, ir_reg(field), 0, 8, false));
	CHECK_EQ(emit(&c), 0);
	CHECK_EQ(c.code.cores.n, 1);
	const struct bpf_insn *insn = &c.code.insns.at[c.code.cores.at[0].insn];
	CHECK_EQ(insn->code, BPF_ALU64 | BPF_ADD | BPF_K);
	CHECK_EQ(insn->imm, 1234);
	CHECK_STR(c.code.cores.at[0].record, "task_struct");
	done(&c);
}

TEST(gen_emit_lines)
{
	struct emit_case c;
	struct ir_func *f = begin(&c, 1);
	u32 end = ir_new_label(f);

	f->loc = (struct loc){ 0, 1, 3, 1 };
	ir_jump(f, BPF_JEQ, ir_reg(0), ir_imm(0), end);
	f->loc = (struct loc){ 20, 1, 4, 5 };
	ir_store(f, ir_reg(0), 0, 8, ir_imm(1));
	ir_store(f, ir_reg(0), 8, 8, ir_imm(1));
	f->loc = (struct loc){ 30, 1, 5, 1 };
	ir_label(f, end);
	ir_exit(f, ir_imm(0));
	CHECK_EQ(emit(&c), 0);
	CHECK_EQ(c.code.lines.n, 3);
	CHECK_EQ(c.code.lines.at[0].insn, 0);
	CHECK_EQ(c.code.lines.at[0].line, 3);
	CHECK_EQ(c.code.lines.at[1].line, 4);
	CHECK_EQ(c.code.lines.at[1].col, 5);
	CHECK_EQ(c.code.lines.at[2].line, 5);
	CHECK(c.code.lines.at[0].insn < c.code.lines.at[1].insn);
	CHECK(c.code.lines.at[1].insn < c.code.lines.at[2].insn);
	done(&c);
}

/* A jump reaches 32767 instructions; beyond that the program is refused, not broken. */
static int emit_distance(u32 n)
{
	struct emit_case c;
	struct ir_func *f = begin(&c, 1);
	u32 end = ir_new_label(f);

	ir_jump(f, BPF_JEQ, ir_reg(0), ir_imm(0), end);
	for (u32 i = 0; i < n; i++)
		ir_store(f, ir_reg(0), 0, 8, ir_imm(1));
	ir_label(f, end);
	ir_exit(f, ir_imm(0));
	int err = emit(&c);
	if (!err)
		CHECK_EQ(c.code.insns.at[0].off, n);
	else
		CHECK_EQ(c.diag.errors, 1);
	done(&c);
	return err;
}

TEST(gen_emit_long_jumps)
{
	CHECK_EQ(emit_distance(32767), 0);
	CHECK_EQ(emit_distance(32768), -EINVAL);
	CHECK_EQ(emit_distance(100000), -EINVAL);
}

TEST(gen_emit_too_much_stack)
{
	struct emit_case c;
	struct ir_func *f = begin(&c, 1);
	struct ir_operand values[80], sum = ir_imm(0);

	for (u32 i = 0; i < 80; i++)
		values[i] = ir_load(f, ir_reg(0), (s32)(8 * i), 8, false);
	for (u32 i = 0; i < 80; i++)
		sum = ir_alu(f, BPF_ADD, values[i], sum);
	ir_exit(f, sum);
	CHECK_EQ(emit(&c), -EINVAL);
	CHECK_EQ(c.diag.errors, 1);
	done(&c);
}
