/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/field.h"

#include <string.h>

#define DEPTH 16         /* of structs and arrays within each other */
#define KIND_TYPE_TAG 18 /* younger than some headers that this is built with */
#define CONTAINS "contains:"
#define VISITS (1u << 20) /* of members, in all */

static const struct {
	const char *type;
	u32 size, align;
} special[FIELD_KINDS] = {
	[FIELD_SPIN_LOCK] = { "bpf_spin_lock", 4, 4 },
	[FIELD_RES_SPIN_LOCK] = { "bpf_res_spin_lock", 8, 4 },
	[FIELD_TIMER] = { "bpf_timer", 16, 8 },
	[FIELD_WORK_QUEUE] = { "bpf_wq", 16, 8 },
	[FIELD_TASK_WORK] = { "bpf_task_work", 8, 8 },
	[FIELD_REFCOUNT] = { "bpf_refcount", 4, 4 },
	[FIELD_LIST_HEAD] = { "bpf_list_head", 16, 8 },
	[FIELD_LIST_NODE] = { "bpf_list_node", 24, 8 },
	[FIELD_RB_ROOT] = { "bpf_rb_root", 16, 8 },
	[FIELD_RB_NODE] = { "bpf_rb_node", 32, 8 },
	[FIELD_KPTR] = { "", 8, 8 },
	[FIELD_KPTR_PERCPU] = { "", 8, 8 },
	[FIELD_KPTR_UNTRUSTED] = { "", 8, 8 },
};

/* Whose tags say what a root contains: a member of a struct, or a variable (component -1). */
struct place {
	u32 type;
	s32 component;
};

struct walk {
	const struct rawbtf *btf;
	struct fields *out;
	u32 visits;
};

static void fail(struct walk *w, const char *why)
{
	if (!w->out->wrong)
		w->out->wrong = why;
}

static void add(struct walk *w, struct field f)
{
	if (w->out->count == FIELD_MAX)
		fail(w, "it has too many fields that belong to functions");
	else
		w->out->at[w->out->count++] = f;
}

static u32 offset_of(const struct btf_type *record, const struct btf_member *m)
{
	return (BTF_INFO_KFLAG(record->info) ? BTF_MEMBER_BIT_OFFSET(m->offset) : m->offset) / 8;
}

static u32 find_struct(const struct rawbtf *btf, const char *name, size_t len)
{
	struct rawbtf_iter it = { 0 };
	const struct btf_type *t;

	while ((t = rawbtf_next(btf, &it))) {
		const char *its = rawbtf_str(btf, t->name_off);
		if (BTF_INFO_KIND(t->info) == BTF_KIND_STRUCT && strlen(its) == len &&
		    !memcmp(its, name, len))
			return it.id;
	}
	return 0;
}

/* "node:link" of the tag "contains:node:link"; NULL if the place has none. */
static const char *contents_of(const struct rawbtf *btf, struct place p)
{
	struct rawbtf_iter it = { 0 };
	const struct btf_type *t;

	while ((t = rawbtf_next(btf, &it))) {
		if (BTF_INFO_KIND(t->info) != BTF_KIND_DECL_TAG || t->type != p.type ||
		    *(const s32 *)(const void *)(t + 1) != p.component)
			continue;
		const char *tag = rawbtf_str(btf, t->name_off);
		if (!strncmp(tag, CONTAINS, strlen(CONTAINS)))
			return tag + strlen(CONTAINS);
	}
	return NULL;
}

static void add_root(struct walk *w, struct field f, struct place p)
{
	const char *contents = contents_of(w->btf, p);
	const char *colon = contents ? strchr(contents, ':') : NULL;
	const char *node =
		special[f.kind == FIELD_LIST_HEAD ? FIELD_LIST_NODE : FIELD_RB_NODE].type;
	const struct btf_type *t;

	f.type = colon ? find_struct(w->btf, contents, (size_t)(colon - contents)) : 0;
	t = rawbtf_type(w->btf, f.type);
	const struct btf_member *m = (const void *)(t + 1), *found = NULL;
	for (u32 i = 0; f.type && i < BTF_INFO_VLEN(t->info) && !found; i++) {
		u32 id = m[i].type;
		const struct btf_type *mt = rawbtf_skip(w->btf, &id, NULL);
		if (rawbtf_is_record(mt) && !strcmp(rawbtf_str(w->btf, m[i].name_off), colon + 1) &&
		    !strcmp(rawbtf_str(w->btf, mt->name_off), node))
			found = &m[i];
	}
	if (found)
		f.node = offset_of(t, found);
	else
		fail(w, colon ? "what its list or tree contains by the tag is not there"
			      : "its list or tree has no tag that says what it contains");
	add(w, f);
}

/* A pointer behind a tag. */
static void add_pointer(struct walk *w, const struct btf_type *pointer, u32 offset)
{
	static const struct {
		const char *tag;
		enum field_kind kind;
	} tags[] = { { "kptr", FIELD_KPTR },
		     { "percpu_kptr", FIELD_KPTR_PERCPU },
		     { "kptr_untrusted", FIELD_KPTR_UNTRUSTED } };
	const struct btf_type *tag = rawbtf_type(w->btf, pointer->type);

	if (!tag || BTF_INFO_KIND(tag->info) != KIND_TYPE_TAG)
		return;
	for (u32 i = 0; i < ARRAY_SIZE(tags); i++) {
		if (strcmp(rawbtf_str(w->btf, tag->name_off), tags[i].tag) != 0)
			continue;
		u32 id = tag->type;
		const struct btf_type *to = rawbtf_skip(w->btf, &id, NULL);
		bool is_struct = to && BTF_INFO_KIND(to->info) == BTF_KIND_STRUCT;
		add(w, (struct field){ .kind = tags[i].kind,
				       .offset = offset,
				       .size = 8,
				       .name = to ? rawbtf_str(w->btf, to->name_off) : "",
				       .type = is_struct ? id : 0 });
	}
}

static void visit(struct walk *w, u32 id, u32 offset, struct place p, u32 depth);

static void visit_struct(struct walk *w, const struct btf_type *t, u32 id, u32 offset,
			 struct place p, u32 depth)
{
	const char *name = rawbtf_str(w->btf, t->name_off);
	const struct btf_member *m = (const void *)(t + 1);

	for (u32 k = 0; k < FIELD_KINDS; k++) {
		if (!special[k].type[0] || strcmp(special[k].type, name) != 0)
			continue;
		struct field f = { .kind = (enum field_kind)k,
				   .offset = offset,
				   .size = t->size > special[k].size ? t->size : special[k].size,
				   .name = special[k].type };
		if (k == FIELD_LIST_HEAD || k == FIELD_RB_ROOT)
			add_root(w, f, p);
		else
			add(w, f);
		return;
	}
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++)
		visit(w, m[i].type, offset + offset_of(t, &m[i]), (struct place){ id, (s32)i },
		      depth + 1);
}

/* What one element has, the others have, too. Of how ever many dimensions it is, its elements lie in a row. */
static void visit_array(struct walk *w, u32 id, u32 offset, struct place p, u32 depth)
{
	const struct btf_type *t = rawbtf_skip(w->btf, &id, NULL);
	u32 first = w->out->count;
	u64 elements = 1;

	for (; t && depth < DEPTH && BTF_INFO_KIND(t->info) == BTF_KIND_ARRAY; depth++) {
		const struct btf_array *a = (const void *)(t + 1);
		elements = elements > UINT32_MAX ? elements : elements * a->nelems;
		id = a->type;
		t = rawbtf_skip(w->btf, &id, NULL);
	}
	if (!t || !elements)
		return;
	visit(w, id, offset, p, depth);
	u32 count = w->out->count - first,
	    size = BTF_INFO_KIND(t->info) == BTF_KIND_PTR ? 8 : t->size;
	for (u64 i = 1; count && i < elements && !w->out->wrong; i++) {
		for (u32 k = 0; k < count; k++) {
			struct field f = w->out->at[first + k];
			f.offset += (u32)i * size;
			add(w, f);
		}
	}
}

static void visit(struct walk *w, u32 id, u32 offset, struct place p, u32 depth)
{
	const struct btf_type *t = rawbtf_skip(w->btf, &id, NULL);

	if (++w->visits > VISITS)
		fail(w, "it has too many members");
	if (!t || depth > DEPTH || w->out->wrong)
		return;
	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_PTR:
		add_pointer(w, t, offset);
		break;
	case BTF_KIND_ARRAY:
		visit_array(w, id, offset, p, depth);
		break;
	case BTF_KIND_STRUCT:
		visit_struct(w, t, id, offset, p, depth);
		break;
	default:
		break;
	}
}

static void visit_variables(struct walk *w, const struct btf_type *section)
{
	const struct btf_var_secinfo *v = (const void *)(section + 1);

	for (u32 i = 0; i < BTF_INFO_VLEN(section->info); i++) {
		const struct btf_type *var = rawbtf_type(w->btf, v[i].type);
		if (var && BTF_INFO_KIND(var->info) == BTF_KIND_VAR)
			visit(w, var->type, v[i].offset, (struct place){ v[i].type, -1 }, 0);
	}
}

/* Whether a struct of this type is put into lists or trees, and whether it has such of its own. */
static void look_at(const struct rawbtf *btf, u32 type, bool *is_node, bool *is_root)
{
	struct fields f = { 0 };
	struct walk w = { btf, &f, 0 };

	visit(&w, type, 0, (struct place){ 0 }, 0);
	*is_node = fields_find(&f, FIELD_LIST_NODE) || fields_find(&f, FIELD_RB_NODE);
	*is_root = fields_find(&f, FIELD_LIST_HEAD) || fields_find(&f, FIELD_RB_ROOT);
}

/* What the kernel asks of all of them together; size: of what they are in. */
static void check(struct walk *w, u32 size)
{
	const struct fields *f = w->out;
	bool has_lock = fields_find(f, FIELD_SPIN_LOCK) || fields_find(f, FIELD_RES_SPIN_LOCK);
	bool is_list = fields_find(f, FIELD_LIST_NODE), is_tree = fields_find(f, FIELD_RB_NODE);

	for (u32 i = 0; i < f->count; i++) {
		if (f->at[i].kind <= FIELD_REFCOUNT && fields_find(f, f->at[i].kind) != &f->at[i])
			fail(w, "it has two fields of a type that may be in it once");
		bool is_root = f->at[i].kind == FIELD_LIST_HEAD || f->at[i].kind == FIELD_RB_ROOT;
		bool its_node, its_root;
		if ((u64)f->at[i].offset + f->at[i].size > size)
			fail(w, "a field that belongs to functions lies beyond its end");
		if (f->at[i].offset % special[f->at[i].kind].align)
			fail(w, "a field that belongs to functions is not aligned");
		if (!is_root)
			continue;
		if (!has_lock)
			fail(w, "its list or tree has no struct bpf_spin_lock beside it");
		look_at(w->btf, f->at[i].type, &its_node, &its_root);
		/* Else what it owns could, in the end, own it. */
		if ((is_list || is_tree) && its_root)
			fail(w,
			     "it is put into a list or tree, and has one of what has one itself");
	}
	if (is_list && is_tree && !fields_find(f, FIELD_REFCOUNT))
		fail(w, "it is put into lists and trees, and has no struct bpf_refcount for that");
}

void fields_read(const struct rawbtf *btf, u32 type, struct fields *out)
{
	struct walk w = { btf, out, 0 };
	const struct btf_type *t = btf && type ? rawbtf_type(btf, type) : NULL;

	*out = (struct fields){ 0 };
	if (!t)
		return;
	if (BTF_INFO_KIND(t->info) == BTF_KIND_DATASEC)
		visit_variables(&w, t);
	else
		visit(&w, type, 0, (struct place){ 0 }, 0);
	check(&w, t->size);
}

const struct field *fields_find(const struct fields *f, enum field_kind kind)
{
	for (u32 i = 0; i < f->count; i++) {
		if (f->at[i].kind == kind)
			return &f->at[i];
	}
	return NULL;
}

const struct field *fields_met(const struct fields *f, s64 from, s64 to)
{
	for (u32 i = 0; i < f->count; i++) {
		if (from < (s64)f->at[i].offset + f->at[i].size && to > (s64)f->at[i].offset)
			return &f->at[i];
	}
	return NULL;
}

const struct field *fields_at(const struct fields *f, s64 offset, enum field_kind kind)
{
	for (u32 i = 0; i < f->count; i++) {
		if (f->at[i].kind == kind && (s64)f->at[i].offset == offset)
			return &f->at[i];
	}
	return NULL;
}

const char *field_kind_name(enum field_kind kind)
{
	return special[kind].type;
}
