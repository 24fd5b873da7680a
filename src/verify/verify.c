/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verifier's door: sets up a walk of a program, and takes what it found. */
#include "verify/verify.h"

#include <string.h>

#include "isa/insn.h"
#include "verify/engine.h"

const char *verify_category_name(enum verify_category c)
{
	static const char *const names[] = {
#define CATEGORY(id, name, text) name,
#include "verify/category.def"
#undef CATEGORY
	};

	return c < VERIFY_CATEGORIES ? names[c] : "?";
}

static void start_state(struct state *s)
{
	memset(s, 0, sizeof(*s));
	s->frame_count = 1;
	s->frames[0].regs[1] = reg_pointer(REG_CTX);
	s->frames[0].regs[10] = reg_pointer(REG_STACK);
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

static bool walk(struct engine *e)
{
	u32 at = 0;
	const char *why = "there are no instructions";

	start_state(e->cur);
	if (flow_make(&e->flow, &e->own, e->prog->insns, e->prog->count, &at, &why)) {
		e->cur->insn = at;
		return engine_fail(e, VERIFY_FLOW, "", "instruction %u: %s", at, why);
	}
	if (!e->opts->safety_only && find_unreachable(e))
		return false;
	e->saved = arena_array(&e->own, struct engine_saved *, e->prog->count);
	e->saved_count = arena_array(&e->own, u32, e->prog->count);
	bool ok = engine_walk(e);
	prune_free(e);
	return ok;
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
	struct engine e = { .arena = a,
			    .img = img,
			    .prog = p,
			    .opts = opts,
			    .out = out,
			    .cur = &cur,
			    .max_steps = opts->max_steps ? opts->max_steps : VERIFY_MAX_STEPS };
	*out = (struct verify_result){ .facts = arena_array(a, struct verify_fact, p->count) };
	for (u32 i = 0; i < p->count; i++)
		out->facts[i].map = -2;
	arena_init(&e.own);
	out->accepted = walk(&e);
	for (u32 i = 0; i < p->count; i++) {
		if (out->facts[i].map == -2)
			out->facts[i].map = IMAGE_NONE;
	}
	if (!out->accepted)
		out->facts = NULL;
	arena_done(&e.own);
	return 0;
}
