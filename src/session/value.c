/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A walk over the type, to text here and to JSON in value_json.c. Both share the leaves: whatever is no number,
 * aggregate or byte string is rendered as text first.
 *
 *	text: (1, abc, { .a = 2 })        JSON: [1,"abc",{"a": 2}]
 */
#include "session/value.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "btf/types.h"
#include "session/clock.h"
#include "session/ksyms.h"
#include "session/names.h"
#include "session/stack.h"
#include "session/usyms.h"
#include "session/value_parts.h"

void values_init(struct values *v, struct arena *arena, const struct engine_ops *ops, void *engine,
		 const struct script *script)
{
	*v = (struct values){
		.arena = arena,
		.ops = ops,
		.engine = engine,
		.script = script,
		.div = 1,
		.comma = ", ",
	};
}

void values_done(struct values *v)
{
	if (v->types)
		types_free(v->types);
	ksyms_free(v->ksyms);
	usyms_free(v->usyms);
	v->types = NULL;
	v->ksyms = NULL;
	v->usyms = NULL;
	v->names = NULL;
}

struct usyms *values_usyms(struct values *v)
{
	if (!v->usyms)
		v->usyms = usyms_new();
	return v->usyms;
}

static struct types *values_types(struct values *v)
{
	if (!v->types)
		v->types = types_new(v->arena);
	return v->types;
}

static struct names *values_names(struct values *v)
{
	if (!v->names)
		v->names = names_new(v->arena);
	return v->names;
}

bool value_is_signed(const struct type *t)
{
	return (t->kind == TYPE_INT || t->kind == TYPE_ENUM || type_is_aggregate(t)) &&
	       t->is_signed;
}

/* 1, 2, 4 or 8 little-endian bytes. */
static bool value_load(const u8 *p, u32 size, bool is_signed, u64 *out)
{
	u64 n = 0;
	u32 unused = 64 - 8 * size;

	if (size != 1 && size != 2 && size != 4 && size != 8)
		return false;
	memcpy(&n, p, size);
	if (is_signed)
		n = (u64)((s64)(n << unused) >> unused);
	*out = n;
	return true;
}

bool value_int(const struct type *t, const u8 *p, size_t size, u64 *out)
{
	switch (t->kind) {
	case TYPE_INT:
	case TYPE_BOOL:
	case TYPE_ENUM:
	case TYPE_PTR:
		return t->size <= size && value_load(p, t->size, value_is_signed(t), out);
	default:
		return false;
	}
}

void value_put_u64(struct buf *b, u64 n)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	buf_put(b, digits + at, sizeof(digits) - at);
}

void value_put_s64(struct buf *b, s64 n)
{
	if (n < 0)
		buf_putc(b, '-');
	value_put_u64(b, n < 0 ? -(u64)n : (u64)n);
}

void value_put_bytes(struct buf *b, const u8 *p, size_t size, char raw)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		char digits[2] = { hex[p[i] >> 4], hex[p[i] & 15] };

		if (!raw && p[i] >= 32 && p[i] <= 126) {
			buf_putc(b, (char)p[i]);
			continue;
		}
		if (raw != 'h')
			buf_put(b, "\\x", 2);
		else if (i)
			buf_putc(b, ' ');
		buf_put(b, digits, 2);
	}
}

const u8 *value_buf(const u8 *p, size_t size, size_t *len)
{
	u32 used = 0;

	*len = 0;
	if (size < 4)
		return p;
	memcpy(&used, p, 4);
	*len = used < size - 4 ? used : size - 4;
	return p + 4;
}

/* INT64_MIN / -1 cannot come up, as div is positive. */
u64 value_divide(const struct values *v, u64 bits, bool is_signed)
{
	if (v->div <= 1)
		return bits;
	return is_signed ? (u64)((s64)bits / (s64)v->div) : bits / v->div;
}

static const char *value_enum_name(struct values *v, const struct type *t, u64 bits)
{
	const struct type *found = NULL;

	for (u32 i = 0; i < t->enumerator_count; i++) {
		if (t->enumerators[i].value == (s64)bits)
			return t->enumerators[i].name;
	}
	if (!t->enumerators && t->name)
		found = types_find(values_types(v), TYPE_ENUM, t->name);
	return found ? types_enum_name(v->types, found, (s64)bits) : NULL;
}

static void text_int(struct values *v, struct buf *b, const struct type *t, u64 bits)
{
	const char *name = t->kind == TYPE_ENUM ? value_enum_name(v, t, bits) : NULL;
	bool is_signed = value_is_signed(t);

	if (name)
		buf_puts(b, name);
	else if (t->kind == TYPE_PTR)
		buf_printf(b, "0x%" PRIx64, bits);
	else if (t->kind == TYPE_BOOL)
		buf_puts(b, bits ? "true" : "false");
	else if (is_signed)
		value_put_s64(b, (s64)value_divide(v, bits, true));
	else
		value_put_u64(b, value_divide(v, bits, false));
}

static void text_string(struct buf *b, const u8 *p, size_t size)
{
	const u8 *end = memchr(p, 0, size);

	buf_put(b, p, end ? (size_t)(end - p) : size);
	/* A string that fills its place without a terminator was cut. */
	if (!end && size)
		buf_puts(b, "..");
}

static void text_inet(struct buf *b, const u8 *p)
{
	char text[INET6_ADDRSTRLEN] = "";
	u32 family;

	memcpy(&family, p, 4);
	if (family == AF_INET || family == AF_INET6)
		inet_ntop((int)family, p + 4, text, sizeof(text));
	buf_puts(b, text);
}

static void text_probe(const struct values *v, struct buf *b, const u8 *p)
{
	u32 index;

	memcpy(&index, p, 4);
	if (index < v->script->targets.n)
		buf_puts(b, v->script->targets.at[index].name);
}

static void text_timestamp(const struct values *v, struct buf *b, const u8 *p)
{
	u64 ns;
	u32 format, clock;

	memcpy(&ns, p, 8);
	memcpy(&format, p + 8, 4);
	memcpy(&clock, p + 12, 4);
	if (format < v->script->strings.n)
		clock_format(b, v->script->strings.at[format], ns, clock);
}

u32 value_named_size(enum type_kind kind)
{
	switch (kind) {
	case TYPE_KSTACK:
	case TYPE_KSYM:
	case TYPE_CGROUP_PATH:
		return 8;
	case TYPE_USTACK:
	case TYPE_USYM:
	case TYPE_TIMESTAMP:
		return 16;
	case TYPE_INET:
		return 20;
	case TYPE_MAC:
		return 6;
	case TYPE_USERNAME:
	case TYPE_PROBE:
		return 4;
	default:
		return 0;
	}
}

/* Kinds of a fixed size that always are text. */
static void text_named(struct values *v, struct buf *b, const struct type *t, const u8 *p)
{
	u32 need = value_named_size(t->kind);
	u64 n = 0;

	memcpy(&n, p, need < 8 ? need : 8);
	switch (t->kind) {
	case TYPE_KSTACK:
	case TYPE_USTACK:
		stack_text(v, b, t, p);
		break;
	case TYPE_KSYM:
		stack_ksym(v, b, n, false);
		break;
	case TYPE_USYM:
		stack_usym(v, b, p);
		break;
	case TYPE_INET:
		text_inet(b, p);
		break;
	case TYPE_MAC:
		buf_printf(b, "%02X:%02X:%02X:%02X:%02X:%02X", p[0], p[1], p[2], p[3], p[4], p[5]);
		break;
	case TYPE_USERNAME:
		buf_puts(b, names_user(values_names(v), (u32)n));
		break;
	case TYPE_PROBE:
		text_probe(v, b, p);
		break;
	case TYPE_TIMESTAMP:
		text_timestamp(v, b, p);
		break;
	case TYPE_CGROUP_PATH:
		buf_puts(b, names_cgroup(values_names(v), n));
		break;
	default:
		break;
	}
}

bool value_is_char(const struct type *t)
{
	return t->kind == TYPE_INT && t->size == 1 &&
	       (t->is_signed || (t->name && !strcmp(t->name, "char")));
}

const struct field *value_fields(struct values *v, const struct type *t, u32 *count)
{
	struct type by_name = *t;

	*count = t->field_count;
	if (t->fields || t->kind != TYPE_RECORD || !t->name)
		return t->fields;
	by_name.id = 0; /* an id means something only to those `struct types` that gave it */
	return types_fields(values_types(v), &by_name, count);
}

/* A bit-field's value, put into 8 bytes as an integer of its own. */
static u64 value_bits(const struct field *f, const u8 *p, size_t size)
{
	u32 first = f->bit_offset / 8, shift = f->bit_offset % 8;
	u32 width = f->bit_size > 64 ? 64 : f->bit_size;
	u64 n = 0;

	if (first >= size)
		return 0;
	memcpy(&n, p + first, size - first < 8 ? size - first : 8);
	n = n >> shift << (64 - width);
	return value_is_signed(f->type) ? (u64)((s64)n >> (64 - width)) : n >> (64 - width);
}

bool value_member(const struct field *f, const u8 *p, size_t size, u8 bits[8], const u8 **member,
		  size_t *left)
{
	u64 n;

	if (f->offset > size)
		return false;
	if (f->bit_size) {
		n = value_bits(f, p + f->offset, size - f->offset);
		memcpy(bits, &n, 8);
		*member = bits;
		*left = 8;
		return true;
	}
	*member = p + f->offset;
	*left = size - f->offset;
	return f->type->size <= *left;
}

static void text_fields(struct values *v, struct buf *b, const struct type *t, const u8 *p,
			size_t size)
{
	bool is_tuple = t->kind == TYPE_TUPLE;
	const char *comma = is_tuple ? v->comma : ", ";
	u32 count;
	const struct field *fields = value_fields(v, t, &count);

	if (!is_tuple && !count) {
		buf_puts(b, "{}");
		return;
	}
	buf_puts(b, is_tuple ? "(" : "{ ");
	for (u32 i = 0; i < count; i++) {
		const u8 *member;
		size_t left;
		u8 bits[8];

		if (i)
			buf_puts(b, comma);
		if (fields[i].name && *fields[i].name)
			buf_printf(b, is_tuple ? "%s = " : ".%s = ", fields[i].name);
		if (value_member(&fields[i], p, size, bits, &member, &left))
			value_text(v, b, fields[i].type, member, left);
		else
			buf_putc(b, '?');
	}
	buf_puts(b, is_tuple ? ")" : " }");
}

static void text_array(struct values *v, struct buf *b, const struct type *t, const u8 *p,
		       size_t size)
{
	size_t step = t->target->size;

	if (value_is_char(t->target)) {
		text_string(b, p, t->count < size ? t->count : size);
		return;
	}
	buf_putc(b, '[');
	for (u32 i = 0; i < t->count && step && (i + 1) * step <= size; i++) {
		if (i)
			buf_putc(b, ',');
		value_text(v, b, t->target, p + i * step, step);
	}
	buf_putc(b, ']');
}

static void text_value(struct values *v, struct buf *b, const struct type *t, const u8 *p,
		       size_t size)
{
	u32 need = value_named_size(t->kind);
	size_t len;
	u64 bits;

	if (need) {
		if (size >= need)
			text_named(v, b, t, p);
		else
			buf_putc(b, '?');
		return;
	}
	switch (t->kind) {
	case TYPE_STRING:
		text_string(b, p, t->size < size ? t->size : size);
		break;
	case TYPE_BUF:
		p = value_buf(p, t->size < size ? t->size : size, &len);
		value_put_bytes(b, p, len, 0);
		break;
	case TYPE_TUPLE:
	case TYPE_RECORD:
		text_fields(v, b, t, p, size);
		break;
	case TYPE_ARRAY:
		text_array(v, b, t, p, size);
		break;
	default:
		if (value_int(t, p, size, &bits))
			text_int(v, b, t, bits);
		else
			buf_putc(b, '?');
	}
}

void value_text(struct values *v, struct buf *b, const struct type *t, const u8 *p, size_t size)
{
	if (v->depth >= VALUE_DEPTH) {
		buf_putc(b, '?');
		return;
	}
	v->depth++;
	text_value(v, b, t, p, size);
	v->depth--;
}
