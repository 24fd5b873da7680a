/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Goes through the steps of a form with the bytes. Nothing is allocated but in the writer's buffer. */
#include "btf/form.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "btf/form_impl.h"

/* Where the bytes are: several values if their sum is asked for. */
struct place {
	const struct form *f;
	struct out *o;
	const u8 *base;
	u32 stride, n;
};

static void put(struct out *o, const char *text, size_t n, bool is_number)
{
	if (!o->json)
		out_write(o, text, n);
	else if (is_number)
		out_json_ready(o, NULL, text, n);
	else
		out_json_str(o, NULL, text, n);
}

__attribute__((format(printf, 2, 3))) static void text(struct out *o, const char *fmt, ...)
{
	char buf[64];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	put(o, buf, strlen(buf), false);
}

static void put_unsigned(struct out *o, u64 v)
{
	if (o->json)
		out_json_u64(o, NULL, v);
	else
		buf_unsigned(&o->buf, v);
}

static void put_signed(struct out *o, s64 v)
{
	if (o->json)
		out_json_s64(o, NULL, v);
	else
		buf_signed(&o->buf, v);
}

static u64 number(const u8 *at, u32 size)
{
	u64 v = 0;

	memcpy(&v, at, size < 8 ? size : 8);
	return v;
}

static s64 extend(u64 v, u32 bits)
{
	return bits && bits < 64 ? (s64)(v << (64 - bits)) >> (64 - bits) : (s64)v;
}

/* The sum of all values; each is extended to 8 bytes before. */
static void put_number(const struct place *p, const struct form_step *s)
{
	const u8 *at = p->base + s->offset;
	u64 sum = 0;

	for (u32 i = 0; i < p->n; i++, at += p->stride) {
		u64 v = number(at, s->size);

		sum += s->kind == FORM_SIGNED ? (u64)extend(v, s->size * 8) : v;
	}
	if (s->kind == FORM_SIGNED)
		put_signed(p->o, (s64)sum);
	else
		put_unsigned(p->o, sum);
}

static const char *enumerator(const struct form *f, const struct btf_type *t, u64 v, u32 bits)
{
	bool is_wide = BTF_INFO_KIND(t->info) == BTF_KIND_ENUM64;
	const struct btf_enum *narrow = (const void *)(t + 1);
	const struct btf_enum64 *wide = (const void *)(t + 1);
	u64 mask = bits < 64 ? (1ull << bits) - 1 : UINT64_MAX;

	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		u64 has = is_wide ? (u64)wide[i].val_hi32 << 32 | wide[i].val_lo32
				  : (u64)(u32)narrow[i].val;

		if ((has & mask) == v)
			return rawbtf_str(f->btf, is_wide ? wide[i].name_off : narrow[i].name_off);
	}
	return NULL;
}

static void put_enum(const struct place *p, const struct form_step *s, u64 v, u32 bits)
{
	const char *name = enumerator(p->f, s->enums, v, bits);

	if (name)
		put(p->o, name, strlen(name), false);
	else if (s->is_signed)
		put_signed(p->o, extend(v, bits));
	else
		put_unsigned(p->o, v);
}

static void put_bits(const struct place *p, const struct form_step *s, const u8 *at)
{
	u64 v = 0;

	for (u32 i = 0; i < s->bits; i++) {
		u32 bit = s->bit + i;

		v |= (u64)(at[bit / 8] >> bit % 8 & 1) << i;
	}
	if (p->o->json)
		text(p->o, "0x%" PRIx64, v);
	else if (s->enums)
		put_enum(p, s, v, s->bits);
	else if (s->is_signed)
		put_signed(p->o, extend(v, s->bits));
	else
		put_unsigned(p->o, v);
}

static void put_bool(struct out *o, u64 v)
{
	if (v > 1)
		put_unsigned(o, v);
	else
		put(o, v ? "true" : "false", v ? 4 : 5, true);
}

/* The shortest text that is read as the same number. */
static void put_float(struct out *o, const u8 *at, u32 size)
{
	char buf[40];
	double wide;
	float narrow = 0;
	int digits = size == 4 ? 6 : 15, most = size == 4 ? 9 : 17;

	if (size == 4) {
		memcpy(&narrow, at, 4);
		wide = (double)narrow;
	} else {
		memcpy(&wide, at, 8);
	}
	for (; digits <= most; digits++) {
		double again;

		snprintf(buf, sizeof(buf), "%.*g", digits, wide);
		if (!isfinite(wide) || sscanf(buf, "%lf", &again) != 1)
			break;
		if (size == 4 ? (float)again >= narrow && (float)again <= narrow
			      : again >= wide && again <= wide)
			break;
	}
	put(o, buf, strlen(buf), isfinite(wide));
}

/* As one number: the highest byte is the last. */
static void json_wide(struct out *o, const u8 *at, u32 size)
{
	char buf[2 + 2 * 16 + 1] = "0x";
	u32 n = size < 16 ? size : 16, len = 2;

	while (n > 1 && !at[n - 1])
		n--;
	len += (u32)snprintf(buf + len, 3, "%x", at[n - 1]);
	while (--n)
		len += (u32)snprintf(buf + len, 3, "%02x", at[n - 1]);
	out_json_str(o, NULL, buf, len);
}

static void put_memory(struct out *o, const u8 *at, u32 size)
{
	static const char digits[] = "0123456789abcdef";
	u32 n = size < FORM_MAX_BYTES ? size : FORM_MAX_BYTES;
	char buf[2 + 2 * FORM_MAX_BYTES + 3];
	char *to = buf + 2;

	memcpy(buf, "0x", 2);
	for (u32 i = 0; i < n; i++) {
		*to++ = digits[at[i] >> 4];
		*to++ = digits[at[i] & 15];
	}
	if (n < size) {
		memcpy(to, "...", 3);
		to += 3;
	}
	put(o, buf, (size_t)(to - buf), false);
}

/* In JSON what is not text up to a NUL is an array of numbers. */
static void json_string(struct out *o, const u8 *at, u32 size)
{
	u32 n = 0;

	while (n < size && at[n] >= 0x20 && at[n] < 0x7f)
		n++;
	if (n < size && !at[n]) {
		out_json_str(o, NULL, (const char *)at, n);
		return;
	}
	out_json_open(o, NULL, '[');
	for (u32 i = 0; i < size; i++)
		out_json_s64(o, NULL, (s8)at[i]);
	out_json_close(o, ']');
}

static void put_string(struct out *o, const u8 *at, u32 size)
{
	u32 n = (u32)strnlen((const char *)at, size), end = n < FORM_MAX_BYTES ? n : FORM_MAX_BYTES;
	struct buf *b = &o->buf;

	if (o->json) {
		json_string(o, at, size);
		return;
	}
	buf_putc(b, '"');
	for (u32 i = 0, plain = 0;; plain++) {
		if (plain < end && at[plain] >= 0x20 && at[plain] <= 0x7e && at[plain] != '"' &&
		    at[plain] != '\\')
			continue;
		buf_put(b, at + i, plain - i);
		if (plain == end)
			break;
		if (at[plain] == '"' || at[plain] == '\\')
			buf_printf(b, "\\%c", at[plain]);
		else
			buf_printf(b, "\\x%02x", at[plain]);
		i = plain + 1;
	}
	buf_puts(b, n > end ? "\"..." : "\"");
}

static void put_address(struct out *o, const struct form_step *s, const u8 *at)
{
	char buf[INET6_ADDRSTRLEN];
	u32 word;
	u16 half;

	switch (s->kind) {
	case FORM_IPV4:
		text(o, "%u.%u.%u.%u", at[0], at[1], at[2], at[3]);
		return;
	case FORM_IPV6:
		inet_ntop(AF_INET6, at, buf, sizeof(buf));
		put(o, buf, strlen(buf), false);
		return;
	case FORM_MAC:
		text(o, "%02x:%02x:%02x:%02x:%02x:%02x", at[0], at[1], at[2], at[3], at[4], at[5]);
		return;
	case FORM_BE16:
		memcpy(&half, at, 2);
		if (o->json)
			put_unsigned(o, ntohs(half));
		else
			text(o, "htons(%u)", ntohs(half));
		return;
	default:
		memcpy(&word, at, 4);
		if (o->json)
			put_unsigned(o, ntohl(word));
		else
			text(o, "htonl(%u)", ntohl(word));
	}
}

static void leaf(const struct place *p, const struct form_step *s)
{
	const u8 *at = p->base + s->offset;

	switch (s->kind) {
	case FORM_BOOL:
		put_bool(p->o, number(at, s->size));
		return;
	case FORM_ENUM:
		put_enum(p, s, number(at, s->size), s->size * 8);
		return;
	case FORM_POINTER:
		if (p->o->json)
			out_json_u64(p->o, NULL, number(at, 8));
		else
			text(p->o, "0x%" PRIx64, number(at, 8));
		return;
	case FORM_FLOAT:
		put_float(p->o, at, s->size);
		return;
	case FORM_WIDE:
		if (p->o->json)
			json_wide(p->o, at, s->size);
		else
			put_memory(p->o, at, s->size);
		return;
	case FORM_STRING:
		put_string(p->o, at, s->size);
		return;
	case FORM_MEMORY:
		put_memory(p->o, at, s->size);
		return;
	case FORM_BITS:
		put_bits(p, s, at);
		return;
	case FORM_MISSING:
		put(p->o, p->o->json ? "null" : "?", p->o->json ? 4 : 1, true);
		return;
	default:
		put_address(p->o, s, at);
	}
}

static void lead(const struct place *p, const struct form_step *s)
{
	if (!s->lead)
		return;
	if (p->o->json)
		out_json_ready_key(p->o, s->lead, s->lead_len);
	else
		buf_put(&p->o->buf, s->lead, s->lead_len);
}

static const struct form_step *step(const struct place *p, const struct form_step *s);

static const struct form_step *record(const struct place *p, const struct form_step *s)
{
	const struct form_step *end = p->f->steps.at + s->end, *part = s + 1;
	bool has_names = s->kind == FORM_RECORD;

	if (p->o->json)
		out_json_open(p->o, NULL, has_names ? '{' : '[');
	else
		buf_put(&p->o->buf, "{ ", 2);
	while (part < end)
		part = step(p, part);
	if (p->o->json)
		out_json_close(p->o, has_names ? '}' : ']');
	else
		out_write(p->o, " }", 2);
	return end;
}

static const struct form_step *array(const struct place *p, const struct form_step *s)
{
	struct place element = *p;

	if (p->o->json)
		out_json_open(p->o, NULL, '[');
	else
		buf_putc(&p->o->buf, '[');
	for (u32 i = 0; i < s->count; i++) {
		if (i && !p->o->json)
			buf_put(&p->o->buf, ", ", 2);
		element.base = p->base + (size_t)i * s->stride;
		step(&element, s + 1);
	}
	if (p->o->json)
		out_json_close(p->o, ']');
	else
		out_write(p->o, "]", 1);
	return p->f->steps.at + s->end;
}

static const struct form_step *step(const struct place *p, const struct form_step *s)
{
	lead(p, s);
	switch (s->kind) {
	case FORM_UNSIGNED:
	case FORM_SIGNED:
		put_number(p, s);
		return s + 1;
	case FORM_RECORD:
	case FORM_LIST:
		return record(p, s);
	case FORM_ARRAY:
		return array(p, s);
	default:
		leaf(p, s);
		return s + 1;
	}
}

void form_print_total(const struct form *f, struct out *o, const char *key, const void *values,
		      u32 stride, u32 n)
{
	struct place p = { f, o, values, stride, n };

	if (key && o->json)
		out_json_key(o, key, strlen(key));
	step(&p, f->steps.at);
}

void form_print(const struct form *f, struct out *o, const char *key, const void *value)
{
	form_print_total(f, o, key, value, 0, 1);
}
