/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/owned.h"

#include <string.h>

#include "verify/ktype.h"

#define PERCPU_MAX 512 /* bytes of an object that each CPU has */

bool owned_is(const struct reg *p)
{
	return p->kind == REG_OBJECT && p->ref && !p->maybe_null;
}

struct reg owned_reg(struct engine *e, u32 type)
{
	struct reg out = reg_pointer(REG_OBJECT);

	out.map = type;
	out.size = ktype_size(e->img->btf, type);
	out.trust = TRUST_TRUSTED;
	return out;
}

bool owned_check_type(struct engine *e, u32 type)
{
	const struct fields *f = engine_fields(e, type);

	return !f->wrong || engine_fail(e, VERIFY_OBJECT, "", "struct %s cannot be: %s",
					ktype_name(e->img->btf, type), f->wrong);
}

bool owned_access(struct engine *e, const struct reg *p, struct access a)
{
	const char *name = ktype_name(e->img->btf, p->map);
	s64 off = (s64)p->off + a.off;
	u32 unused;

	if (p->is_percpu)
		return engine_fail(e, VERIFY_OBJECT, "use bpf_this_cpu_ptr() or bpf_per_cpu_ptr()",
				   "r%u: each CPU has a struct %s of its own", a.r, name);
	if (a.is_write && p->trust == TRUST_NOTHING)
		return engine_fail(e, VERIFY_OBJECT,
				   "take it out with bpf_kptr_xchg(), or stay in the RCU section",
				   "r%u: the struct %s that is written may be gone by now", a.r,
				   name);
	if (!scalar_is_zero(&p->n) || off < 0 || off >= STATE_MAX_OFFSET ||
	    off + a.size > ktype_size(e->img->btf, p->map) ||
	    ktype_access(e->img->btf, p->map, (u32)off, a.size, &unused) == KTYPE_NOTHING)
		return engine_fail(
			e, VERIFY_OBJECT, "read and write fields whole, by their names",
			"r%u: the %u bytes at offset %lld of struct %s are no field of it", a.r,
			a.size, (long long)off, name);
	const struct field *f = fields_met(engine_fields(e, p->map), off, off + a.size);
	if (f)
		return engine_fail(e, VERIFY_OBJECT,
				   field_is_kptr(f) ? "use bpf_kptr_xchg()"
						    : "only its functions may use it",
				   "r%u: the field of type struct %s%s at offset %u is accessed",
				   a.r, f->name, field_is_kptr(f) ? " *" : "", f->offset);
	return true;
}

/* ---- how long it is there */

/* What happens to all pointers to an object that was given away. */
static void lend(struct reg *r, void *arg)
{
	if (r->kind == REG_OBJECT && r->ref == *(const u32 *)arg) {
		r->ref = 0;
		r->is_lent = true;
	}
}

void owned_lend(struct engine *e, u32 ref)
{
	state_each(e->cur, lend, &ref);
	state_release(e->cur, ref, engine_stale(e));
}

static bool is_lent(const struct reg *r, const void *arg)
{
	(void)arg;
	return r->kind == REG_OBJECT && r->is_lent;
}

static bool is_protected(const struct reg *r, const void *arg)
{
	(void)arg;
	return r->kind == REG_OBJECT && r->trust == TRUST_RCU && !r->is_lent;
}

static void lose(struct reg *r, void *arg)
{
	(void)arg;
	if (r->kind == REG_OBJECT && r->trust == TRUST_RCU) {
		r->trust = TRUST_NOTHING;
		r->is_lent = false;
	}
}

/* Kernels let go on reading what could be in a list or tree, too. */
void owned_leave_rcu(struct engine *e)
{
	state_forget(e->cur, is_protected, NULL, engine_stale(e));
	state_each(e->cur, lose, NULL);
}

void owned_unlock(struct engine *e)
{
	state_forget(e->cur, is_lent, NULL, engine_stale(e));
	if (!e->cur->rcu && engine_sleeps(e))
		state_each(e->cur, lose, NULL);
}

static void keep(struct reg *r, void *arg)
{
	if (r->kind == REG_OBJECT && r->is_percpu && r->ref == *(const u32 *)arg) {
		r->ref = 0;
		r->trust = TRUST_RCU;
	}
}

void owned_keep(struct engine *e, u32 ref)
{
	if (e->cur->rcu || !engine_sleeps(e))
		state_each(e->cur, keep, &ref);
	state_release(e->cur, ref, engine_stale(e));
}

/* ---- the functions */

static bool is(const struct kcall *c, const char *name)
{
	return !strcmp(c->k->info->name, name);
}

bool owned_argument(struct engine *e, struct kcall *c, u32 r)
{
	const struct reg *p = engine_reg(e, r);
	const char *who = c->k->info->name;
	bool acquires = c->k->info->flags & KFUNC_ACQUIRE, may_be_lent = acquires;
	bool is_percpu = is(c, "bpf_percpu_obj_drop_impl");

	if (p->kind != REG_OBJECT || p->maybe_null || p->off || !scalar_is_zero(&p->n))
		return engine_fail_argument(e, who, r, "an object of the program's own, unmoved,");
	if (p->is_percpu != is_percpu)
		return engine_fail(e, VERIFY_OBJECT,
				   p->is_percpu ? "use bpf_percpu_obj_drop()"
						: "use bpf_obj_drop()",
				   "%s() is not for r%u, an object that %s", who, r,
				   p->is_percpu ? "each CPU has for itself" : "all CPUs share");
	if (!owned_is(p) && (!may_be_lent || p->trust == TRUST_NOTHING))
		return engine_fail(e, VERIFY_REFERENCE,
				   "take it out of the list, tree or map's value first",
				   "%s() takes an object that is owned, and r%u is not", who, r);
	if (acquires && !fields_find(engine_fields(e, p->map), FIELD_REFCOUNT))
		return engine_fail(e, VERIFY_OBJECT, "give it a struct bpf_refcount",
				   "%s() takes an object that counts its references, and struct %s "
				   "does not",
				   who, ktype_name(e->img->btf, p->map));
	c->object = *p;
	if (!acquires)
		c->released = p->ref;
	return true;
}

/* Only numbers: what needs more when it is dropped, a CPU cannot have for itself. */
static bool check_percpu(struct engine *e, u32 type)
{
	const struct rawbtf *btf = e->img->btf;

	if (ktype_size(btf, type) > PERCPU_MAX)
		return engine_fail(e, VERIFY_ARGUMENT, "",
				   "struct %s has %u bytes, and each CPU may have %d of one",
				   ktype_name(btf, type), ktype_size(btf, type), PERCPU_MAX);
	if (!ktype_is_plain(btf, type) || engine_fields(e, type)->count)
		return engine_fail(e, VERIFY_ARGUMENT, "",
				   "struct %s has more than numbers, and no CPU may have such for "
				   "itself",
				   ktype_name(btf, type));
	return true;
}

bool owned_result(struct engine *e, const struct kcall *c, struct reg *out)
{
	bool is_percpu = is(c, "bpf_percpu_obj_new_impl");
	u32 id = (u32)c->constant;

	if (is(c, "bpf_refcount_acquire_impl")) {
		*out = owned_reg(e, c->object.map);
		out->maybe_null = !c->object.ref;
		return true;
	}
	if (!(c->k->info->flags & KFUNC_ACQUIRE))
		return true;
	const struct btf_type *t =
		e->img->btf && id == c->constant ? rawbtf_type(e->img->btf, id) : NULL;
	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_STRUCT)
		return engine_fail(e, VERIFY_ARGUMENT, "use bpf_obj_new(struct x)",
				   "%s() takes the number of a struct of the program",
				   c->k->info->name);
	if (!owned_check_type(e, id) || (is_percpu && !check_percpu(e, id)))
		return false;
	*out = owned_reg(e, id);
	out->is_percpu = is_percpu;
	out->maybe_null = true;
	return true;
}
