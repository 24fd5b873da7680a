/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arguments of the kernel's functions. One is what its type says and how the end of its name changes that:
 *
 *	x__sz		bytes of the memory before it	x__ign		anything
 *	x__k		a known number			x__nullable, x__opt	may be NULL
 *	x__str		a constant string		x__uninit	room for a dynptr
 *	x__prog		what the kernel fills in
 */
#include <string.h>

#include "verify/dynptr.h"
#include "verify/ktype.h"
#include "verify/owned.h"

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n >= m && !strcmp(name + n - m, end);
}

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

	if (p.kind == REG_SCALAR || p.kind == REG_CTX || p.kind == REG_BTF ||
	    p.kind == REG_OBJECT || p.maybe_null || reg_is_packet(&p))
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
	/* A connection that is being made begins with one, but is none yet. */
	bool is_same_stage = at && ends_with(ktype_name(e->opts->kernel, at), "___init") ==
					   ends_with(ktype_name(e->opts->kernel, type), "___init");
	if (!is_same_stage || !ktype_begins(e->opts->kernel, at, type) || (releases && p->off))
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
	/* No bytes are anywhere. */
	if (mem->kind == REG_SCALAR && scalar_is_zero(&mem->n) &&
	    (!p->n.full.umax ||
	     ends_with(ktype_param(e->opts->kernel, &c->k->params[r - 2]), "__opt")))
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

bool kfunc_give(struct engine *e, struct kcall *c, u32 r)
{
	const struct rawbtf *btf = e->opts->kernel;
	const struct btf_param *param = &c->k->params[r - 1];
	const char *name = ktype_param(btf, param);
	const char *next = r < c->k->count ? ktype_param(btf, param + 1) : "";
	const struct reg *p = engine_reg(e, r);
	bool is_null = p->kind == REG_SCALAR && scalar_is_zero(&p->n);
	u32 type = ktype_target(btf, param->type);

	if (ends_with(name, "__ign") || ends_with(name, "__prog"))
		return true;
	if (!engine_readable(e, r))
		return false;
	if (c->k->info->flags & KFUNC_WORK)
		return work_argument(e, c, r);
	if (!ktype_is_pointer(btf, param->type))
		return give_number(e, c, r, name);
	if (c->k->info->flags & KFUNC_GRAPH)
		return graph_argument(e, c, r, type ? ktype_name(btf, type) : "");
	if (c->k->info->flags & KFUNC_OBJECT)
		return owned_argument(e, c, r);
	if (is_null && (ends_with(name, "__nullable") || ends_with(name, "__opt")))
		return true;
	if ((c->k->info->flags & KFUNC_ITER) && r == 1)
		return true; /* by iter.c */
	if (ends_with(next, "__sz") || ends_with(next, "__szk"))
		return true; /* with its size */
	if (ends_with(name, "__str"))
		return check_string(e, p) || refuse(e, c->k, r, "a constant string, with its end,");
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
