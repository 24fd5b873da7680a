/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls of the program's own functions, callbacks, and what may be returned. A function is walked anew for each call, with what its
 * caller knows. A callback is walked from the call that uses it, round by round: its exit leads back to that call.
 */
#include <stdlib.h>

#include "isa/hook.h"
#include "verify/dynptr.h"
#include "verify/engine.h"
#include "verify/kfunc.h"
#include "verify/ktype.h"
#include "verify/owned.h"
#include "verify/proto.h"

#define CALL_STACK 512 /* bytes of all frames together */
#define NO_CALLER UINT32_MAX

static void add_edge(struct engine *e, u32 from, u32 to)
{
	for (size_t i = 0; i < e->calls.n; i++) {
		if (e->calls.at[i].from == from && e->calls.at[i].to == to)
			return;
	}
	*vec_add(&e->own, &e->calls) = (struct engine_call){ from, to };
}

#define TOO_DEEP (1u << 30)

/* Of a function with those that it calls. Global functions may call each other in a circle, but not so deep. */
static u32 depth_from(const struct engine *e, u32 start, u32 frames)
{
	u32 own = (e->depths[start] + 15) / 16 * 16, most = 0; /* as kernels with a JIT round it */

	if (frames > STATE_FRAMES)
		return TOO_DEEP;
	for (size_t i = 0; i < e->calls.n && most < TOO_DEEP; i++) {
		u32 depth = e->calls.at[i].from == start
				    ? depth_from(e, e->calls.at[i].to, frames + 1)
				    : 0;
		most = depth > most ? depth : most;
	}
	return most < TOO_DEEP ? own + most : TOO_DEEP;
}

bool check_depth(struct engine *e)
{
	u32 depth = depth_from(e, 0, 1);

	for (size_t i = 0; i < e->calls.n; i++) {
		u32 own =
			e->calls.at[i].from == NO_CALLER ? depth_from(e, e->calls.at[i].to, 1) : 0;
		depth = own > depth ? own : depth;
	}
	if (depth >= TOO_DEEP)
		return engine_fail(e, VERIFY_DEPTH, "turn recursion into a loop",
				   "more than %d functions within each other", STATE_FRAMES);
	e->out->stack_depth = depth;
	if (e->out->stack_depth <= CALL_STACK || e->opts->safety_only)
		return true;
	return engine_fail(e, VERIFY_DEPTH, "use less stack, or a per-CPU array",
			   "functions that call each other use %u bytes of stack, %d are allowed",
			   e->out->stack_depth, CALL_STACK);
}

static bool enter(struct engine *e, u32 start, bool is_callback, u32 caller)
{
	struct state *s = e->cur;

	if (s->frame_count == STATE_FRAMES)
		return engine_fail(e, VERIFY_DEPTH, "", "more than %d functions within each other",
				   STATE_FRAMES);
	for (u32 i = 0; i < s->frame_count; i++) {
		if (s->frames[i].start == start)
			return engine_fail(e, VERIFY_DEPTH, "turn the recursion into a loop",
					   "the function calls itself");
	}
	add_edge(e, caller, start);
	struct frame *f = &s->frames[s->frame_count++];
	*f = (struct frame){ .call = s->insn,
			     .start = start,
			     .is_callback = is_callback,
			     .ref_count = s->ref_count,
			     .first_id = e->next_id };
	f->regs[10] = reg_pointer(REG_STACK);
	f->regs[10].frame = (u8)(s->frame_count - 1);
	s->insn = start;
	return true;
}

static bool call_function(struct engine *e, const struct bpf_insn *i)
{
	struct frame *caller = state_frame(e->cur);
	u32 target = (u32)flow_target(i, e->cur->insn);

	const struct image_func *global = proto_global(e, target);
	if (global) {
		add_edge(e, caller->start, target);
		e->called[target] = true;
		e->cur->insn++;
		return proto_call(e, global);
	}
	if (!enter(e, target, false, caller->start))
		return false;
	struct frame *f = state_frame(e->cur);
	for (u32 r = 1; r <= 5; r++) {
		f->regs[r] = caller->regs[r];
		caller->regs[r] = (struct reg){ 0 };
	}
	return true;
}

bool check_any_call(struct engine *e, const struct bpf_insn *i)
{
	if (i->src_reg == BPF_PSEUDO_CALL)
		return call_function(e, i);
	if (i->src_reg == BPF_PSEUDO_KFUNC_CALL)
		return check_kfunc(e, i);
	if (i->src_reg || i->dst_reg || i->off)
		return engine_fail(e, VERIFY_INSN, "", "no such call");
	return check_helper(e, i);
}

/* What a callback is called with. */
static void pass_arguments(struct engine *e, u32 helper, const struct frame *caller,
			   struct frame *f)
{
	const struct reg *arg = caller->regs;

	switch (helper) {
	case CHECK_NO_HELPER:
		graph_less(e, &arg[1], f);
		break;
	case BPF_FUNC_loop:
		f->regs[1] = reg_scalar(scalar_between(0, 1u << 23, SCALAR_BITS));
		f->regs[2] = arg[3];
		break;
	case BPF_FUNC_for_each_map_elem:
		f->regs[1] = arg[1];
		f->regs[2] = reg_pointer(REG_MEM);
		f->regs[2].size = e->img->maps.at[arg[1].map].key_size;
		f->regs[2].is_read_only = true;
		f->regs[3] = reg_pointer(REG_VALUE);
		f->regs[3].map = arg[1].map;
		f->regs[3].id = ++e->next_id;
		f->regs[4] = arg[3];
		break;
	case BPF_FUNC_user_ringbuf_drain:
		f->regs[1] = reg_pointer(REG_DYNPTR);
		f->regs[1].size = DYNPTR_LOCAL;
		f->regs[1].frame = DYNPTR_POINTER;
		f->regs[1].id = ++e->next_id;
		f->regs[2] = arg[3];
		break;
	case BPF_FUNC_find_vma:
		f->regs[1] = arg[1];
		f->regs[2] = reg_pointer(REG_BTF);
		f->regs[2].map = ktype_find(e->opts->kernel, BTF_KIND_STRUCT, "vm_area_struct");
		f->regs[2].size = ktype_size(e->opts->kernel, f->regs[2].map);
		f->regs[3] = arg[4];
		break;
	default: /* a timer or a work queue: the map, the key, the value */
		f->regs[1] = reg_pointer(REG_MAP);
		f->regs[1].map = arg[1].map;
		f->regs[2] = reg_pointer(REG_MEM);
		f->regs[2].size = e->img->maps.at[arg[1].map].key_size;
		f->regs[2].is_read_only = true;
		f->regs[3] = reg_pointer(REG_VALUE);
		f->regs[3].map = arg[1].map;
		f->regs[3].id = ++e->next_id;
		break;
	}
}

/* Runs later, by itself. */
static bool is_later(u32 helper)
{
	return helper == BPF_FUNC_timer_set_callback || helper == CHECK_WORK;
}

bool check_callback(struct engine *e, u32 func, u32 helper)
{
	struct state *here = e->cur;
	struct state round;

	/* Not more rounds than it is told to make. */
	if (helper == BPF_FUNC_loop &&
	    engine_reg(e, 1)->n.full.umax <= state_frame(here)->calls_back) {
		state_frame(here)->calls_back = 0;
		return true;
	}
	state_copy(&round, here);
	e->cur = &round;
	/* Then it is on a stack of its own, and in none of the sections that its caller is in. */
	if (is_later(helper))
		round.rcu = round.preempt = 0;
	round.sleeps = is_later(helper) ? helper == CHECK_WORK : here->sleeps;
	bool ok = enter(e, func, true, is_later(helper) ? NO_CALLER : state_frame(here)->start);
	if (ok) {
		u32 n = round.frame_count;
		pass_arguments(e, helper, &round.frames[n - 2], &round.frames[n - 1]);
		engine_fork(e, round.insn, true);
	}
	state_done(&round);
	e->cur = here;
	state_frame(here)->calls_back = 0;
	return ok;
}

/* ---- returns */

static bool return_from_callback(struct engine *e, const struct reg *r0)
{
	struct state *s = e->cur;
	u32 call = state_frame(s)->call;
	const struct bpf_insn *caller = &e->prog->insns[call];
	const struct kfunc *kernel = kfunc_called(e, caller);
	u32 helper = !kernel                            ? (u32)caller->imm
		     : kernel->info->flags & KFUNC_WORK ? CHECK_WORK
							: CHECK_NO_HELPER;
	u64 most = is_later(helper) ? 0 : 1;

	if (r0->kind != REG_SCALAR || r0->n.full.umax > most)
		return engine_fail(e, VERIFY_RETURN,
				   is_later(helper)            ? "return 0"
				   : helper == CHECK_NO_HELPER ? "compare: return a->key < b->key"
							       : "1 ends the loop, 0 goes on",
				   "the callback may return something else than 0%s",
				   most ? " or 1" : "");
	bool same = s->ref_count == state_frame(s)->ref_count;
	for (u32 i = 0; i < s->ref_count; i++)
		same = same && s->refs[i] <= state_frame(s)->first_id;
	if (!same)
		return engine_fail(
			e, VERIFY_REFERENCE, "release it in the callback",
			"what a callback acquires has to be released there, and nothing else");
	free(state_frame(s)->slots);
	s->frame_count--;
	if (is_later(helper)) {
		e->path_done = true;
		return true;
	}
	s->insn = call;
	s->is_round = true;
	state_frame(s)->calls_back++;
	return true;
}

static bool return_to_caller(struct engine *e)
{
	struct state *s = e->cur;
	struct frame *f = state_frame(s);
	struct reg r0 = f->regs[0];
	u32 call = f->call;

	if (r0.kind == REG_STACK && r0.frame == s->frame_count - 1)
		return engine_fail(e, VERIFY_STACK, "let the caller give memory for the result",
				   "the function returns a pointer to its own stack");
	if (f->is_callback)
		return return_from_callback(e, &r0);
	free(f->slots);
	s->frame_count--;
	state_frame(s)->regs[0] = r0;
	s->insn = call + 1;
	return true;
}

/* Hooks of security modules: an error or 0, of some 0 or 1; of those that return nothing all is fine. */
static bool lsm_range(const struct engine *e, s32 *min, s32 *max)
{
	if ((u32)e->prog->type != PROG_LSM || e->prog->attach != BPF_LSM_MAC ||
	    ktype_result(e->opts->kernel, e->prog) != KTYPE_OTHER)
		return false;
	bool is_bool = ktype_hook(e->prog) & HOOK_BOOL;
	*min = is_bool ? 0 : -4095;
	*max = is_bool ? 1 : 0;
	return true;
}

static bool check_result(struct engine *e)
{
	struct reg *r0 = engine_reg(e, 0);
	s32 min, max;

	if (e->prog->type == BPF_PROG_TYPE_STRUCT_OPS &&
	    ktype_result(e->opts->kernel, e->prog) == KTYPE_VOID)
		return true;
	if (!engine_readable(e, 0))
		return false;
	bool has_range = prog_type_range(e->prog->type, e->prog->attach, &min, &max);
	if (reg_is_pointer(r0) && !has_range && e->opts->privileged)
		return true;
	if (reg_is_pointer(r0))
		return engine_fail(e, VERIFY_LEAK, "return a number",
				   "the program returns a pointer (%s)", reg_kind_name(r0->kind));
	if (!has_range && !lsm_range(e, &min, &max))
		return true;
	if (!has_range && r0->n.low.smin >= min && r0->n.low.smax <= max)
		return true;
	if (has_range && r0->n.full.smin >= min && r0->n.full.smax <= max)
		return true;
	return engine_fail(e, VERIFY_RETURN, "return one of the values that this hook knows",
			   "the program may return %lld to %lld, but %d to %d is allowed",
			   (long long)r0->n.full.smin, (long long)r0->n.full.smax, min, max);
}

bool check_exit(struct engine *e)
{
	struct state *s = e->cur;

	if (s->frame_count > 1)
		return return_to_caller(e);
	if (s->lock)
		return engine_fail(e, VERIFY_LOCK, "unlock on every path",
				   "a lock is still held when the program ends");
	if (s->rcu || s->preempt)
		return engine_fail(e, VERIFY_LOCK, "leave it on every path",
				   "the program ends within %s section",
				   s->rcu ? "an RCU" : "a non-preemptible");
	if (s->ref_count && !e->opts->safety_only)
		return engine_fail(e, VERIFY_REFERENCE,
				   "release it on every path, with bpf_sk_release(), "
				   "bpf_ringbuf_submit() or bpf_ringbuf_discard()",
				   "something that was acquired is not released on this path");
	bool plain = e->opts->safety_only || state_frame(s)->start;
	if (plain ? !engine_readable(e, 0) : !check_result(e))
		return false;
	if (state_frame(s)->start && engine_reg(e, 0)->kind != REG_SCALAR)
		return engine_fail(e, VERIFY_RETURN, "return a number",
				   "the global function returns a pointer (%s)",
				   reg_kind_name(engine_reg(e, 0)->kind));
	e->path_done = true;
	return true;
}
