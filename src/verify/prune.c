/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kept states. A path ends where a kept state covers its own, if all paths from that one have ended well. One that has not is on the
 * path itself, so the path has come round: then something must have changed, or the loop has no end. Only where the runtime bounds the
 * rounds itself (callbacks, may_goto) may a path end in its own beginning; there, numbers that change from round to round are given
 * up, so that rounds come to look alike.
 */
#include <stdlib.h>
#include <string.h>

#include "verify/counting.h"
#include "verify/engine.h"
#include "verify/kfunc.h"

#define COUNTED_ROUNDS 16
#define EXACT_ROUNDS 8 /* of iterators and may_goto, before numbers are given up */
#define PRUNE_KEPT 64  /* states of one instruction that are compared */
/* When states are joined: how many of an instruction stand side by side, and after how many numbers are let go. */
#define JOIN_AT_HEADS 1
#define JOIN_ELSEWHERE 4
#define JOIN_WIDENS 60

static void clean_frame(struct frame *f, const struct flow_insn *at, bool is_inner)
{
	u32 live = at->live_regs;

	for (u32 r = 0; r < 10; r++) {
		if (!(live >> r & 1) || (!is_inner && r == 0))
			f->regs[r] = (struct reg){ 0 };
	}
	for (u32 i = 0; i < f->slot_count; i++) {
		if (!(at->live_slots >> i & 1))
			f->slots[i] = (struct slot){ 0 };
	}
	while (f->slot_count &&
	       !memcmp(&f->slots[f->slot_count - 1], &(struct slot){ 0 }, sizeof(struct slot)))
		f->slot_count--;
}

static void clean(struct engine *e)
{
	struct state *s = e->cur;

	for (u32 i = 0; i < s->frame_count; i++) {
		bool inner = i + 1 == s->frame_count;
		u32 insn = inner ? s->insn : s->frames[i + 1].call;
		clean_frame(&s->frames[i], &e->flow.insns[insn], inner);
	}
}

static void free_saved(struct engine *e, struct engine_saved *s)
{
	if (s->state)
		e->out->states--;
	state_free(s->state);
	free(s);
}

void prune_path_done(struct engine *e, struct engine_saved *from)
{
	while (from && --from->open == 0) {
		struct engine_saved *parent = from->parent;
		if (!from->state)
			free_saved(e, from);
		from = parent;
	}
}

/* The oldest goes; while paths from it are open, only out of the list. */
static void drop_oldest(struct engine *e, u32 insn)
{
	struct engine_saved **at = &e->saved[insn];

	while ((*at)->next)
		at = &(*at)->next;
	struct engine_saved *last = *at;
	*at = NULL;
	e->saved_count[insn]--;
	if (!last->open) {
		free_saved(e, last);
		return;
	}
	state_free(last->state);
	last->state = NULL;
	e->out->states--;
}

static void keep(struct engine *e)
{
	u32 insn = e->cur->insn;
	struct engine_saved *s = calloc(1, sizeof(*s));

	if (!s)
		arena_exhausted();
	if (e->saved_count[insn] >= PRUNE_KEPT)
		drop_oldest(e, insn);
	s->state = state_new(e->cur);
	s->parent = e->parent;
	s->open = 1;
	s->next = e->saved[insn];
	e->saved[insn] = s;
	e->saved_count[insn]++;
	e->parent = s;
	e->insns = e->jumps = 0;
	if (++e->out->states > e->out->states_peak)
		e->out->states_peak = e->out->states;
}

/* Few rounds, whose number is known, are gone through one by one, with all that is known of numbers. */
static bool is_counted_call(struct engine *e, bool is_call)
{
	return is_call && !e->prog->insns[e->cur->insn].src_reg &&
	       e->prog->insns[e->cur->insn].imm == BPF_FUNC_loop &&
	       engine_reg(e, 1)->kind == REG_SCALAR &&
	       engine_reg(e, 1)->n.full.umax <= COUNTED_ROUNDS;
}

/* A call that comes back to itself once for each round of a callback. */
static bool calls_back(struct engine *e, u32 insn)
{
	const struct bpf_insn *i = &e->prog->insns[insn];

	if (i->code != (BPF_JMP | BPF_CALL))
		return false;
	return i->src_reg != BPF_PSEUDO_KFUNC_CALL ||
	       (kfunc_called(e, i) && (kfunc_called(e, i)->info->flags & KFUNC_CALLS_BACK));
}

/*
 * Whether the path has come round from an open state in a way that the runtime bounds: through a callback's call, with another
 * element of an iterator, or on from a may_goto. One that is taken leads out, and may come back as often as it likes.
 */
static bool is_next_round(struct engine *e, const struct engine_saved *s)
{
	const struct bpf_insn *i = &e->prog->insns[e->cur->insn];

	if (!s->state)
		return false;
	if (i->code != (BPF_JMP | BPF_CALL))
		return s->state->rounds != e->cur->rounds;
	return calls_back(e, e->cur->insn) || iter_advanced(s->state, e->cur);
}

/* The current state covers a kept one, too, from now on, if they are alike enough. */
static void cover(struct engine *e, const struct engine_saved *last, enum state_widen widen)
{
	struct state_joining how = { widen, e->limits, e->limit_count, &e->next_id };
	struct state joined;

	memset(&joined, 0, sizeof(joined));
	state_copy(&joined, last->state);
	if (state_join(&joined, e->cur, &how)) {
		state_done(e->cur);
		*e->cur = joined;
	} else {
		state_done(&joined);
	}
}

/* In a loop that is trusted, the counter may not wrap around within the next round. */
static bool is_counted(struct engine *e)
{
	const struct loop *l = loops_at(e->loops, e->loop_count, e->cur->insn);
	const struct reg *r = l ? engine_reg(e, l->counter) : NULL;

	if (!l || l->is_bounded)
		return true;
	if (l->is_traced)
		return counting_keep(e, l);
	u64 top = l->is_half ? UINT32_MAX : UINT64_MAX;
	bool ok = r->kind == REG_SCALAR && r->n.full.umax <= top &&
		  (l->is_down ? r->n.full.umin >= l->step : r->n.full.umax <= top - l->step);
	return ok || engine_fail(e, VERIFY_LOOP, "", "the loop's counter r%u may wrap around",
				 l->counter);
}

/* Where paths are joined: soon at the head of a loop, elsewhere once there are several. */
static bool visit_joining(struct engine *e)
{
	u32 insn = e->cur->insn, kept = e->saved_count[insn];
	bool is_head = e->flow.insns[insn].is_head;
	const struct loop *l = is_head ? loops_at(e->loops, e->loop_count, insn) : NULL;

	if (l && l->is_traced && !counting_arrive(e, l))
		return true;
	for (struct engine_saved *s = e->saved[insn]; s; s = s->next) {
		if (state_subset(e->cur, s->state)) {
			e->path_done = true;
			return true;
		}
	}
	if (kept >= (is_head ? JOIN_AT_HEADS : JOIN_ELSEWHERE))
		cover(e, e->saved[insn], kept < JOIN_WIDENS ? STATE_EXACT : STATE_LIMITS);
	if (!is_counted(e))
		return true;
	keep(e);
	return false;
}

/* One that no run comes to covers none that one does. Masks are made of what is known, so there it has to be the same. */
static bool is_covered(const struct engine *e, const struct state *kept)
{
	if (kept->is_speculative && !e->cur->is_speculative)
		return false;
	return state_subset(e->cur, kept) && (!e->is_masked || state_subset(kept, e->cur));
}

bool prune_visit(struct engine *e)
{
	u32 insn = e->cur->insn;
	const struct flow_insn *at = &e->flow.insns[insn];
	const struct engine_saved *open = NULL;
	bool is_call = calls_back(e, insn);
	/* Only a round of the loop itself: an outer loop that comes here anew has to end by itself. */
	bool is_round = at->is_bounded && (!is_call || e->cur->is_round);

	if (!at->is_target && !at->is_bounded)
		return false;
	e->cur->is_round = false;
	clean(e);
	if (e->joins)
		return visit_joining(e);
	for (struct engine_saved *s = e->saved[insn]; s; s = s->next) {
		bool covered = (!s->open || is_round || at->is_head) && is_covered(e, s->state);
		bool round = is_round && is_next_round(e, s);
		if (s->open && !open && round)
			open = s;
		if (covered && (!s->open || round)) {
			e->path_done = true;
			return true;
		}
		bool is_still =
			s->state->rounds == e->cur->rounds && !iter_advanced(s->state, e->cur);
		if (covered && is_still && state_subset(s->state, e->cur)) {
			engine_fail(e, VERIFY_LOOP,
				    "count the rounds in a variable that the loop compares with a "
				    "constant",
				    "the loop comes back here with nothing changed, so it may "
				    "never end");
			return true;
		}
	}
	/* Loops that count themselves end within few rounds, as long as their numbers are known. */
	bool is_early = !is_call && e->saved_count[insn] < EXACT_ROUNDS;
	if (open && !is_early && !is_counted_call(e, is_call))
		cover(e, open, STATE_ANY);
	if (at->is_bounded || at->is_head || (e->jumps >= 2 && e->insns >= 8) || !e->parent)
		keep(e);
	return false;
}

void prune_free(struct engine *e)
{
	for (u32 i = 0; i < e->flow.count; i++) {
		while (e->saved[i]) {
			struct engine_saved *s = e->saved[i];
			e->saved[i] = s->next;
			free_saved(e, s);
		}
	}
}
