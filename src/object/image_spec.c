/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A spec keeps steps with names and steps into arrays; what steps without a name lead through only adds to the offset. So the
 * kernel's may have other such members between.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "object/image_core.h"

enum {
	MAX_BIT_OFFSET = 1 << 30,
	MAX_LOAD = 8,
	BITS = 8, /* of a byte */
};

static bool is_type_kind(u32 kind)
{
	return kind == CORE_TYPE_ID_LOCAL || kind == CORE_TYPE_ID_TARGET ||
	       kind == CORE_TYPE_EXISTS || kind == CORE_TYPE_SIZE || kind == CORE_TYPE_MATCHES;
}

static bool is_enum_kind(u32 kind)
{
	return kind == CORE_ENUM_EXISTS || kind == CORE_ENUM_VALUE;
}

static int add_step(struct image_spec *s, u32 type, u32 index, const char *name)
{
	if (s->count >= CORE_MAX_STEPS)
		return -EINVAL;
	s->steps[s->count++] = (struct image_step){ type, index, name };
	return 0;
}

static int add_bits(struct image_spec *s, u64 bits)
{
	s->bit_offset += bits;
	return s->bit_offset <= MAX_BIT_OFFSET ? 0 : -EINVAL;
}

/* An element of an array, or of the root taken as one. */
static int add_element(struct image_spec *s, u32 type, u32 index)
{
	s64 size = image_type_size(s->btf, type);

	if (size < 0 || add_step(s, type, index, NULL))
		return -EINVAL;
	return add_bits(s, (u64)size * index * BITS);
}

/* The last member of a record may be an array without a length, whose elements go on and on. */
static bool is_flexible(const struct image_spec *s, const struct btf_array *a)
{
	const struct image_step *last;

	if (!s->count || a->nelems)
		return false;
	last = &s->steps[s->count - 1];
	return last->name && last->index + 1 == image_type_count(rawbtf_type(s->btf, last->type));
}

/* The next number of "0:1:2"; false at the end and if there is none. */
static bool next_index(const char **path, u32 *out)
{
	char *end;
	unsigned long v;

	if (**path < '0' || **path > '9')
		return false;
	v = strtoul(*path, &end, 10);
	if (v > UINT32_MAX || (*end && *end != ':'))
		return false;
	*path = *end ? end + 1 : end;
	*out = (u32)v;
	return true;
}

static int parse_step(struct image_spec *s, u32 *id, u32 index)
{
	const struct btf_type *t = image_type_skip(s->btf, *id, id);
	const struct btf_member *m;

	if (t && image_type_is_record(t) && index < image_type_count(t)) {
		m = image_type_members(t) + index;
		if (add_bits(s, image_type_bit_offset(t, index)))
			return -EINVAL;
		if (m->name_off && add_step(s, *id, index, rawbtf_str(s->btf, m->name_off)))
			return -EINVAL;
		*id = m->type;
		return 0;
	}
	if (!t || image_type_kind(t) != BTF_KIND_ARRAY ||
	    (index >= image_type_array(t)->nelems && !is_flexible(s, image_type_array(t))))
		return -EINVAL;
	image_type_skip(s->btf, image_type_array(t)->type, id);
	return add_element(s, *id, index);
}

int image_spec_parse(const struct rawbtf *b, u32 kind, u32 root, const char *path,
		     struct image_spec *out)
{
	const struct btf_type *t;
	u32 index, id, n = 0;
	int err;

	out->btf = b;
	out->kind = kind;
	out->root = root;
	out->count = 0;
	out->bit_offset = 0;
	if (is_type_kind(kind))
		return strcmp(path, "0") ? -EINVAL : 0;
	t = image_type_skip(b, root, &id);
	if (!t || !next_index(&path, &index))
		return -EINVAL;
	if (is_enum_kind(kind)) {
		if (!image_type_is_enum(t) || index >= image_type_count(t) || *path)
			return -EINVAL;
		return add_step(out, id, index, rawbtf_str(b, image_type_enumerator(t, index)));
	}
	err = add_element(out, id, index);
	while (!err && *path) {
		if (!next_index(&path, &index) || n++ >= CORE_MAX_STEPS)
			return -EINVAL;
		err = parse_step(out, &id, index);
	}
	return err;
}

/* Looks for a member of the local one's name, through members without a name; on success *id is its type. */
static int match_member(const struct image_spec *local, const struct image_step *step,
			struct image_spec *s, u32 *id, u32 depth, struct image_budget *budget)
{
	u32 record, own = *id;
	const struct btf_type *t = image_type_skip(s->btf, own, &record);
	const struct btf_type *local_t = rawbtf_type(local->btf, step->type);

	if (!depth || !t)
		return -EINVAL;
	if (!image_type_is_record(t))
		return 0;
	for (u32 i = 0; i < image_type_count(t); i++) {
		const struct btf_member *m = image_type_members(t) + i;
		const char *name = rawbtf_str(s->btf, m->name_off);
		u64 before = s->bit_offset;
		int found = 0;

		if (!budget->left || !budget->left--)
			return -EINVAL;
		if (add_bits(s, image_type_bit_offset(t, i)))
			return -EINVAL;
		*id = m->type;
		if (!*name) {
			found = match_member(local, step, s, id, depth - 1, budget);
		} else if (!strcmp(name, step->name)) {
			found = image_core_field_fits(local->btf,
						      image_type_members(local_t)[step->index].type,
						      s->btf, m->type, budget);
			if (found > 0 && add_step(s, record, i, name))
				return -EINVAL;
			return found;
		}
		if (found)
			return found;
		s->bit_offset = before;
	}
	*id = own;
	return 0;
}

static int match_element(const struct image_step *step, struct image_spec *s, u32 *id)
{
	const struct btf_type *t = image_type_skip(s->btf, *id, id);

	if (!t)
		return -EINVAL;
	if (s->count) {
		if (image_type_kind(t) != BTF_KIND_ARRAY ||
		    (step->index >= image_type_array(t)->nelems &&
		     !is_flexible(s, image_type_array(t))))
			return 0;
		image_type_skip(s->btf, image_type_array(t)->type, id);
	}
	return add_element(s, *id, step->index) ? -EINVAL : 1;
}

static int match_enumerator(const struct image_spec *local, struct image_spec *s)
{
	u32 id;
	const struct btf_type *t = image_type_skip(s->btf, s->root, &id);

	if (!t || !image_type_is_enum(t))
		return 0;
	for (u32 i = 0; i < image_type_count(t); i++) {
		const char *name = rawbtf_str(s->btf, image_type_enumerator(t, i));

		if (image_core_same_name(local->steps[0].name, name))
			return add_step(s, id, i, name) ? -EINVAL : 1;
	}
	return 0;
}

int image_spec_match(const struct image_spec *local, const struct rawbtf *kernel, u32 root,
		     struct image_budget *budget, struct image_spec *out)
{
	u32 id = root;

	out->btf = kernel;
	out->kind = local->kind;
	out->root = root;
	out->count = 0;
	out->bit_offset = 0;
	if (local->kind == CORE_TYPE_MATCHES)
		return image_core_type_matches(local->btf, local->root, kernel, root, false,
					       CORE_MAX_DEPTH, budget);
	if (is_type_kind(local->kind))
		return image_core_type_fits(local->btf, local->root, kernel, root, CORE_MAX_DEPTH,
					    budget);
	if (is_enum_kind(local->kind))
		return match_enumerator(local, out);
	for (u32 i = 0; i < local->count; i++) {
		const struct image_step *step = &local->steps[i];
		int found = step->name ? match_member(local, step, out, &id, CORE_MAX_DEPTH, budget)
				       : match_element(step, out, &id);

		if (found <= 0)
			return found;
	}
	return 1;
}

/* What is loaded of an array is an element. */
static void set_loaded(const struct rawbtf *b, u32 id, struct image_value *v)
{
	const struct btf_type *t = image_type_skip(b, id, &id);
	s64 size;

	for (u32 i = 0; t && image_type_kind(t) == BTF_KIND_ARRAY && i < CORE_MAX_DEPTH; i++)
		t = image_type_skip(b, image_type_array(t)->type, &id);
	size = image_type_size(b, id);
	v->size = size > 0 ? (u32)size : 0;
	v->type = id;
}

static int element_value(u32 kind, const struct image_spec *s, struct image_value *v)
{
	const struct image_step *last = &s->steps[s->count - 1];

	if (kind == CORE_FIELD_OFFSET) {
		v->number = s->bit_offset / BITS;
		set_loaded(s->btf, last->type, v);
		return 0;
	}
	if (kind != CORE_FIELD_SIZE)
		return -EINVAL;
	v->number = (u64)image_type_size(s->btf, last->type);
	return 0;
}

/* The bytes that hold a field: of bit-fields the smallest aligned integer that has all of its bits. */
static int find_bytes(const struct image_spec *s, const struct btf_type *t, u64 bits, u64 *offset,
		      u64 *size)
{
	u64 at = s->bit_offset;

	if (!bits) {
		*offset = at / BITS;
		return 0;
	}
	*size = t && t->size && t->size <= MAX_LOAD ? t->size : 0;
	if (!*size)
		return -EINVAL;
	*offset = at / BITS / *size * *size;
	while (at + bits - *offset * BITS > *size * BITS) {
		if (*size >= MAX_LOAD)
			return -EINVAL;
		*size *= 2;
		*offset = at / BITS / *size * *size;
	}
	return 0;
}

static bool is_signed(const struct btf_type *t)
{
	if (image_type_is_enum(t))
		return BTF_INFO_KFLAG(t->info);
	return image_type_kind(t) == BTF_KIND_INT &&
	       (BTF_INT_ENCODING(image_type_int(t)) & BTF_INT_SIGNED);
}

static int field_value(u32 kind, const struct image_spec *s, struct image_value *v)
{
	const struct image_step *last = &s->steps[s->count - 1];
	const struct btf_type *record = rawbtf_type(s->btf, last->type), *t;
	u32 id, bits;
	u64 offset = 0, size = 0;
	s64 whole;

	if (!last->name)
		return element_value(kind, s, v);
	t = image_type_skip(s->btf, image_type_members(record)[last->index].type, &id);
	bits = image_type_bits(record, last->index);
	if (!t)
		return -EINVAL;
	if (!bits) {
		whole = image_type_size(s->btf, id);
		if (whole < 0)
			return -EINVAL;
		size = (u64)whole;
	}
	if (find_bytes(s, t, bits, &offset, &size))
		return -EINVAL;
	/* How bit-fields are loaded is the compiler's choice. */
	v->is_exact = !bits;
	switch (kind) {
	case CORE_FIELD_OFFSET:
		v->number = offset;
		if (!bits)
			set_loaded(s->btf, id, v);
		break;
	case CORE_FIELD_SIZE:
		v->number = size;
		break;
	case CORE_FIELD_SIGNED:
		v->number = is_signed(t);
		v->is_exact = true;
		break;
	case CORE_FIELD_LSHIFT:
		v->number = 64 - (s->bit_offset + (bits ? bits : size * BITS) - offset * BITS);
		break;
	default:
		v->number = 64 - (bits ? bits : size * BITS);
		v->is_exact = true;
		break;
	}
	return 0;
}

static u64 enumerator_value(const struct image_spec *s)
{
	const struct btf_type *t = rawbtf_type(s->btf, s->steps[0].type);
	u32 i = s->steps[0].index;

	/* Only since clang 15 types tell whether the values are signed; libbpf takes them to be, and programs rely on it. */
	if (image_type_kind(t) == BTF_KIND_ENUM)
		return (u64)(s64)((const struct btf_enum *)(t + 1))[i].val;
	return ((const struct btf_enum64 *)(t + 1))[i].val_lo32 |
	       (u64)((const struct btf_enum64 *)(t + 1))[i].val_hi32 << 32;
}

int image_spec_value(u32 kind, const struct image_spec *spec, struct image_value *out)
{
	s64 size;

	*out = (struct image_value){ .is_exact = true };
	switch (kind) {
	case CORE_FIELD_EXISTS:
	case CORE_TYPE_EXISTS:
	case CORE_TYPE_MATCHES:
	case CORE_ENUM_EXISTS:
		out->number = spec != NULL;
		return 0;
	default:
		break;
	}
	/* Of types that are not there size and id are 0, which none has that is there. */
	if (!spec)
		return is_type_kind(kind) ? 0 : -ENOENT;
	switch (kind) {
	case CORE_TYPE_ID_LOCAL:
	case CORE_TYPE_ID_TARGET:
		out->number = spec->root;
		out->is_exact = false;
		return 0;
	case CORE_TYPE_SIZE:
		size = image_type_size(spec->btf, spec->root);
		out->number = (u64)size;
		return size < 0 ? -EINVAL : 0;
	case CORE_ENUM_VALUE:
		out->number = enumerator_value(spec);
		return 0;
	default:
		return field_value(kind, spec, out);
	}
}

void image_spec_print(const struct image_spec *spec, char *out, size_t size)
{
	const struct btf_type *t = rawbtf_type(spec->btf, spec->root);
	int n = snprintf(out, size, "%.100s", t ? rawbtf_str(spec->btf, t->name_off) : "void");

	for (u32 i = 0; i < spec->count && (size_t)n + 1 < size; i++) {
		const struct image_step *s = &spec->steps[i];

		if (s->name)
			n += snprintf(out + n, size - (size_t)n, "%s%.100s",
				      is_enum_kind(spec->kind) ? " " : ".", s->name);
		else if (i || s->index)
			n += snprintf(out + n, size - (size_t)n, "[%u]", s->index);
	}
}
