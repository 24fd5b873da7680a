/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ids may be out of range and form cycles, so chains are followed for as many steps as sane types have. */
#include <string.h>

#include "object/image_impl.h"

enum { TYPE_MAX_STEPS = 32, POINTER_BYTES = 8 };

const struct btf_type *image_type_skip(const struct rawbtf *b, u32 id, u32 *out_id)
{
	const struct btf_type *t = rawbtf_skip(b, &id, NULL);

	if (out_id)
		*out_id = t ? id : 0;
	return t;
}

s64 image_type_size(const struct rawbtf *b, u32 id)
{
	u64 many = 1;

	for (int i = 0; i < TYPE_MAX_STEPS; i++) {
		const struct btf_type *t = image_type_skip(b, id, NULL);
		u64 size = 0;

		if (!t)
			return -1;
		switch (image_type_kind(t)) {
		case BTF_KIND_INT:
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
		case BTF_KIND_FLOAT:
		case BTF_KIND_DATASEC:
			size = t->size;
			break;
		case BTF_KIND_PTR:
			size = POINTER_BYTES;
			break;
		case BTF_KIND_ARRAY:
			many *= image_type_array(t)->nelems;
			if (many > UINT32_MAX)
				return -1;
			id = image_type_array(t)->type;
			continue;
		case BTF_KIND_VAR:
			id = t->type;
			continue;
		default:
			return -1;
		}
		return size * many <= UINT32_MAX ? (s64)(size * many) : -1;
	}
	return -1;
}

u32 image_type_bits(const struct btf_type *t, u32 member)
{
	const struct btf_member *m = image_type_members(t) + member;

	return BTF_INFO_KFLAG(t->info) ? BTF_MEMBER_BITFIELD_SIZE(m->offset) : 0;
}

u32 image_type_bit_offset(const struct btf_type *t, u32 member)
{
	const struct btf_member *m = image_type_members(t) + member;

	return BTF_INFO_KFLAG(t->info) ? BTF_MEMBER_BIT_OFFSET(m->offset) : m->offset;
}

u32 image_type_enumerator(const struct btf_type *t, u32 i)
{
	if (image_type_kind(t) == BTF_KIND_ENUM)
		return ((const struct btf_enum *)(t + 1))[i].name_off;
	return ((const struct btf_enum64 *)(t + 1))[i].name_off;
}

u32 image_type_datasec(const struct rawbtf *b, const struct image_file *f, const char *section)
{
	for (u32 id = f->type_first; id < f->type_end; id++) {
		const struct btf_type *t = rawbtf_type(b, id);

		if (image_type_kind(t) == BTF_KIND_DATASEC &&
		    !strcmp(rawbtf_str(b, t->name_off), section))
			return id;
	}
	return 0;
}
