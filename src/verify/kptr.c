/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pointers to structs of the kernel in values of maps. What lies there may be replaced at any time, so what is loaded may be NULL, and
 * is relied upon only where RCU keeps it; what is owned goes in and out by bpf_kptr_xchg() alone.
 */
#include <string.h>

#include "verify/engine.h"
#include "verify/ktype.h"

static bool is_rcu_type(const char *type)
{
	return !strcmp(type, "task_struct") || !strcmp(type, "cgroup") ||
	       !strcmp(type, "bpf_cpumask") || !strcmp(type, "bpf_crypto_ctx");
}

bool check_kptr(struct engine *e, const struct reg *p, struct access a, const struct field_kptr *k)
{
	if (!a.is_helper && scalar_is_const(&p->n) && a.size == 8 &&
	    (s64)p->off + a.off + (s64)p->n.bits.value == k->offset)
		return true;
	return engine_fail(e, VERIFY_VALUE, "load and store it whole, at a known place",
			   "r%u: the pointer to a struct %s at offset %u of the value is accessed",
			   a.r, k->type, k->offset);
}

struct reg kptr_load(struct engine *e, const struct field_kptr *k)
{
	struct reg out = reg_pointer(REG_BTF);
	bool in_rcu = e->cur->rcu || e->cur->lock || !e->prog->is_sleepable;

	out.map = ktype_find_local(e->opts->kernel, k->type);
	out.size = ktype_size(e->opts->kernel, out.map);
	out.trust = k->is_owned && in_rcu && is_rcu_type(k->type) ? TRUST_RCU : TRUST_NOTHING;
	out.maybe_null = true;
	out.id = ++e->next_id;
	return out;
}

bool kptr_store(struct engine *e, u32 r, const struct reg *value, const struct field_kptr *k)
{
	u32 type = ktype_find_local(e->opts->kernel, k->type);

	if (k->is_owned)
		return engine_fail(e, VERIFY_VALUE, "use bpf_kptr_xchg()",
				   "r%u: the pointer to a struct %s that the map owns is stored", r,
				   k->type);
	if (value->kind == REG_SCALAR && scalar_is_zero(&value->n))
		return true;
	if (value->kind != REG_BTF || !type || !scalar_is_zero(&value->n) || value->off < 0 ||
	    !(value->off ? ktype_inner(e->opts->kernel, value->map, (u32)value->off, type)
			 : ktype_begins(e->opts->kernel, value->map, type)))
		return engine_fail(e, VERIFY_VALUE, "",
				   "r%u: something else than a pointer to a struct %s is stored", r,
				   k->type);
	return true;
}
