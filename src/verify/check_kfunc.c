/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls of the kernel's functions: who may call them and where, what they give and change. Their arguments are judged in kfunc_argument.c. */
#include <string.h>

#include "isa/ctx.h"
#include "verify/dynptr.h"
#include "verify/ktype.h"
#include "verify/owned.h"

static bool is(const struct kcall *c, const char *name)
{
	return !strcmp(c->k->info->name, name);
}

const struct kfunc *kfunc_called(struct engine *e, const struct bpf_insn *i)
{
	u32 index = (u32)i->imm;

	if (i->code != (BPF_JMP | BPF_CALL) || i->src_reg != BPF_PSEUDO_KFUNC_CALL ||
	    index >= e->img->externs.n)
		return NULL;
	if (!e->kfuncs)
		e->kfuncs = arena_array(&e->own, const struct kfunc *, e->img->externs.n);
	if (e->kfuncs[index])
		return e->kfuncs[index];
	struct kfunc *k = arena_new(&e->own, struct kfunc);
	k->info = kfunc_info(e->img->externs.at[index].name);
	const struct btf_type *t = k->info ? ktype_prototype(e->opts->kernel, k->info->name) : NULL;
	if (!t || BTF_INFO_VLEN(t->info) > KFUNC_ARGS)
		return NULL;
	k->params = (const void *)(t + 1);
	k->count = BTF_INFO_VLEN(t->info);
	k->result = t->type;
	e->kfuncs[index] = k;
	return k;
}

/* ---- results */

/* What only sessions have: whether this is the end, or eight bytes that last from the beginning to it. */
static bool make_session(struct engine *e, const struct kcall *c, struct reg *out)
{
	u32 attach = e->prog->attach;

	if (attach != AT_TRACE_KPROBE_SESSION && attach != AT_TRACE_UPROBE_SESSION)
		return engine_fail(e, VERIFY_HELPER,
				   "SEC(\"kprobe.session/FUNCTION\") makes it a session",
				   "%s() is for programs of sessions", c->k->info->name);
	if (is(c, "bpf_session_cookie")) {
		*out = reg_pointer(REG_MEM);
		out->size = sizeof(u64);
	} else {
		*out = reg_unknown();
		out->n = scalar_zext(&out->n, 32, SCALAR_BITS);
	}
	return true;
}

/* What the prototype does not tell. */
static bool make_special(struct engine *e, const struct kcall *c, struct reg *out)
{
	const struct prog_type_info *type = prog_type_info(e->prog->type);
	bool may_write = type && type->packet == PROG_WRITES;

	if (is(c, "bpf_cast_to_kern_ctx")) {
		*out = reg_pointer(REG_BTF);
		out->map = ktype_find(e->opts->kernel, BTF_KIND_STRUCT,
				      ctx_kernel_name(type ? type->ctx : 0));
		out->size = ktype_size(e->opts->kernel, out->map);
		out->trust = TRUST_TRUSTED;
		return out->map || engine_fail(e, VERIFY_HELPER, "",
					       "the kernel's form of this context is not known");
	}
	if (is(c, "bpf_rdonly_cast")) {
		const struct btf_type *t = rawbtf_type(e->opts->kernel, (u32)c->constant);
		*out = reg_pointer(REG_BTF);
		out->map = (u32)c->constant;
		out->trust = TRUST_NOTHING;
		out->size = ktype_size(e->opts->kernel, out->map);
		return (t && BTF_INFO_KIND(t->info) == BTF_KIND_STRUCT) ||
		       engine_fail(e, VERIFY_ARGUMENT, "",
				   "bpf_rdonly_cast() takes the number of a struct of the kernel");
	}
	if (is(c, "bpf_dynptr_slice") || is(c, "bpf_dynptr_slice_rdwr")) {
		*out = dynptr_slice(&c->dynptr, (u32)c->constant);
		out->is_read_only = is(c, "bpf_dynptr_slice");
		out->maybe_null = true;
		out->id = ++e->next_id;
		return out->is_read_only || may_write || !out->is_packet ||
		       engine_fail(e, VERIFY_PACKET, "use bpf_dynptr_slice()",
				   "programs of this type may not write the packet directly");
	}
	if (is(c, "bpf_session_is_return") || is(c, "bpf_session_cookie"))
		return make_session(e, c, out);
	*out = reg_unknown();
	out->n = scalar_zext(&out->n, 32, SCALAR_BITS);
	return true;
}

static bool make_plain(struct engine *e, const struct kcall *c, struct reg *out)
{
	const struct rawbtf *btf = e->opts->kernel;
	u32 flags = c->k->info->flags, type = ktype_target(btf, c->k->result);

	*out = reg_unknown();
	if (!ktype_is_pointer(btf, c->k->result)) {
		u32 size = ktype_number_size(btf, c->k->result);
		if (size && size < 8)
			out->n = scalar_zext(&out->n, 32, SCALAR_BITS);
		return true;
	}
	if (flags & KFUNC_OBJECT)
		return owned_result(e, c, out);
	if (flags & KFUNC_GRAPH)
		return graph_result(e, c, out);
	const struct reg *it = flags & KFUNC_ITER_NEXT
				       ? iter_at(e, 1, ktype_target(btf, c->k->params[0].type))
				       : NULL;
	if (type) {
		*out = reg_pointer(REG_BTF);
		out->map = type;
		out->size = ktype_size(btf, type);
		out->trust = it ? it->trust : flags & KFUNC_ACQUIRE ? TRUST_TRUSTED : TRUST_PLAIN;
	} else {
		*out = reg_pointer(REG_MEM);
		out->size = ktype_pointed_size(btf, c->k->result);
		out->is_read_only = true;
		if (it)
			out->ref = it->ref;
		if (!out->size)
			return engine_fail(e, VERIFY_HELPER, "",
					   "the result of %s() is not supported here",
					   c->k->info->name);
	}
	out->maybe_null = flags & KFUNC_RET_NULL;
	return true;
}

static bool make_result(struct engine *e, const struct kcall *c, struct reg *out)
{
	u32 flags = c->k->info->flags;

	if (flags & KFUNC_SPECIAL)
		return make_special(e, c, out);
	if (!make_plain(e, c, out))
		return false;
	if (out->maybe_null || out->kind == REG_OBJECT || (flags & KFUNC_ACQUIRE))
		out->id = ++e->next_id;
	if (!(flags & KFUNC_ACQUIRE))
		return true;
	out->ref = out->id;
	return state_add_ref(e->cur, out->ref) ||
	       engine_fail(e, VERIFY_COMPLEX, "", "more than %d things are acquired at once",
			   STATE_REFS);
}

/* ---- sections */

static void leave_rcu(struct reg *r, void *arg)
{
	(void)arg;
	if ((r->kind == REG_BTF || r->kind == REG_ITER) && r->trust == TRUST_RCU) {
		r->trust = TRUST_NOTHING;
		r->maybe_null = false;
	}
}

static bool check_section(struct engine *e, const struct kfunc *k)
{
	u32 flags = k->info->flags;
	bool is_rcu = flags & (KFUNC_RCU_LOCK | KFUNC_RCU_UNLOCK);
	u32 *depth = is_rcu ? &e->cur->rcu : &e->cur->preempt;

	if (flags & (KFUNC_RCU_LOCK | KFUNC_PREEMPT_DISABLE)) {
		++*depth;
		return true;
	}
	if (!*depth)
		return engine_fail(e, VERIFY_LOCK, "", "%s() ends a section that was not begun",
				   k->info->name);
	if (!--*depth && is_rcu) {
		state_each(e->cur, leave_rcu, NULL);
		owned_leave_rcu(e);
	}
	return true;
}

static bool may_call(struct engine *e, const struct kfunc *k)
{
	const struct prog_type_info *type = prog_type_info(e->prog->type);
	bool in_rcu = e->cur->rcu || !engine_sleeps(e);

	if ((u32)e->prog->type >= PROG_TYPES || !(k->info->progs >> e->prog->type & 1))
		return engine_fail(e, VERIFY_HELPER, "", "programs of type %s may not call %s()",
				   type ? type->name : "unknown", k->info->name);
	if (!strstr(e->img->license, "GPL"))
		return engine_fail(e, VERIFY_HELPER, "declare the license in a section \"license\"",
				   "%s() is for programs with a GPL-compatible license",
				   k->info->name);
	/* It takes a lock that only some places do not hold already. */
	bool is_free = (u32)e->prog->type == PROG_LSM || ktype_is_iter(e->prog) || engine_sleeps(e);
	if (!strcmp(k->info->name, "bpf_iter_css_task_new") && !is_free)
		return engine_fail(e, VERIFY_HELPER,
				   "use an iterator program, or one that may sleep",
				   "%s() may not be called in this type of program", k->info->name);
	if (!strcmp(k->info->name, "bpf_sock_destroy") && !ktype_is_iter(e->prog))
		return engine_fail(e, VERIFY_HELPER, "use SEC(\"iter/tcp\") or SEC(\"iter/udp\")",
				   "%s() is for iterator programs", k->info->name);
	bool pinned = e->cur->rcu || e->cur->preempt || e->cur->lock;
	if ((k->info->flags & KFUNC_SLEEPS) && (!engine_sleeps(e) || pinned))
		return engine_fail(e, VERIFY_HELPER, "use a section whose name ends in .s",
				   "%s() may sleep, and this may not be here", k->info->name);
	if ((k->info->flags & KFUNC_NEEDS_RCU) && !in_rcu)
		return engine_fail(e, VERIFY_LOCK, "call bpf_rcu_read_lock() before",
				   "%s() has to be called in an RCU section", k->info->name);
	if (e->cur->lock && !(k->info->flags & KFUNC_IN_LOCK))
		return engine_fail(e, VERIFY_LOCK, "unlock before",
				   "%s() is called while a lock is held", k->info->name);
	return true;
}

bool check_kfunc(struct engine *e, const struct bpf_insn *i)
{
	const struct kfunc *k = kfunc_called(e, i);
	struct kcall c = { .k = k };
	struct reg out;

	if (!k) {
		const char *name =
			(u32)i->imm < e->img->externs.n ? e->img->externs.at[i->imm].name : "?";
		return engine_fail(e, VERIFY_HELPER, "", "kernel function %s is called, which %s",
				   name,
				   ktype_prototype(e->opts->kernel, name)
					   ? "is not known here"
					   : "the kernel does not have");
	}
	if (!may_call(e, k))
		return false;
	for (u32 r = 1; r <= k->count; r++) {
		if (!kfunc_give(e, &c, r))
			return false;
	}
	if ((k->info->flags & KFUNC_RELEASE) && !c.released)
		return engine_fail(e, VERIFY_REFERENCE, "", "%s() releases nothing here",
				   k->info->name);
	if (k->info->flags & (KFUNC_RCU_LOCK | KFUNC_RCU_UNLOCK | KFUNC_PREEMPT_DISABLE |
			      KFUNC_PREEMPT_ENABLE) &&
	    !check_section(e, k))
		return false;
	bool clones = is(&c, "bpf_dynptr_clone");
	if (c.made && clones && !dynptr_clone(e, 1, c.made, k->info->name))
		return false;
	if (c.made && !clones && !dynptr_make(e, c.made, DYNPTR_PACKET, 0, k->info->name))
		return false;
	u32 caller = k->info->flags & KFUNC_WORK ? CHECK_WORK : CHECK_NO_HELPER;
	if (c.has_func && !check_callback(e, c.func, caller))
		return false;
	if (c.given)
		owned_lend(e, c.given);
	if (c.released)
		state_release(e->cur, c.released, engine_stale(e));
	if (!make_result(e, &c, &out))
		return false;
	if (k->info->flags & KFUNC_ITER)
		return iter_call(e, k, &out);
	for (u32 r = 1; r <= 5; r++)
		*engine_reg(e, r) = (struct reg){ 0 };
	*engine_reg(e, 0) = k->result ? out : (struct reg){ 0 };
	e->cur->insn++;
	return true;
}
