/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making, comparing and naming types. A type is a small tree: pointers and arrays point at their
 * target, tuples at their fields; records refer to theirs by id or name only, so trees are finite.
 * Still, every walk is bounded in depth, since a type may have come from a file.
 */
#include "btf/type.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"

enum { TYPE_DEPTH = 64 };

const struct type type_none = { .kind = TYPE_NONE };
const struct type type_bool = { .kind = TYPE_BOOL, .size = 1 };
const struct type type_u8 = { .kind = TYPE_INT, .size = 1 };
const struct type type_u16 = { .kind = TYPE_INT, .size = 2 };
const struct type type_u32 = { .kind = TYPE_INT, .size = 4 };
const struct type type_u64 = { .kind = TYPE_INT, .size = 8 };
const struct type type_s8 = { .kind = TYPE_INT, .size = 1, .is_signed = true };
const struct type type_s16 = { .kind = TYPE_INT, .size = 2, .is_signed = true };
const struct type type_s32 = { .kind = TYPE_INT, .size = 4, .is_signed = true };
const struct type type_s64 = { .kind = TYPE_INT, .size = 8, .is_signed = true };

const struct type *type_int(u32 size, bool is_signed)
{
	switch (size) {
	case 1:
		return is_signed ? &type_s8 : &type_u8;
	case 2:
		return is_signed ? &type_s16 : &type_u16;
	case 4:
		return is_signed ? &type_s32 : &type_u32;
	default:
		return is_signed ? &type_s64 : &type_u64;
	}
}

struct type *type_new(struct arena *a, enum type_kind kind, u32 size)
{
	struct type *t = arena_new(a, struct type);

	t->kind = kind;
	t->size = size;
	return t;
}

const struct type *type_string(struct arena *a, u32 size)
{
	return type_new(a, TYPE_STRING, size);
}

const struct type *type_ptr(struct arena *a, const struct type *target, enum type_space space)
{
	struct type *t = type_new(a, TYPE_PTR, 8);

	t->target = target;
	t->space = space;
	return t;
}

const struct type *type_array(struct arena *a, const struct type *element, u32 count)
{
	struct type *t;
	u64 size = (u64)element->size * count;

	/* An array that no memory could hold is kept as one without a known length. */
	if (size > UINT32_MAX)
		size = count = 0;
	t = type_new(a, TYPE_ARRAY, (u32)size);
	t->target = element;
	t->count = count;
	return t;
}

static u32 round_up(u32 n, u32 to)
{
	return (n + to - 1) / to * to;
}

struct type *type_tuple(struct arena *a, const struct type *const *elements, u32 count)
{
	struct type *t = type_new(a, TYPE_TUPLE, 0);
	struct field *fields = arena_array(a, struct field, count);
	u32 end = 0, align = 1;

	for (u32 i = 0; i < count; i++) {
		u32 own = type_align(elements[i]);

		end = round_up(end, own);
		fields[i].type = elements[i];
		fields[i].offset = end;
		end += elements[i]->size;
		align = own > align ? own : align;
	}
	t->size = round_up(end, align);
	t->fields = fields;
	t->field_count = count;
	return t;
}

/* The largest power of two, at most 8, that divides size. */
static u32 align_of_size(u32 size)
{
	u32 lowest = size & (~size + 1);

	return !size ? 1 : lowest > 8 ? 8 : lowest;
}

static u32 align_within(const struct type *t, int depth)
{
	u32 align = 1;

	while (t->kind == TYPE_ARRAY && depth < TYPE_DEPTH) {
		t = t->target;
		depth++;
	}
	if (t->kind == TYPE_BUF)
		return 4;
	if (!t->fields || depth >= TYPE_DEPTH)
		return align_of_size(t->size);
	for (u32 i = 0; i < t->field_count; i++) {
		u32 own = align_within(t->fields[i].type, depth + 1);

		/* A field out of line says that the record is packed. */
		if (t->fields[i].offset % own && !t->fields[i].bit_size)
			return 1;
		align = own > align ? own : align;
	}
	return t->size % align ? 1 : align;
}

u32 type_align(const struct type *t)
{
	return align_within(t, 0);
}

bool type_is_integer(const struct type *t)
{
	return (t->kind == TYPE_INT && t->size <= 8) || t->kind == TYPE_BOOL ||
	       t->kind == TYPE_ENUM;
}

bool type_is_scalar(const struct type *t)
{
	return type_is_integer(t) || t->kind == TYPE_PTR;
}

bool type_is_aggregate(const struct type *t)
{
	return t->kind >= TYPE_COUNT && t->kind <= TYPE_LHIST;
}

u64 type_extreme_mask(const struct type *t)
{
	u64 sign = t->is_signed ? 1ull << 63 : 0;

	return t->kind == TYPE_MIN ? ~sign : sign;
}

static bool equal_within(const struct type *a, const struct type *b, int depth);

static bool fields_equal(const struct type *a, const struct type *b, int depth)
{
	if (a->field_count != b->field_count || !a->fields != !b->fields)
		return false;
	for (u32 i = 0; i < a->field_count; i++) {
		const struct field *f = &a->fields[i], *g = &b->fields[i];

		if (f->offset != g->offset || f->bit_offset != g->bit_offset ||
		    f->bit_size != g->bit_size || !f->name != !g->name)
			return false;
		if (f->name && strcmp(f->name, g->name) != 0)
			return false;
		if (!equal_within(f->type, g->type, depth))
			return false;
	}
	return true;
}

/* Records and enums: those with names are equal by them, the others by what they were made from. */
static bool named_equal(const struct type *a, const struct type *b, int depth)
{
	bool a_named = a->name && *a->name, b_named = b->name && *b->name;

	if (a->is_union != b->is_union || a_named != b_named)
		return false;
	if (a_named)
		return !strcmp(a->name, b->name);
	if (a->id || b->id)
		return a->id == b->id;
	return a->size == b->size && fields_equal(a, b, depth);
}

static bool equal_within(const struct type *a, const struct type *b, int depth)
{
	if (a == b)
		return true;
	if (a->kind != b->kind || depth > TYPE_DEPTH)
		return false;
	switch (a->kind) {
	case TYPE_RECORD:
	case TYPE_ENUM:
		return named_equal(a, b, depth + 1);
	case TYPE_PTR:
		return a->space == b->space && equal_within(a->target, b->target, depth + 1);
	case TYPE_ARRAY:
		return a->count == b->count && equal_within(a->target, b->target, depth + 1);
	case TYPE_TUPLE:
		return a->size == b->size && fields_equal(a, b, depth + 1);
	default:
		return a->size == b->size && a->is_signed == b->is_signed &&
		       a->stack_mode == b->stack_mode && a->limit == b->limit &&
		       a->count == b->count && a->bits == b->bits && a->min == b->min &&
		       a->max == b->max && a->step == b->step;
	}
}

bool type_equal(const struct type *a, const struct type *b)
{
	return equal_within(a, b, 0);
}

/* The kinds whose name says nothing of their size or parts. */
static const char *kind_name(const struct type *t)
{
	bool u = !t->is_signed;

	switch (t->kind) {
	case TYPE_NONE:
		return "void";
	case TYPE_BOOL:
		return "bool";
	case TYPE_FUNC:
		return "func";
	case TYPE_KSTACK:
		return "kstack";
	case TYPE_USTACK:
		return "ustack";
	case TYPE_KSYM:
		return "ksym_t";
	case TYPE_USYM:
		return "usym_t";
	case TYPE_INET:
		return "inet";
	case TYPE_MAC:
		return "mac_address";
	case TYPE_USERNAME:
		return "username";
	case TYPE_PROBE:
		return "probe";
	case TYPE_TIMESTAMP:
		return "timestamp";
	case TYPE_CGROUP_PATH:
		return "cgroup_path_t";
	case TYPE_COUNT:
		return "count_t";
	case TYPE_SUM:
		return u ? "usum_t" : "sum_t";
	case TYPE_MIN:
		return u ? "umin_t" : "min_t";
	case TYPE_MAX:
		return u ? "umax_t" : "max_t";
	case TYPE_AVG:
		return u ? "uavg_t" : "avg_t";
	case TYPE_STATS:
		return u ? "ustats_t" : "stats_t";
	case TYPE_HIST:
		return "hist_t";
	case TYPE_LHIST:
		return "lhist_t";
	default:
		return "unknown";
	}
}

static void name_within(struct buf *b, const struct type *t, int depth);

static void array_name(struct buf *b, const struct type *t, int depth)
{
	const struct type *element = t;
	int n = 0;

	for (; element->kind == TYPE_ARRAY && depth + n < TYPE_DEPTH; n++)
		element = element->target;
	name_within(b, element, depth + n);
	for (; n--; t = t->target)
		buf_printf(b, "[%u]", t->count);
}

/* Fields with names make a record that the script wrote as a value. */
static void fields_name(struct buf *b, const struct type *t, int depth)
{
	buf_putc(b, '(');
	for (u32 i = 0; i < t->field_count; i++) {
		if (i)
			buf_putc(b, ',');
		if (t->fields[i].name)
			buf_printf(b, "%s=", t->fields[i].name);
		name_within(b, t->fields[i].type, depth);
	}
	buf_putc(b, ')');
}

static void name_within(struct buf *b, const struct type *t, int depth)
{
	const char *tag = t->name && *t->name ? t->name : "(anonymous)";

	if (depth >= TYPE_DEPTH) {
		buf_puts(b, "...");
		return;
	}
	switch (t->kind) {
	case TYPE_INT:
		buf_printf(b, "%sint%u", t->is_signed ? "" : "u", t->size * 8);
		break;
	case TYPE_ENUM:
		buf_printf(b, "enum %s", tag);
		break;
	case TYPE_RECORD:
		buf_printf(b, "%s %s", t->is_union ? "union" : "struct", tag);
		break;
	case TYPE_PTR:
		name_within(b, t->target, depth + 1);
		buf_puts(b, " *");
		break;
	case TYPE_ARRAY:
		array_name(b, t, depth);
		break;
	case TYPE_STRING:
		buf_printf(b, "string[%u]", t->size);
		break;
	case TYPE_BUF:
		buf_printf(b, "buffer[%u]", t->size < 4 ? 0 : t->size - 4);
		break;
	case TYPE_TUPLE:
		fields_name(b, t, depth + 1);
		break;
	default:
		buf_puts(b, kind_name(t));
	}
}

const char *type_name(struct arena *a, const struct type *t)
{
	struct buf b = { 0 };
	const char *name;

	name_within(&b, t, 0);
	name = arena_strndup(a, buf_str(&b), b.len);
	buf_done(&b);
	return name;
}
