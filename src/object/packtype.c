/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk over types: kind, size, then what the kind needs. Types nest, so the walk recurses, to a
 * limited depth: the writer replaces what lies deeper by a record without fields, which prints as
 * bytes.
 */
#include "object/pack.h"

enum {
	DEPTH_MAX = 16,
	TYPES_MAX = 1 << 20,
	FIELDS_BUDGET =
		1 << 16, /* once this many types are written, records go without their fields */
	FIELD_MAX = 4096,
	ENUMERATOR_MAX = 4096,
	HIST_BITS_MAX = 5,
	HIST_ROWS_MAX = 67, /* powers of two, zero and negative numbers */
	TYPE_BYTES = 5,     /* the least that a type takes: kind and size */
	FIELD_BYTES = 11 + TYPE_BYTES,
	ENUMERATOR_BYTES = 12,
	KIND_COUNT = TYPE_LHIST + 1,
};

static const struct type *pack_type_at(struct pack *p, const struct type *t, u32 depth, bool bare);

/* The least size that printing a value of each kind relies on. */
static const u8 type_min_size[KIND_COUNT] = {
	[TYPE_INT] = 1,      [TYPE_BOOL] = 1,   [TYPE_ENUM] = 1,       [TYPE_PTR] = 8,
	[TYPE_STRING] = 1,   [TYPE_BUF] = 4,    [TYPE_KSTACK] = 8,     [TYPE_USTACK] = 16,
	[TYPE_KSYM] = 8,     [TYPE_USYM] = 16,  [TYPE_INET] = 20,      [TYPE_MAC] = 6,
	[TYPE_USERNAME] = 4, [TYPE_PROBE] = 4,  [TYPE_TIMESTAMP] = 16, [TYPE_CGROUP_PATH] = 8,
	[TYPE_COUNT] = 8,    [TYPE_SUM] = 8,    [TYPE_MIN] = 16,       [TYPE_MAX] = 16,
	[TYPE_AVG] = 16,     [TYPE_STATS] = 16,
};

static bool type_size_is_power(const struct type *t, u32 max)
{
	return t->size && t->size <= max && !(t->size & (t->size - 1));
}

static bool type_hist_valid(const struct type *t)
{
	u64 range = (u64)t->max - (u64)t->min;

	if ((u64)t->count * sizeof(u64) > t->size)
		return false;
	if (t->kind == TYPE_HIST)
		return t->bits <= HIST_BITS_MAX && t->count <= (u32)HIST_ROWS_MAX << t->bits;
	return t->step > 0 && t->max > t->min && t->count >= 2 &&
	       t->count - 2 <= range / (u64)t->step + 1;
}

/*
 * Whether the value described lies within the type's size, so that whoever prints it stays in
 * bounds.
 */
static bool type_valid(const struct type *t)
{
	if (t->size < type_min_size[t->kind])
		return false;
	switch (t->kind) {
	case TYPE_INT:
		return type_size_is_power(t, 16);
	case TYPE_ENUM:
		return type_size_is_power(t, 8);
	case TYPE_ARRAY:
		return t->target && (u64)t->count * t->target->size <= t->size;
	case TYPE_HIST:
	case TYPE_LHIST:
		return type_hist_valid(t);
	default:
		return true;
	}
}

static bool field_valid(const struct field *f, u32 size)
{
	u32 need = f->type->size;

	if (f->bit_offset > 63 || f->bit_size > 64)
		return false;
	if (f->is_data_loc)
		need = sizeof(u32);
	else if (f->bit_size)
		need = (f->bit_offset + f->bit_size + 7u) / 8;
	return (u64)f->offset + need <= size;
}

static void pack_fields(struct pack *p, struct type *t, u32 depth)
{
	u32 n = (u32)pack_count(p, t->field_count, FIELD_MAX, FIELD_BYTES, "fields");
	struct field *fields = p->reading ? arena_array(p->arena, struct field, n) : NULL;

	for (u32 i = 0; i < n && !pack_failed(p); i++) {
		struct field f = p->reading ? (struct field){ 0 } : t->fields[i];

		pack_str(p, &f.name);
		f.type = pack_type_at(p, f.type, depth + 1, false);
		pack_u32(p, &f.offset);
		pack_u8(p, &f.bit_offset);
		pack_u8(p, &f.bit_size);
		pack_bool(p, &f.is_data_loc);
		if (!p->reading)
			continue;
		if (!field_valid(&f, t->size))
			pack_fail(p, "field %u does not fit its record", i);
		if (!f.name && t->kind == TYPE_RECORD)
			pack_fail(p, "field %u has no name", i);
		fields[i] = f;
	}
	if (p->reading) {
		t->fields = n ? fields : NULL;
		t->field_count = n;
	}
}

static void pack_enumerators(struct pack *p, struct type *t)
{
	u32 have = t->enumerator_count < ENUMERATOR_MAX ? t->enumerator_count : ENUMERATOR_MAX;
	u32 n = (u32)pack_count(p, have, ENUMERATOR_MAX, ENUMERATOR_BYTES, "enumerators");
	struct enumerator *list = p->reading ? arena_array(p->arena, struct enumerator, n) : NULL;

	for (u32 i = 0; i < n && !pack_failed(p); i++) {
		struct enumerator e = p->reading ? (struct enumerator){ 0 } : t->enumerators[i];

		pack_str(p, &e.name);
		pack_s64(p, &e.value);
		if (!p->reading)
			continue;
		if (!e.name)
			pack_fail(p, "enumerator %u has no name", i);
		list[i] = e;
	}
	if (p->reading) {
		t->enumerators = n ? list : NULL;
		t->enumerator_count = n;
	}
}

static void pack_pointer(struct pack *p, struct type *t, u32 depth)
{
	bool has_target = t->target;

	t->space = (enum type_space)pack_enum(p, t->space, SPACE_CTX + 1, "address space");
	pack_bool(p, &has_target);
	if (has_target)
		t->target = pack_type_at(p, t->target, depth + 1, true);
}

/* What a type of this kind has beside its size. */
static void pack_type_body(struct pack *p, struct type *t, u32 depth)
{
	switch (t->kind) {
	case TYPE_INT:
	case TYPE_SUM:
	case TYPE_MIN:
	case TYPE_MAX:
	case TYPE_AVG:
	case TYPE_STATS:
		pack_bool(p, &t->is_signed);
		break;
	case TYPE_ENUM:
		pack_bool(p, &t->is_signed);
		pack_str(p, &t->name);
		pack_enumerators(p, t);
		break;
	case TYPE_PTR:
		pack_pointer(p, t, depth);
		break;
	case TYPE_ARRAY:
		pack_u32(p, &t->count);
		t->target = pack_type_at(p, t->target, depth + 1, false);
		break;
	case TYPE_RECORD:
		pack_bool(p, &t->is_union);
		pack_str(p, &t->name);
		pack_fields(p, t, depth);
		break;
	case TYPE_TUPLE:
		pack_fields(p, t, depth);
		break;
	case TYPE_KSTACK:
	case TYPE_USTACK:
		t->stack_mode =
			(enum stack_mode)pack_enum(p, t->stack_mode, STACK_RAW + 1, "stack mode");
		pack_u32(p, &t->limit);
		break;
	case TYPE_HIST:
		pack_u32(p, &t->bits);
		pack_u32(p, &t->count);
		break;
	case TYPE_LHIST:
		pack_u32(p, &t->count);
		pack_s64(p, &t->min);
		pack_s64(p, &t->max);
		pack_s64(p, &t->step);
		break;
	default:
		break;
	}
}

/* Makes a type one without parts, of the same size. */
static void type_bare(struct type *t)
{
	if (t->kind == TYPE_ARRAY || t->kind == TYPE_TUPLE) {
		t->kind = TYPE_RECORD;
		t->is_union = false;
		t->name = NULL;
	}
	t->field_count = 0;
	t->target = NULL;
}

static const struct type *pack_type_at(struct pack *p, const struct type *t, u32 depth, bool bare)
{
	struct type x = { 0 }, *made;

	p->types++;
	if (p->reading) {
		if (depth > DEPTH_MAX)
			pack_fail(p, "types nest more than %d deep", DEPTH_MAX);
		if (p->types > TYPES_MAX)
			pack_fail(p, "more than %d types", TYPES_MAX);
	} else if (t) {
		x = *t;
		if (depth >= DEPTH_MAX)
			type_bare(&x);
		else if (x.kind == TYPE_RECORD && (bare || p->types > FIELDS_BUDGET))
			x.field_count = 0;
	}
	x.kind = (enum type_kind)pack_enum(p, x.kind, KIND_COUNT, "kind of type");
	pack_u32(p, &x.size);
	pack_type_body(p, &x, depth);
	if (!p->reading)
		return t;
	if (!pack_failed(p) && !type_valid(&x))
		pack_fail(p, "a type of kind %d cannot have %u bytes", (int)x.kind, x.size);
	made = arena_new(p->arena, struct type);
	*made = x;
	return made;
}

const struct type *pack_type(struct pack *p, const struct type *t)
{
	return pack_type_at(p, t, 0, false);
}
