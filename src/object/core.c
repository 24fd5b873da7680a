/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types are made from the last step outwards, as each needs the id of what it contains. */
#include "object/core.h"

enum {
	POINTER_SIZE = 8,
	BITS_ROOM = 16, /* bytes: a bit-field begins up to 7 after its record, and may straddle */
};

s32 core_offset(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code);

	return class == BPF_ALU || class == BPF_ALU64 ? insn->imm : insn->off;
}

static u32 core_kind(bool is_union)
{
	return is_union ? BTF_KIND_UNION : BTF_KIND_STRUCT;
}

static u32 core_int(struct btfgen *g, u32 size)
{
	static const char *const names[] = {
		[1] = "u8", [2] = "u16", [4] = "u32", [8] = "u64", [16] = "u128"
	};

	return btfgen_int(g, names[size], size, 0);
}

/* size is given for integers and enums, and set for the other kinds. */
static u32 core_leaf(struct btfgen *g, enum object_field_kind kind, const char *record, u32 *size)
{
	switch (kind) {
	case FIELD_PTR:
		*size = POINTER_SIZE;
		return btfgen_ptr(g, 0);
	case FIELD_RECORD:
	case FIELD_UNION:
		*size = 0;
		return btfgen_record(g, core_kind(kind == FIELD_UNION), record, 0, NULL, 0);
	case FIELD_ENUM:
		return btfgen_enum(g, *size);
	case FIELD_INT:
	case FIELD_ARRAY:
		break;
	}
	return core_int(g, *size);
}

/*
 * The type of the member that the path ends at. Elements of an array only have to be of the same
 * kind as the kernel's, so those of one byte will do.
 */
static u32 core_member(struct btfgen *g, const struct object_core_step *s, u32 *size)
{
	u32 element, element_size = 1;

	*size = s->size;
	if (s->kind != FIELD_ARRAY)
		return core_leaf(g, s->kind, s->record, size);
	element = core_leaf(g, s->element, s->record, &element_size);
	for (u32 i = 0; i < s->inner_arrays; i++)
		element = btfgen_array(g, element, 1);
	return btfgen_array(g, element, element_size ? s->size / element_size : 0);
}

/* The nearest step with a name before step i; NULL if that is the root. */
static const struct object_core_step *core_outer(const struct object_core *c, size_t i)
{
	while (i--) {
		if (*c->steps.at[i].name)
			return &c->steps.at[i];
	}
	return NULL;
}

/* As BTF has it in the members of structs with bit-fields. */
static u32 core_bits(const struct object_core *c, u32 byte_offset)
{
	return c->bits.size << 24 | (c->bits.offset - byte_offset * 8);
}

u32 core_type(struct btfgen *g, const struct object_core *c, s32 offset, u32 *path)
{
	/* The numbers of bit-fields are not offsets, but their place is known. */
	if (c->bits.size)
		offset = (s32)(c->bits.offset / 64 * 8);
	size_t i = c->steps.n - 1;
	struct buf text = { 0 };
	u32 size, type = core_member(g, &c->steps.at[i], &size);

	buf_putc(&text, '0');
	for (i = c->steps.n; i--;) {
		const struct object_core_step *s = &c->steps.at[i], *outer = core_outer(c, i);
		struct btf_member member = { .name_off = btfgen_str(g, s->name), .type = type };
		bool is_union = outer ? outer->kind == FIELD_UNION : c->is_union;
		bool is_bits = c->bits.size && i + 1 == c->steps.n;
		u32 kind = core_kind(is_union);

		if (!*s->name)
			continue;
		if (!outer) {
			member.offset = (u32)offset * 8;
			size += (u32)offset;
		}
		if (is_bits) {
			member.offset = core_bits(c, outer ? (u32)offset : 0);
			kind |= BTFGEN_HAS_BITS;
			size += BITS_ROOM;
		}
		type = btfgen_record(g, kind, outer ? outer->record : c->record, size, &member, 1);
		buf_puts(&text, ":0");
	}
	*path = btfgen_strn(g, text.data, text.len);
	buf_done(&text);
	return type;
}
