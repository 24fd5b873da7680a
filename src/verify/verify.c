/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verifier's door: sets up a walk of a program, and takes what it found. */
#include "verify/verify.h"

#include <stdlib.h>
#include <string.h>

#include "isa/hook.h"
#include "isa/insn.h"
#include "verify/claims.h"
#include "verify/counting.h"
#include "verify/engine.h"
#include "verify/kfunc.h"
#include "verify/ktype.h"
#include "verify/privilege.h"
#include "verify/proto.h"
#include "verify/speculation.h"

/* How long joining may take: steps with the smallest program, and for each instruction of a larger one. */
#define JOIN_LEAST 200000
#define JOIN_ROUNDS 100

const char *verify_category_name(enum verify_category c)
{
	static const char *const names[] = {
#define CATEGORY(id, name, text) name,
#include "verify/category.def"
#undef CATEGORY
	};

	return c < VERIFY_CATEGORIES ? names[c] : "?";
}

static void start_function(struct state *s, u32 start)
{
	memset(s, 0, sizeof(*s));
	s->frame_count = 1;
	s->frames[0].regs[10] = reg_pointer(REG_STACK);
	s->frames[0].start = s->insn = start;
}

static void start_state(struct state *s)
{
	start_function(s, 0);
	s->frames[0].regs[1] = reg_pointer(REG_CTX);
}

/* Those that are called are judged by their prototypes, each once, also what they call themselves. */
static bool walk_globals(struct engine *e)
{
	bool ok = true;

	for (bool found = true; found && ok;) {
		found = false;
		for (size_t i = 1; i < e->prog->funcs.n && ok; i++) {
			const struct image_func *f = &e->prog->funcs.at[i];
			if (!e->called[f->start] || e->judged[f->start])
				continue;
			found = e->judged[f->start] = true;
			start_function(e->cur, f->start);
			e->parent = NULL;
			e->trail = NULL;
			e->jumps = e->insns = 0;
			ok = proto_enter(e, f) && engine_walk(e);
		}
	}
	return ok;
}

/* Code that no path can reach at all is a mistake of whoever made it; code behind a constant condition is not. */
static bool find_unreachable(struct engine *e)
{
	const struct bpf_insn *insns = e->prog->insns;
	u32 count = e->prog->count, n = 0;
	u32 *todo = arena_array(&e->own, u32, count * 2 + 2);
	bool *seen = arena_array(&e->own, bool, count);

	todo[n++] = 0;
	while (n) {
		u32 at = todo[--n];
		if (seen[at])
			continue;
		seen[at] = true;
		const struct bpf_insn *i = &insns[at];
		u8 class = i->code & 7, op = i->code & 0xf0;
		bool jumps = class == BPF_JMP || class == BPF_JMP32;
		s64 to = flow_target(i, at);
		bool ends = jumps && (op == BPF_EXIT || (op == BPF_JA));
		if (to >= 0 && (!jumps || op != BPF_EXIT) && !seen[to])
			todo[n++] = (u32)to;
		u32 next = at + (insn_is_ld_imm64(i) ? 2 : 1);
		if (!ends && next < count && !seen[next])
			todo[n++] = next;
	}
	for (u32 k = 0; k < count; k += insn_is_ld_imm64(&insns[k]) ? 2 : 1) {
		if (seen[k])
			continue;
		e->cur->insn = k;
		engine_fail(e, VERIFY_FLOW, "remove it", "no path leads to instruction %u", k);
		return true;
	}
	return false;
}

static int compare_limits(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* What numbers are compared with, and the numbers beside that. */
static void find_limits(struct engine *e)
{
	u64 *limits = arena_array(&e->own, u64, 3 * (size_t)e->prog->count + 3);
	u32 n = 0;

	for (u32 k = 0; k < e->prog->count; k++) {
		const struct bpf_insn *i = &e->prog->insns[k];
		u8 class = i->code & 7;
		if ((class != BPF_JMP && class != BPF_JMP32) || (i->code & BPF_X) || i->imm <= 0)
			continue;
		for (u32 d = 0; d < 3; d++)
			limits[n++] = (u64)i->imm - 1 + d;
	}
	limits[n++] = UINT8_MAX;
	limits[n++] = UINT16_MAX;
	limits[n++] = UINT32_MAX;
	qsort(limits, n, sizeof(*limits), compare_limits);
	e->limits = limits;
	e->limit_count = n;
}

static bool walk(struct engine *e, bool joins)
{
	u32 count = e->prog->count;

	e->joins = joins;
	buf_clear(&e->log);
	e->failed = false;
	e->parent = NULL;
	e->trail = NULL;
	e->next_id = e->shifted_id = 0;
	e->out->steps = e->out->states = 0;
	memset(&e->out->finding, 0, sizeof(e->out->finding));
	memset(e->out->facts, 0, count * sizeof(*e->out->facts));
	for (u32 i = 0; i < count; i++)
		e->out->facts[i].map = VERIFY_MAP_UNSEEN;
	if (joins)
		counting_begin(e);
	start_state(e->cur);
	e->saved = arena_array(&e->own, struct engine_saved *, count);
	e->saved_count = arena_array(&e->own, u32, count);
	if (e->opts->record)
		e->out->claims = claims_new(e->arena, count);
	e->pointers = arena_array(&e->own, u8, count);
	e->masks = arena_array(&e->own, struct speculation_mask, count);
	e->is_masked = false;
	e->depths = arena_array(&e->own, u32, count);
	e->calls.n = 0;
	e->called = arena_array(&e->own, bool, count);
	e->judged = arena_array(&e->own, bool, count);
	bool ok = engine_walk(e) && walk_globals(e);
	if (ok) { /* there is no state any more: the finding is of the program */
		start_state(e->cur);
		ok = check_depth(e);
	}
	prune_free(e);
	return ok;
}

/*
 * First with joining, which takes time in proportion to the program, if all loops can be seen to end; what that does not accept is
 * walked path by path, which knows more and has the last word.
 */
static bool judge(struct engine *e)
{
	u32 at = 0;
	u64 max_steps = e->max_steps;
	const char *why = "there are no instructions";
	struct loop *loops;

	start_state(e->cur);
	int err = flow_make(&e->flow, &e->own, e->prog->insns, e->prog->count, &at, &why);
	if (err) {
		e->cur->insn = at;
		return engine_fail(e, err == -EILSEQ ? VERIFY_INSN : VERIFY_FLOW, "",
				   "instruction %u: %s", at, why);
	}
	if (!e->opts->safety_only && find_unreachable(e))
		return false;
	if (!privilege_program(e))
		return false;
	bool is_ops = e->prog->type == BPF_PROG_TYPE_STRUCT_OPS && !e->opts->safety_only;
	if (is_ops && !strstr(e->img->license, "GPL"))
		return engine_fail(
			e, VERIFY_HELPER, "declare the license in a section \"license\"",
			"members of structs of operations need a GPL-compatible license");
	bool throws =
		e->prog->funcs.n && proto_has_tag(e, &e->prog->funcs.at[0], "exception_callback:");
	if (throws && !e->opts->safety_only)
		return engine_fail(e, VERIFY_FLOW, "",
				   "callbacks of exceptions are not known here");
	bool iterates = false;
	for (u32 k = 0; k < e->prog->count; k++) {
		const struct kfunc *f =
			e->flow.insns[k].is_start ? kfunc_called(e, &e->prog->insns[k]) : NULL;
		if (!f || !(f->info->flags & (KFUNC_ITER_NEXT | KFUNC_CALLS_BACK)))
			continue;
		e->flow.insns[k].is_bounded = true;
		iterates |= (f->info->flags & KFUNC_ITER_NEXT) != 0;
	}
	/*
	 * How often an iterator's loop is gone through does not show in its code. Without privilege there are no loops, and joined
	 * states would hide that paths have other masks.
	 */
	if (!iterates && e->opts->privileged &&
	    loops_find(&e->own, e->prog->insns, e->prog->count, &loops, &e->loop_count)) {
		for (u32 i = 0; i < e->loop_count; i++)
			e->flow.insns[loops[i].head].is_head = true;
		e->loops = loops;
		find_limits(e);
		e->max_steps = (u64)e->prog->count * JOIN_ROUNDS;
		if (e->max_steps < JOIN_LEAST)
			e->max_steps = JOIN_LEAST;
		if (e->max_steps > max_steps)
			e->max_steps = max_steps;
		if (walk(e, true))
			return true;
		e->max_steps = max_steps;
	}
	return walk(e, false);
}

int verify_program(struct arena *a, const struct image *img, u32 prog,
		   const struct verify_options *opts, struct verify_result *out, struct diag *d)
{
	struct state cur;

	if (prog >= img->progs.n)
		return diag_error(d, LOC_NONE, "there is no program %u", prog);
	const struct image_prog *p = &img->progs.at[prog];
	if (!p->count || p->count > IMAGE_MAX_INSNS)
		return diag_error(d, LOC_NONE, "program %s has %u instructions", p->name, p->count);
	if (!p->is_known && !opts->safety_only) {
		int err = diag_error(d, LOC_NONE, "section '%s' does not say what program %s is",
				     p->section, p->name);
		diag_hint(d, "name the section as libbpf does: SEC(\"xdp\")");
		return err;
	}
	if ((ktype_hook(p) & HOOK_DISABLED) && !opts->safety_only) {
		int err = diag_error(d, LOC_NONE, "no program may attach to %s", p->target);
		diag_hint(d, "use another hook of security modules");
		return err;
	}
	struct verify_options own = *opts;
	own.privileged |= own.safety_only; /* who may know addresses is a policy */
	struct engine e = { .arena = a,
			    .img = img,
			    .prog = p,
			    .opts = &own,
			    .out = out,
			    .cur = &cur,
			    .max_steps = opts->max_steps ? opts->max_steps : VERIFY_MAX_STEPS };
	*out = (struct verify_result){ .facts = arena_array(a, struct verify_fact, p->count) };
	arena_init(&e.own);
	out->accepted = judge(&e);
	if (opts->log)
		out->log = arena_strdup(a, buf_str(&e.log));
	buf_done(&e.log);
	for (u32 i = 0; i < p->count; i++) {
		if (out->facts[i].map == VERIFY_MAP_UNSEEN)
			out->facts[i].map = IMAGE_NONE;
		if (out->accepted && out->claims)
			out->facts[i].is_constant = claims_constants(out->claims, i);
	}
	if (!out->accepted) {
		out->facts = NULL;
		out->claims = NULL;
	}
	arena_done(&e.own);
	return 0;
}
