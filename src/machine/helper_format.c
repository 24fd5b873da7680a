/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The formats of bpf_trace_printk() and bpf_snprintf(): C's %d %i %u %x %X %o %c %s with flags, width and the lengths l, ll, h,
 * hh, and the kernel's %p, %pks, %pus, %ps, %pS, %pB, %pK, %px, %pi4, %pI4, %pi6, %pI6. Symbols are addresses here.
 */
#include <stdio.h>
#include <string.h>

#include "machine/helper.h"

enum { SPEC_MAX = 24, STRING_MAX = 512, PRINTK_ARGS = 3 };

struct output {
	char *to;
	size_t room, len; /* len also counts what found no room */
};

static void put(struct output *o, const char *text, size_t n)
{
	if (o->len < o->room)
		memcpy(o->to + o->len, text, n < o->room - o->len ? n : o->room - o->len);
	o->len += n;
}

/* What stands between % and the conversion. */
struct spec {
	char flags[SPEC_MAX]; /* flags and width, with the % */
	u8 bytes;             /* of the argument */
};

static bool parse_spec(const char **at, const char *end, struct spec *s)
{
	size_t n = 1;

	*s = (struct spec){ .flags = "%", .bytes = 4 };
	while (*at < end && **at && strchr("-+ #0123456789", **at)) {
		if (n + 1 == sizeof(s->flags))
			return false;
		s->flags[n++] = *(*at)++;
	}
	while (*at < end && (**at == 'l' || **at == 'h')) {
		s->bytes = **at == 'l' ? 8 : s->bytes == 2 ? 1 : 2;
		(*at)++;
	}
	return *at < end;
}

static bool put_number(struct output *o, const struct spec *s, char conversion, u64 value)
{
	u8 unused = (u8)(64 - 8 * s->bytes);
	char format[SPEC_MAX + 4], text[320];
	int n;

	value <<= unused;
	value = conversion == 'd' || conversion == 'i' ? (u64)((s64)value >> unused)
						       : value >> unused;
	snprintf(format, sizeof(format), "%sll%c", s->flags, conversion);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	n = snprintf(text, sizeof(text), format, value);
#pragma GCC diagnostic pop
	if (n < 0 || (size_t)n >= sizeof(text))
		return false;
	put(o, text, (size_t)n);
	return true;
}

static void put_string(struct output *o, u64 address)
{
	char text[STRING_MAX];
	s64 n = helper_peek_string(text, address, sizeof(text));

	if (n > 0)
		put(o, text, (size_t)n - 1);
}

static void put_address(struct output *o, u64 address, bool is_v6, bool has_zeroes)
{
	u8 b[16];
	char text[64];
	int n = 0;

	if (helper_peek(b, address, is_v6 ? 16 : 4))
		return;
	if (!is_v6)
		n = snprintf(text, sizeof(text), has_zeroes ? "%03u.%03u.%03u.%03u" : "%u.%u.%u.%u",
			     b[0], b[1], b[2], b[3]);
	for (int i = 0; is_v6 && i < 16; i += 2)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%02x%02x",
			      i && !has_zeroes ? ":" : "", b[i], b[i + 1]);
	put(o, text, (size_t)n);
}

/* %p and what may follow it. */
static bool put_pointer(struct output *o, const char **at, const char *end, u64 value)
{
	size_t left = (size_t)(end - *at);
	char text[32];

	if (left >= 2 && (*at)[1] == 's' && ((*at)[0] == 'k' || (*at)[0] == 'u')) {
		*at += 2;
		put_string(o, value);
		return true;
	}
	if (left >= 2 && ((*at)[0] | 0x20) == 'i' && ((*at)[1] == '4' || (*at)[1] == '6')) {
		put_address(o, value, (*at)[1] == '6', (*at)[0] == 'i');
		*at += 2;
		return true;
	}
	if (left && strchr("KxsSB", **at))
		(*at)++;
	else if (left && (**at | 0x20) >= 'a' && (**at | 0x20) <= 'z')
		return false;
	put(o, text, (size_t)snprintf(text, sizeof(text), "0x%llx", (unsigned long long)value));
	return true;
}

static bool put_conversion(struct output *o, const char **at, const char *end, const struct spec *s,
			   u64 value)
{
	char conversion = *(*at)++, c = (char)value;

	switch (conversion) {
	case 'd':
	case 'i':
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		return put_number(o, s, conversion, value);
	case 'c':
		put(o, &c, 1);
		return true;
	case 's':
		put_string(o, value);
		return true;
	case 'p':
		return put_pointer(o, at, end, value);
	default:
		return false;
	}
}

s64 helper_format(char *out, size_t room, const char *format, size_t len, const u64 *args,
		  u32 count)
{
	struct output o = { out, room ? room - 1 : 0, 0 };
	const char *at = format, *end = format + strnlen(format, len);
	u32 used = 0;

	while (at < end) {
		const char *percent = memchr(at, '%', (size_t)(end - at));
		struct spec s;

		put(&o, at, (size_t)((percent ? percent : end) - at));
		if (!percent)
			break;
		at = percent + 1;
		if (at < end && *at == '%') {
			put(&o, at++, 1);
			continue;
		}
		if (!parse_spec(&at, end, &s) || used == count ||
		    !put_conversion(&o, &at, end, &s, args[used]))
			return -EINVAL;
		used++;
	}
	if (room)
		out[o.len < room ? o.len : room - 1] = '\0';
	return (s64)o.len;
}

/* ---- the helpers */

static u64 print(struct run *run, const char *format, u64 len, const u64 *args, u32 count)
{
	char text[1024];
	s64 n = helper_format(text, sizeof(text), format, len, args, count);

	if (n >= 0 && run->trace) {
		size_t len_here = strlen(text);

		buf_put(run->trace, text, len_here);
		/* Each call is a line, as in the kernel's trace. */
		if (!len_here || text[len_here - 1] != '\n')
			buf_putc(run->trace, '\n');
	}
	return (u64)n;
}

/* In the kernel the format has to end with its NUL within the size. */
static bool is_format(u64 format, u64 size)
{
	return format && size && memchr(helper_at(format), 0, size);
}

HELP(trace_printk)
{
	u64 args[PRINTK_ARGS] = { c, d, e };

	if (!is_format(a, (u32)b))
		return helper_error(-EINVAL);
	return print(run, helper_at(a), (u32)b, args, PRINTK_ARGS);
}

HELP(trace_vprintk)
{
	if ((u32)d % 8 || (u32)d > 12 * 8 || !is_format(a, (u32)b))
		return helper_error(-EINVAL);
	return print(run, helper_at(a), (u32)b, helper_at(c), (u32)d / 8);
}

HELP(snprintf)
{
	const char *format = helper_at(c);
	s64 n;

	if ((u32)e % 8 || (u32)e > 12 * 8)
		return helper_error(-EINVAL);
	n = helper_format(helper_at(a), (u32)b, format, strlen(format), helper_at(d), (u32)e / 8);
	return (u64)(n < 0 ? n : n + 1);
}

HELP(strncmp)
{
	return b ? helper_error(strncmp(helper_at(a), helper_at(c), (u32)b)) : 0;
}

/* ---- numbers out of text */

static s64 parse(const char *text, u64 len, u64 flags, bool is_signed, u64 *value, bool *minus)
{
	u64 base = flags & 31, at = 0, first, v = 0;

	if ((base && base != 8 && base != 10 && base != 16) || flags & ~31ull || !len)
		return -EINVAL;
	while (at < len && text[at] && strchr(" \t\n\v\f\r", text[at]))
		at++;
	*minus = at < len && text[at] == '-';
	if (*minus && !is_signed)
		return -EINVAL;
	at += *minus;
	if ((!base || base == 16) && at + 1 < len && text[at] == '0' &&
	    (text[at + 1] | 0x20) == 'x') {
		base = 16;
		at += 2;
	} else if (!base) {
		base = at < len && text[at] == '0' ? 8 : 10;
	}
	for (first = at; at < len; at++) {
		char c = text[at];
		u64 digit = c >= '0' && c <= '9'                     ? (u64)(c - '0')
			    : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (u64)((c | 0x20) - 'a' + 10)
								     : 99;

		if (digit >= base)
			break;
		if (__builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, digit, &v))
			return -ERANGE;
	}
	*value = v;
	return at == first ? -EINVAL : (s64)at;
}

HELP(strtol)
{
	bool minus = false;
	u64 value = 0;
	s64 n = parse(helper_at(a), (u32)b, c, true, &value, &minus);

	if (n >= 0 && value > (u64)INT64_MAX + minus)
		n = -ERANGE;
	if (n >= 0)
		*(u64 *)helper_at(d) = minus ? 0 - value : value;
	return (u64)n;
}

HELP(strtoul)
{
	bool minus = false;
	u64 value = 0;
	s64 n = parse(helper_at(a), (u32)b, c, false, &value, &minus);

	if (n >= 0)
		*(u64 *)helper_at(d) = value;
	return (u64)n;
}
