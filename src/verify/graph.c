/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists and trees. Their root lies in a map's value, among the variables or in an object, beside the lock that protects it; what is in them is
 * of one type, and is linked by one of its fields, both of which the root's tag tells. Functions give and take pointers to that field.
 *
 *	adds	the object is owned before, and lent afterwards
 *	takes out	it is owned from then on
 *	looks	what is found is lent
 */
#include <string.h>

#include "verify/ktype.h"
#include "verify/owned.h"

bool graph_in_less(struct engine *e)
{
	for (u32 i = 1; i < e->cur->frame_count; i++) {
		const struct frame *f = &e->cur->frames[i];
		const struct kfunc *k =
			f->is_callback ? kfunc_called(e, &e->prog->insns[f->call]) : NULL;
		if (k && (k->info->flags & KFUNC_GRAPH))
			return true;
	}
	return false;
}

/* The fields of what a pointer points into; NULL where there are none. */
static const struct fields *fields_of(struct engine *e, const struct reg *p)
{
	if (p->kind == REG_VALUE)
		return engine_map_fields(e, p->map);
	return p->kind == REG_OBJECT ? engine_fields(e, p->map) : NULL;
}

static const struct field *root_at(struct engine *e, const struct reg *p, enum field_kind kind)
{
	const struct fields *f = fields_of(e, p);

	return f && scalar_is_const(&p->n) ? fields_at(f, (s64)p->off + (s64)p->n.bits.value, kind)
					   : NULL;
}

static bool holds_lock(const struct engine *e, const struct reg *p)
{
	u32 map = p->kind == REG_OBJECT ? p->map | STATE_LOCK_OBJECT : p->map;

	return e->cur->lock && e->cur->lock == (p->id ? p->id : UINT32_MAX) &&
	       e->cur->lock_map == map;
}

static bool give_root(struct engine *e, struct kcall *c, u32 r, enum field_kind kind)
{
	const struct reg *p = engine_reg(e, r);
	const struct fields *fields = fields_of(e, p);
	const char *who = c->k->info->name, *name = field_kind_name(kind);

	if (!fields || p->maybe_null || (p->kind == REG_OBJECT && !owned_is(p)))
		return engine_fail_argument(
			e, who, r, "a field of a map value, or of an object that is owned,");
	c->root = root_at(e, p, kind);
	if (!c->root)
		return engine_fail(e, VERIFY_OBJECT, "",
				   "argument %u of %s() has to point to a struct %s", r, who, name);
	if (fields->wrong)
		return engine_fail(e, VERIFY_OBJECT, "", "what the struct %s is in cannot be: %s",
				   name, fields->wrong);
	if (!owned_check_type(e, c->root->type))
		return false;
	if (!holds_lock(e, p))
		return engine_fail(e, VERIFY_LOCK,
				   "call bpf_spin_lock() on the lock that lies beside it",
				   "%s() is called without the lock of the struct %s", who, name);
	return true;
}

static bool give_node(struct engine *e, struct kcall *c, u32 r)
{
	const struct reg *p = engine_reg(e, r);
	const char *who = c->k->info->name;
	bool adds = c->k->info->flags & KFUNC_ADDS;

	if (p->kind != REG_OBJECT || p->maybe_null || p->is_percpu)
		return engine_fail_argument(e, who, r, "an object of the program's own");
	if (adds && !owned_is(p))
		return engine_fail(
			e, VERIFY_REFERENCE,
			"take it out of where it is first, or use bpf_refcount_acquire()",
			"%s() takes an object that is owned, and r%u is not", who, r);
	if (!adds && !p->ref && !p->is_lent)
		return engine_fail(
			e, VERIFY_REFERENCE, "",
			"%s() takes an object that is owned or in the tree, and r%u need "
			"not be there any more",
			who, r);
	if (!scalar_is_zero(&p->n) || p->map != c->root->type || p->off != (s32)c->root->node)
		return engine_fail(e, VERIFY_OBJECT,
				   "the tag contains:TYPE:FIELD says what it takes",
				   "%s() takes the field at offset %u of a struct %s here, and r%u "
				   "is at offset %d "
				   "of a struct %s",
				   who, c->root->node, ktype_name(e->img->btf, c->root->type), r,
				   p->off, ktype_name(e->img->btf, p->map));
	c->object = *p;
	if (adds)
		c->given = p->ref;
	return true;
}

bool graph_argument(struct engine *e, struct kcall *c, u32 r, const char *type)
{
	bool is_list = !strcmp(type, field_kind_name(FIELD_LIST_HEAD));

	/* Others than those that look at one end could change the tree while a place in it is looked for. */
	if (graph_in_less(e) && (c->k->count > 1 || (c->k->info->flags & KFUNC_ACQUIRE)))
		return engine_fail(e, VERIFY_OBJECT, "let it do no more than compare",
				   "%s() is called by a function that compares nodes",
				   c->k->info->name);
	if (r == 1)
		return give_root(e, c, r, is_list ? FIELD_LIST_HEAD : FIELD_RB_ROOT);
	if (r == 2)
		return give_node(e, c, r);
	const struct reg *less = engine_reg(e, r);
	if (less->kind != REG_FUNC)
		return engine_fail_argument(e, c->k->info->name, r, "a function that compares");
	c->func = less->size;
	c->has_func = true;
	return true;
}

static struct reg node_of(struct engine *e, const struct field *root)
{
	struct reg out = owned_reg(e, root->type);

	out.off = (s32)root->node;
	return out;
}

bool graph_result(struct engine *e, const struct kcall *c, struct reg *out)
{
	u32 flags = c->k->info->flags;

	if (flags & KFUNC_ADDS)
		return true;
	*out = node_of(e, c->root);
	out->maybe_null = true;
	out->is_lent = !(flags & KFUNC_ACQUIRE);
	return true;
}

void graph_less(struct engine *e, const struct reg *root, struct frame *f)
{
	const struct field *field = root_at(e, root, FIELD_RB_ROOT);

	for (u32 r = 1; field && r <= 2; r++) {
		f->regs[r] = node_of(e, field);
		f->regs[r].is_lent = true;
		f->regs[r].id = ++e->next_id;
	}
}
