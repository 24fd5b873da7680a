/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit/gen_random.h"

#include "unit/gen_world.h"

enum {
	FRAME = 64, /* bytes of memory in the frame; the lowest hold the key of look-ups */
	KEY = -FRAME,
	POINTERS = 3,
	INPUTS = WORLD_SLOTS /
		 2, /* slots below are read and written, those above get the variables at the end */
};

struct random {
	struct ir_func *f;
	const struct random_shape *shape;
	u64 state;
	u32 vars[RANDOM_VARIABLES];
	u32 pointers[POINTERS]; /* into .bss, with at least 64 bytes behind them */
	u32 depth, loops;
	u32 left; /* statements */
	u32 break_label, continue_label;
};

static u32 below(struct random *r, u32 n)
{
	return (u32)(world_random(&r->state) % n);
}

static u32 any_var(struct random *r)
{
	return r->vars[below(r, r->shape->variables)];
}

static struct ir_operand number(struct random *r)
{
	u64 v = world_random(&r->state);

	switch (below(r, 6)) {
	case 0:
		return ir_imm((s64)v);
	case 1:
		return ir_imm((u32)v);
	case 2:
		return ir_imm((s32)v);
	case 3:
		return ir_imm((s64)1 << (v % 63));
	default:
		return ir_imm((s64)(v % 9) - 4);
	}
}

/* A variable, at times a copy of it as it is now, or a number. */
static struct ir_operand any(struct random *r)
{
	u32 choice = below(r, 8);

	if (choice < 2)
		return number(r);
	if (choice < 5)
		return ir_reg(any_var(r));
	u32 copy = ir_new_reg(r->f);
	ir_mov(r->f, copy, ir_reg(any_var(r)));
	return ir_reg(copy);
}

static u8 any_comparison(struct random *r)
{
	static const u8 all[] = { BPF_JEQ, BPF_JNE,  BPF_JGT,  BPF_JGE,  BPF_JLT,
				  BPF_JLE, BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE };

	return all[below(r, ARRAY_SIZE(all))];
}

/* An expression; deep ones need many temporaries at once. */
static struct ir_operand expression(struct random *r, u32 depth)
{
	static const u8 all[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_MOD, BPF_AND,
				  BPF_OR,  BPF_XOR, BPF_LSH, BPF_RSH, BPF_ARSH };
	u8 op = all[below(r, ARRAY_SIZE(all))];

	if (!depth || below(r, 5) == 0)
		return any(r);
	struct ir_operand a = expression(r, depth - 1);
	switch (below(r, 6)) {
	case 0:
		return ir_ext(r->f, a, 1u << below(r, 4), below(r, 2));
	case 1:
		return ir_swap(r->f, a, 2u << below(r, 3));
	default:
		break;
	}
	struct ir_operand b = expression(r, depth - 1);
	if (b.kind == IR_IMM && (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH))
		b.imm &= 63;
	return ir_alu(r->f, op, a, b);
}

/* --- memory --- */

struct target {
	struct ir_operand base;
	u32 room; /* bytes from there on */
};

static struct target any_memory(struct random *r)
{
	switch (below(r, 4)) {
	case 0:
		return (struct target){ ir_frame(KEY + 8), FRAME - 8 };
	case 1:
		return (struct target){ ir_in_reg(r->f, ir_frame(-16)), 16 };
	case 2:
		return (struct target){ ir_bss(8 * below(r, INPUTS - 8)), 64 };
	default:
		return (struct target){ ir_reg(r->pointers[below(r, POINTERS)]), 64 };
	}
}

static void access_memory(struct random *r, struct target t)
{
	u32 size = 1u << below(r, 4), choice = below(r, 8);

	if (choice == 0 && size < 4)
		size = 4;
	if (choice == 4)
		size = 8;
	s32 off = (s32)(below(r, t.room / size) * size);
	if (choice == 0)
		ir_add_to(r->f, t.base, off, size, any(r));
	else if (choice < 4)
		ir_store(r->f, t.base, off, size, any(r));
	else if (choice == 4)
		ir_mov(r->f, any_var(r), ir_xchg(r->f, t.base, off, any(r)));
	else
		ir_mov(r->f, any_var(r), ir_load(r->f, t.base, off, size, below(r, 2)));
}

/* --- calls --- */

static void mix(struct random *r)
{
	struct ir_operand args[5];
	u32 n = below(r, 6);

	for (u32 i = 0; i < 5; i++)
		args[i] = i < n ? any(r) : ir_none();
	if (below(r, 5) == 0)
		ir_call(r->f, WORLD_MIX(n), args[0], args[1], args[2], args[3], args[4]);
	else
		ir_mov(r->f, any_var(r),
		       ir_call(r->f, WORLD_MIX(n), args[0], args[1], args[2], args[3], args[4]));
}

static void block(struct random *r, u32 n);

static void look_up(struct random *r)
{
	struct ir_func *f = r->f;
	u32 absent = ir_new_label(f);

	ir_store(f, ir_frame(KEY), 0, 4,
		 below(r, 2) ? ir_alu(f, BPF_AND, ir_reg(any_var(r)), ir_imm(15))
			     : ir_imm(below(r, WORLD_ELEMENTS + 1)));
	struct ir_operand p = ir_call(f, BPF_FUNC_map_lookup_elem, ir_map(0), ir_frame(KEY),
				      ir_none(), ir_none(), ir_none());
	ir_jump(f, BPF_JEQ, p, ir_imm(0), absent);
	access_memory(r, (struct target){ p, 8 });
	if (below(r, 2) && r->depth < 4) {
		block(r, 1); /* perhaps a call, which the pointer has to survive */
		access_memory(r, (struct target){ p, 8 });
	}
	ir_label(f, absent);
}

static void update(struct random *r)
{
	struct ir_func *f = r->f;

	ir_store(f, ir_frame(KEY), 0, 4, ir_imm(below(r, WORLD_ELEMENTS + 1)));
	struct ir_operand result =
		ir_call(f, BPF_FUNC_map_update_elem, ir_map(0), ir_frame(KEY),
			below(r, 2) ? ir_frame(-16) : ir_reg(r->pointers[below(r, POINTERS)]),
			below(r, 2) ? ir_imm(below(r, 6)) : any(r), ir_none());
	/* An int: until Linux 6.3 its upper half is zero even if it is negative. */
	ir_mov(f, any_var(r), ir_ext(f, result, 4, true));
}

static void copy(struct random *r)
{
	ir_call(r->f, BPF_FUNC_probe_read_kernel, ir_frame(KEY + 8),
		ir_imm(1 + below(r, FRAME - 8)), ir_reg(r->pointers[below(r, POINTERS)]), ir_none(),
		ir_none());
}

/* --- control --- */

/* Who runs, and where: compilers may ask once. */
static void ask(struct random *r)
{
	static const u32 all[] = { BPF_FUNC_get_current_pid_tgid, BPF_FUNC_get_current_uid_gid,
				   BPF_FUNC_get_smp_processor_id };

	ir_mov(r->f, any_var(r),
	       ir_call(r->f, all[below(r, 3)], ir_none(), ir_none(), ir_none(), ir_none(),
		       ir_none()));
}

static void statement(struct random *r);

static void block(struct random *r, u32 n)
{
	r->depth++;
	while (n-- && r->left && ir_reachable(r->f))
		statement(r);
	r->depth--;
}

static void branch(struct random *r)
{
	struct ir_func *f = r->f;
	u32 otherwise = ir_new_label(f), end = ir_new_label(f);

	ir_jump(f, any_comparison(r), expression(r, 1), expression(r, 1), otherwise);
	block(r, 1 + below(r, 4));
	if (below(r, 2)) {
		if (ir_reachable(f))
			ir_goto(f, end);
		ir_label(f, otherwise);
		block(r, 1 + below(r, 4));
		ir_label(f, end);
	} else {
		ir_label(f, otherwise);
	}
}

/* The test stands at the beginning, as in while, or at the end. */
static void loop(struct random *r)
{
	struct ir_func *f = r->f;
	u32 old_break = r->break_label, old_continue = r->continue_label;
	u32 counter = ir_new_reg(f), head = ir_new_label(f);
	u32 turns = 1 + below(r, r->shape->for_kernel ? 3 : 6);
	bool at_end = below(r, 2);

	r->break_label = ir_new_label(f);
	r->continue_label = ir_new_label(f);
	r->loops++;
	ir_mov(f, counter, ir_imm(0));
	ir_label(f, head);
	if (!at_end)
		ir_jump(f, BPF_JGE, ir_reg(counter), ir_imm(turns), r->break_label);
	block(r, 1 + below(r, 5));
	ir_label(f, r->continue_label);
	ir_mov(f, counter, ir_alu(f, BPF_ADD, ir_reg(counter), ir_imm(1)));
	if (at_end)
		ir_jump(f, BPF_JLT, ir_reg(counter), ir_imm(turns), head);
	else
		ir_goto(f, head);
	ir_label(f, r->break_label);
	r->loops--;
	r->break_label = old_break;
	r->continue_label = old_continue;
}

/* Leaves the loop or the function: at times, or for good where something else may come in between. */
static void leave(struct random *r)
{
	u32 on = ir_new_label(r->f);
	bool at_times = !r->depth || below(r, 3);

	if (at_times)
		ir_jump(r->f, any_comparison(r), any(r), any(r), on);
	if (r->loops)
		ir_goto(r->f, below(r, 2) ? r->break_label : r->continue_label);
	else
		ir_exit(r->f, any(r));
	if (at_times)
		ir_label(r->f, on);
}

/* Moves that a compiler may be too eager to merge. */
static void moves(struct random *r)
{
	struct ir_func *f = r->f;
	u32 a = any_var(r), b = any_var(r), old = ir_new_reg(f);

	ir_mov(f, old, ir_reg(a));
	ir_mov(f, a, ir_reg(b));
	ir_mov(f, b, ir_reg(old));
	if (below(r, 2))
		ir_mov(f, any_var(r), ir_alu(f, BPF_SUB, ir_reg(old), ir_reg(a)));
}

static void statement(struct random *r)
{
	u32 choice = below(r, 100);

	if (!r->left)
		return;
	r->left--;
	if (choice < 40)
		ir_mov(r->f, any_var(r), expression(r, 1 + below(r, 4)));
	else if (choice < 55)
		access_memory(r, any_memory(r));
	else if (choice < 59 && !r->shape->for_kernel)
		mix(r);
	else if (choice < 62 && !r->shape->for_kernel)
		ask(r);
	else if (choice < 68)
		look_up(r);
	else if (choice < 72)
		update(r);
	else if (choice < 75)
		copy(r);
	else if (choice < 80)
		moves(r);
	else if (choice < 83)
		expression(r, 3); /* for nothing */
	else if (choice < 86)
		leave(r);
	else if (choice < 94 && r->depth < 4)
		branch(r);
	else if (r->depth < 4 && r->loops < (r->shape->for_kernel ? 1 : 2))
		loop(r);
}

static void begin(struct random *r)
{
	struct ir_func *f = r->f;

	f->frame = FRAME;
	for (s32 at = -FRAME; at < 0; at += 8)
		ir_store(f, ir_frame(at), 0, 8, ir_imm(at));
	for (u32 i = 0; i < POINTERS; i++) {
		r->pointers[i] = ir_new_reg(f);
		ir_mov(f, r->pointers[i], ir_bss(8 * below(r, INPUTS - 8)));
	}
	for (u32 i = 0; i < r->shape->variables; i++) {
		r->vars[i] = ir_new_reg(f);
		if (i && i < r->shape->params)
			ir_mov(f, r->vars[i], ir_reg(i));
		else if (below(r, 3))
			ir_mov(f, r->vars[i],
			       ir_load(f, ir_bss(8 * below(r, INPUTS)), 0, 8, false));
		else
			ir_mov(f, r->vars[i], number(r));
	}
}

void random_func(struct ir_func *f, struct arena *a, u64 seed, const struct random_shape *shape)
{
	struct random r = { .f = f, .shape = shape, .state = seed, .left = shape->statements };
	u32 cb = (u32) __builtin_offsetof(struct __sk_buff, cb);

	ir_func_init(f, a, "random", "socket", shape->params);
	begin(&r);
	while (r.left)
		statement(&r);
	/* The context's address is needed to the end. */
	ir_mov(f, r.vars[0], ir_load(f, ir_reg(0), (s32)(cb + 4 * below(&r, 5)), 4, false));
	for (u32 i = 0; i < shape->variables; i += 1 + below(&r, 2))
		ir_store(f, ir_bss(8 * (INPUTS + i % INPUTS)), 0, 8, ir_reg(r.vars[i]));
	ir_exit(f, any(&r));
}
