/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * for loops. A body becomes a static function that a helper calls for each turn:
 *
 *	for ($i : a..b) { body }     bpf_loop(b - a, body, &ctx, 0)
 *	for ($kv : @map) { body }    bpf_for_each_map_elem(map, body, &ctx, 0)
 *
 * so the verifier looks at a body once, however often it runs. Variables that the body shares with its
 * surroundings lie in scratch memory, and so does the flag by which it asks to leave more than itself; the
 * argument that every body gets says where the program's context is kept. A body returns 0 to go on and 1 to stop.
 */
#include "gen/lower.h"

#include <stdio.h>

#define MAX_TURNS (1 << 23) /* of bpf_loop() */

struct body {
	struct ir_func ir;
	struct lower_func fn;
	struct lower_func *outer;
};

static bool begin_body(struct gen *g, struct body *b, u32 params, u32 ctx_param, struct loc loc)
{
	const char *name = arena_printf(g->arena, "p%u_loop%u", g->program_index, g->body_count++);

	if (g->fn->depth + 1 > LOOP_DEPTH) {
		lower_error(g, loc, "for loops can be nested %d deep", LOOP_DEPTH);
		return false;
	}
	*b = (struct body){ .outer = g->fn };
	ir_func_init(&b->ir, g->arena, name, ".text", params);
	b->ir.loc = loc;
	b->fn = (struct lower_func){
		.ir = &b->ir, .parent = g->fn, .scratch = IR_NO_REG, .depth = g->fn->depth + 1
	};
	b->fn.outer_ctx = ir_reg(ctx_param);
	g->fn = &b->fn;
	return true;
}

/* The body's function, ready to be passed on; IR_NONE on failure. */
static struct ir_operand end_body(struct gen *g, struct body *b)
{
	u32 stack;

	ir_exit(&b->ir, ir_imm(0));
	int index = g->failed ? -1 : lower_finish(g, &b->fn, &stack);
	g->fn = b->outer;
	if (index < 0) {
		g->failed = true;
		return ir_none();
	}
	/* Nested frames add up; a nest is counted as its deepest frame times its depth, which is never too little. */
	u32 nest = stack * (b->fn.depth);
	if (nest > g->body_stack)
		g->body_stack = nest;
	return (struct ir_operand){ .kind = IR_FUNC, .reg = (u32)index };
}

/* A body may have stopped its loop, or asked to leave the program. */
static void check_leave(struct gen *g, const struct body *b)
{
	struct ir_func *f = g->fn->ir;
	u32 on = ir_new_label(f);

	if (!b->fn.leaves)
		return;
	struct place at = place_scratch(g, g->leave_at);
	struct ir_operand flag = place_load(g, at, &type_u64);
	ir_jump(f, BPF_JNE, flag, ir_imm(LEAVE_PROGRAM), on);
	lower_return(g);
	ir_label(f, on);
	place_store(g, at, 8, ir_imm(0));
}

void loop_range(struct gen *g, const struct node *n)
{
	const struct var *v = n->range.var->var.var;
	struct ir_func *f = g->fn->ir;
	u32 from_at = g->from_at + 8 * g->fn->depth;
	u32 end = ir_new_label(f);
	struct body b;

	struct ir_operand from = value_of(g, n->range.from), to = value_of(g, n->range.to);
	ir_jump(f, BPF_JSGE, from, to, end);
	struct ir_operand turns = ir_alu(f, BPF_SUB, to, from);
	if (!ir_reachable(f)) {
		ir_label(f, end);
		return;
	}
	if (from.kind != IR_IMM && g->fn->depth < LOOP_DEPTH)
		place_store(g, place_scratch(g, from_at), 8, from);
	if (!begin_body(g, &b, 2, 1, n->loc))
		return;
	lower_declare(g, v);
	struct ir_operand start =
		from.kind == IR_IMM ? from : place_load(g, place_scratch(g, from_at), &type_s64);
	struct ir_operand i = ir_alu(&b.ir, BPF_ADD, ir_ext(&b.ir, ir_reg(0), 4, false), start);
	if (lower_var_in_reg(v))
		ir_mov(&b.ir, g->vars[v->index].reg, i);
	else
		place_store(g, lower_var_place(g, v), 8, i);
	lower_statement(g, n->range.body);
	struct ir_operand func = end_body(g, &b);
	if (func.kind == IR_NONE)
		return;
	struct ir_operand r =
		ir_call(f, BPF_FUNC_loop, turns, func, g->fn->outer_ctx, ir_imm(0), ir_none());
	u32 ok = ir_new_label(f);
	ir_jump(f, BPF_JSGE, r, ir_imm(0), ok); /* -E2BIG: more turns than the helper does */
	event_count(g, event_counter(g, COUNTER_HELPER, 0, "for", n->loc));
	ir_label(f, ok);
	check_leave(g, &b);
	ir_label(f, end);
}

void loop_each(struct gen *g, const struct node *n)
{
	const struct var *v = n->each.var->var.var;
	const struct map *m = n->each.map->map.map;
	struct ir_func *f = g->fn->ir;
	struct each_loop each = { .var = v, .map = m };
	struct body b;

	if (mapop_is_bss(g, m) || !m->key) {
		lower_error(g, n->each.map->loc, "%s has no keys to go over", m->name);
		return;
	}
	if (!begin_body(g, &b, 4, 3, n->loc))
		return;
	each.key = place_mem(ir_reg(1), 0);
	each.value = place_mem(ir_reg(2), 0);
	b.fn.each = &each;
	/* An inner loop uses it, too, or its address is taken: kept in memory of its own. */
	if (v->captured || v->addressed) {
		struct node whole = *n->each.var;
		struct place to = lower_var_place(g, v);
		struct var direct = *v;
		direct.captured = false;
		each.var = &direct;
		whole.var.var = &direct;
		store_value(g, &whole, to, v->type, true);
		b.fn.each = NULL;
	}
	lower_statement(g, n->each.body);
	struct ir_operand func = end_body(g, &b);
	if (func.kind == IR_NONE)
		return;
	ir_call(f, BPF_FUNC_for_each_map_elem, mapop_operand(g, m), func, g->fn->outer_ctx,
		ir_imm(0), ir_none());
	check_leave(g, &b);
}

/* The number of a map's elements: a loop over all whose body counts nothing; the helper returns the turns. */
struct ir_operand loop_count(struct gen *g, const struct map *m)
{
	struct ir_func *f = g->fn->ir;
	struct body b;

	if (!begin_body(g, &b, 4, 3, f->loc))
		return ir_imm(0);
	struct ir_operand func = end_body(g, &b);
	if (func.kind == IR_NONE)
		return ir_imm(0);
	struct ir_operand ctx = place_address(g, place_temp(g, 8));
	ir_store(f, ctx, 0, 8, ir_imm(0));
	return ir_call(f, BPF_FUNC_for_each_map_elem, mapop_operand(g, m), func, ctx, ir_imm(0),
		       ir_none());
}
