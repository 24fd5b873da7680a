/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether two types are the same as far as CO-RE goes, by three measures: fits() of fields is the loosest, matches() the
 * strictest. All are the published rules of relocation; recursion is bounded in depth and in the number of types.
 */
#include <string.h>

#include "object/image_core.h"

size_t image_core_name_len(const char *name)
{
	size_t n = strlen(name);

	/* The last ___ that has something on both sides. */
	for (size_t i = n >= 5 ? n - 4 : 0; i > 0; i--) {
		if (name[i] == '_' && name[i + 1] == '_' && name[i + 2] == '_' &&
		    name[i - 1] != '_' && name[i + 3] != '_')
			return i;
	}
	return n;
}

bool image_core_same_name(const char *a, const char *b)
{
	size_t n = image_core_name_len(a);

	return n == image_core_name_len(b) && !memcmp(a, b, n);
}

bool image_core_same_kind(const struct btf_type *a, const struct btf_type *b)
{
	return image_type_kind(a) == image_type_kind(b) ||
	       (image_type_is_enum(a) && image_type_is_enum(b));
}

static bool spend(struct image_budget *budget)
{
	return budget->left && budget->left--;
}

/* Bit-fields as old compilers had them, integers with an offset, are none of today's. */
static bool plain_ints(const struct btf_type *a, const struct btf_type *b)
{
	return !BTF_INT_OFFSET(image_type_int(a)) && !BTF_INT_OFFSET(image_type_int(b));
}

int image_core_field_fits(const struct rawbtf *a, u32 a_id, const struct rawbtf *b, u32 b_id,
			  struct image_budget *budget)
{
	while (spend(budget)) {
		const struct btf_type *x = image_type_skip(a, a_id, NULL);
		const struct btf_type *y = image_type_skip(b, b_id, NULL);
		const char *m, *n;

		if (!x || !y)
			return -EINVAL;
		if (image_type_is_record(x) && image_type_is_record(y))
			return 1;
		if (!image_core_same_kind(x, y))
			return 0;
		switch (image_type_kind(x)) {
		case BTF_KIND_PTR:
		case BTF_KIND_FLOAT:
			return 1;
		case BTF_KIND_FWD:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
			m = rawbtf_str(a, x->name_off);
			n = rawbtf_str(b, y->name_off);
			return !*m || !*n || image_core_same_name(m, n);
		case BTF_KIND_INT:
			return plain_ints(x, y);
		case BTF_KIND_ARRAY:
			a_id = image_type_array(x)->type;
			b_id = image_type_array(y)->type;
			break;
		default:
			return 0;
		}
	}
	return -EINVAL;
}

static const struct btf_param *params_of(const struct btf_type *t)
{
	return (const struct btf_param *)(t + 1);
}

static int proto_fits(const struct rawbtf *a, const struct btf_type *x, const struct rawbtf *b,
		      const struct btf_type *y, u32 depth, struct image_budget *budget)
{
	if (image_type_count(x) != image_type_count(y))
		return 0;
	for (u32 i = 0; i < image_type_count(x); i++) {
		int fits = image_core_type_fits(a, params_of(x)[i].type, b, params_of(y)[i].type,
						depth - 1, budget);

		if (fits <= 0)
			return fits;
	}
	return 1;
}

int image_core_type_fits(const struct rawbtf *a, u32 a_id, const struct rawbtf *b, u32 b_id,
			 u32 depth, struct image_budget *budget)
{
	for (; depth && spend(budget); depth--) {
		const struct btf_type *x = image_type_skip(a, a_id, &a_id);
		const struct btf_type *y = image_type_skip(b, b_id, &b_id);
		int fits;

		if (!x || !y)
			return !x && !y && !a_id && !b_id;
		if (!image_core_same_kind(x, y))
			return 0;
		switch (image_type_kind(x)) {
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
		case BTF_KIND_FWD:
			return 1;
		case BTF_KIND_INT:
			return plain_ints(x, y);
		case BTF_KIND_PTR:
			a_id = x->type;
			b_id = y->type;
			break;
		case BTF_KIND_ARRAY:
			a_id = image_type_array(x)->type;
			b_id = image_type_array(y)->type;
			break;
		case BTF_KIND_FUNC_PROTO:
			fits = proto_fits(a, x, b, y, depth, budget);
			if (fits <= 0)
				return fits;
			a_id = x->type;
			b_id = y->type;
			break;
		default:
			return 0;
		}
	}
	return -EINVAL;
}

/* Each enumerator of the first is one of the second. */
static int enum_matches(const struct rawbtf *a, const struct btf_type *x, const struct rawbtf *b,
			const struct btf_type *y, struct image_budget *budget)
{
	if (x->size != y->size || image_type_count(x) > image_type_count(y))
		return 0;
	for (u32 i = 0; i < image_type_count(x); i++) {
		const char *name = rawbtf_str(a, image_type_enumerator(x, i));
		bool found = false;

		for (u32 j = 0; j < image_type_count(y) && !found; j++) {
			if (!spend(budget))
				return -EINVAL;
			found = image_core_same_name(name,
						     rawbtf_str(b, image_type_enumerator(y, j)));
		}
		if (!found)
			return 0;
	}
	return 1;
}

/* Each member of the first is one of the second, of a type that matches. */
static int record_matches(const struct rawbtf *a, const struct btf_type *x, const struct rawbtf *b,
			  const struct btf_type *y, bool behind_pointer, u32 depth,
			  struct image_budget *budget)
{
	const struct btf_member *m = image_type_members(x), *n = image_type_members(y);

	if (image_type_count(x) > image_type_count(y))
		return 0;
	for (u32 i = 0; i < image_type_count(x); i++) {
		int matches = 0;

		for (u32 j = 0; j < image_type_count(y) && !matches; j++) {
			if (!spend(budget))
				return -EINVAL;
			if (image_core_same_name(rawbtf_str(a, m[i].name_off),
						 rawbtf_str(b, n[j].name_off)))
				matches =
					image_core_type_matches(a, m[i].type, b, n[j].type,
								behind_pointer, depth - 1, budget);
		}
		if (matches <= 0)
			return matches;
	}
	return 1;
}

/* Behind a pointer a declaration stands for the struct or union that it declares. */
static int declared_matches(const struct btf_type *x, const struct btf_type *y)
{
	bool is_union = image_type_kind(x) == BTF_KIND_FWD ? BTF_INFO_KFLAG(x->info)
							   : image_type_kind(x) == BTF_KIND_UNION;

	if (image_type_kind(y) == BTF_KIND_FWD)
		return is_union == (bool)BTF_INFO_KFLAG(y->info);
	return image_type_kind(y) == (is_union ? BTF_KIND_UNION : BTF_KIND_STRUCT);
}

static bool same_ints(const struct btf_type *x, const struct btf_type *y)
{
	return x->size == y->size && (BTF_INT_ENCODING(image_type_int(x)) & BTF_INT_SIGNED) ==
					     (BTF_INT_ENCODING(image_type_int(y)) & BTF_INT_SIGNED);
}

static int proto_matches(const struct rawbtf *a, const struct btf_type *x, const struct rawbtf *b,
			 const struct btf_type *y, bool behind_pointer, u32 depth,
			 struct image_budget *budget)
{
	if (image_type_count(x) != image_type_count(y))
		return 0;
	for (u32 i = 0; i < image_type_count(x); i++) {
		int matches =
			image_core_type_matches(a, params_of(x)[i].type, b, params_of(y)[i].type,
						behind_pointer, depth - 1, budget);

		if (matches <= 0)
			return matches;
	}
	return 1;
}

int image_core_type_matches(const struct rawbtf *a, u32 a_id, const struct rawbtf *b, u32 b_id,
			    bool behind_pointer, u32 depth, struct image_budget *budget)
{
	for (; depth && spend(budget); depth--) {
		const struct btf_type *x = image_type_skip(a, a_id, &a_id);
		const struct btf_type *y = image_type_skip(b, b_id, &b_id);
		int matches;

		if (!x || !y)
			return !x && !y && !a_id && !b_id;
		if (!image_core_same_name(rawbtf_str(a, x->name_off), rawbtf_str(b, y->name_off)))
			return 0;
		if (behind_pointer &&
		    (image_type_kind(x) == BTF_KIND_FWD || image_type_is_record(x)))
			return declared_matches(x, y);
		if (!image_core_same_kind(x, y))
			return 0;
		switch (image_type_kind(x)) {
		case BTF_KIND_FWD:
			return BTF_INFO_KFLAG(x->info) == BTF_INFO_KFLAG(y->info);
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
			return enum_matches(a, x, b, y, budget);
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
			return record_matches(a, x, b, y, behind_pointer, depth, budget);
		case BTF_KIND_INT:
			return same_ints(x, y);
		case BTF_KIND_PTR:
			behind_pointer = true;
			a_id = x->type;
			b_id = y->type;
			break;
		case BTF_KIND_ARRAY:
			if (image_type_array(x)->nelems != image_type_array(y)->nelems)
				return 0;
			a_id = image_type_array(x)->type;
			b_id = image_type_array(y)->type;
			break;
		case BTF_KIND_FUNC_PROTO:
			matches = proto_matches(a, x, b, y, behind_pointer, depth, budget);
			if (matches <= 0)
				return matches;
			a_id = x->type;
			b_id = y->type;
			break;
		default:
			return 0;
		}
	}
	return -EINVAL;
}
