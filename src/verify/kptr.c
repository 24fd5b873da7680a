/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pointers that values of maps keep, to structs of the kernel and to objects of the program's own. What lies there may be replaced at
 * any time, so what is loaded may be NULL, and is relied upon only where RCU keeps it; what is owned goes in and out by
 * bpf_kptr_xchg() alone. Of two structs of one name the kernel's is meant.
 */
#include <stdio.h>
#include <string.h>

#include "verify/ktype.h"
#include "verify/owned.h"

static bool is_rcu_type(const char *type)
{
	return !strcmp(type, "task_struct") || !strcmp(type, "cgroup") ||
	       !strcmp(type, "bpf_cpumask") || !strcmp(type, "bpf_crypto_ctx");
}

static u32 kernel_type(const struct engine *e, const struct field *k)
{
	return ktype_find_local(e->opts->kernel, k->name);
}

static bool is_owned(const struct field *k)
{
	return k->kind != FIELD_KPTR_UNTRUSTED;
}

/*
 * What the kernel calls to release a struct that a map owned: it refuses maps that own any other. Where functions are told apart by
 * their prototypes, it is one of its own, whose name ends in _dtor.
 */
static const struct {
	const char *type, *release;
} released[] = {
	{ "task_struct", "bpf_task_release" },
	{ "cgroup", "bpf_cgroup_release" },
	{ "bpf_cpumask", "bpf_cpumask_release" },
	{ "bpf_crypto_ctx", "bpf_crypto_ctx_release" },
	{ "sk_buff", "bpf_kfree_skb" },
	{ "prog_test_ref_kfunc", "bpf_kfunc_call_test_release" },
	{ "prog_test_member", "bpf_kfunc_call_memb_release" },
};

static bool has_release(const struct rawbtf *kernel, const char *type)
{
	char name[64];

	for (u32 i = 0; i < ARRAY_SIZE(released); i++) {
		if (strcmp(released[i].type, type) != 0)
			continue;
		snprintf(name, sizeof(name), "%s_dtor", released[i].release);
		return ktype_find(kernel, BTF_KIND_FUNC, name) ||
		       ktype_find(kernel, BTF_KIND_FUNC, released[i].release);
	}
	return false;
}

/* Before Linux 6.4 the tag "kptr" was for pointers that are not owned; functions to count owners came with that. */
const char *kptr_unowned(const struct engine *e, const struct fields *fields)
{
	const struct rawbtf *kernel = e->opts->kernel;
	const char *unowned = NULL;

	for (u32 i = 0; kernel && i < fields->count && !unowned; i++) {
		const struct field *k = &fields->at[i];
		u32 type = k->kind == FIELD_KPTR ? kernel_type(e, k) : 0;
		if (type && !has_release(kernel, ktype_name(kernel, type)))
			unowned = ktype_name(kernel, type);
	}
	return unowned && ktype_find(kernel, BTF_KIND_FUNC, "bpf_refcount_acquire_impl") ? unowned
											 : NULL;
}

/* Of a type of the program's own. */
static bool is_object(const struct engine *e, const struct field *k)
{
	return k->type && e->opts->kernel && !kernel_type(e, k);
}

bool check_kptr(struct engine *e, const struct reg *p, struct access a, const struct field *k)
{
	if (!a.is_helper && scalar_is_const(&p->n) && a.size == 8 &&
	    (s64)p->off + a.off + (s64)p->n.bits.value == k->offset)
		return true;
	return engine_fail(e, VERIFY_VALUE, "load and store it whole, at a known place",
			   "r%u: the pointer to a struct %s at offset %u of the value is accessed",
			   a.r, k->name, k->offset);
}

/* In lists and trees it may be, too, so a lock that is released ends what is known of it. */
static struct reg load_object(struct engine *e, const struct field *k, bool in_rcu)
{
	const struct fields *f = engine_fields(e, k->type);
	struct reg out = owned_reg(e, k->type);

	out.is_percpu = k->kind == FIELD_KPTR_PERCPU;
	out.trust = is_owned(k) && in_rcu ? TRUST_RCU : TRUST_NOTHING;
	out.is_lent = out.trust == TRUST_RCU && k->kind == FIELD_KPTR &&
		      (fields_find(f, FIELD_LIST_NODE) || fields_find(f, FIELD_RB_NODE));
	return out;
}

struct reg kptr_load(struct engine *e, const struct field *k)
{
	struct reg out = reg_pointer(REG_BTF);
	bool in_rcu = e->cur->rcu || e->cur->lock || !engine_sleeps(e);

	if (is_object(e, k)) {
		out = load_object(e, k, in_rcu);
	} else {
		out.map = k->kind == FIELD_KPTR_PERCPU ? 0 : kernel_type(e, k);
		out.size = ktype_size(e->opts->kernel, out.map);
		out.trust =
			is_owned(k) && in_rcu && is_rcu_type(k->name) ? TRUST_RCU : TRUST_NOTHING;
	}
	out.maybe_null = true;
	out.id = ++e->next_id;
	return out;
}

/* An object as it may be kept: owned, or of a place that owns nothing, and from its beginning. */
static bool matches_object(const struct reg *p, const struct field *k)
{
	return p->kind == REG_OBJECT && p->ref && p->map == k->type && !p->off &&
	       scalar_is_zero(&p->n) && p->is_percpu == (k->kind == FIELD_KPTR_PERCPU);
}

bool kptr_store(struct engine *e, u32 r, const struct reg *value, const struct field *k)
{
	u32 type = kernel_type(e, k);
	bool fits;

	if (is_owned(k))
		return engine_fail(e, VERIFY_VALUE, "use bpf_kptr_xchg()",
				   "r%u: the pointer to a struct %s that the map owns is stored", r,
				   k->name);
	if (value->kind == REG_SCALAR && scalar_is_zero(&value->n))
		return true;
	if (is_object(e, k))
		fits = matches_object(value, k);
	else
		fits = value->kind == REG_BTF && type && scalar_is_zero(&value->n) &&
		       value->off >= 0 &&
		       (value->off ? ktype_inner(e->opts->kernel, value->map, (u32)value->off, type)
				   : ktype_begins(e->opts->kernel, value->map, type));
	return fits || engine_fail(e, VERIFY_VALUE, "",
				   "r%u: something else than a pointer to a struct %s is stored", r,
				   k->name);
}

/* ---- bpf_kptr_xchg() */

const struct field *kptr_place(struct engine *e, u32 r, const char *who)
{
	const struct reg *p = engine_reg(e, r);
	const struct fields *fields = p->kind == REG_VALUE ? engine_map_fields(e, p->map) : NULL;
	const struct field *k = NULL;

	if (p->kind == REG_OBJECT && p->trust != TRUST_NOTHING && !p->is_percpu)
		fields = engine_fields(e, p->map);
	if (fields && !p->maybe_null && scalar_is_const(&p->n)) {
		s64 at = (s64)p->off + (s64)p->n.bits.value;
		k = fields_at(fields, at, FIELD_KPTR);
		if (!k)
			k = fields_at(fields, at, FIELD_KPTR_PERCPU);
	}
	if (!k)
		engine_fail_argument(e, who, r, "the place of a pointer that a map's value owns");
	return k;
}

bool kptr_match(struct engine *e, u32 r, const struct field *k, const char *who)
{
	const struct reg *p = engine_reg(e, r);
	u32 type = kernel_type(e, k);
	bool fits = is_object(e, k) ? matches_object(p, k)
				    : p->kind == REG_BTF && type &&
					      ktype_begins(e->opts->kernel, p->map, type);

	return (fits && !p->maybe_null) ||
	       engine_fail_argument(e, who, r, "a pointer of the type that is kept there");
}
