/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk of value.c once more, to JSON. */
#include <string.h>

#include "session/value_parts.h"

void value_json_next(struct out *o, bool first)
{
	if (!first)
		out_write(o, ",", 1);
	o->comma = false;
}

void value_json_int(struct out *o, u64 bits, bool is_signed)
{
	u64 magnitude = is_signed && (s64)bits < 0 ? -bits : bits;
	struct buf text = { 0 };

	while (magnitude && !(magnitude & 1))
		magnitude >>= 1;
	if (magnitude >> 53) {
		if (is_signed)
			value_put_s64(&text, (s64)bits);
		else
			value_put_u64(&text, bits);
		out_json_str(o, NULL, text.data, text.len);
		buf_done(&text);
	} else if (is_signed) {
		out_json_s64(o, NULL, (s64)bits);
	} else {
		out_json_u64(o, NULL, bits);
	}
}

static void json_null(struct out *o)
{
	out_puts(o, "null");
	o->comma = true;
}

static void json_fields(struct values *v, struct out *o, const struct type *t, const u8 *p,
			size_t size)
{
	u32 count;
	const struct field *fields = value_fields(v, t, &count);
	bool named = t->kind == TYPE_RECORD || (count && fields[0].name);

	out_json_open(o, NULL, named ? '{' : '[');
	for (u32 i = 0; i < count; i++) {
		const u8 *member;
		size_t left;
		u8 bits[8];

		if (named)
			out_json_key(o, fields[i].name ? fields[i].name : "",
				     fields[i].name ? strlen(fields[i].name) : 0);
		else
			value_json_next(o, !i);
		if (value_member(&fields[i], p, size, bits, &member, &left))
			value_json(v, o, fields[i].type, member, left);
		else
			json_null(o);
	}
	out_json_close(o, named ? '}' : ']');
}

static void json_array(struct values *v, struct out *o, const struct type *t, const u8 *p,
		       size_t size)
{
	size_t step = t->target->size;

	out_json_open(o, NULL, '[');
	for (u32 i = 0; i < t->count && step && (i + 1) * step <= size; i++) {
		value_json_next(o, !i);
		value_json(v, o, t->target, p + i * step, step);
	}
	out_json_close(o, ']');
}

static void json_bytes(struct out *o, const u8 *p, size_t size)
{
	size_t len;

	p = value_buf(p, size, &len);
	out_json_open(o, NULL, '[');
	for (size_t i = 0; i < len; i++) {
		value_json_next(o, !i);
		out_json_u64(o, NULL, p[i]);
	}
	out_json_close(o, ']');
}

static void json_text(struct values *v, struct out *o, const struct type *t, const u8 *p,
		      size_t size)
{
	struct buf text = { 0 };

	value_text(v, &text, t, p, size);
	out_json_str(o, NULL, buf_str(&text), text.len);
	buf_done(&text);
}

static void json_value(struct values *v, struct out *o, const struct type *t, const u8 *p,
		       size_t size)
{
	bool is_text = t->kind == TYPE_STRING || value_named_size(t->kind) ||
		       (t->kind == TYPE_ARRAY && value_is_char(t->target));
	u64 bits;

	if (is_text)
		json_text(v, o, t, p, size);
	else if (t->kind == TYPE_BUF)
		json_bytes(o, p, t->size < size ? t->size : size);
	else if (t->kind == TYPE_TUPLE || t->kind == TYPE_RECORD)
		json_fields(v, o, t, p, size);
	else if (t->kind == TYPE_ARRAY)
		json_array(v, o, t, p, size);
	else if (!value_int(t, p, size, &bits))
		json_null(o);
	else if (t->kind == TYPE_BOOL)
		out_json_bool(o, NULL, bits);
	else
		value_json_int(o, value_divide(v, bits, value_is_signed(t)), value_is_signed(t));
}

void value_json(struct values *v, struct out *o, const struct type *t, const u8 *p, size_t size)
{
	if (v->depth >= VALUE_DEPTH) {
		json_null(o);
		return;
	}
	v->depth++;
	json_value(v, o, t, p, size);
	v->depth--;
}
