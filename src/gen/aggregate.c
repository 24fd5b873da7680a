/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Aggregations, each CPU in a value of its own, in place:
 *
 *	p = lookup(map, key)
 *	if p == 0: update(map, key, first value), done
 *	*p += n
 *
 * Where programs can interrupt each other on one CPU between the look-up and the update, the first event of a key
 * could be lost; there the value is made zero first and then added to, like all others.
 *
 * Additions are atomic. min() and max() keep their numbers so that the greatest is the best (type_extreme_mask()). Where
 * programs can interrupt each other they exchange the value for what was there, and put that back if it was better:
 *
 *	if n < *p: done
 *	old = xchg(p, n); if old <= n: done; n = old; once more
 */
#include <string.h>
#include <unistd.h>

#include "gen/lower.h"

#define HIST_EXTRA 2    /* buckets for negative numbers and for zero */
#define EXTREME_TRIES 4 /* each more takes one more interruption within two instructions */

/* Kinds whose programs cannot be interrupted by themselves on the same CPU. */
static bool is_exclusive(const struct gen *g, const struct map *m)
{
	switch (g->program->kind) {
	case ATTACH_UPROBE:
	case ATTACH_URETPROBE:
	case ATTACH_FENTRY:
	case ATTACH_FEXIT:
		return false;
	default:
		return g->map_writers[m->index] <= 1;
	}
}

/* .bss that nobody writes, as a source of zeroes. */
static struct ir_operand zeroes(struct gen *g, u32 size)
{
	if (g->zero_size < size) {
		g->zero_offset = event_bss(g, size);
		g->zero_size = size;
	}
	return ir_bss(g->zero_offset);
}

static void make_zero(struct gen *g, const struct map *m, struct place key, u32 gone, u32 there,
		      struct ir_operand p, struct loc loc)
{
	struct ir_func *f = g->fn->ir;

	ir_call(f, BPF_FUNC_map_update_elem, mapop_operand(g, m), place_address(g, key),
		zeroes(g, m->value->size), ir_imm(1), ir_none());
	ir_mov(f, p.reg, mapop_lookup(g, m, key));
	ir_jump(f, BPF_JNE, p, ir_imm(0), there);
	event_count(g, mapop_full_counter(g, m, loc));
	ir_goto(f, gone);
}

/* floor(log2(n)) of a value in a register known to be at least 1; n is used up. */
static struct ir_operand log2_of(struct ir_func *f, struct ir_operand value)
{
	struct ir_operand n = ir_reg(ir_new_reg(f)), log = ir_reg(ir_new_reg(f));

	ir_mov(f, n.reg, value);
	ir_mov(f, log.reg, ir_imm(0));
	for (s64 bit = 32; bit; bit /= 2) {
		u32 small = ir_new_label(f);
		if (bit == 32) {
			struct ir_operand high = ir_alu(f, BPF_RSH, n, ir_imm(32));
			ir_jump(f, BPF_JEQ, high, ir_imm(0), small);
			ir_mov(f, n.reg, high);
		} else {
			ir_jump(f, BPF_JLT, n, ir_imm((s64)1 << bit), small);
			if (bit > 1)
				ir_mov(f, n.reg, ir_alu(f, BPF_RSH, n, ir_imm(bit)));
		}
		ir_mov(f, log.reg, ir_alu(f, BPF_ADD, log, ir_imm(bit)));
		ir_label(f, small);
	}
	return log;
}

/*
 * The bucket of n with 2^k buckets for each power of two:
 *
 *	n < 0                0
 *	n < 2^k              n + 1
 *	otherwise            ((log2 n - k + 1) << k) + the k bits below n's highest + 1
 */
static struct ir_operand hist_bucket(struct gen *g, struct ir_operand n, bool may_be_negative,
				     u32 bits)
{
	struct ir_func *f = g->fn->ir;
	struct ir_operand r = ir_reg(ir_new_reg(f));
	u32 end = ir_new_label(f), large = ir_new_label(f);

	if (may_be_negative) {
		ir_mov(f, r.reg, ir_imm(0));
		ir_jump(f, BPF_JSLT, n, ir_imm(0), end);
	}
	ir_jump(f, BPF_JGE, n, ir_imm((s64)1 << bits), large);
	ir_mov(f, r.reg, ir_alu(f, BPF_ADD, n, ir_imm(1)));
	ir_goto(f, end);
	ir_label(f, large);
	struct ir_operand log = log2_of(f, n);
	if (bits == 0) {
		ir_mov(f, r.reg, ir_alu(f, BPF_ADD, log, ir_imm(HIST_EXTRA)));
	} else {
		struct ir_operand shift = ir_alu(f, BPF_SUB, log, ir_imm(bits));
		struct ir_operand low = ir_alu(f, BPF_AND, ir_alu(f, BPF_RSH, n, shift),
					       ir_imm(((s64)1 << bits) - 1));
		struct ir_operand high =
			ir_alu(f, BPF_LSH, ir_alu(f, BPF_ADD, shift, ir_imm(1)), ir_imm(bits));
		high = ir_alu(f, BPF_ADD, ir_alu(f, BPF_ADD, high, low), ir_imm(1));
		ir_mov(f, r.reg, high);
	}
	ir_label(f, end);
	return r;
}

/* 0 below min, then steps, then one for all above. */
static struct ir_operand lhist_bucket(struct gen *g, struct ir_operand n, const struct type *t)
{
	struct ir_func *f = g->fn->ir;
	struct ir_operand r = ir_reg(ir_new_reg(f));
	u32 end = ir_new_label(f);

	ir_mov(f, r.reg, ir_imm(0));
	ir_jump(f, BPF_JSLT, n, ir_imm(t->min), end);
	ir_mov(f, r.reg, ir_imm(t->count - 1));
	ir_jump(f, BPF_JSGE, n, ir_imm(t->max), end);
	struct ir_operand i = ir_alu(f, BPF_SUB, n, ir_imm(t->min));
	i = ir_alu(f, BPF_ADD, ir_alu(f, BPF_DIV, i, ir_imm(t->step)), ir_imm(1));
	ir_mov(f, r.reg, i);
	ir_label(f, end);
	return r;
}

static void add_bucket(struct gen *g, struct ir_operand p, struct ir_operand bucket,
		       const struct type *t, u32 end)
{
	struct ir_func *f = g->fn->ir;

	ir_jump(f, BPF_JGT, bucket, ir_imm(t->count - 1),
		end); /* never; the verifier wants to see it */
	struct ir_operand at = ir_alu(f, BPF_LSH, bucket, ir_imm(3));
	ir_add_to(f, ir_alu(f, BPF_ADD, p, at), 0, 8, ir_imm(1));
}

/* From a number to how it is kept, and back. */
static struct ir_operand extreme(struct gen *g, struct ir_operand n, const struct type *t)
{
	struct ir_func *f = g->fn->ir;
	s64 mask = (s64)type_extreme_mask(t);

	if (mask == (s32)mask)
		return mask ? ir_alu(f, BPF_XOR, n, ir_imm(mask)) : n;
	return ir_alu(f, BPF_XOR, ir_in_reg(f, ir_imm(mask)), n);
}

static bool is_extreme(const struct type *t)
{
	return t->kind == TYPE_MIN || t->kind == TYPE_MAX;
}

void aggregate_keep_best(struct ir_func *f, struct ir_operand p, struct ir_operand n,
			 bool is_exclusive, u32 end)
{
	u32 set = ir_new_label(f);

	n = ir_in_reg(f, n);
	ir_jump(f, BPF_JLT, n, ir_load(f, p, 0, 8, false), end);
	if (is_exclusive) {
		ir_store(f, p, 0, 8, n);
	} else {
		for (u32 i = 1; i < EXTREME_TRIES; i++) {
			struct ir_operand old = ir_xchg(f, p, 0, n);
			ir_jump(f, BPF_JLE, old, n, set);
			n = old;
		}
		ir_xchg(f, p, 0, n);
	}
	ir_label(f, set);
	ir_store(f, p, 8, 8, ir_imm(1));
}

/* The value is there: adds n to it. */
static void add_in_place(struct gen *g, const struct map *m, struct ir_operand p,
			 struct ir_operand n, u32 end)
{
	const struct type *t = m->value;
	struct ir_func *f = g->fn->ir;

	switch (t->kind) {
	case TYPE_COUNT:
		ir_add_to(f, p, 0, 8, ir_imm(1));
		break;
	case TYPE_SUM:
		ir_add_to(f, p, 0, 8, n);
		break;
	case TYPE_AVG:
	case TYPE_STATS:
		ir_add_to(f, p, 0, 8, n);
		ir_add_to(f, p, 8, 8, ir_imm(1));
		break;
	case TYPE_MIN:
	case TYPE_MAX:
		aggregate_keep_best(f, p, n, is_exclusive(g, m), end);
		break;
	default:
		add_bucket(g, p, n, t, end);
	}
}

/* The first value of a key as a whole, where that is small. */
static void insert_first(struct gen *g, const struct map *m, struct place key, struct ir_operand n,
			 struct ir_operand p, u32 end, struct loc loc)
{
	struct ir_func *f = g->fn->ir;
	struct place first = place_temp(g, m->value->size);
	bool is_count = m->value->kind == TYPE_COUNT;

	place_store(g, first, 8, is_count ? ir_imm(1) : n);
	if (m->value->size == 16)
		place_store(g, place_at(first, 8), 8, ir_imm(1));
	struct ir_operand r =
		ir_call(f, BPF_FUNC_map_update_elem, mapop_operand(g, m), place_address(g, key),
			place_address(g, first), ir_imm(0), ir_none());
	bool cannot_fail = m->key->kind == TYPE_KSTACK || m->storage == MAP_LRU ||
			   m->storage == MAP_PERCPU_LRU;
	if (cannot_fail) {
		ir_goto(f, end);
		return;
	}
	ir_jump(f, BPF_JEQ, r, ir_imm(0), end);
	if (is_count) { /* count the failure with the very addition that follows */
		ir_mov(f, p.reg, ir_bss(mapop_full_counter(g, m, loc)));
		return;
	}
	event_count(g, mapop_full_counter(g, m, loc));
	ir_goto(f, end);
}

void aggregate_update(struct gen *g, const struct node *target, const struct node *call)
{
	const struct map *m = target->map.map;
	const struct type *t = m->value;
	const struct node *arg = call->call.args;
	struct ir_func *f = g->fn->ir;
	u32 end = ir_new_label(f), there = ir_new_label(f);
	struct ir_operand n = ir_imm(1);

	if (arg)
		n = value_convert(g, value_of(g, arg), arg->type,
				  type_int(8, arg->type->is_signed));
	if (t->kind == TYPE_HIST)
		/* 64 bits are taken as signed whatever their type: results of functions are errors, not 2^64. */
		n = hist_bucket(g, n, arg->type->is_signed || arg->type->size == 8, t->bits);
	else if (t->kind == TYPE_LHIST)
		n = lhist_bucket(g, n, t);
	else if (is_extreme(t))
		n = extreme(g, n, t);
	struct place key = mapop_key(g, m, target->map.keys);
	struct ir_operand p = ir_reg(ir_new_reg(f));
	ir_mov(f, p.reg, mapop_lookup(g, m, key));
	if (!m->key) { /* an array's element is always there */
		ir_jump(f, BPF_JEQ, p, ir_imm(0), end);
	} else {
		ir_jump(f, BPF_JNE, p, ir_imm(0), there);
		if (t->size > 16 || !is_exclusive(g, m))
			make_zero(g, m, key, end, there, p, target->loc);
		else
			insert_first(g, m, key, n, p, end, target->loc);
		ir_label(f, there);
	}
	add_in_place(g, m, p, n, end);
	ir_label(f, end);
}

/* What one CPU's value adds to the result. */
static void reduce(struct gen *g, struct ir_operand p, const struct type *t, struct ir_operand sum,
		   struct ir_operand count, u32 next)
{
	struct ir_func *f = g->fn->ir;
	struct ir_operand v = ir_load(f, p, 0, 8, t->is_signed);

	switch (t->kind) {
	case TYPE_MIN:
	case TYPE_MAX:
		ir_mov(f, count.reg, ir_alu(f, BPF_OR, count, ir_load(f, p, 8, 8, false)));
		ir_jump(f, BPF_JLE, v, sum, next);
		ir_mov(f, sum.reg, v);
		break;
	case TYPE_AVG:
	case TYPE_STATS:
		ir_mov(f, count.reg, ir_alu(f, BPF_ADD, count, ir_load(f, p, 8, 8, false)));
		ir_mov(f, sum.reg, ir_alu(f, BPF_ADD, sum, v));
		break;
	default:
		ir_mov(f, sum.reg, ir_alu(f, BPF_ADD, sum, v));
	}
}

/* Over all CPUs: a saved object may run where there are more than here, so it asks for all that there can be. */
struct ir_operand aggregate_read(struct gen *g, const struct map *m, struct place key)
{
	struct ir_func *f = g->fn->ir;
	const struct type *t = m->value;
	s64 cpus = g->opts->core ? 512 : sysconf(_SC_NPROCESSORS_CONF);
	struct ir_operand sum = ir_reg(ir_new_reg(f)), count = ir_reg(ir_new_reg(f)),
			  cpu = ir_reg(ir_new_reg(f));
	u32 again = ir_new_label(f), next = ir_new_label(f), end = ir_new_label(f);

	ir_mov(f, sum.reg, ir_imm(0));
	ir_mov(f, count.reg, ir_imm(0));
	ir_mov(f, cpu.reg, ir_imm(0));
	ir_label(f, again);
	ir_jump(f, BPF_JGE, cpu, ir_imm(cpus), end);
	struct ir_operand p = ir_call(f, BPF_FUNC_map_lookup_percpu_elem, mapop_operand(g, m),
				      place_address(g, key), cpu, ir_none(), ir_none());
	ir_jump(f, BPF_JEQ, p, ir_imm(0), end); /* no such key, or no such CPU */
	reduce(g, p, t, sum, count, next);
	ir_label(f, next);
	ir_mov(f, cpu.reg, ir_alu(f, BPF_ADD, cpu, ir_imm(1)));
	ir_goto(f, again);
	ir_label(f, end);
	if (is_extreme(t)) {
		u32 none = ir_new_label(f);
		ir_jump(f, BPF_JEQ, count, ir_imm(0), none);
		ir_mov(f, sum.reg, extreme(g, sum, t));
		ir_label(f, none);
	}
	if (t->kind != TYPE_AVG && t->kind != TYPE_STATS)
		return sum;
	/* By a register: 0 if there are none. */
	return t->is_signed ? value_divide_signed(g, BPF_DIV, sum, count)
			    : ir_alu(f, BPF_DIV, sum, count);
}
