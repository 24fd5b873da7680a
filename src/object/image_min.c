/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Marks first, then one walk along the kernel's types: those marked get new ids in the old order, so types may refer to later
 * ones as they do in the kernel's.
 */
#include "object/image_min.h"

#include <string.h>

#include "object/btfgen.h"

struct image_min_type {
	bool *members; /* of records and enums: which are kept */
	u8 compared;   /* bits: SEEN_... */
	u32 id;        /* new; while it is written */
};

enum {
	SEEN_FITS = 1 << 0,
	SEEN_MATCHES = 1 << 1,
	SEEN_BEHIND = 1 << 2, /* a pointer */
};

void image_min_init(struct image_min *m, struct arena *arena, const struct rawbtf *kernel)
{
	*m = (struct image_min){ .arena = arena, .kernel = kernel, .left = IMAGE_MAX_ALL_STEPS };
	m->types = arena_array(arena, struct image_min_type *, rawbtf_end(kernel) + 1);
}

static bool has_members(const struct btf_type *t)
{
	return image_type_is_record(t) || image_type_is_enum(t);
}

/* NULL for void and what is no type. */
static struct image_min_type *keep(struct image_min *m, u32 id)
{
	const struct btf_type *t = rawbtf_type(m->kernel, id);

	if (!t)
		return NULL;
	if (!m->types[id]) {
		m->types[id] = arena_new(m->arena, struct image_min_type);
		if (has_members(t))
			m->types[id]->members =
				arena_array(m->arena, bool, image_type_count(t) + 1);
	}
	return m->types[id];
}

/* The type behind qualifiers and typedefs; 0: void. */
static u32 skip(const struct image_min *m, u32 id)
{
	u32 out;

	image_type_skip(m->kernel, id, &out);
	return out;
}

static bool spend(struct image_min *m)
{
	return m->left && m->left--;
}

/* Keeps the way to a member, which may lead through members without a name. */
static bool keep_path(struct image_min *m, u32 id, const struct image_step *step, u32 depth)
{
	const struct btf_type *t = rawbtf_type(m->kernel, id);

	if (!depth || !t || !image_type_is_record(t))
		return false;
	if (id == step->type) {
		keep(m, id)->members[step->index] = true;
		return true;
	}
	for (u32 i = 0; i < image_type_count(t) && spend(m); i++) {
		const struct btf_member *member = image_type_members(t) + i;

		if (member->name_off || !keep_path(m, skip(m, member->type), step, depth - 1))
			continue;
		keep(m, id)->members[i] = true;
		return true;
	}
	return false;
}

/* What is loaded: an array with its elements, of a record nothing but its size. */
static void keep_value(struct image_min *m, u32 id)
{
	for (u32 i = 0; i < CORE_MAX_DEPTH && keep(m, id); i++) {
		const struct btf_type *t = rawbtf_type(m->kernel, id);

		if (image_type_kind(t) != BTF_KIND_ARRAY)
			return;
		keep(m, skip(m, image_type_array(t)->index_type));
		id = skip(m, image_type_array(t)->type);
	}
}

void image_min_found(struct image_min *m, const struct image_spec *spec)
{
	u32 id = skip(m, spec->root);

	keep(m, spec->root);
	if (spec->kind == CORE_ENUM_EXISTS || spec->kind == CORE_ENUM_VALUE) {
		keep(m, spec->steps[0].type)->members[spec->steps[0].index] = true;
		return;
	}
	keep_value(m, id);
	for (u32 i = 0; i < spec->count; i++) {
		const struct image_step *step = &spec->steps[i];

		if (step->name) {
			keep_path(m, id, step, CORE_MAX_DEPTH);
			id = skip(m, image_type_members(
					     rawbtf_type(m->kernel, step->type))[step->index]
					     .type);
			keep_value(m, id);
		} else if (i) {
			id = step->type;
		}
	}
}

/* Whether this has to be gone through, or has been. */
static bool begin(struct image_min *m, u32 id, u8 how)
{
	struct image_min_type *k = spend(m) ? keep(m, id) : NULL;

	if (!k || (k->compared & how))
		return false;
	k->compared |= how;
	return true;
}

static const struct btf_param *params_of(const struct btf_type *t)
{
	return (const struct btf_param *)(t + 1);
}

static void keep_compared(struct image_min *m, u32 id, u8 how, u32 depth);

static void keep_members(struct image_min *m, u32 id, const struct btf_type *t, u32 depth)
{
	memset(m->types[id]->members, true, image_type_count(t));
	for (u32 i = 0; image_type_is_record(t) && i < image_type_count(t); i++)
		keep_compared(m, image_type_members(t)[i].type, SEEN_MATCHES, depth);
}

/* Comparing may look at all that can be reached from the type; records behind pointers count by their names. */
static void keep_compared(struct image_min *m, u32 id, u8 how, u32 depth)
{
	for (; depth; depth--) {
		const struct btf_type *t = image_type_skip(m->kernel, id, &id);

		if (!t || !begin(m, id, how))
			return;
		switch (image_type_kind(t)) {
		case BTF_KIND_PTR:
			id = t->type;
			how = how == SEEN_MATCHES ? SEEN_BEHIND : how;
			break;
		case BTF_KIND_ARRAY:
			keep(m, skip(m, image_type_array(t)->index_type));
			id = image_type_array(t)->type;
			break;
		case BTF_KIND_FUNC_PROTO:
			for (u32 i = 0; i < image_type_count(t); i++)
				keep_compared(m, params_of(t)[i].type, how, depth - 1);
			id = t->type;
			break;
		default:
			if (image_type_is_enum(t) ? how != SEEN_FITS : how == SEEN_MATCHES)
				if (has_members(t))
					keep_members(m, id, t, depth - 1);
			return;
		}
	}
}

void image_min_compared(struct image_min *m, u32 kind, u32 root)
{
	if (kind == CORE_TYPE_ID_TARGET)
		m->ids++;
	keep(m, root);
	keep_compared(m, root, kind == CORE_TYPE_MATCHES ? SEEN_MATCHES : SEEN_FITS,
		      CORE_MAX_DEPTH);
}

/* ---- writing */

/* The new id of what is behind a reference; 0 where it was left out. */
static u32 new_id(const struct image_min *m, u32 id)
{
	u32 target = skip(m, id);

	return target && m->types[target] ? m->types[target]->id : 0;
}

static u32 put_members(const struct image_min *m, struct btfgen *g, const struct btf_type *t,
		       const bool *kept, struct buf *out)
{
	u32 n = 0;

	for (u32 i = 0; i < image_type_count(t); i++) {
		u32 name;

		if (!kept[i])
			continue;
		n++;
		if (image_type_is_record(t)) {
			struct btf_member member = image_type_members(t)[i];

			member.name_off = btfgen_str(g, rawbtf_str(m->kernel, member.name_off));
			member.type = new_id(m, member.type);
			buf_put(out, &member, sizeof(member));
			continue;
		}
		name = btfgen_str(g, rawbtf_str(m->kernel, image_type_enumerator(t, i)));
		if (image_type_kind(t) == BTF_KIND_ENUM) {
			struct btf_enum e = ((const struct btf_enum *)(t + 1))[i];

			e.name_off = name;
			buf_put(out, &e, sizeof(e));
		} else {
			struct btf_enum64 e = ((const struct btf_enum64 *)(t + 1))[i];

			e.name_off = name;
			buf_put(out, &e, sizeof(e));
		}
	}
	return n;
}

static u32 put_params(const struct image_min *m, const struct btf_type *t, struct buf *out)
{
	for (u32 i = 0; i < image_type_count(t); i++) {
		struct btf_param p = { .type = new_id(m, params_of(t)[i].type) };

		buf_put(out, &p, sizeof(p));
	}
	return image_type_count(t);
}

/* What a type's kind adds, into extra; how many members it has now. */
static u32 put_extra(const struct image_min *m, struct btfgen *g, const struct btf_type *t,
		     const struct image_min_type *kept, struct buf *extra)
{
	struct btf_array array;
	u32 number;

	if (has_members(t))
		return put_members(m, g, t, kept->members, extra);
	switch (image_type_kind(t)) {
	case BTF_KIND_FUNC_PROTO:
		return put_params(m, t, extra);
	case BTF_KIND_ARRAY:
		array = *image_type_array(t);
		array.type = new_id(m, array.type);
		array.index_type = new_id(m, array.index_type);
		buf_put(extra, &array, sizeof(array));
		return 0;
	case BTF_KIND_INT:
		number = image_type_int(t);
		buf_put(extra, &number, sizeof(number));
		return 0;
	default:
		return 0;
	}
}

static void put_type(const struct image_min *m, struct btfgen *g, const struct btf_type *t,
		     const struct image_min_type *kept)
{
	struct btf_type out = { .name_off = btfgen_str(g, rawbtf_str(m->kernel, t->name_off)) };
	struct buf extra = { 0 };
	u32 kind = image_type_kind(t);
	u32 n = put_extra(m, g, t, kept, &extra);

	out.info = kind << 24 | n | (t->info & 1u << 31);
	if (kind == BTF_KIND_PTR || kind == BTF_KIND_TYPEDEF || kind == BTF_KIND_FUNC_PROTO)
		out.type = new_id(m, t->type);
	else if (kind != BTF_KIND_ARRAY && kind != BTF_KIND_FWD)
		out.size = t->size;
	btfgen_append(g, out, extra.data, extra.len);
	buf_done(&extra);
}

void image_min_write(const struct image_min *m, struct buf *out, u32 *count)
{
	struct btfgen g;
	u32 n = 0;

	for (u32 id = 1; id < rawbtf_end(m->kernel); id++) {
		if (m->types[id])
			m->types[id]->id = ++n;
	}
	btfgen_init(&g, m->arena);
	for (u32 id = 1; id < rawbtf_end(m->kernel); id++) {
		if (m->types[id])
			put_type(m, &g, rawbtf_type(m->kernel, id), m->types[id]);
	}
	btfgen_write(&g, out);
	btfgen_done(&g);
	*count = n;
}
