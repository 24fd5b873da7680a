/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dominators of instructions, by walking the reverse postorder until nothing changes; a jump to a dominator of its own closes a
 * loop, and any other jump back makes a loop with two entries, which is not understood here. Functions are looked at
 * each for itself: a call is an instruction like others, which changes r0 to r5.
 */
#include "verify/loops.h"

#include <string.h>

#include "isa/insn.h"
#include "verify/flow.h"

#define NONE UINT32_MAX

struct graph {
	const struct bpf_insn *insns;
	u32 count;
	u32 *order;  /* instructions in reverse postorder */
	u32 *number; /* of each in that order; NONE: not reached */
	u32 *idom;   /* as numbers; an entry has itself */
	u32 *from;   /* heads of lists of edges to an instruction */
	struct edge {
		u32 from, next;
	} * edges;
	u32 edge_count, order_count;
	bool is_shared; /* code of two functions */
};

static bool is_branch(const struct bpf_insn *i)
{
	u8 class = i->code & 7, op = i->code & 0xf0;

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT;
}

static u32 next_of(const struct graph *g, u32 k)
{
	const struct bpf_insn *i = &g->insns[k];

	if (i->code == (BPF_JMP | BPF_EXIT) || (is_branch(i) && (i->code & 0xf0) == BPF_JA))
		return NONE;
	return k + (insn_is_ld_imm64(i) ? 2 : 1);
}

static u32 jump_of(const struct graph *g, u32 k)
{
	return is_branch(&g->insns[k]) ? (u32)flow_target(&g->insns[k], k) : NONE;
}

/* Depth first from an entry, with a stack of its own: two bits say which way was taken last. */
static void walk(struct graph *g, u32 entry, u32 *stack, u8 *state)
{
	u32 n = 0;

	if (state[entry])
		return;
	state[entry] = 1;
	stack[n++] = entry;
	while (n) {
		u32 k = stack[n - 1];
		u32 to = NONE;
		while (to == NONE && state[k] < 3) {
			to = state[k] == 1 ? jump_of(g, k) : next_of(g, k);
			state[k]++;
			if (to != NONE && state[to])
				to = NONE;
		}
		if (to != NONE) {
			state[to] = 1;
			stack[n++] = to;
		} else {
			n--;
			g->order[g->order_count++] = k;
		}
	}
}

static void add_edge(struct graph *g, u32 from, u32 to)
{
	if (to == NONE)
		return;
	g->edges[g->edge_count] = (struct edge){ from, g->from[to] };
	g->from[to] = g->edge_count++;
}

static void build(struct graph *g, struct arena *a)
{
	u32 n = g->count;
	u32 *stack = arena_array(a, u32, n);
	u8 *state = arena_array(a, u8, n);

	g->order = arena_array(a, u32, n);
	g->number = arena_array(a, u32, n);
	g->idom = arena_array(a, u32, n);
	g->from = arena_array(a, u32, n);
	g->edges = arena_array(a, struct edge, 2 * n);
	memset(g->number, 0xff, n * sizeof(u32));
	memset(g->idom, 0xff, n * sizeof(u32));
	memset(g->from, 0xff, n * sizeof(u32));
	walk(g, 0, stack, state);
	for (u32 k = 0; k < n; k += insn_is_ld_imm64(&g->insns[k]) ? 2 : 1) {
		s64 to = flow_target(&g->insns[k], k);
		if (to >= 0 && !is_branch(&g->insns[k]))
			walk(g, (u32)to, stack, state);
	}
	for (u32 i = 0; i < g->order_count / 2; i++) {
		u32 swap = g->order[i];
		g->order[i] = g->order[g->order_count - 1 - i];
		g->order[g->order_count - 1 - i] = swap;
	}
	for (u32 i = 0; i < g->order_count; i++) {
		g->number[g->order[i]] = i;
		add_edge(g, g->order[i], jump_of(g, g->order[i]));
		add_edge(g, g->order[i], next_of(g, g->order[i]));
	}
}

static u32 common(const struct graph *g, u32 x, u32 y)
{
	while (x != y) {
		u32 *later = x > y ? &x : &y;
		if (g->idom[*later] == *later || g->idom[*later] == NONE)
			return NONE; /* of two functions */
		*later = g->idom[*later];
	}
	return x;
}

static void find_dominators(struct graph *g)
{
	for (bool changed = true; changed;) {
		changed = false;
		for (u32 i = 0; i < g->order_count; i++) {
			u32 best = NONE;
			for (u32 e = g->from[g->order[i]]; e != NONE; e = g->edges[e].next) {
				u32 p = g->number[g->edges[e].from];
				if (g->idom[p] == NONE)
					continue;
				u32 meet = best == NONE ? p : common(g, best, p);
				g->is_shared |= meet == NONE;
				best = meet == NONE ? best : meet;
			}
			/* Without predecessors it is an entry; an entry may also be jumped to. */
			if (best == NONE)
				best = i;
			if (g->idom[i] != best && g->idom[i] != i) {
				g->idom[i] = best;
				changed = true;
			}
		}
	}
}

static bool dominates(const struct graph *g, u32 a, u32 b)
{
	u32 x = g->number[a], y = g->number[b];

	while (y > x && g->idom[y] != y)
		y = g->idom[y];
	return x == y;
}

struct body {
	u8 *in;    /* 1: in the loop */
	u32 *list; /* its instructions */
	u32 n;
};

static void find_body(const struct graph *g, u32 head, struct body *b)
{
	b->n = 0;
	b->in[head] = 1;
	b->list[b->n++] = head;
	for (u32 e = g->from[head]; e != NONE; e = g->edges[e].next) {
		u32 latch = g->edges[e].from;
		if (dominates(g, head, latch) && !b->in[latch]) {
			b->in[latch] = 1;
			b->list[b->n++] = latch;
		}
	}
	for (u32 i = 1; i < b->n; i++) {
		for (u32 e = g->from[b->list[i]]; e != NONE; e = g->edges[e].next) {
			u32 from = g->edges[e].from;
			if (!b->in[from]) {
				b->in[from] = 1;
				b->list[b->n++] = from;
			}
		}
	}
}

/* Whether each round goes through it. */
static bool is_every_round(const struct graph *g, u32 head, u32 insn)
{
	for (u32 e = g->from[head]; e != NONE; e = g->edges[e].next) {
		u32 latch = g->edges[e].from;
		if (dominates(g, head, latch) && !dominates(g, insn, latch))
			return false;
	}
	return true;
}

/* In a loop within this one, it may run several times a round. */
static bool is_inside(const struct graph *g, const struct body *b, u32 head, u32 insn)
{
	for (u32 i = 0; i < b->n; i++) {
		u32 h = b->list[i];
		if (h == head || !dominates(g, h, insn))
			continue;
		for (u32 e = g->from[h]; e != NONE; e = g->edges[e].next) {
			if (b->in[g->edges[e].from] && dominates(g, h, g->edges[e].from))
				return true;
		}
	}
	return false;
}

static bool writes(const struct bpf_insn *i, u32 r)
{
	u8 class = i->code & 7;
	bool is_atomic = class == BPF_STX && (i->code & 0xe0) == BPF_ATOMIC;

	if (i->code == (BPF_JMP | BPF_CALL) || (class == BPF_LD && !insn_is_ld_imm64(i)))
		return r <= 5;
	if (is_atomic)
		return i->dst_reg == r || i->src_reg == r || r == 0;
	return (class == BPF_ALU || class == BPF_ALU64 || class == BPF_LDX || class == BPF_LD) &&
	       i->dst_reg == r;
}

static bool try_counter(const struct graph *g, const struct body *b, struct loop *l, u32 r)
{
	bool every = false, up = false, down = false;

	l->step = 0;
	l->is_half = false;
	for (u32 k = 0; k < b->n; k++) {
		const struct bpf_insn *i = &g->insns[b->list[k]];
		u8 class = i->code & 7;
		if (!writes(i, r))
			continue;
		if ((i->code & 0xf8) != (BPF_ADD | BPF_K) ||
		    (class != BPF_ALU && class != BPF_ALU64) || !i->imm ||
		    is_inside(g, b, l->head, b->list[k]))
			return false;
		up |= i->imm > 0;
		down |= i->imm < 0;
		l->step += i->imm > 0 ? (u64)i->imm : 0 - (u64)(s64)i->imm;
		l->is_half |= class == BPF_ALU;
		every = every || is_every_round(g, l->head, b->list[k]);
	}
	l->counter = (u8)r;
	l->is_down = down;
	return every && up != down;
}

static bool understand(const struct graph *g, const struct body *b, struct loop *l)
{
	for (u32 k = 0; k < b->n; k++) {
		const struct bpf_insn *i = &g->insns[b->list[k]];
		/* Once it has had enough, it has to lead out. */
		if (is_branch(i) && (i->code & 0xf0) == INSN_JCOND &&
		    !b->in[flow_target(i, b->list[k])] && is_every_round(g, l->head, b->list[k])) {
			l->is_bounded = true;
			return true;
		}
	}
	for (u32 r = 0; r < 10; r++) {
		if (try_counter(g, b, l, r))
			return true;
	}
	return false;
}

static void find_latches(const struct graph *g, struct arena *a, struct loop *l)
{
	u32 n = 0;

	for (u32 e = g->from[l->head]; e != NONE; e = g->edges[e].next)
		n++;
	l->latches = arena_array(a, u32, n);
	for (u32 e = g->from[l->head]; e != NONE; e = g->edges[e].next) {
		if (dominates(g, l->head, g->edges[e].from))
			l->latches[l->latch_count++] = g->edges[e].from;
	}
}

/* Each is within the smallest of the loops that have its head. */
static void find_outer(const struct graph *g, struct arena *a, struct body *b, struct loop *loops,
		       u32 n)
{
	u32 *size = arena_array(a, u32, n + 1);

	for (u32 i = 0; i < n; i++) {
		find_body(g, loops[i].head, b);
		for (u32 k = 0; k < n; k++) {
			if (k != i && b->in[loops[k].head] && (!size[k] || b->n < size[k])) {
				loops[k].outer = i;
				size[k] = b->n;
			}
		}
		for (u32 k = 0; k < b->n; k++)
			b->in[b->list[k]] = 0;
	}
}

bool loops_find(struct arena *a, const struct bpf_insn *insns, u32 count, struct loop **out, u32 *n)
{
	struct graph g = { .insns = insns, .count = count };
	struct body body = { .in = arena_array(a, u8, count), .list = arena_array(a, u32, count) };
	vec_of(struct loop) found = { 0 };
	bool any_traced = false;

	build(&g, a);
	find_dominators(&g);
	if (g.is_shared)
		return false;
	for (u32 h = 0; h < count; h++) {
		bool is_head = false;
		if (g.number[h] == NONE)
			continue;
		for (u32 e = g.from[h]; e != NONE; e = g.edges[e].next) {
			u32 from = g.edges[e].from;
			if (g.number[from] < g.number[h])
				continue;
			if (!dominates(&g, h, from))
				return false;
			is_head = true;
		}
		if (!is_head)
			continue;
		struct loop *l = vec_add(a, &found);
		l->head = h;
		l->outer = LOOPS_NONE;
		find_body(&g, h, &body);
		l->is_traced = !understand(&g, &body, l);
		any_traced |= l->is_traced;
		find_latches(&g, a, l);
		for (u32 i = 0; i < body.n; i++)
			body.in[body.list[i]] = 0;
	}
	if (any_traced && found.n > LOOPS_MAX_TRACED)
		return false;
	if (any_traced)
		find_outer(&g, a, &body, found.at, (u32)found.n);
	*out = found.at;
	*n = (u32)found.n;
	return true;
}

const struct loop *loops_at(const struct loop *loops, u32 n, u32 head)
{
	for (u32 i = 0; i < n; i++) {
		if (loops[i].head == head)
			return &loops[i];
	}
	return NULL;
}

bool loops_is_round(const struct loop *l, u32 from)
{
	for (u32 i = 0; i < l->latch_count; i++) {
		if (l->latches[i] == from)
			return true;
	}
	return false;
}
