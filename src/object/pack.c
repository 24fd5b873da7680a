/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader's sticky failure is also this one's: after a mistake it only yields zeroes. */
#include "object/pack.h"

#include <string.h>

void pack_init_write(struct pack *p, struct buf *out)
{
	*p = (struct pack){ .out = out };
}

void pack_init_read(struct pack *p, const void *data, size_t len, struct arena *arena,
		    struct diag *d)
{
	*p = (struct pack){ .reading = true, .arena = arena, .d = d };
	reader_init(&p->in, data, len);
}

static void pack_report(struct pack *p, const char *fmt, va_list ap)
{
	struct buf text = { 0 };

	buf_vprintf(&text, fmt, ap);
	diag_error(p->d, LOC_NONE, "compiled script is damaged at byte %zu: %s", p->in.pos,
		   buf_str(&text));
	buf_done(&text);
	p->d = NULL;
	p->in.failed = true;
}

void pack_fail(struct pack *p, const char *fmt, ...)
{
	va_list ap;

	/*
	 * The end of the bytes is found out late: it comes before whatever the zeroes then led
	 * to.
	 */
	if (!p->reading || pack_failed(p))
		return;
	va_start(ap, fmt);
	pack_report(p, fmt, ap);
	va_end(ap);
}

/* pack_report with arguments in place. */
__attribute__((format(printf, 2, 3))) static void pack_say(struct pack *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	pack_report(p, fmt, ap);
	va_end(ap);
}

bool pack_failed(struct pack *p)
{
	if (p->in.failed && p->d)
		pack_say(p, "it ends early, after %zu bytes", p->in.len);
	return p->in.failed;
}

void pack_u8(struct pack *p, u8 *v)
{
	if (p->reading)
		*v = reader_u8(&p->in);
	else
		buf_u8(p->out, *v);
}

void pack_u32(struct pack *p, u32 *v)
{
	if (p->reading)
		*v = reader_u32(&p->in);
	else
		buf_u32(p->out, *v);
}

void pack_u64(struct pack *p, u64 *v)
{
	if (p->reading)
		*v = reader_u64(&p->in);
	else
		buf_u64(p->out, *v);
}

void pack_s64(struct pack *p, s64 *v)
{
	u64 bits = (u64)*v;

	pack_u64(p, &bits);
	*v = (s64)bits;
}

void pack_bool(struct pack *p, bool *v)
{
	u8 byte = *v;

	pack_u8(p, &byte);
	if (byte > 1)
		pack_fail(p, "%u is neither true nor false", byte);
	*v = byte == 1;
}

void pack_str(struct pack *p, const char **s)
{
	u32 n = !p->reading && *s ? (u32)strlen(*s) + 1 : 0;
	const char *bytes;

	pack_u32(p, &n);
	if (!p->reading) {
		if (n)
			buf_put(p->out, *s, n - 1);
		return;
	}
	*s = NULL;
	if (!n)
		return;
	bytes = reader_bytes(&p->in, n - 1);
	if (!bytes)
		return;
	if (memchr(bytes, 0, n - 1))
		pack_fail(p, "a text has a NUL in it");
	else
		*s = arena_strndup(p->arena, bytes, n - 1);
}

u32 pack_enum(struct pack *p, u32 v, u32 limit, const char *what)
{
	u8 byte = (u8)v;

	pack_u8(p, &byte);
	if (byte < limit)
		return byte;
	pack_fail(p, "unknown %s %u", what, byte);
	return 0;
}

size_t pack_count(struct pack *p, size_t n, size_t max, size_t bytes, const char *what)
{
	u32 count = (u32)n;

	pack_u32(p, &count);
	if (!p->reading || (count <= max && count <= reader_left(&p->in) / bytes))
		return count;
	pack_fail(p, "%u %s cannot be", count, what);
	return 0;
}
