/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes types, fields and enumerators from BTF, copied so that they outlive it. A record is made
 * without its fields, which come when they are asked for: so types that refer to each other, as C's do
 * through pointers, need no recursion. BTF that is nested otherwise, or in circles, is cut off.
 */
#include <string.h>

#include "btf/types_impl.h"

static const struct type type_func = { .kind = TYPE_FUNC };

u32 types_id(const struct rawbtf *b, u32 unit, u32 id)
{
	return id >= rawbtf_first(b) ? unit << UNIT_SHIFT | id : id;
}

struct made *types_made(struct types *t, u32 id)
{
	struct made *m = table_get(&t->made, &id, sizeof(id));

	if (!m) {
		m = arena_new(t->arena, struct made);
		table_set(&t->made, &id, sizeof(id), m);
	}
	return m;
}

const struct btf_type *types_resolve(const struct rawbtf *b, u32 *id, bool *is_user)
{
	const struct btf_type *bt = NULL;

	for (u32 n = 0; n < 4 * TYPES_DEPTH; n++) {
		bt = rawbtf_type(b, *id);
		if (!bt)
			return NULL;
		switch (BTF_INFO_KIND(bt->info)) {
		case BTF_KIND_TYPE_TAG:
			if (is_user && !strcmp(rawbtf_str(b, bt->name_off), "user"))
				*is_user = true;
			break;
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
			break;
		default:
			return bt;
		}
		*id = bt->type;
	}
	return NULL;
}

/* An integer of a size that no register holds is opaque bytes. */
static const struct type *odd_int(struct types *t, u32 size, bool is_signed)
{
	struct type *type;

	if (size == 1 || size == 2 || size == 4 || size == 8)
		return type_int(size, is_signed);
	type = type_new(t->arena, TYPE_INT, size);
	type->is_signed = is_signed;
	return type;
}

static const struct type *make_int(struct types *t, const struct rawbtf *b,
				   const struct btf_type *bt)
{
	u32 encoding = BTF_INT_ENCODING(*(const u32 *)(const void *)(bt + 1));

	if (bt->size == 1 &&
	    ((encoding & BTF_INT_BOOL) || !strcmp(rawbtf_str(b, bt->name_off), "_Bool")))
		return &type_bool;
	/* Plain char is text, whichever sign the kernel was built to give it. */
	bool is_char = bt->size == 1 && !strcmp(rawbtf_str(b, bt->name_off), "char");
	return odd_int(t, bt->size, is_char || (encoding & BTF_INT_SIGNED));
}

static struct type *make_named(struct types *t, const struct rawbtf *b, const struct btf_type *bt,
			       enum type_kind kind, u32 size)
{
	struct type *type = type_new(t->arena, kind, size);

	type->name = arena_strdup(t->arena, rawbtf_str(b, bt->name_off));
	return type;
}

static const struct type *make_at(struct types *t, u32 unit, u32 id, bool *is_user, u32 depth);

static const struct type *make_ptr(struct types *t, u32 unit, const struct btf_type *bt, u32 depth)
{
	bool is_user = false;
	const struct type *target = make_at(t, unit, bt->type, &is_user, depth + 1);

	return type_ptr(t->arena, target, is_user ? SPACE_USER : SPACE_KERNEL);
}

static const struct type *make_array(struct types *t, u32 unit, const struct btf_type *bt,
				     u32 depth)
{
	const struct btf_array *array = (const void *)(bt + 1);
	u32 count = array->nelems;

	return type_array(t->arena, make_at(t, unit, array->type, NULL, depth + 1), count);
}

/* Whatever is kept by id: not integers, which are shared anyway. */
static const struct type *make_kept(struct types *t, u32 unit, u32 id, const struct rawbtf *b,
				    const struct btf_type *bt, u32 depth)
{
	struct type *type;

	switch (BTF_INFO_KIND(bt->info)) {
	case BTF_KIND_PTR:
		return make_ptr(t, unit, bt, depth);
	case BTF_KIND_ARRAY:
		return make_array(t, unit, bt, depth);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		type = make_named(t, b, bt, TYPE_RECORD, bt->size);
		type->is_union = BTF_INFO_KIND(bt->info) == BTF_KIND_UNION;
		type->id = types_id(b, unit, id);
		return type;
	case BTF_KIND_FWD:
		type = make_named(t, b, bt, TYPE_RECORD, 0);
		type->is_union = BTF_INFO_KFLAG(bt->info);
		return type;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		type = make_named(t, b, bt, TYPE_ENUM, bt->size > 8 ? 8 : bt->size);
		type->is_signed = BTF_INFO_KFLAG(bt->info);
		type->id = types_id(b, unit, id);
		return type;
	case BTF_KIND_FLOAT:
		return odd_int(t, bt->size, false);
	default:
		return &type_none;
	}
}

static const struct type *make_at(struct types *t, u32 unit, u32 id, bool *is_user, u32 depth)
{
	const struct rawbtf *b = types_unit(t, unit);
	const struct btf_type *bt =
		b && depth <= TYPES_DEPTH ? types_resolve(b, &id, is_user) : NULL;
	struct made *m;

	if (!bt)
		return &type_none;
	if (BTF_INFO_KIND(bt->info) == BTF_KIND_INT)
		return make_int(t, b, bt);
	if (BTF_INFO_KIND(bt->info) == BTF_KIND_FUNC_PROTO)
		return &type_func;
	m = types_made(t, types_id(b, unit, id));
	if (!m->type) {
		const struct type *type = make_kept(t, unit, id, b, bt, depth);

		/* A chain that is too long is cut where this look-up says; do not keep that cut. */
		if (depth > TYPES_DEPTH / 2)
			return type;
		m->type = type;
	}
	return m->type;
}

const struct type *types_make(struct types *t, u32 unit, u32 id)
{
	return make_at(t, unit, id, NULL, 0);
}

/* Before 4.19 a bit-field's size was that of an integer made for it. */
static void old_bits(const struct rawbtf *b, const struct btf_member *m, u32 *bits, u32 *bit_size)
{
	u32 id = m->type, info;
	const struct btf_type *bt = types_resolve(b, &id, NULL);

	*bits = m->offset;
	*bit_size = 0;
	if (!bt || BTF_INFO_KIND(bt->info) != BTF_KIND_INT)
		return;
	info = *(const u32 *)(const void *)(bt + 1);
	if (BTF_INT_BITS(info) == (u64)bt->size * 8 && !BTF_INT_OFFSET(info) && !(m->offset % 8))
		return;
	*bits = m->offset + BTF_INT_OFFSET(info);
	*bit_size = BTF_INT_BITS(info);
}

void types_member_bits(const struct rawbtf *b, const struct btf_type *record, u32 i, u32 *bits,
		       u32 *bit_size)
{
	const struct btf_member *m = (const struct btf_member *)(const void *)(record + 1) + i;

	if (!BTF_INFO_KFLAG(record->info)) {
		old_bits(b, m, bits, bit_size);
		return;
	}
	*bits = BTF_MEMBER_BIT_OFFSET(m->offset);
	*bit_size = BTF_MEMBER_BITFIELD_SIZE(m->offset);
}

/*
 * Places a bit-field in the aligned unit of its own type that holds it, or the next larger one, so it can
 * be read with one load and its CO-RE relocation agrees with the compilers'. Where the unit would stick
 * out of the record (packed ones) or none holds it, it is placed from the byte that it begins in.
 */
static bool place_bits(struct field *f, u32 bits, u32 bit_size, u32 record_size)
{
	u64 end = (u64)bits + bit_size;

	if (bit_size > 64 || end > (u64)record_size * 8)
		return false;
	f->bit_size = (u8)bit_size;
	for (u32 unit = f->type->size; unit && unit <= 8; unit *= 2) {
		u64 start = bits / 8 / unit * unit;

		if (end > (start + unit) * 8 || start + unit > record_size)
			continue;
		f->offset = (u32)start;
		f->bit_offset = (u8)(bits - start * 8);
		return true;
	}
	f->offset = bits / 8;
	f->bit_offset = (u8)(bits % 8);
	return bits % 8 + bit_size <= 64;
}

/* False for a member that does not lie within its record: no compiler makes one. */
static bool make_field(struct types *t, u32 unit, const struct rawbtf *b, const struct btf_type *bt,
		       u32 i, struct field *f)
{
	const struct btf_member *m = (const struct btf_member *)(const void *)(bt + 1) + i;
	u32 bits, bit_size;

	types_member_bits(b, bt, i, &bits, &bit_size);
	f->type = types_make(t, unit, m->type);
	f->name = arena_strdup(t->arena, rawbtf_str(b, m->name_off));
	if (bit_size)
		return type_is_integer(f->type) && place_bits(f, bits, bit_size, bt->size);
	f->offset = bits / 8;
	return !(bits % 8) && f->offset <= bt->size && f->type->size <= bt->size - f->offset;
}

/* The fields of a record that has an id. */
static const struct field *fields_by_id(struct types *t, u32 id, u32 *count)
{
	u32 unit = id >> UNIT_SHIFT, own = id & ((1u << UNIT_SHIFT) - 1), n = 0, vlen;
	const struct rawbtf *b;
	const struct btf_type *bt;
	struct field *fields;
	struct made *m = types_made(t, id);

	if (m->fields) {
		*count = m->field_count;
		return m->fields;
	}
	b = types_unit(t, unit);
	bt = b ? rawbtf_type(b, own) : NULL;
	if (!bt || (BTF_INFO_KIND(bt->info) != BTF_KIND_STRUCT &&
		    BTF_INFO_KIND(bt->info) != BTF_KIND_UNION))
		return NULL;
	vlen = BTF_INFO_VLEN(bt->info);
	fields = arena_array(t->arena, struct field, vlen);
	for (u32 i = 0; i < vlen; i++) {
		fields[n] = (struct field){ 0 };
		if (make_field(t, unit, b, bt, i, &fields[n]))
			n++;
	}
	m->fields = fields;
	m->field_count = n;
	*count = n;
	return fields;
}

const struct field *types_fields(struct types *t, const struct type *record, u32 *count)
{
	*count = 0;
	if (record->kind == TYPE_RECORD && !record->fields && !record->id) {
		record = types_find(t, TYPE_RECORD, record->name);
		if (!record)
			return NULL;
	}
	if (record->fields) {
		*count = record->field_count;
		return record->fields;
	}
	return record->kind == TYPE_RECORD && record->id ? fields_by_id(t, record->id, count)
							 : NULL;
}

/* budget: records still to be looked into, so that nothing contrived takes long. */
static bool find_field(struct types *t, const struct type *record, const char *name,
		       struct field *out, u32 depth, u32 *budget)
{
	const struct field *fields;
	u32 count;

	if (!*budget || depth > TYPES_DEPTH)
		return false;
	--*budget;
	fields = types_fields(t, record, &count);
	for (u32 i = 0; i < count; i++) {
		if (fields[i].name && !strcmp(fields[i].name, name)) {
			*out = fields[i];
			return true;
		}
	}
	for (u32 i = 0; i < count; i++) {
		const struct field *f = &fields[i];

		if (!f->name || *f->name || f->type->kind != TYPE_RECORD)
			continue;
		if (!find_field(t, f->type, name, out, depth + 1, budget))
			continue;
		out->offset += f->offset;
		return true;
	}
	return false;
}

bool types_field(struct types *t, const struct type *record, const char *name, struct field *out)
{
	struct field found;
	u32 budget = 1000;

	if (!*name || !find_field(t, record, name, &found, 0, &budget))
		return false;
	*out = found;
	return true;
}

u32 types_size(struct types *t, const struct type *type)
{
	u64 count = 1;

	for (u32 n = 0; type->kind == TYPE_ARRAY && !type->size && n < TYPES_DEPTH; n++) {
		count *= type->count;
		if (count > UINT32_MAX)
			return 0;
		type = type->target;
	}
	if (type->kind == TYPE_RECORD && !type->size && !type->id && !type->fields)
		type = types_find(t, TYPE_RECORD, type->name);
	if (!type)
		return 0;
	count *= type->size;
	return count > UINT32_MAX ? 0 : (u32)count;
}

s64 types_enum_value(const struct btf_type *bt, u32 i)
{
	const struct btf_enum *e = (const struct btf_enum *)(const void *)(bt + 1) + i;
	const struct btf_enum64 *e64 = (const struct btf_enum64 *)(const void *)(bt + 1) + i;

	if (BTF_INFO_KIND(bt->info) == BTF_KIND_ENUM64)
		return (s64)((u64)e64->val_hi32 << 32 | e64->val_lo32);
	return BTF_INFO_KFLAG(bt->info) ? e->val : (s64)(u32)e->val;
}

static struct enum_def make_values(struct types *t, u32 unit, u32 id)
{
	const struct rawbtf *b = types_unit(t, unit);
	const struct btf_type *bt = b ? rawbtf_type(b, id) : NULL;
	u32 kind = bt ? BTF_INFO_KIND(bt->info) : 0, n;
	struct enumerator *list;

	if (kind != BTF_KIND_ENUM && kind != BTF_KIND_ENUM64)
		return (struct enum_def){ 0 };
	n = BTF_INFO_VLEN(bt->info);
	list = arena_array(t->arena, struct enumerator, n);
	for (u32 i = 0; i < n; i++) {
		const struct btf_enum *e = (const void *)(bt + 1);
		const struct btf_enum64 *e64 = (const void *)(bt + 1);
		u32 name = kind == BTF_KIND_ENUM ? e[i].name_off : e64[i].name_off;

		list[i].name = arena_strdup(t->arena, rawbtf_str(b, name));
		list[i].value = types_enum_value(bt, i);
	}
	return (struct enum_def){ .at = list, .count = n };
}

/* The values of an enum; none if it is only declared, or no enum at all. */
static struct enum_def enum_values(struct types *t, const struct type *type)
{
	const struct enum_def none = { 0 };
	struct enum_def *def;
	struct made *m;
	u32 id;

	if (type->kind == TYPE_ENUM && !type->id && !type->enumerators)
		type = types_find(t, TYPE_ENUM, type->name);
	if (!type || type->kind != TYPE_ENUM)
		return none;
	if (type->enumerators)
		return (struct enum_def){ type->enumerators, type->enumerator_count };
	id = type->id & ~TYPES_SCRIPT_ID;
	if (type->id & TYPES_SCRIPT_ID)
		return id < t->script_enums.n ? t->script_enums.at[id] : none;
	m = types_made(t, id);
	if (!m->values) {
		def = arena_new(t->arena, struct enum_def);
		*def = make_values(t, id >> UNIT_SHIFT, id & ((1u << UNIT_SHIFT) - 1));
		m->values = def;
	}
	return *m->values;
}

const char *types_enum_name(struct types *t, const struct type *enum_type, s64 value)
{
	struct enum_def def = enum_values(t, enum_type);

	for (u32 i = 0; i < def.count; i++) {
		if (def.at[i].value == value)
			return def.at[i].name;
	}
	return NULL;
}

void types_enum_each(struct types *t, const struct type *enum_type,
		     void (*fn)(void *arg, const char *name, s64 value), void *arg)
{
	struct enum_def def = enum_values(t, enum_type);

	for (u32 i = 0; i < def.count; i++)
		fn(arg, def.at[i].name, def.at[i].value);
}
