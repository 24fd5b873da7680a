/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields of map values that belong to helpers: locks, timers, kptrs, lists. They are found by the names of their types. */
#include <string.h>

#include "verify/engine.h"

#define KIND_TYPE_TAG 18 /* younger than some headers that this is built with */

static const struct {
	const char *type;
	u32 size;
} special[] = {
	{ "bpf_spin_lock", 4 },  { "bpf_timer", 16 },     { "bpf_wq", 16 },
	{ "bpf_list_head", 16 }, { "bpf_list_node", 24 }, { "bpf_rb_root", 16 },
	{ "bpf_rb_node", 32 },   { "bpf_refcount", 4 },   { "bpf_res_spin_lock", 8 },
	{ "bpf_task_work", 8 },
};

static const struct btf_type *strip(const struct rawbtf *btf, u32 id)
{
	const struct btf_type *t = rawbtf_type(btf, id);

	for (u32 depth = 0; t && depth < 32; depth++) {
		u32 kind = BTF_INFO_KIND(t->info);
		if (kind != BTF_KIND_TYPEDEF && kind != BTF_KIND_CONST &&
		    kind != BTF_KIND_VOLATILE && kind != KIND_TYPE_TAG)
			return t;
		t = rawbtf_type(btf, t->type);
	}
	return NULL;
}

/* Calls back for each member and each variable of the value's type. */
typedef bool (*member_visit)(const char *type, u32 offset, u32 size, void *arg);

static bool visit_one(const struct rawbtf *btf, u32 id, u32 offset, u32 depth, member_visit visit,
		      void *arg)
{
	const struct btf_type *t = strip(btf, id);

	if (!t || depth > 4)
		return false;
	u32 kind = BTF_INFO_KIND(t->info), n = BTF_INFO_VLEN(t->info);
	if (kind == BTF_KIND_DATASEC) {
		const struct btf_var_secinfo *v = (const void *)(t + 1);
		for (u32 i = 0; i < n; i++) {
			const struct btf_type *var = rawbtf_type(btf, v[i].type);
			if (var && visit_one(btf, var->type, v[i].offset, depth + 1, visit, arg))
				return true;
		}
	}
	if (kind != BTF_KIND_STRUCT)
		return false;
	if (visit(rawbtf_str(btf, t->name_off), offset, t->size, arg))
		return true;
	const struct btf_member *m = (const void *)(t + 1);
	for (u32 i = 0; i < n; i++) {
		u32 bits =
			BTF_INFO_KFLAG(t->info) ? BTF_MEMBER_BIT_OFFSET(m[i].offset) : m[i].offset;
		if (visit_one(btf, m[i].type, offset + bits / 8, depth + 1, visit, arg))
			return true;
	}
	return false;
}

struct search {
	const char *type;
	s64 from, to;
	s32 found;
};

static bool is_type(const char *type, u32 offset, u32 size, void *arg)
{
	struct search *s = arg;

	(void)size;
	if (strcmp(type, s->type) != 0)
		return false;
	s->found = (s32)offset;
	return true;
}

static bool is_met(const char *type, u32 offset, u32 size, void *arg)
{
	struct search *s = arg;

	for (u32 i = 0; i < ARRAY_SIZE(special); i++) {
		u32 bytes = size > special[i].size ? size : special[i].size;
		if (!strcmp(type, special[i].type) && s->from < (s64)offset + bytes &&
		    s->to > (s64)offset) {
			s->type = special[i].type;
			return true;
		}
	}
	return false;
}

s32 field_find(const struct image *img, u32 map, const char *type)
{
	struct search s = { .type = type, .found = -1 };
	const struct image_map *m = &img->maps.at[map];

	if (img->btf && m->value_type)
		visit_one(img->btf, m->value_type, 0, 0, is_type, &s);
	return s.found;
}

bool field_meets(const struct image *img, u32 map, s64 from, s64 to, const char **name)
{
	struct search s = { .from = from, .to = to };
	const struct image_map *m = &img->maps.at[map];

	if (!img->btf || !m->value_type || !visit_one(img->btf, m->value_type, 0, 0, is_met, &s))
		return false;
	*name = s.type;
	return true;
}

/* ---- kptrs */

/* A member that is a pointer with a tag: what its type is called, NULL if it is none. */
static const char *kptr_type(const struct rawbtf *btf, u32 id, bool *is_owned)
{
	const struct btf_type *t = strip(btf, id);

	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_PTR)
		return NULL;
	const struct btf_type *tag = rawbtf_type(btf, t->type);
	if (!tag || BTF_INFO_KIND(tag->info) != KIND_TYPE_TAG)
		return NULL;
	const char *name = rawbtf_str(btf, tag->name_off);
	bool is_percpu = !strcmp(name, "percpu_kptr"); /* not known here: of no type */
	bool owned = !strcmp(name, "kptr") || is_percpu;
	if (!owned && strcmp(name, "kptr_untrusted") != 0)
		return NULL;
	const struct btf_type *to = strip(btf, tag->type);
	*is_owned = owned;
	return to && !is_percpu ? rawbtf_str(btf, to->name_off) : "";
}

static bool find_kptr(const struct rawbtf *btf, u32 id, u32 base, u32 depth, struct search *s,
		      struct field_kptr *out)
{
	const struct btf_type *t = strip(btf, id);
	u32 kind = t ? BTF_INFO_KIND(t->info) : 0;
	bool is_owned;

	if (depth > 4)
		return false;
	if (kind == BTF_KIND_PTR && s->from < (s64)base + 8 && s->to > (s64)base) {
		const char *type = kptr_type(btf, id, &is_owned);
		if (type)
			*out = (struct field_kptr){ base, is_owned, type };
		return type != NULL;
	}
	if (kind == BTF_KIND_DATASEC) {
		const struct btf_var_secinfo *v = (const void *)(t + 1);
		for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
			const struct btf_type *var = rawbtf_type(btf, v[i].type);
			if (var && find_kptr(btf, var->type, v[i].offset, depth + 1, s, out))
				return true;
		}
	}
	if (kind == BTF_KIND_ARRAY) {
		const struct btf_array *a = (const void *)(t + 1);
		const struct btf_type *one = strip(btf, a->type);
		u32 size = !one ? 0 : BTF_INFO_KIND(one->info) == BTF_KIND_PTR ? 8 : one->size;
		u32 from = s->from > base && size ? (u32)((s->from - base) / size) : 0;
		for (u32 i = from; i < a->nelems && size && (s64)base + i * (s64)size < s->to;
		     i++) {
			if (find_kptr(btf, a->type, base + i * size, depth + 1, s, out))
				return true;
		}
	}
	if (kind != BTF_KIND_STRUCT)
		return false;
	const struct btf_member *m = (const void *)(t + 1);
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		u32 bits =
			BTF_INFO_KFLAG(t->info) ? BTF_MEMBER_BIT_OFFSET(m[i].offset) : m[i].offset;
		if (find_kptr(btf, m[i].type, base + bits / 8, depth + 1, s, out))
			return true;
	}
	return false;
}

bool field_kptr(const struct image *img, u32 map, s64 from, s64 to, struct field_kptr *out)
{
	struct search s = { .from = from, .to = to };
	const struct image_map *m = &img->maps.at[map];

	return img->btf && m->value_type && find_kptr(img->btf, m->value_type, 0, 0, &s, out);
}
