/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A walk down the type with the bytes beside it. The number of parts that may still be printed is shared by the whole value, so
 * that arrays of structs of arrays do not multiply.
 */
#include "btf/rawvalue.h"

#include <inttypes.h>
#include <string.h>

enum { MAX_STEPS = 32 }; /* from name to name, until a type is reached */

struct walk {
	struct out *o;
	const struct rawbtf *b;
	u32 depth, parts; /* left of both */
};

static void value(struct walk *w, const char *key, u32 type, const u8 *data, size_t len);

u32 rawvalue_resolve(const struct rawbtf *b, u32 type)
{
	for (u32 i = 0; i < MAX_STEPS; i++) {
		const struct btf_type *t = rawbtf_skip(b, &type, NULL);
		u32 kind = t ? BTF_INFO_KIND(t->info) : 0;

		if (kind != BTF_KIND_VAR && kind != BTF_KIND_DECL_TAG)
			return t ? type : 0;
		type = t->type;
	}
	return 0;
}

static const struct btf_array *array_of(const struct btf_type *t)
{
	return (const struct btf_array *)(const void *)(t + 1);
}

static u64 sane(u64 size)
{
	return size <= UINT32_MAX ? size : 0;
}

u64 rawvalue_size(const struct rawbtf *b, u32 type)
{
	u64 times = 1;

	for (u32 i = 0; i < MAX_STEPS; i++) {
		const struct btf_type *t = rawbtf_type(b, rawvalue_resolve(b, type));
		u32 kind = t ? BTF_INFO_KIND(t->info) : BTF_KIND_UNKN;

		if (kind == BTF_KIND_PTR)
			return sane(8 * times);
		if (kind == BTF_KIND_INT || kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64 ||
		    kind == BTF_KIND_FLOAT || kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION ||
		    kind == BTF_KIND_DATASEC)
			return sane(t->size * times);
		if (kind != BTF_KIND_ARRAY)
			return 0;
		times *= array_of(t)->nelems;
		if (times > UINT32_MAX)
			return 0;
		type = array_of(t)->type;
	}
	return 0;
}

/* ---- leaves */

__attribute__((format(printf, 3, 4))) static void text(struct walk *w, const char *key,
						       const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	if (w->o->json)
		out_json_str(w->o, key, buf_str(&b), b.len);
	else
		out_write(w->o, buf_str(&b), b.len);
	buf_done(&b);
}

static void missing(struct walk *w, const char *key)
{
	if (!w->o->json) {
		out_puts(w->o, "?");
		return;
	}
	if (key)
		out_json_key(w->o, key, strlen(key));
	else if (w->o->comma)
		out_puts(w->o, ", ");
	out_puts(w->o, "null");
	w->o->comma = true;
}

void rawvalue_print_hex(struct out *o, const char *key, const void *data, size_t len)
{
	const u8 *at = data;
	struct buf b = { 0 };
	struct walk w = { .o = o };

	for (size_t i = 0; i < len && i < RAWVALUE_MAX_BYTES; i++)
		buf_printf(&b, "%02x", at[i]);
	text(&w, key, "0x%s%s", buf_str(&b), len > RAWVALUE_MAX_BYTES ? "..." : "");
	buf_done(&b);
}

/* Up to 8 bytes as a number. */
static u64 number(const u8 *data, u32 size)
{
	u64 v = 0;

	memcpy(&v, data, size < 8 ? size : 8);
	return v;
}

static s64 extend(u64 v, u32 bits)
{
	u32 unused = 64 - bits;

	return bits ? (s64)(v << unused) >> unused : 0;
}

static void put_integer(struct walk *w, const char *key, u64 v, u32 bits, bool is_signed)
{
	if (!w->o->json && is_signed)
		out_printf(w->o, "%" PRId64, extend(v, bits));
	else if (!w->o->json)
		out_printf(w->o, "%" PRIu64, v);
	else if (is_signed)
		out_json_s64(w->o, key, extend(v, bits));
	else
		out_json_u64(w->o, key, v);
}

/* Enumerators of 4 or 8 bytes; a value without a name is a number. */
static void put_enum(struct walk *w, const char *key, const struct btf_type *t, u64 v, u32 bits)
{
	bool is_signed = BTF_INFO_KFLAG(t->info),
	     is_wide = BTF_INFO_KIND(t->info) == BTF_KIND_ENUM64;
	const struct btf_enum *narrow = (const void *)(t + 1);
	const struct btf_enum64 *wide = (const void *)(t + 1);
	u64 mask = bits < 64 ? (1ull << bits) - 1 : UINT64_MAX;

	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		u64 has = is_wide ? (u64)wide[i].val_hi32 << 32 | wide[i].val_lo32
				  : (u64)(u32)narrow[i].val;

		if ((has & mask) != v)
			continue;
		text(w, key, "%s",
		     rawbtf_str(w->b, is_wide ? wide[i].name_off : narrow[i].name_off));
		return;
	}
	put_integer(w, key, v, bits, is_signed);
}

/* A number of some bits that has been taken out of its place. */
static void put_bits(struct walk *w, const char *key, const struct btf_type *t, u64 v, u32 bits)
{
	u32 encoding, kind = BTF_INFO_KIND(t->info);

	if (kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64) {
		put_enum(w, key, t, v, bits);
		return;
	}
	encoding = kind == BTF_KIND_INT ? BTF_INT_ENCODING(*(const u32 *)(const void *)(t + 1)) : 0;
	if (encoding & BTF_INT_BOOL && v <= 1) {
		if (w->o->json)
			out_json_bool(w->o, key, v);
		else
			out_puts(w->o, v ? "true" : "false");
		return;
	}
	put_integer(w, key, v, bits, encoding & BTF_INT_SIGNED);
}

static void put_float(struct walk *w, const char *key, const u8 *data, u32 size)
{
	float narrow;
	double wide;

	if (size == 4) {
		memcpy(&narrow, data, 4);
		wide = (double)narrow;
	} else if (size == 8) {
		memcpy(&wide, data, 8);
	} else {
		rawvalue_print_hex(w->o, key, data, size);
		return;
	}
	text(w, key, "%.17g", wide); /* in JSON a string: it may be NaN */
}

/* ---- strings: arrays of char */

bool rawvalue_is_char(const struct rawbtf *b, const struct btf_type *t)
{
	u32 info;

	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_INT || t->size != 1)
		return false;
	info = *(const u32 *)(const void *)(t + 1);
	return BTF_INT_ENCODING(info) & BTF_INT_CHAR || !strcmp(rawbtf_str(b, t->name_off), "char");
}

bool rawvalue_is_byte(const struct btf_type *t)
{
	u32 info;

	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_INT || t->size != 1)
		return false;
	info = *(const u32 *)(const void *)(t + 1);
	return !(BTF_INT_ENCODING(info) & (BTF_INT_SIGNED | BTF_INT_BOOL));
}

static void put_string(struct walk *w, const char *key, const u8 *data, size_t len)
{
	struct buf b = { 0 };
	size_t n = strnlen((const char *)data, len);
	bool is_cut = n > RAWVALUE_MAX_BYTES;

	if (is_cut)
		n = RAWVALUE_MAX_BYTES;
	if (w->o->json) {
		out_json_str(w->o, key, (const char *)data, n);
		return;
	}
	buf_putc(&b, '"');
	for (size_t i = 0; i < n; i++) {
		if (data[i] == '"' || data[i] == '\\')
			buf_printf(&b, "\\%c", data[i]);
		else if (data[i] < 0x20 || data[i] > 0x7e)
			buf_printf(&b, "\\x%02x", data[i]);
		else
			buf_putc(&b, (char)data[i]);
	}
	buf_puts(&b, is_cut ? "\"..." : "\"");
	out_write(w->o, b.data, b.len);
	buf_done(&b);
}

/* ---- what has parts */

/* What comes before a part, whose number is i: false if there is no room for more, which is shown. */
static bool begin_part(struct walk *w, u32 i, bool is_named)
{
	if (!w->o->json)
		out_puts(w->o, i ? ", " : "");
	if (w->parts) {
		w->parts--;
		return true;
	}
	if (!w->o->json)
		out_puts(w->o, "...");
	else if (is_named)
		out_json_bool(w->o, "...", true);
	else
		out_json_str(w->o, NULL, "...", 3);
	return false;
}

static void put_array(struct walk *w, const char *key, const struct btf_type *t, const u8 *data,
		      size_t len)
{
	const struct btf_array *a = array_of(t);
	const struct btf_type *element = rawbtf_type(w->b, rawvalue_resolve(w->b, a->type));
	u64 size = rawvalue_size(w->b, a->type);
	struct out *o = w->o;

	if (size == 1 && (rawvalue_is_char(w->b, element) || rawvalue_is_byte(element))) {
		size_t n = a->nelems < len ? a->nelems : len;

		if (rawvalue_is_char(w->b, element))
			put_string(w, key, data, n);
		else
			rawvalue_print_hex(o, key, data, n);
		return;
	}
	if (o->json)
		out_json_open(o, key, '[');
	else
		out_puts(o, "[");
	for (u32 i = 0; size && i < a->nelems && (i + 1) * size <= len; i++) {
		if (!begin_part(w, i, false))
			break;
		value(w, NULL, a->type, data + i * size, size);
	}
	if (o->json)
		out_json_close(o, ']');
	else
		out_puts(o, "]");
}

struct rawvalue_place rawvalue_place(const struct rawbtf *b, const struct btf_type *t, u32 i)
{
	const struct btf_member *m = (const struct btf_member *)(const void *)(t + 1) + i;
	struct rawvalue_place p = { m->type, m->offset, 0 };
	const struct btf_type *of;

	if (BTF_INFO_KFLAG(t->info)) {
		p.bit = BTF_MEMBER_BIT_OFFSET(m->offset);
		p.bits = BTF_MEMBER_BITFIELD_SIZE(m->offset);
		return p;
	}
	/* Without the flag the type says that it is a bit field. */
	of = rawbtf_type(b, rawvalue_resolve(b, m->type));
	if (of && BTF_INFO_KIND(of->info) == BTF_KIND_INT) {
		u32 info = *(const u32 *)(const void *)(of + 1);

		if (BTF_INT_BITS(info) != of->size * 8 || BTF_INT_OFFSET(info)) {
			p.bit += BTF_INT_OFFSET(info);
			p.bits = BTF_INT_BITS(info);
		}
	}
	return p;
}

static void put_bit_field(struct walk *w, const char *key, const struct rawvalue_place *p,
			  const u8 *data, size_t len)
{
	const struct btf_type *t = rawbtf_type(w->b, rawvalue_resolve(w->b, p->type));
	u64 v = 0;

	if (!t || p->bits > 64 || (p->bit + p->bits + 7) / 8 > len) {
		missing(w, key);
		return;
	}
	for (u32 i = 0; i < p->bits; i++) {
		u64 bit = p->bit + i;

		v |= (u64)(data[bit / 8] >> bit % 8 & 1) << i;
	}
	put_bits(w, key, t, v, p->bits);
}

/* Members of nameless members stand among the others, as in C. n counts what was put. */
static void put_members(struct walk *w, const struct btf_type *t, const u8 *data, size_t len,
			u32 *n)
{
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		const struct btf_member *m = (const struct btf_member *)(const void *)(t + 1) + i;
		const char *name = rawbtf_str(w->b, m->name_off);
		struct rawvalue_place p = rawvalue_place(w->b, t, i);
		const struct btf_type *of = rawbtf_type(w->b, rawvalue_resolve(w->b, p.type));
		u32 kind = of ? BTF_INFO_KIND(of->info) : BTF_KIND_UNKN;
		bool is_inside = p.bit % 8 == 0 && p.bit / 8 <= len;

		if (!name[0] && w->parts) { /* else it is padding */
			w->parts--;
			if (is_inside && w->depth &&
			    (kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION)) {
				w->depth--;
				put_members(w, of, data + p.bit / 8, len - p.bit / 8, n);
				w->depth++;
			}
			continue;
		}
		if (!begin_part(w, (*n)++, true))
			return;
		if (!w->o->json)
			out_printf(w->o, ".%s = ", name);
		if (p.bits)
			put_bit_field(w, name, &p, data, len);
		else if (is_inside)
			value(w, name, p.type, data + p.bit / 8, len - p.bit / 8);
		else
			missing(w, name);
	}
}

static void put_variables(struct walk *w, const struct btf_type *t, const u8 *data, size_t len)
{
	const struct btf_var_secinfo *v = (const void *)(t + 1);

	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		const struct btf_type *var = rawbtf_type(w->b, v[i].type);
		const char *name = var ? rawbtf_str(w->b, var->name_off) : "";

		if (!begin_part(w, i, true))
			return;
		if (!w->o->json)
			out_printf(w->o, ".%s = ", name);
		if (v[i].offset <= len && v[i].size <= len - v[i].offset)
			value(w, name, v[i].type, data + v[i].offset, v[i].size);
		else
			missing(w, name);
	}
}

static void put_struct(struct walk *w, const char *key, const struct btf_type *t, const u8 *data,
		       size_t len)
{
	u32 n = 0;

	if (w->o->json)
		out_json_open(w->o, key, '{');
	else
		out_puts(w->o, "{ ");
	if (BTF_INFO_KIND(t->info) == BTF_KIND_DATASEC)
		put_variables(w, t, data, len);
	else
		put_members(w, t, data, t->size < len ? t->size : len, &n);
	if (w->o->json)
		out_json_close(w->o, '}');
	else
		out_puts(w->o, " }");
}

static void value(struct walk *w, const char *key, u32 type, const u8 *data, size_t len)
{
	const struct btf_type *t = rawbtf_type(w->b, rawvalue_resolve(w->b, type));
	u32 kind = t ? BTF_INFO_KIND(t->info) : BTF_KIND_UNKN;
	bool has_parts = kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION ||
			 kind == BTF_KIND_DATASEC || kind == BTF_KIND_ARRAY;
	u64 size = rawvalue_size(w->b, type);

	if (has_parts && !w->depth) {
		text(w, key, "...");
		return;
	}
	if (!has_parts && size > len) {
		missing(w, key);
		return;
	}
	w->depth--;
	switch (kind) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
		put_struct(w, key, t, data, len);
		break;
	case BTF_KIND_ARRAY:
		put_array(w, key, t, data, len);
		break;
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		if (size && size <= 8)
			put_bits(w, key, t, number(data, (u32)size), (u32)size * 8);
		else
			rawvalue_print_hex(w->o, key, data, size);
		break;
	case BTF_KIND_PTR:
		text(w, key, "0x%" PRIx64, number(data, 8));
		break;
	case BTF_KIND_FLOAT:
		put_float(w, key, data, (u32)size);
		break;
	default:
		rawvalue_print_hex(w->o, key, data, size ? size : len);
		break;
	}
	w->depth++;
}

void rawvalue_print(struct out *o, const char *key, const struct rawbtf *b, u32 type,
		    const void *data, size_t len)
{
	struct walk w = { o, b, RAWVALUE_MAX_DEPTH, RAWVALUE_MAX_PARTS };

	if (!b || !type)
		rawvalue_print_hex(o, key, data, len);
	else
		value(&w, key, type, data, len);
}
