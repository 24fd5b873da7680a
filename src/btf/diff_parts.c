/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members are flattened to a list, then compared by name. */
#include <string.h>

#include "base/table.h"
#include "btf/diff_impl.h"

enum {
	MAX_NESTING = 16,    /* of anonymous types that are looked into */
	MAX_PARTS = 1000000, /* of one type */
};

struct walk {
	const struct diff_side *side;
	struct arena *arena;
	diff_parts *out;
};

static int add_members(struct walk *w, const struct btf_type *t, const char *path, u64 base,
		       u32 depth);

/* Whether a member's own members stand for it. */
static bool is_open(const struct btf_type *t, u32 depth)
{
	return rawbtf_is_record(t) && !t->name_off && BTF_INFO_VLEN(t->info) && depth < MAX_NESTING;
}

static int add_member(struct walk *w, const struct btf_type *t, u32 i, const char *path, u64 base,
		      u32 depth)
{
	const struct btf_member *m = (const struct btf_member *)(const void *)(t + 1) + i;
	const struct btf_type *target = rawbtf_type(w->side->btf, m->type);
	const char *name = rawbtf_str(w->side->btf, m->name_off), *type;
	bool has_bits = BTF_INFO_KFLAG(t->info);
	u64 offset = base + (has_bits ? BTF_MEMBER_BIT_OFFSET(m->offset) : m->offset);

	if (is_open(target, depth)) {
		const char *inside = *name ? arena_printf(w->arena, "%s%s.", path, name) : path;

		return add_members(w, target, inside, offset, depth + 1);
	}
	type = dump_declare(w->side->dump, m->type, "");
	if (!type)
		return -EINVAL;
	if (w->out->n >= MAX_PARTS)
		return diag_error(w->side->diag, LOC_NONE,
				  "malformed BTF: a type has more than %d members", MAX_PARTS);
	*vec_add(w->arena, w->out) = (struct diff_part){
		.name = *path ? arena_printf(w->arena, "%s%s", path, name) : name,
		.type = arena_strdup(w->arena, type),
		.offset = offset,
		.bits = has_bits ? BTF_MEMBER_BITFIELD_SIZE(m->offset) : 0,
	};
	return 0;
}

static int add_members(struct walk *w, const struct btf_type *t, const char *path, u64 base,
		       u32 depth)
{
	int err = 0;

	for (u32 i = 0; i < BTF_INFO_VLEN(t->info) && !err; i++)
		err = add_member(w, t, i, path, base, depth);
	return err;
}

static void add_values(struct walk *w, const struct btf_type *t)
{
	const struct btf_enum *e = (const void *)(t + 1);
	const struct btf_enum64 *wide = (const void *)(t + 1);
	bool is_signed = BTF_INFO_KFLAG(t->info);

	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		struct diff_part *p = vec_add(w->arena, w->out);

		p->is_signed = is_signed;
		if (BTF_INFO_KIND(t->info) == BTF_KIND_ENUM) {
			p->name = rawbtf_str(w->side->btf, e[i].name_off);
			p->value = is_signed ? (u64)(s64)e[i].val : (u32)e[i].val;
		} else {
			p->name = rawbtf_str(w->side->btf, wide[i].name_off);
			p->value = (u64)wide[i].val_hi32 << 32 | wide[i].val_lo32;
		}
	}
}

int diff_parts_of(const struct diff_side *s, struct arena *a, u32 id, diff_parts *out)
{
	const struct btf_type *t = rawbtf_type(s->btf, id);
	struct walk w = { s, a, out };

	*out = (diff_parts){ 0 };
	if (rawbtf_is_record(t))
		return add_members(&w, t, "", 0, 0);
	add_values(&w, t);
	return 0;
}

static bool is_same(const struct diff_part *x, const struct diff_part *y)
{
	if (!x->type || !y->type)
		return x->value == y->value && x->type == y->type;
	return x->offset == y->offset && x->bits == y->bits && !strcmp(x->type, y->type);
}

static void note(struct arena *a, struct diff_type *out, const struct diff_part *x,
		 const struct diff_part *y)
{
	enum diff_change change = !x ? DIFF_ADDED : !y ? DIFF_REMOVED : DIFF_CHANGED;

	*vec_add(a, &out->parts) = (struct diff_pair){ change, x, y };
}

/* The first of each name that is not yet matched; names may be there twice, as "" of bit-fields in between. */
struct named {
	const struct diff_part *part;
	struct named *next;
	bool is_matched;
};

static struct named *index_parts(struct arena *a, struct table *t, const diff_parts *parts)
{
	struct named *all = arena_array(a, struct named, parts->n + 1);

	table_init(t, a);
	for (size_t i = parts->n; i-- > 0;) {
		all[i].part = &parts->at[i];
		all[i].next = table_get_str(t, parts->at[i].name);
		table_set_str(t, parts->at[i].name, &all[i]);
	}
	return all;
}

static bool is_all_same(const diff_parts *x, const diff_parts *y)
{
	if (x->n != y->n)
		return false;
	for (size_t i = 0; i < x->n; i++)
		if (strcmp(x->at[i].name, y->at[i].name) != 0 || !is_same(&x->at[i], &y->at[i]))
			return false;
	return true;
}

bool diff_parts_compare(struct arena *a, const diff_parts *old_parts, const diff_parts *new_parts,
			struct diff_type *out)
{
	struct named *all;
	struct table t;

	if (is_all_same(old_parts, new_parts))
		return false;
	all = index_parts(a, &t, old_parts);
	for (size_t i = 0; i < new_parts->n; i++) {
		const struct diff_part *p = &new_parts->at[i];
		struct named *n = table_get_str(&t, p->name);

		if (!n) {
			note(a, out, NULL, p);
			continue;
		}
		n->is_matched = true;
		table_set_str(&t, p->name, n->next);
		if (!is_same(n->part, p))
			note(a, out, n->part, p);
	}
	for (size_t i = 0; i < old_parts->n; i++)
		if (!all[i].is_matched)
			note(a, out, all[i].part, NULL);
	return out->parts.n > 0;
}
