/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Comparing and searching strings. Against a literal, eight bytes at a time with numbers; between two
 * strings of the program's, byte by byte in a loop whose length the verifier can see.
 */
#include <string.h>

#include "gen/lower.h"

#define MAX_STEPS 65536 /* what the verifier is asked to follow in one search */

void text_branch_bytes(struct gen *g, struct place a, struct place b, u32 size, u32 to)
{
	struct ir_func *f = g->fn->ir;
	u32 at = 0;

	for (u32 step; at < size; at += step) {
		u32 other = place_step(b, at, size - at);
		step = place_step(a, at, size - at);
		step = other < step ? other : step;
		struct ir_operand x = place_load(g, place_at(a, (s32)at), type_int(step, false));
		struct ir_operand y = place_load(g, place_at(b, (s32)at), type_int(step, false));
		ir_jump(f, BPF_JNE, x, y, to);
	}
}

/* Goes to `to` when the first n bytes at p are not those of the text. */
static void branch_literal(struct gen *g, struct place p, const char *text, u32 n, u32 to)
{
	struct ir_func *f = g->fn->ir;
	u32 at = 0;

	for (u32 step; at < n; at += step) {
		u64 want = 0;
		step = place_step(p, at, n - at);
		memcpy(&want, text + at, step);
		struct ir_operand got = place_load(g, place_at(p, (s32)at), type_int(step, false));
		ir_jump(f, BPF_JNE, got, ir_imm((s64)want), to);
	}
}

/*
 * Goes to `differ` at the first difference within n bytes; otherwise on, at the end of both strings or
 * after n.
 */
static void branch_loop(struct gen *g, struct place a, struct place b, u32 n, u32 differ)
{
	struct ir_func *f = g->fn->ir;
	struct ir_operand pa = ir_in_reg(f, place_address(g, a));
	struct ir_operand pb = ir_in_reg(f, place_address(g, b));
	struct ir_operand i = ir_reg(ir_new_reg(f));
	u32 again = ir_new_label(f), same = ir_new_label(f);

	ir_mov(f, i.reg, ir_imm(0));
	ir_label(f, again);
	ir_jump(f, BPF_JGE, i, ir_imm(n), same);
	struct ir_operand x = ir_load(f, ir_alu(f, BPF_ADD, pa, i), 0, 1, false);
	struct ir_operand y = ir_load(f, ir_alu(f, BPF_ADD, pb, i), 0, 1, false);
	ir_jump(f, BPF_JNE, x, y, differ);
	ir_jump(f, BPF_JEQ, x, ir_imm(0), same);
	ir_mov(f, i.reg, ir_alu(f, BPF_ADD, i, ir_imm(1)));
	ir_goto(f, again);
	ir_label(f, same);
}

/* Goes to `differ` unless the strings agree in their first n bytes or up to their ends. */
static void branch_differ(struct gen *g, const struct node *a, const struct node *b, u64 n,
			  u32 differ)
{
	struct ir_func *f = g->fn->ir;

	if (a->kind == NODE_STRING) {
		const struct node *t = a;
		a = b;
		b = t;
	}
	if (a->kind == NODE_STRING) { /* both */
		u32 la = a->string.len + 1, lb = b->string.len + 1;
		u32 m = la < lb ? la : lb;
		if (n < m)
			m = (u32)n;
		if (memcmp(a->string.s, b->string.s, m))
			ir_goto(f, differ);
		return;
	}
	struct place p = store_somewhere(g, a, false);
	if (b->kind == NODE_STRING) {
		u32 len = n < b->string.len + 1u ? (u32)n : b->string.len + 1;
		if (len > a->type->size)
			ir_goto(f, differ); /* longer than the other can be */
		else
			branch_literal(g, p, b->string.s, len, differ);
		return;
	}
	struct place q = store_somewhere(g, b, false);
	u32 size = a->type->size < b->type->size ? a->type->size : b->type->size;
	branch_loop(g, p, q, n < size ? (u32)n : size, differ);
}

void text_branch_equal(struct gen *g, const struct node *a, const struct node *b, bool invert,
		       u32 to)
{
	struct ir_func *f = g->fn->ir;

	if (!invert) {
		branch_differ(g, a, b, UINT32_MAX, to);
		return;
	}
	u32 differ = ir_new_label(f);
	branch_differ(g, a, b, UINT32_MAX, differ);
	if (ir_reachable(f))
		ir_goto(f, to);
	ir_label(f, differ);
}

/* 0 if equal, else 1. */
struct ir_operand text_compare_n(struct gen *g, const struct node *a, const struct node *b, u64 n)
{
	struct ir_func *f = g->fn->ir;
	u32 r = ir_new_reg(f), differ = ir_new_label(f), end = ir_new_label(f);

	branch_differ(g, a, b, n, differ);
	ir_mov(f, r, ir_imm(0));
	ir_goto(f, end);
	ir_label(f, differ);
	ir_mov(f, r, ir_imm(1));
	ir_label(f, end);
	return ir_reg(r);
}

struct ir_operand text_length(struct gen *g, const struct node *s)
{
	struct ir_func *f = g->fn->ir;

	if (s->kind == NODE_STRING)
		return ir_imm((s64)strlen(s->string.s));
	/* The helper that copies strings counts them. */
	struct place p = store_somewhere(g, s, false);
	struct place copy = place_temp(g, s->type->size);
	u32 r = ir_new_reg(f), end = ir_new_label(f);
	struct ir_operand n =
		ir_call(f, BPF_FUNC_probe_read_kernel_str, place_address(g, copy),
			ir_imm(s->type->size), place_address(g, p), ir_none(), ir_none());
	ir_mov(f, r, ir_imm(0));
	ir_jump(f, BPF_JSLE, n, ir_imm(0), end);
	ir_mov(f, r, ir_alu(f, BPF_SUB, n, ir_imm(1)));
	ir_label(f, end);
	return ir_reg(r);
}

/* Goes to `next` unless the needle is at hay + i; both within their sizes. */
static void match_at(struct gen *g, struct ir_operand hay, struct ir_operand i, u32 hay_size,
		     const struct node *needle, struct place needle_at, u32 next, u32 found)
{
	struct ir_func *f = g->fn->ir;

	if (needle->kind == NODE_STRING) {
		struct ir_operand p = ir_alu(f, BPF_ADD, hay, i);
		for (u32 k = 0; k < needle->string.len; k++)
			ir_jump(f, BPF_JNE, ir_load(f, p, (s32)k, 1, false),
				ir_imm((u8)needle->string.s[k]), next);
		ir_goto(f, found);
		return;
	}
	struct ir_operand base = ir_in_reg(f, place_address(g, needle_at));
	struct ir_operand k = ir_reg(ir_new_reg(f));
	u32 again = ir_new_label(f);
	ir_mov(f, k.reg, ir_imm(0));
	ir_label(f, again);
	ir_jump(f, BPF_JGE, k, ir_imm(needle->type->size), found);
	struct ir_operand want = ir_load(f, ir_alu(f, BPF_ADD, base, k), 0, 1, false);
	ir_jump(f, BPF_JEQ, want, ir_imm(0), found);
	struct ir_operand sum = ir_alu(f, BPF_ADD, i, k);
	ir_jump(f, BPF_JGE, sum, ir_imm(hay_size), next);
	ir_jump(f, BPF_JNE, ir_load(f, ir_alu(f, BPF_ADD, hay, sum), 0, 1, false), want, next);
	ir_mov(f, k.reg, ir_alu(f, BPF_ADD, k, ir_imm(1)));
	ir_goto(f, again);
}

struct ir_operand text_contains(struct gen *g, const struct node *hay, const struct node *needle)
{
	struct ir_func *f = g->fn->ir;
	bool literal = needle->kind == NODE_STRING;
	u32 hay_size = hay->type->size;
	u32 needle_size = literal ? needle->string.len : needle->type->size;

	if (literal && needle->string.len == 0)
		return ir_imm(1);
	if (literal && needle->string.len >= hay_size)
		return ir_imm(0);
	if ((u64)hay_size * needle_size > MAX_STEPS) {
		lower_error(g, needle->loc,
			    "strcontains() of %u in %u bytes is more than the verifier follows; "
			    "shorten one with str(s, n)",
			    needle_size, hay_size);
		return ir_imm(0);
	}
	struct place p = store_somewhere(g, hay, true);
	struct place q = literal ? (struct place){ 0 } : store_somewhere(g, needle, true);
	struct ir_operand base = ir_in_reg(f, place_address(g, p));
	struct ir_operand i = ir_reg(ir_new_reg(f));
	u32 r = ir_new_reg(f);
	u32 again = ir_new_label(f), next = ir_new_label(f), found = ir_new_label(f),
	    none = ir_new_label(f), end = ir_new_label(f);
	ir_mov(f, i.reg, ir_imm(0));
	ir_label(f, again);
	ir_jump(f, BPF_JGE, i, ir_imm(literal ? hay_size - needle_size : hay_size), none);
	match_at(g, base, i, hay_size, needle, q, next, found);
	ir_label(f, next);
	struct ir_operand c = ir_load(f, ir_alu(f, BPF_ADD, base, i), 0, 1, false);
	ir_jump(f, BPF_JEQ, c, ir_imm(0), none);
	ir_mov(f, i.reg, ir_alu(f, BPF_ADD, i, ir_imm(1)));
	ir_goto(f, again);
	ir_label(f, found);
	ir_mov(f, r, ir_imm(1));
	ir_goto(f, end);
	ir_label(f, none);
	ir_mov(f, r, ir_imm(0));
	ir_label(f, end);
	return ir_reg(r);
}
