/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/ktype.h"

#include <stdio.h>
#include <string.h>

#include "isa/hook.h"
#include "isa/prog_type.h"

#define DEPTH 32

u32 ktype_find(const struct rawbtf *btf, u32 kind, const char *name)
{
	struct rawbtf_iter it = { 0 };
	const struct btf_type *t;

	while (btf && (t = rawbtf_next(btf, &it))) {
		if (BTF_INFO_KIND(t->info) == kind && !strcmp(rawbtf_str(btf, t->name_off), name))
			return it.id;
	}
	return 0;
}

u32 ktype_find_local(const struct rawbtf *btf, const char *name)
{
	char plain[128];
	const char *flavor = strstr(name, "___");
	size_t n = flavor ? (size_t)(flavor - name) : strlen(name);

	snprintf(plain, sizeof(plain), "%.*s", (int)(n < sizeof(plain) ? n : 0), name);
	return plain[0] ? ktype_find(btf, BTF_KIND_STRUCT, plain) : 0;
}

u32 ktype_size(const struct rawbtf *btf, u32 id)
{
	const struct btf_type *t = rawbtf_skip(btf, &id, NULL);

	return rawbtf_is_record(t) ? t->size : 0;
}

const char *ktype_name(const struct rawbtf *btf, u32 id)
{
	const struct btf_type *t = btf ? rawbtf_type(btf, id) : NULL;

	return t ? rawbtf_str(btf, t->name_off) : "?";
}

static u32 offset_of(const struct btf_type *record, const struct btf_member *m)
{
	return (BTF_INFO_KFLAG(record->info) ? BTF_MEMBER_BIT_OFFSET(m->offset) : m->offset) / 8;
}

bool ktype_is(const struct rawbtf *btf, u32 id, const char *name)
{
	for (u32 depth = 0; btf && depth < DEPTH; depth++) {
		const struct btf_type *t = rawbtf_skip(btf, &id, NULL);
		if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_STRUCT)
			return false;
		if (!strcmp(rawbtf_str(btf, t->name_off), name))
			return true;
		const struct btf_member *first = (const void *)(t + 1);
		if (!BTF_INFO_VLEN(t->info) || offset_of(t, first))
			return false;
		id = first->type;
	}
	return false;
}

bool ktype_begins(const struct rawbtf *btf, u32 id, u32 with)
{
	const struct btf_type *t = rawbtf_skip(btf, &with, NULL);

	return t && ktype_is(btf, id, rawbtf_str(btf, t->name_off));
}

/* The struct behind a pointer type. */
static u32 target_of(const struct rawbtf *btf, u32 id)
{
	const struct btf_type *t = rawbtf_skip(btf, &id, NULL);

	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_PTR)
		return 0;
	id = t->type;
	return rawbtf_is_record(rawbtf_skip(btf, &id, NULL)) ? id : 0;
}

static u32 follow(const struct rawbtf *btf, u32 id, u32 offset, u32 depth)
{
	const struct btf_type *t = rawbtf_skip(btf, &id, NULL);

	if (!t || depth > DEPTH)
		return 0;
	if (BTF_INFO_KIND(t->info) == BTF_KIND_PTR)
		return offset ? 0 : target_of(btf, id);
	if (BTF_INFO_KIND(t->info) == BTF_KIND_ARRAY) {
		const struct btf_array *a = (const void *)(t + 1);
		u32 element = a->type;
		const struct btf_type *e = rawbtf_skip(btf, &element, NULL);
		u32 size = !e ? 0 : BTF_INFO_KIND(e->info) == BTF_KIND_PTR ? 8 : e->size;
		if (!size || offset / size >= a->nelems)
			return 0;
		return follow(btf, element, offset % size, depth + 1);
	}
	if (!rawbtf_is_record(t))
		return 0;
	const struct btf_member *m = (const void *)(t + 1);
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		u32 at = offset_of(t, &m[i]), type = m[i].type;
		u32 found = at <= offset ? follow(btf, type, offset - at, depth + 1) : 0;
		const struct btf_type *mt = rawbtf_skip(btf, &type, NULL);
		/* Only if the place is within the member: an earlier one could seem to reach there. */
		u32 size = !mt                                       ? 0
			   : rawbtf_is_record(mt)                    ? mt->size
			   : BTF_INFO_KIND(mt->info) == BTF_KIND_PTR ? 8
								     : UINT32_MAX;
		if (found && offset - at < size)
			return found;
	}
	return 0;
}

/* Of an element, of how ever many dimensions the array is. */
static u32 element_of(const struct rawbtf *btf, u32 id, u32 *size)
{
	const struct btf_type *t = rawbtf_skip(btf, &id, NULL);

	for (u32 depth = 0; t && depth < DEPTH && BTF_INFO_KIND(t->info) == BTF_KIND_ARRAY;
	     depth++) {
		id = ((const struct btf_array *)(const void *)(t + 1))->type;
		t = rawbtf_skip(btf, &id, NULL);
	}
	*size = !t ? 0 : BTF_INFO_KIND(t->info) == BTF_KIND_PTR ? 8 : t->size;
	return id;
}

static u64 size_of(const struct rawbtf *btf, u32 id)
{
	const struct btf_type *t = rawbtf_skip(btf, &id, NULL);
	u64 count = 1;

	for (u32 depth = 0; t && depth < DEPTH && BTF_INFO_KIND(t->info) == BTF_KIND_ARRAY;
	     depth++) {
		const struct btf_array *a = (const void *)(t + 1);
		count *= a->nelems;
		id = a->type;
		t = rawbtf_skip(btf, &id, NULL);
	}
	return !t ? 0 : count * (BTF_INFO_KIND(t->info) == BTF_KIND_PTR ? 8 : t->size);
}

static u32 bitfield_size(const struct btf_type *record, const struct btf_member *m)
{
	return BTF_INFO_KFLAG(record->info) ? BTF_MEMBER_BITFIELD_SIZE(m->offset) : 0;
}

/* The member that an access is made to: NULL if it is none, or only holes. */
static const struct btf_member *member_at(const struct rawbtf *btf, const struct btf_type *record,
					  u32 offset, u32 size)
{
	const struct btf_member *m = (const void *)(record + 1);

	for (u32 i = 0; i < BTF_INFO_VLEN(record->info); i++, m++) {
		u32 at = offset_of(record, m), bits = bitfield_size(record, m);
		if (offset + size <= at)
			break;
		if (bits) {
			u32 end = (BTF_MEMBER_BIT_OFFSET(m->offset) + bits + 7) / 8;
			if (offset <= at && end <= offset + size)
				return m;
			continue;
		}
		if (offset < at)
			break;
		if (offset < at + size_of(btf, m->type))
			return m;
	}
	return NULL;
}

/* Behind the end: an element of the array without a length that is the last member. False if there is none. */
static bool to_element(const struct rawbtf *btf, const struct btf_type *record, u32 *id,
		       u32 *offset)
{
	const struct btf_member *m = (const void *)(record + 1);
	u32 n = BTF_INFO_VLEN(record->info), type = n ? m[n - 1].type : 0;
	const struct btf_type *t = n ? rawbtf_skip(btf, &type, NULL) : NULL;
	u32 at = n ? offset_of(record, &m[n - 1]) : 0;

	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_ARRAY || *offset < at)
		return false;
	const struct btf_array *a = (const void *)(t + 1);
	*id = a->type;
	t = rawbtf_skip(btf, id, NULL);
	if (a->nelems || !t || !t->size || (!rawbtf_is_number(t) && !rawbtf_is_record(t)))
		return false;
	*offset = (*offset - at) % t->size;
	return true;
}

enum ktype_field ktype_access(const struct rawbtf *btf, u32 id, u32 offset, u32 size, u32 *to)
{
	*to = 0;
	for (u32 depth = 0; btf && depth < DEPTH; depth++) {
		const struct btf_type *t = rawbtf_skip(btf, &id, NULL);
		if (!rawbtf_is_record(t))
			return KTYPE_NOTHING;
		if ((u64)offset + size > t->size) {
			if (!to_element(btf, t, &id, &offset))
				return KTYPE_NOTHING;
			if (rawbtf_is_number(rawbtf_type(btf, id)))
				return KTYPE_NUMBER;
			continue;
		}
		const struct btf_member *m = member_at(btf, t, offset, size);
		if (!m)
			return KTYPE_NOTHING;
		if (bitfield_size(t, m))
			return KTYPE_NUMBER;
		u32 element, at = offset - offset_of(t, m);
		id = element_of(btf, m->type, &element);
		u64 whole = size_of(btf, m->type);
		u32 within = element ? at % element : at;
		const struct btf_type *e = rawbtf_skip(btf, &id, NULL);
		if (rawbtf_is_record(e)) {
			offset = within;
			continue;
		}
		if (e && BTF_INFO_KIND(e->info) == BTF_KIND_PTR) {
			if (size != 8 || within)
				return KTYPE_NOTHING;
			*to = target_of(btf, id);
			return *to ? KTYPE_POINTER : KTYPE_NUMBER;
		}
		return (u64)at + size <= whole ? KTYPE_NUMBER : KTYPE_NOTHING;
	}
	return KTYPE_NOTHING;
}

u32 ktype_follow(const struct rawbtf *btf, u32 id, u32 offset)
{
	return btf ? follow(btf, id, offset, 0) : 0;
}

bool ktype_is_iter(const struct image_prog *p)
{
	return p->type == BPF_PROG_TYPE_TRACING && p->attach == BPF_TRACE_ITER;
}

/* The member of a struct of the kernel that programs take the place of. */
static const struct btf_type *member_prototype(const struct rawbtf *btf, const struct image_prog *p)
{
	u32 ops = ktype_find_local(btf, p->ops);
	const struct btf_type *t = ops ? rawbtf_type(btf, ops) : NULL;
	const struct btf_member *m = (const void *)(t + 1);

	for (u32 i = 0; t && i < BTF_INFO_VLEN(t->info); i++) {
		u32 id = m[i].type;
		if (strcmp(rawbtf_str(btf, m[i].name_off), p->member) != 0)
			continue;
		const struct btf_type *to = rawbtf_skip(btf, &id, NULL);
		if (!to || BTF_INFO_KIND(to->info) != BTF_KIND_PTR)
			return NULL;
		to = rawbtf_type(btf, to->type);
		return to && BTF_INFO_KIND(to->info) == BTF_KIND_FUNC_PROTO ? to : NULL;
	}
	return NULL;
}

/* The prototype of what is attached to, and how many arguments before the first are not the program's. */
static const struct btf_type *prototype(const struct rawbtf *btf, const struct image_prog *p,
					u32 *skip)
{
	char name[160];
	bool is_raw = p->type == BPF_PROG_TYPE_TRACING && p->attach == BPF_TRACE_RAW_TP;
	bool is_lsm = p->type == BPF_PROG_TYPE_LSM;
	bool is_iter = ktype_is_iter(p);

	*skip = is_raw ? 1 : 0;
	if (p->type == BPF_PROG_TYPE_STRUCT_OPS)
		return p->ops ? member_prototype(btf, p) : NULL;
	if (!p->target[0])
		return NULL;
	snprintf(name, sizeof(name), "%s%s",
		 is_raw    ? "btf_trace_"
		 : is_lsm  ? "bpf_lsm_"
		 : is_iter ? "bpf_iter_"
			   : "",
		 p->target);
	u32 id = ktype_find(btf, is_raw ? BTF_KIND_TYPEDEF : BTF_KIND_FUNC, name);
	const struct btf_type *t = rawbtf_type(btf, id);
	if (!id || !t)
		return NULL;
	if (is_raw) {
		u32 pointer = t->type;
		const struct btf_type *ptr = rawbtf_skip(btf, &pointer, NULL);
		if (!ptr || BTF_INFO_KIND(ptr->info) != BTF_KIND_PTR)
			return NULL;
		t = ptr;
	}
	t = rawbtf_type(btf, t->type);
	return t && BTF_INFO_KIND(t->info) == BTF_KIND_FUNC_PROTO ? t : NULL;
}

bool ktype_argument(const struct rawbtf *btf, const struct image_prog *p, u32 arg, u32 *id)
{
	u32 skip;

	*id = 0;
	const struct btf_type *t = btf ? prototype(btf, p, &skip) : NULL;
	if (!t)
		return false;
	u32 count = BTF_INFO_VLEN(t->info) - skip;
	bool has_result = p->attach == BPF_TRACE_FEXIT || p->attach == BPF_MODIFY_RETURN;
	if (arg == count && has_result)
		return true;
	if (arg >= count)
		return false;
	const struct btf_param *params = (const void *)(t + 1);
	*id = target_of(btf, params[arg + skip].type);
	return true;
}

bool ktype_has_target(const struct rawbtf *btf, const struct image_prog *p)
{
	u32 skip;

	return btf && prototype(btf, p, &skip);
}

enum ktype_result ktype_result(const struct rawbtf *btf, const struct image_prog *p)
{
	u32 skip;
	const struct btf_type *t = btf ? prototype(btf, p, &skip) : NULL;

	return !t ? KTYPE_UNKNOWN : t->type ? KTYPE_OTHER : KTYPE_VOID;
}

u32 ktype_hook(const struct image_prog *p)
{
	char name[160];

	snprintf(name, sizeof(name), "%s%s", p->type == BPF_PROG_TYPE_LSM ? "bpf_lsm_" : "",
		 p->target);
	return hook_traits(name);
}

const char *ktype_member(const struct rawbtf *btf, u32 id, u32 offset)
{
	const struct btf_type *t = rawbtf_skip(btf, &id, NULL);

	if (!rawbtf_is_record(t))
		return "";
	const struct btf_member *m = (const void *)(t + 1);
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		if (offset_of(t, &m[i]) == offset && m[i].name_off)
			return rawbtf_str(btf, m[i].name_off);
	}
	return "";
}

/* Of the first len bytes of that name; NULL if it is no record or has none of the kind. */
static const struct btf_member *find_member(const struct rawbtf *btf, const struct btf_type *t,
					    const char *name, size_t len)
{
	const struct btf_member *m = (const void *)(t + 1);

	for (u32 i = 0; rawbtf_is_record(t) && i < BTF_INFO_VLEN(t->info); i++) {
		const char *own = rawbtf_str(btf, m[i].name_off);

		if (!strncmp(own, name, len) && !own[len])
			return &m[i];
	}
	return NULL;
}

bool ktype_has_member(const struct rawbtf *btf, u32 id, const char *name)
{
	return find_member(btf, rawbtf_skip(btf, &id, NULL), name, strlen(name));
}

bool ktype_path(const struct rawbtf *btf, u32 id, const char *path, u32 *offset, u32 *size)
{
	*offset = *size = 0;
	while (*path) {
		const struct btf_type *t = rawbtf_skip(btf, &id, NULL);
		size_t n = strcspn(path, ".");
		const struct btf_member *found = find_member(btf, t, path, n);

		if (!found)
			return false;
		u32 bits = bitfield_size(t, found);
		*offset += offset_of(t, found);
		*size = bits ? (bits + 7) / 8 : (u32)size_of(btf, found->type);
		id = found->type;
		path += n + (path[n] == '.');
	}
	return *size != 0;
}
