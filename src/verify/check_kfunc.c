/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arguments and results of the kernel's functions. An argument is what its type says and how the end of its name changes that:
 *
 *	x__sz		bytes of the memory before it	x__ign		anything
 *	x__k		a known number			x__nullable, x__opt	may be NULL
 *	x__str		a constant string		x__uninit	room for a dynptr
 */
#include <string.h>

#include "isa/ctx.h"
#include "verify/dynptr.h"
#include "verify/kfunc.h"
#include "verify/ktype.h"

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n >= m && !strcmp(name + n - m, end);
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

struct kcall {
	const struct kfunc *k;
	u32 made;          /* the argument that is room for a dynptr; 0: none */
	struct reg dynptr; /* that was given */
	u32 released;      /* a reference; 0: none */
	u64 constant;      /* of x__k */
};

static bool is(const struct kcall *c, const char *name)
{
	return !strcmp(c->k->info->name, name);
}

static bool refuse(struct engine *e, const struct kfunc *k, u32 r, const char *wants)
{
	return engine_fail_argument(e, k->info->name, r, wants);
}

/* Memory of a known size, which the function may read and write. */
static bool give_memory(struct engine *e, const struct kfunc *k, u32 r, u32 size, bool is_const)
{
	struct reg p = *engine_reg(e, r);
	struct access a = { .r = r, .size = size, .is_helper = true };

	if (p.kind == REG_SCALAR || p.kind == REG_CTX || p.kind == REG_BTF || p.maybe_null ||
	    reg_is_packet(&p))
		return refuse(e, k, r, "memory");
	if (p.kind == REG_STACK) {
		if (!check_stack_bytes(e, &p, a))
			return false;
		a.is_write = true;
		return is_const || check_stack_bytes(e, &p, a);
	}
	a.is_write = !is_const;
	return check_memory(e, &p, a);
}

/* A pointer of the kernel to this struct, as far to be relied upon as the function asks for. */
static bool give_object(struct engine *e, struct kcall *c, u32 r, u32 type)
{
	const struct kfunc *k = c->k;
	struct reg *p = engine_reg(e, r);
	u32 flags = k->info->flags;
	bool releases = (flags & KFUNC_RELEASE) && r == 1;
	bool strict = flags & (KFUNC_TRUSTED | KFUNC_RCU | KFUNC_RELEASE);

	if (p->kind == REG_MAP && !strcmp(ktype_name(e->opts->kernel, type), "bpf_map"))
		return !p->maybe_null || refuse(e, k, r, "a map");
	if (p->kind == REG_SOCK || p->kind == REG_SOCK_COMMON || p->kind == REG_TCP_SOCK)
		return refuse(e, k, r, "a struct of the kernel");
	if (p->kind != REG_BTF || p->maybe_null || p->off < 0 || !scalar_is_zero(&p->n))
		return refuse(e, k, r, "a struct of the kernel");
	if (p->trust == TRUST_NOTHING && !p->ref)
		strict = true;
	if (strict && !reg_is_trusted(p) && !((flags & KFUNC_RCU) && p->trust == TRUST_RCU))
		return engine_fail(e, VERIFY_ARGUMENT, "acquire it first",
				   "%s() takes a pointer that can be relied upon, and r%u is none",
				   k->info->name, r);
	u32 at = p->off ? ktype_inner(e->opts->kernel, p->map, (u32)p->off, type) : p->map;
	if (!at || !ktype_begins(e->opts->kernel, at, type) || (releases && p->off))
		return engine_fail(
			e, VERIFY_ARGUMENT, "",
			"%s() takes a struct %s as argument %u, but r%u is in a struct %s",
			k->info->name, ktype_name(e->opts->kernel, type), r, r,
			ktype_name(e->opts->kernel, p->map));
	if (!releases)
		return true;
	if (!p->ref || !state_has_ref(e->cur, p->ref))
		return engine_fail(e, VERIFY_REFERENCE, "",
				   "r%u is released, but it was not acquired here", r);
	c->released = p->ref;
	return true;
}

static bool give_number(struct engine *e, struct kcall *c, u32 r, const char *name)
{
	const struct reg *p = engine_reg(e, r);

	if (p->kind != REG_SCALAR)
		return refuse(e, c->k, r, "a number");
	if (ends_with(name, "__k") || ends_with(name, "__szk")) {
		if (!scalar_is_const(&p->n))
			return refuse(e, c->k, r, "a known number");
		c->constant = p->n.bits.value;
	}
	if (r == 1 || (!ends_with(name, "__sz") && !ends_with(name, "__szk")))
		return true;
	const struct reg *mem = engine_reg(e, r - 1);
	bool is_const = ktype_to_const(e->opts->kernel, c->k->params[r - 2].type);
	if (p->n.full.smin < 0 || p->n.full.umax >= STATE_MAX_OFFSET)
		return engine_fail(e, VERIFY_ARGUMENT,
				   "bound it first, and check that it is not negative",
				   "the size r%u has no bound", r);
	if (mem->kind == REG_SCALAR && scalar_is_zero(&mem->n) &&
	    ends_with(ktype_param(e->opts->kernel, &c->k->params[r - 2]), "__opt"))
		return true;
	return give_memory(e, c->k, r - 1, (u32)p->n.full.umax, is_const);
}

static bool give_dynptr(struct engine *e, struct kcall *c, u32 r, const char *name, bool is_const)
{
	if (ends_with(name, "__uninit")) {
		c->made = r;
		return true;
	}
	if (!dynptr_take(e, r, DYNPTR_ANY, !is_const || is(c, "bpf_dynptr_adjust"),
			 c->k->info->name))
		return false;
	c->dynptr = *dynptr_at(e, r);
	return true;
}

/* What a program gets as its context, by the type that it has in C. */
static bool is_context(const struct engine *e, u32 type)
{
	const char *name = ktype_name(e->opts->kernel, type);

	return !strcmp(name, "__sk_buff") || !strcmp(name, "xdp_md");
}

static bool give_context(struct engine *e, const struct kcall *c, u32 r)
{
	const struct reg *p = engine_reg(e, r);
	u32 buffer = ktype_find(e->opts->kernel, BTF_KIND_STRUCT, "sk_buff");

	if (p->kind == REG_BTF && reg_is_trusted(p) && !p->maybe_null && p->map == buffer)
		return true;
	return (p->kind == REG_CTX && !p->off && scalar_is_zero(&p->n)) ||
	       refuse(e, c->k, r, "the context, unchanged,");
}

static bool give(struct engine *e, struct kcall *c, u32 r)
{
	const struct rawbtf *btf = e->opts->kernel;
	const struct btf_param *param = &c->k->params[r - 1];
	const char *name = ktype_param(btf, param);
	const char *next = r < c->k->count ? ktype_param(btf, param + 1) : "";
	const struct reg *p = engine_reg(e, r);
	bool is_null = p->kind == REG_SCALAR && scalar_is_zero(&p->n);
	u32 type = ktype_target(btf, param->type);

	if (ends_with(name, "__ign"))
		return true;
	if (!engine_readable(e, r))
		return false;
	if (!ktype_is_pointer(btf, param->type))
		return give_number(e, c, r, name);
	if (is_null && (ends_with(name, "__nullable") || ends_with(name, "__opt")))
		return true;
	if ((c->k->info->flags & KFUNC_ITER) && r == 1)
		return true; /* by iter.c */
	if (ends_with(next, "__sz") || ends_with(next, "__szk"))
		return true; /* with its size */
	if (ends_with(name, "__str"))
		return (p->kind == REG_VALUE && p->is_read_only && scalar_is_const(&p->n)) ||
		       refuse(e, c->k, r, "a constant string");
	if (type && !strcmp(ktype_name(btf, type), "bpf_dynptr"))
		return give_dynptr(e, c, r, name, ktype_to_const(btf, param->type));
	if (type && is_context(e, type))
		return give_context(e, c, r);
	/* Memory of the program may be a struct of numbers, where nothing is kept of it. */
	bool keeps = (c->k->info->flags & (KFUNC_TRUSTED | KFUNC_RCU | KFUNC_RELEASE)) &&
		     !ktype_to_const(btf, param->type);
	if (type && (p->kind == REG_BTF || keeps || !ktype_is_plain(btf, type)))
		return give_object(e, c, r, type);
	if (is(c, "bpf_cast_to_kern_ctx"))
		return give_context(e, c, r);
	u32 size = ktype_pointed_size(btf, param->type);
	if (!size)
		return refuse(e, c->k, r, "what is not known here");
	return give_memory(e, c->k, r, size, ktype_to_const(btf, param->type));
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

static bool make_result(struct engine *e, const struct kcall *c, struct reg *out)
{
	const struct rawbtf *btf = e->opts->kernel;
	u32 flags = c->k->info->flags, type = ktype_target(btf, c->k->result);

	if (flags & KFUNC_SPECIAL)
		return make_special(e, c, out);
	*out = reg_unknown();
	if (!ktype_is_pointer(btf, c->k->result)) {
		u32 size = ktype_number_size(btf, c->k->result);
		if (size && size < 8)
			out->n = scalar_zext(&out->n, 32, SCALAR_BITS);
		return true;
	}
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
	if (out->maybe_null || (flags & KFUNC_ACQUIRE))
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
	if (!--*depth && is_rcu)
		state_each(e->cur, leave_rcu, NULL);
	return true;
}

static bool may_call(struct engine *e, const struct kfunc *k)
{
	const struct prog_type_info *type = prog_type_info(e->prog->type);
	bool in_rcu = e->cur->rcu || !e->prog->is_sleepable;

	if ((u32)e->prog->type >= PROG_TYPES || !(k->info->progs >> e->prog->type & 1))
		return engine_fail(e, VERIFY_HELPER, "", "programs of type %s may not call %s()",
				   type ? type->name : "unknown", k->info->name);
	if (!strstr(e->img->license, "GPL"))
		return engine_fail(e, VERIFY_HELPER, "declare the license in a section \"license\"",
				   "%s() is for programs with a GPL-compatible license",
				   k->info->name);
	/* It takes a lock that only some places do not hold already. */
	bool is_free =
		(u32)e->prog->type == PROG_LSM || ktype_is_iter(e->prog) || e->prog->is_sleepable;
	if (!strcmp(k->info->name, "bpf_iter_css_task_new") && !is_free)
		return engine_fail(e, VERIFY_HELPER,
				   "use an iterator program, or one that may sleep",
				   "%s() may not be called in this type of program", k->info->name);
	bool pinned = e->cur->rcu || e->cur->preempt || e->cur->lock;
	if ((k->info->flags & KFUNC_SLEEPS) && (!e->prog->is_sleepable || pinned))
		return engine_fail(e, VERIFY_HELPER, "use a section whose name ends in .s",
				   "%s() may sleep, and this may not be here", k->info->name);
	if ((k->info->flags & KFUNC_NEEDS_RCU) && !in_rcu)
		return engine_fail(e, VERIFY_LOCK, "call bpf_rcu_read_lock() before",
				   "%s() has to be called in an RCU section", k->info->name);
	if (e->cur->lock && !(k->info->flags & KFUNC_ITER))
		return engine_fail(e, VERIFY_LOCK, "unlock before",
				   "%s() is called while a lock is held", k->info->name);
	return true;
}

bool check_kfunc(struct engine *e, const struct bpf_insn *i)
{
	const struct kfunc *k = kfunc_called(e, i);
	struct kcall c = { .k = k };
	struct reg out;

	if (!k)
		return engine_fail(e, VERIFY_HELPER, "",
				   "kernel function %s is called, which is not known here",
				   (u32)i->imm < e->img->externs.n ? e->img->externs.at[i->imm].name
								   : "?");
	if (!may_call(e, k))
		return false;
	for (u32 r = 1; r <= k->count; r++) {
		if (!give(e, &c, r))
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
