/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any expression's value into memory: a map's key or value, a variable, a field of an event. */
#include <string.h>

#include "gen/lower.h"

/* A literal, in stores of up to 8 bytes; zeroes after it if padded. */
static void store_literal(struct gen *g, const struct node *n, struct place to, u32 size, bool pad)
{
	struct ir_func *f = g->fn->ir;
	u32 len = n->string.len < size ? n->string.len : size - 1;
	u32 whole = pad && size <= LOWER_MAX_ON_STACK ? size : len + 1;
	u32 at = 0;

	if (pad && whole < size) { /* long: cleared at once, then written over */
		place_zero(g, to, size);
		whole = len + 1;
	}
	if (to.base.kind == IR_BSS)
		to = place_mem(ir_in_reg(f, place_address(g, to)), 0);
	for (u32 step; at < whole; at += step) {
		u64 bytes = 0;
		step = place_step(to, at, whole - at);
		for (u32 i = 0; i < step && at + i < len; i++)
			bytes |= (u64)(u8)n->string.s[at + i] << (8 * i);
		/* A store takes 32 bits with their sign; more has to be loaded first. */
		if (step == 8 && (s64)bytes != (s32)bytes)
			step = 4;
		if (step == 4)
			bytes = (u32)bytes;
		place_store(g, place_at(to, (s32)at), step,
			    step == 8 ? ir_imm((s64)bytes)
				      : ir_ext(f, ir_imm((s64)bytes), step, true));
	}
}

/*
 * The name out of the task itself, which the kernel keeps padded: twice as fast as the helper, at the price of finding
 * the field in the kernel's BTF. Worth it where names are counted by; a saved object may run where there is no BTF.
 */
static bool store_comm_of_task(struct gen *g, struct place to, u32 size)
{
	struct ir_func *f = g->fn->ir;
	struct types *types = g->unit->types;
	const struct type *task = types_find(types, TYPE_RECORD, "task_struct");
	struct field comm;

	if (g->opts->core || !task || !types_field(types, task, "comm", &comm) ||
	    comm.type->size != LOWER_COMM_SIZE || comm.offset % 8 ||
	    comm.offset + LOWER_COMM_SIZE > INT16_MAX)
		return false;
	struct ir_operand current = ir_call(f, BPF_FUNC_get_current_task_btf, ir_none(), ir_none(),
					    ir_none(), ir_none(), ir_none());
	place_copy(g, to, place_mem(current, (s32)comm.offset), LOWER_COMM_SIZE);
	if (size > LOWER_COMM_SIZE)
		place_zero(g, place_at(to, LOWER_COMM_SIZE), size - LOWER_COMM_SIZE);
	return true;
}

static void store_comm(struct gen *g, struct place to, u32 size, bool pad, struct loc loc)
{
	struct place at = to;

	if (pad && size >= LOWER_COMM_SIZE && store_comm_of_task(g, to, size))
		return;
	if (size < LOWER_COMM_SIZE)
		at = place_temp(g, LOWER_COMM_SIZE);
	/* Linux 6.1's helper leaves what follows the word with the terminator as it was. */
	else if (pad)
		place_zero(g, place_at(to, 8), size - 8);
	ir_call(g->fn->ir, BPF_FUNC_get_current_comm, place_address(g, at), ir_imm(LOWER_COMM_SIZE),
		ir_none(), ir_none(), ir_none());
	if (size < LOWER_COMM_SIZE)
		place_copy_string(g, to, at, size, pad, loc);
}

static void store_string(struct gen *g, const struct node *n, struct place to, u32 size, bool pad)
{
	if (n->kind == NODE_STRING) {
		store_literal(g, n, to, size, pad);
		return;
	}
	if (n->kind == NODE_BUILTIN && n->builtin->id == BUILTIN_COMM) {
		store_comm(g, to, size, pad, n->loc);
		return;
	}
	if (n->kind == NODE_CALL) {
		call_store(g, n, to, type_string(g->arena, size), pad);
		return;
	}
	if (n->kind == NODE_MAP) {
		mapop_read_to(g, n, to, type_string(g->arena, size));
		return;
	}
	struct place from = place_of(g, n);
	/* What the program keeps itself is padded already. */
	bool kept = from.kind == PLACE_MEM && n->type->size <= size &&
		    (n->kind == NODE_VAR || n->kind == NODE_FIELD);
	if (kept && pad) {
		place_copy(g, to, from, n->type->size);
		if (size > n->type->size)
			place_zero(g, place_at(to, (s32)n->type->size), size - n->type->size);
		return;
	}
	place_copy_string(g, to, from, size < n->type->size ? size : n->type->size, pad, n->loc);
}

/* Element by element where the parts are at hand, else as a whole. */
static void store_tuple(struct gen *g, const struct node *n, struct place to, const struct type *t,
			bool pad)
{
	const struct each_loop *each = g->fn->each;

	if (n->kind == NODE_TUPLE) {
		u32 i = 0, covered = 0;
		for (u32 k = 0; k < t->field_count; k++)
			covered += t->fields[k].type->size;
		if (pad && covered < t->size)
			place_zero(g, to, t->size);
		for (const struct node *e = n->tuple.items; e; e = e->next, i++)
			store_value(g, e, place_at(to, (s32)t->fields[i].offset), t->fields[i].type,
				    pad);
		return;
	}
	if (n->kind == NODE_VAR && each && each->var == n->var.var && !n->var.var->captured) {
		place_zero(g, to, t->size);
		place_copy(g, place_at(to, (s32)t->fields[0].offset), each->key,
			   t->fields[0].type->size);
		struct place value = place_at(to, (s32)t->fields[1].offset);
		if (type_is_aggregate(each->map->value))
			place_store(g, value, t->fields[1].type->size,
				    aggregate_read(g, each->map, each->key));
		else
			place_copy(g, value, each->value, t->fields[1].type->size);
		return;
	}
	if (n->kind == NODE_MAP) {
		mapop_read_to(g, n, to, t);
		return;
	}
	struct place from = place_of(g, n);
	if (type_equal(n->type, t)) {
		place_copy(g, to, from, t->size);
		return;
	}
	/* The same shape with narrower parts: convert one by one. */
	if (pad)
		place_zero(g, to, t->size);
	for (u32 i = 0; i < t->field_count && i < n->type->field_count; i++) {
		const struct field *a = &n->type->fields[i], *b = &t->fields[i];
		struct place src = place_at(from, (s32)a->offset),
			     dst = place_at(to, (s32)b->offset);
		if (value_is_scalar(b->type))
			place_store(g, dst, b->type->size,
				    value_convert(g, place_load(g, src, a->type), a->type,
						  b->type));
		else
			place_copy(g, dst, src,
				   a->type->size < b->type->size ? a->type->size : b->type->size);
	}
}

static void store_ustack(struct gen *g, struct ir_operand id, struct place to)
{
	place_store(g, to, 8, id);
	place_store(g, place_at(to, 8), 8, value_current(g, false));
}

static void store_ternary(struct gen *g, const struct node *n, struct place to,
			  const struct type *t, bool pad)
{
	struct ir_func *f = g->fn->ir;
	u32 no = ir_new_label(f), end = ir_new_label(f);
	const struct node *then = n->ternary.then ? n->ternary.then : n->ternary.cond;

	value_branch(g, n->ternary.cond, false, no);
	store_value(g, then, to, t, pad);
	ir_goto(f, end);
	ir_label(f, no);
	store_value(g, n->ternary.otherwise, to, t, pad);
	ir_label(f, end);
}

/* Anything else that lies in memory or in a map. */
static void store_bytes(struct gen *g, const struct node *n, struct place to, const struct type *t)
{
	if (n->kind == NODE_MAP) {
		mapop_read_to(g, n, to, t);
		return;
	}
	if (n->kind == NODE_BUILTIN && n->builtin->id == BUILTIN_ARGS) {
		place_copy(g, to, (struct place){ .kind = PLACE_CTX, .base = lower_ctx(g) },
			   t->size);
		return;
	}
	if (!place_has(n)) {
		lower_error(g, n->loc, "a value of type %s cannot be stored here",
			    type_name(g->arena, n->type));
		return;
	}
	u32 size = t->kind == TYPE_RECORD ? types_size(g->unit->types, t) : t->size;
	place_copy(g, to, place_of(g, n), size);
}

static void store_cast(struct gen *g, const struct node *n, struct place to, const struct type *t,
		       bool pad)
{
	const struct node *from = n->cast.operand;

	/* (uint8[8])number: its bytes */
	if (value_is_scalar(from->type) && t->kind == TYPE_ARRAY)
		place_store(g, to, t->size, value_of(g, from));
	else
		store_value(g, from, to, t, pad);
}

void store_value(struct gen *g, const struct node *n, struct place to, const struct type *t,
		 bool pad)
{
	if (value_is_scalar(t)) {
		struct ir_operand v = value_convert(g, value_of(g, n), n->type, t);
		place_store(g, to, t->size, v);
		return;
	}
	if (n->kind == NODE_TERNARY) {
		store_ternary(g, n, to, t, pad);
		return;
	}
	if (n->kind == NODE_ASSIGN) {
		value_of(g, n);
		store_value(g, n->assign.target, to, t, pad);
		return;
	}
	if (n->kind == NODE_CAST) {
		store_cast(g, n, to, t, pad);
		return;
	}
	switch (t->kind) {
	case TYPE_STRING:
		store_string(g, n, to, t->size, pad);
		break;
	case TYPE_TUPLE:
		store_tuple(g, n, to, t, pad);
		break;
	case TYPE_USTACK:
		if (n->kind == NODE_BUILTIN)
			store_ustack(g, call_stack_id(g, true, g->unit->config.stack_frames), to);
		else if (n->kind == NODE_CALL)
			store_ustack(g, call_stack_id(g, true, n->call.info->number), to);
		else
			store_bytes(g, n, to, t);
		break;
	default:
		if (n->kind == NODE_CALL)
			call_store(g, n, to, t, pad);
		else if (n->kind == NODE_BUILTIN && n->builtin->id == BUILTIN_FUNC) {
			/* A symbol of the process: its address and whose it is. */
			store_ustack(g, value_of(g, n), to);
		} else
			store_bytes(g, n, to, t);
	}
}

struct place store_somewhere(struct gen *g, const struct node *n, bool pad)
{
	if (place_has(n) && !value_is_scalar(n->type)) {
		struct place p = place_of(g, n);
		bool is_each = g->fn->each && n->kind == NODE_VAR && g->fn->each->var == n->var.var;
		if (p.kind == PLACE_MEM && !is_each)
			return p;
	}
	u32 size =
		n->type->kind == TYPE_RECORD ? types_size(g->unit->types, n->type) : n->type->size;
	struct place tmp = place_temp(g, size);
	store_value(g, n, tmp, n->type, pad);
	return tmp;
}
