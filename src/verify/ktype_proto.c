/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prototypes of the kernel's functions, and what their pointers lead to. */
#include <string.h>

#include "verify/ktype.h"

#define DEPTH 32

static const struct btf_type *pointer(const struct rawbtf *btf, u32 id)
{
	const struct btf_type *t = rawbtf_skip(btf, &id, NULL);

	return t && BTF_INFO_KIND(t->info) == BTF_KIND_PTR ? t : NULL;
}

const struct btf_type *ktype_prototype(const struct rawbtf *btf, const char *function)
{
	const struct btf_type *t = NULL;
	u32 id = ktype_find(btf, BTF_KIND_FUNC, function);

	if (id)
		t = rawbtf_type(btf, rawbtf_type(btf, id)->type);
	return t && BTF_INFO_KIND(t->info) == BTF_KIND_FUNC_PROTO ? t : NULL;
}

const char *ktype_param(const struct rawbtf *btf, const struct btf_param *param)
{
	return rawbtf_str(btf, param->name_off);
}

bool ktype_is_pointer(const struct rawbtf *btf, u32 id)
{
	return pointer(btf, id) != NULL;
}

u32 ktype_target(const struct rawbtf *btf, u32 id)
{
	const struct btf_type *p = pointer(btf, id);
	u32 to = p ? p->type : 0;

	return p && rawbtf_is_record(rawbtf_skip(btf, &to, NULL)) ? to : 0;
}

u32 ktype_pointed_size(const struct rawbtf *btf, u32 id)
{
	const struct btf_type *p = pointer(btf, id);
	u32 to = p ? p->type : 0;
	const struct btf_type *t = p ? rawbtf_skip(btf, &to, NULL) : NULL;

	if (!t)
		return 0;
	if (BTF_INFO_KIND(t->info) == BTF_KIND_PTR)
		return 8;
	return rawbtf_is_number(t) || rawbtf_is_record(t) ? t->size : 0;
}

bool ktype_to_const(const struct rawbtf *btf, u32 id)
{
	const struct btf_type *p = pointer(btf, id);
	bool is_const = false;
	u32 to = p ? p->type : 0;

	if (p)
		rawbtf_skip(btf, &to, &is_const);
	return is_const;
}

u32 ktype_number_size(const struct rawbtf *btf, u32 id)
{
	const struct btf_type *t = rawbtf_skip(btf, &id, NULL);

	return rawbtf_is_number(t) ? t->size : 0;
}

static bool is_plain(const struct rawbtf *btf, u32 id, u32 depth)
{
	const struct btf_type *t = rawbtf_skip(btf, &id, NULL);

	if (rawbtf_is_number(t))
		return true;
	if (t && BTF_INFO_KIND(t->info) == BTF_KIND_ARRAY && depth < 4)
		return is_plain(btf, ((const struct btf_array *)(const void *)(t + 1))->type,
				depth + 1);
	if (!rawbtf_is_record(t) || depth >= 4)
		return false;
	const struct btf_member *m = (const void *)(t + 1);
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		if (!is_plain(btf, m[i].type, depth + 1))
			return false;
	}
	return true;
}

bool ktype_is_plain(const struct rawbtf *btf, u32 id)
{
	return is_plain(btf, id, 0);
}

u32 ktype_inner(const struct rawbtf *btf, u32 id, u32 offset, u32 type)
{
	for (u32 depth = 0; depth < DEPTH; depth++) {
		const struct btf_type *t = rawbtf_skip(btf, &id, NULL);
		const struct btf_member *m = (const void *)(t + 1), *found = NULL;
		if (!rawbtf_is_record(t))
			return 0;
		if (!offset && ktype_begins(btf, id, type))
			return id;
		for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
			u32 at = (BTF_INFO_KFLAG(t->info) ? BTF_MEMBER_BIT_OFFSET(m[i].offset)
							  : m[i].offset) /
				 8;
			u32 to = m[i].type;
			const struct btf_type *mt = rawbtf_skip(btf, &to, NULL);
			if (rawbtf_is_record(mt) && at <= offset && offset < at + mt->size) {
				found = &m[i];
				offset -= at;
				id = to;
				break;
			}
		}
		if (!found)
			return 0;
	}
	return 0;
}
