/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * C's words for integers in any order ("long unsigned int"), the fixed-width names, the script's own
 * types and, last because it costs, the kernel's by BTF.
 *
 * Records are laid out as gcc does on x86-64: every member at a multiple of its alignment, a bit-field in
 * the unit of its type that its first bit is in, unless it would cross that unit's end.
 */
#include "lang/check_type.h"

#include <string.h>

#include "base/text.h"

enum { CHECK_MAX_FIELDS = 65536, CHECK_MAX_SIZE = 1 << 24 };

static const struct {
	const char *name;
	u8 size;
	bool is_signed;
} fixed[] = {
	{ "int8", 1, true },      { "int16", 2, true },      { "int32", 4, true },
	{ "int64", 8, true },     { "uint8", 1, false },     { "uint16", 2, false },
	{ "uint32", 4, false },   { "uint64", 8, false },    { "int8_t", 1, true },
	{ "int16_t", 2, true },   { "int32_t", 4, true },    { "int64_t", 8, true },
	{ "uint8_t", 1, false },  { "uint16_t", 2, false },  { "uint32_t", 4, false },
	{ "uint64_t", 8, false }, { "u8", 1, false },        { "u16", 2, false },
	{ "u32", 4, false },      { "u64", 8, false },       { "s8", 1, true },
	{ "s16", 2, true },       { "s32", 4, true },        { "s64", 8, true },
	{ "__u8", 1, false },     { "__u16", 2, false },     { "__u32", 4, false },
	{ "__u64", 8, false },    { "__s8", 1, true },       { "__s16", 2, true },
	{ "__s32", 4, true },     { "__s64", 8, true },      { "size_t", 8, false },
	{ "ssize_t", 8, true },   { "uintptr_t", 8, false }, { "intptr_t", 8, true },
	{ "pid_t", 4, true },     { "uid_t", 4, false },     { "gid_t", 4, false },
	{ "off_t", 8, true },     { "dev_t", 4, false },     { "umode_t", 2, false },
};

/* "unsigned long int" and its like; NULL if a word is none of C's. */
static const struct type *check_type_words(const char *name)
{
	u32 longs = 0, shorts = 0, chars = 0, ints = 0, sign = 0, no_sign = 0, words = 0;

	while (*name) {
		size_t n = strcspn(name, " ");

		if (n == 4 && !memcmp(name, "long", n))
			longs++;
		else if (n == 5 && !memcmp(name, "short", n))
			shorts++;
		else if (n == 4 && !memcmp(name, "char", n))
			chars++;
		else if (n == 3 && !memcmp(name, "int", n))
			ints++;
		else if (n == 6 && !memcmp(name, "signed", n))
			sign++;
		else if (n == 8 && !memcmp(name, "unsigned", n))
			no_sign++;
		else if (n)
			return NULL;
		words += n != 0;
		name += n;
		name += *name == ' ';
	}
	if (!words || longs > 2 || shorts > 1 || chars > 1 || ints > 1 || sign + no_sign > 1 ||
	    (chars && (longs || shorts || ints)) || (longs && shorts))
		return NULL;
	return type_int(chars ? 1 : shorts ? 2 : longs ? 8 : 4, !no_sign);
}

static const struct type *check_type_plain(struct check *c, const char *name)
{
	const struct type *t;

	if (!strcmp(name, "void"))
		return &type_none;
	if (!strcmp(name, "bool") || !strcmp(name, "_Bool"))
		return &type_bool;
	t = check_type_words(name);
	if (t)
		return t;
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++) {
		if (!strcmp(fixed[i].name, name))
			return type_int(fixed[i].size, fixed[i].is_signed);
	}
	return types_find(c->types, TYPE_NONE, name);
}

static bool check_type_try_near(void *arg, const struct type *t)
{
	if (t->name)
		nearest_try(arg, t->name);
	return true;
}

static void check_type_unknown(struct check *c, const struct type_expr *e)
{
	static const char *const words[] = { "", "struct ", "union ", "enum ", "" };
	struct nearest n = nearest_to(e->name);

	if (!check_error(c, e->loc, "unknown type '%s%s'", words[e->base], e->name))
		return;
	if (e->base == TYPE_EXPR_NAME) {
		for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
			nearest_try(&n, fixed[i].name);
		if (types_find(c->types, TYPE_RECORD, e->name)) {
			check_hint(c, "did you mean 'struct %s'?", e->name);
			return;
		}
	}
	types_each_named(c->types, check_type_try_near, &n);
	if (nearest_name(&n))
		check_hint(c, "did you mean '%s%s'?", words[e->base], nearest_name(&n));
	else if (!types_have_kernel(c->types))
		check_hint(c, "this kernel has no BTF: define the type in the script");
}

static struct type *check_type_record(struct check *c, const struct type_expr *e,
				      enum type_space space);

/* Without pointers and dimensions. */
static const struct type *check_type_base(struct check *c, const struct type_expr *e,
					  enum type_space space)
{
	const struct type *t = NULL;

	if (e->has_members && e->base != TYPE_EXPR_ENUM)
		return check_type_record(c, e, space);
	switch (e->base) {
	case TYPE_EXPR_NAME:
	case TYPE_EXPR_TYPEDEF:
		if (!strcmp(e->name, "string"))
			return check_string_type(c, c->u->config.max_strlen);
		t = check_type_plain(c, e->name);
		break;
	case TYPE_EXPR_STRUCT:
	case TYPE_EXPR_UNION:
		t = types_find(c->types, TYPE_RECORD, e->name);
		break;
	case TYPE_EXPR_ENUM:
		if (!e->name)
			return &type_u32;
		t = types_find(c->types, TYPE_ENUM, e->name);
		break;
	}
	if (!t)
		check_type_unknown(c, e);
	return t;
}

const struct type *check_type(struct check *c, const struct type_expr *e, enum type_space space)
{
	const struct type *t;
	u64 total;

	if (e->base == TYPE_EXPR_NAME && !strcmp(e->name, "string") && e->is_array &&
	    !e->pointers) {
		if (e->array_count != 1 || !e->array[0] || e->array[0] > LANG_MAX_STRING) {
			check_error(c, e->loc, "a string's size has to be from 1 to %u",
				    LANG_MAX_STRING);
			return NULL;
		}
		return check_string_type(c, e->array[0]);
	}
	t = check_type_base(c, e, space);
	if (!t)
		return NULL;
	for (u32 i = 0; i < e->pointers; i++)
		t = check_ptr_type(c, t, space);
	if (!e->is_array)
		return t;
	total = check_sizeof_type(c, t);
	if (!total) {
		check_error(c, e->loc, "an array cannot have elements of type %s",
			    check_name(c, t));
		return NULL;
	}
	for (u32 i = e->array_count; i-- > 0;) {
		total *= e->array[i] ? e->array[i] : 1;
		if (total > CHECK_MAX_SIZE) {
			check_error(c, e->loc, "this array is too large");
			return NULL;
		}
		t = type_array(c->arena, t, e->array[i]);
	}
	return t;
}

u32 check_sizeof_type(struct check *c, const struct type *t)
{
	if (t->size || t->kind == TYPE_NONE)
		return t->size;
	return types_size(c->types, t);
}

/* The state of laying out one struct or union. */
struct layout {
	u64 bits; /* used so far */
	u64 size; /* the largest member's, of a union */
	u32 align;
	bool packed;
};

static void check_place_bits(struct layout *l, const struct type *t, u32 width, struct field *f)
{
	u64 unit = (u64)t->size * 8;

	if (!width) {
		l->bits = (l->bits + unit - 1) / unit * unit;
		return;
	}
	if (l->bits % unit + width > unit)
		l->bits = (l->bits + unit - 1) / unit * unit;
	f->offset = (u32)(l->bits / unit * t->size);
	f->bit_offset = (u8)(l->bits % unit);
	f->bit_size = (u8)width;
	l->bits += width;
}

/* Puts a field behind the ones before, or at 0 in a union. */
static bool check_place(struct check *c, struct layout *l, bool is_union, const struct member *m,
			struct field *f)
{
	u32 size = check_sizeof_type(c, f->type);
	u32 align = l->packed ? 1 : type_align(f->type);

	if (is_union)
		l->bits = 0;
	if (m->bits || (!m->name && f->type->kind == TYPE_INT)) {
		if (!type_is_integer(f->type) || m->bits > f->type->size * 8) {
			check_error(c, m->loc, "%s cannot have a bit-field of %u bits",
				    check_name(c, f->type), m->bits);
			return false;
		}
		check_place_bits(l, f->type, m->bits, f);
	} else {
		u64 at = (l->bits + 7) / 8;

		at = (at + align - 1) / align * align;
		f->offset = (u32)at;
		l->bits = (at + size) * 8;
	}
	if (align > l->align)
		l->align = align;
	if (l->bits > l->size)
		l->size = l->bits;
	return l->size / 8 < CHECK_MAX_SIZE;
}

static const struct type *check_type_member(struct check *c, const struct member *m,
					    enum type_space space)
{
	const struct type_expr *e = m->type;
	const struct type *t;

	/* A pointer to a struct that is not defined so far is looked up when it is followed. */
	if (e->pointers && !e->has_members && e->name &&
	    (e->base == TYPE_EXPR_STRUCT || e->base == TYPE_EXPR_UNION)) {
		struct type_expr one = *e;
		struct type *declared = type_new(c->arena, TYPE_RECORD, 0);

		declared->name = e->name;
		declared->is_union = e->base == TYPE_EXPR_UNION;
		t = declared;
		for (u32 i = 0; i < one.pointers; i++)
			t = check_ptr_type(c, t, space);
		for (u32 i = one.is_array ? one.array_count : 0; i-- > 0;)
			t = type_array(c->arena, t, one.array[i]);
		return t;
	}
	t = check_type(c, e, space);
	if (t && !check_sizeof_type(c, t) && !(t->kind == TYPE_ARRAY && t->count == 0)) {
		check_error(c, m->loc, "member '%s' has incomplete type %s",
			    m->name ? m->name : "(anonymous)", check_name(c, t));
		return NULL;
	}
	return t;
}

static u32 check_count_members(const struct member *m)
{
	u32 n = 0;

	for (; m; m = m->next)
		n++;
	return n;
}

/* The fields of a definition; anonymous ones get the name "". */
static struct type *check_type_record(struct check *c, const struct type_expr *e,
				      enum type_space space)
{
	bool is_union = e->base == TYPE_EXPR_UNION;
	u32 count = check_count_members(e->members);
	struct field *fields = arena_array(c->arena, struct field, count + 1);
	struct type *t = type_new(c->arena, TYPE_RECORD, 0);
	struct layout l = { .align = 1, .packed = e->members && e->members->packed };
	u32 n = 0;

	t->name = e->name;
	t->is_union = is_union;
	if (count > CHECK_MAX_FIELDS) {
		check_error(c, e->loc, "a struct of %u members is too large", count);
		return NULL;
	}
	for (const struct member *m = e->members; m; m = m->next) {
		struct field *f = &fields[n];

		f->name = m->name ? m->name : "";
		f->type = check_type_member(c, m, space);
		if (!f->type)
			return NULL;
		if (!check_place(c, &l, is_union, m, f)) {
			if (l.size / 8 >= CHECK_MAX_SIZE)
				check_error(c, e->loc, "this struct is too large");
			return NULL;
		}
		n += m->name || f->type->kind == TYPE_RECORD; /* ": 3" only pads */
	}
	t->fields = fields;
	t->field_count = n;
	t->size = (u32)(((l.size + 7) / 8 + l.align - 1) / l.align * l.align);
	return t;
}

static void check_type_enum(struct check *c, const struct type_expr *e)
{
	struct type *t = type_new(c->arena, TYPE_ENUM, 4);
	const char **names;
	s64 *values;
	u32 n = 0;

	for (const struct enum_item *i = e->enumerators; i; i = i->next)
		n++;
	names = arena_array(c->arena, const char *, n + 1);
	values = arena_array(c->arena, s64, n + 1);
	n = 0;
	for (const struct enum_item *i = e->enumerators; i; i = i->next) {
		names[n] = i->name;
		values[n++] = i->value;
		t->is_signed |= i->value < 0;
		if (i->value > UINT32_MAX || i->value < INT32_MIN)
			t->size = 8;
	}
	t->name = e->name;
	if (types_define_enum(c->types, t, names, values, n) == -EEXIST)
		check_error(c, e->loc, "'enum %s' is defined twice", e->name ? e->name : "");
}

static void check_type_define(struct check *c, const struct type_expr *e, const struct type *t)
{
	struct type *own = type_new(c->arena, TYPE_RECORD, 0);

	*own = *t;
	if (types_define_record(c->types, own) == -EEXIST)
		check_error(c, e->loc, "'%s %s' is defined twice", t->is_union ? "union" : "struct",
			    e->name);
}

void check_type_defs(struct check *c, const struct type_def *defs)
{
	for (; defs; defs = defs->next) {
		const struct type_expr *e = defs->definition;
		const struct type *t;

		if (e->base == TYPE_EXPR_ENUM) {
			check_type_enum(c, e);
		} else if (e->base == TYPE_EXPR_TYPEDEF) {
			const struct member *m = e->members;

			if (m->type->base == TYPE_EXPR_ENUM && m->type->has_members)
				check_type_enum(c, m->type);
			t = check_type(c, m->type, SPACE_KERNEL);
			if (t && t->kind == TYPE_RECORD && m->type->has_members && m->type->name)
				check_type_define(c, m->type, t);
			if (t && types_define_typedef(c->types, m->name, t) == -EEXIST)
				check_error(c, m->loc, "'%s' is defined twice", m->name);
		} else if (e->has_members) {
			t = check_type_record(c, e, SPACE_KERNEL);
			if (t && e->name)
				check_type_define(c, e, t);
		}
	}
}

void check_no_field(struct check *c, struct loc loc, const struct type *record, const char *name)
{
	enum { SHOWN = 8 };
	u32 count, shown = 0;
	const struct field *fields = types_fields(c->types, record, &count);
	struct nearest n = nearest_to(name);
	struct buf list = { 0 };

	if (!fields && !record->fields) {
		if (check_error(c, loc, "nothing is known about the fields of %s",
				check_name(c, record)) &&
		    !types_have_kernel(c->types))
			check_hint(c, "this kernel has no BTF: define the struct in the script");
		return;
	}
	if (!check_error(c, loc, "%s has no field '%s'", check_name(c, record), name))
		return;
	for (u32 i = 0; i < count; i++) {
		if (!fields[i].name || !fields[i].name[0])
			continue;
		nearest_try(&n, fields[i].name);
		if (shown < SHOWN)
			buf_printf(&list, "%s%s", shown ? ", " : "", fields[i].name);
		shown++;
	}
	if (nearest_name(&n))
		check_hint(c, "did you mean '%s'?", nearest_name(&n));
	else if (shown)
		check_hint(c, "it has: %s%s", buf_str(&list), shown > SHOWN ? ", ..." : "");
	buf_done(&list);
}
