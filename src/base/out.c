/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Collects up to OUT_FULL bytes between writes; a descriptor that does not block is waited for. */
#include "base/out.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

enum {
	OUT_FULL = 60 * 1024,
	OUT_ROOM = 64 * 1024 - 1, /* with what may come on top before it is seen that it is full */
	OUT_MUCH = 4096,          /* where there is so much, there is more */
	OUT_SHORT = 40,           /* letters of a key */
};

void out_init(struct out *o, int fd, bool json)
{
	*o = (struct out){ .fd = fd, .json = json };
}

void out_done(struct out *o)
{
	out_flush(o);
	buf_done(&o->buf);
}

static void out_write_all(struct out *o, const char *p, size_t n)
{
	while (n && !o->failed) {
		ssize_t done = write(o->fd, p, n);

		if (done >= 0) {
			p += done;
			n -= (size_t)done;
		} else if (errno == EAGAIN) {
			struct pollfd wait = { .fd = o->fd, .events = POLLOUT };

			poll(&wait, 1, -1);
		} else if (errno != EINTR) {
			o->failed = true;
			o->error = errno;
		}
	}
}

void out_flush(struct out *o)
{
	out_write_all(o, o->buf.data, o->buf.len);
	buf_clear(&o->buf);
}

void out_idle(struct out *o)
{
	if (o->flush != OUT_FLUSH_FULL)
		out_flush(o);
}

static void out_filled(struct out *o)
{
	o->used = true;
	if (o->buf.len >= OUT_MUCH && o->buf.cap < OUT_FULL)
		buf_reserve(&o->buf, OUT_ROOM - o->buf.len);
	if (o->buf.len >= OUT_FULL || o->flush == OUT_FLUSH_EACH)
		out_flush(o);
}

void out_write(struct out *o, const void *p, size_t n)
{
	buf_put(&o->buf, p, n);
	out_filled(o);
}

void out_puts(struct out *o, const char *s)
{
	out_write(o, s, strlen(s));
}

void out_printf(struct out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&o->buf, fmt, ap);
	va_end(ap);
	out_filled(o);
}

static void out_escape(struct buf *b, u8 c)
{
	static const char from[] = "\"\\\b\f\n\r\t";
	static const char to[] = "\"\\bfnrt";
	const char *known = c ? strchr(from, c) : NULL;

	if (known)
		buf_printf(b, "\\%c", to[known - from]);
	else
		buf_printf(b, "\\u%04x", c);
}

static bool out_is_plain(u8 c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void out_string(struct buf *b, const char *s, size_t n)
{
	buf_putc(b, '"');
	for (size_t plain = 0;;) {
		size_t len;
		u8 c;

		while (plain < n && out_is_plain((u8)s[plain]))
			plain++;
		c = plain < n ? (u8)s[plain] : 0;
		len = plain < n ? text_utf8(s + plain, n - plain) : 0;
		if (len > 1) {
			plain += len;
			continue;
		}
		buf_put(b, s, plain);
		if (plain == n)
			break;
		if (len)
			out_escape(b, c);
		else
			buf_puts(b, "\\ufffd");
		s += plain + 1;
		n -= plain + 1;
		plain = 0;
	}
	buf_putc(b, '"');
}

static void out_indent(struct out *o)
{
	buf_putc(&o->buf, '\n');
	for (u32 i = 0; i < o->depth; i++)
		buf_putc(&o->buf, '\t');
}

static void out_separate(struct out *o)
{
	if (o->comma)
		buf_puts(&o->buf, o->pretty ? "," : ", ");
	if (o->pretty && o->depth && !o->keyed)
		out_indent(o);
	o->comma = true;
	o->keyed = false;
}

/* What comes before a value: the comma that is due and the key. */
static void out_json_lead(struct out *o, const char *key)
{
	if (key)
		out_json_key(o, key, strlen(key));
	out_separate(o);
}

/* Most keys are short and plain, on one line: then one piece is put for the comma, the key and what follows it. */
static bool out_short_key(struct out *o, const char *key, size_t n)
{
	char text[OUT_SHORT + 8], *to = text;

	if (o->pretty || n > OUT_SHORT)
		return false;
	if (o->comma) {
		*to++ = ',';
		*to++ = ' ';
	}
	*to++ = '"';
	for (size_t i = 0; i < n; i++) {
		if (!out_is_plain((u8)key[i]))
			return false;
		*to++ = key[i];
	}
	memcpy(to, "\": ", 3);
	buf_put(&o->buf, text, (size_t)(to + 3 - text));
	return true;
}

void out_json_key(struct out *o, const char *key, size_t n)
{
	if (out_short_key(o, key, n)) {
		o->comma = false;
		o->keyed = true;
		return;
	}
	out_separate(o);
	out_string(&o->buf, key, n);
	buf_puts(&o->buf, ": ");
	o->comma = false;
	o->keyed = true;
}

void out_json_open(struct out *o, const char *key, char bracket)
{
	out_json_lead(o, key);
	buf_putc(&o->buf, bracket);
	o->comma = false;
	o->depth++;
}

void out_json_close(struct out *o, char bracket)
{
	o->depth--;
	if (o->pretty && o->comma)
		out_indent(o);
	buf_putc(&o->buf, bracket);
	o->comma = true;
	out_filled(o);
}

void out_json_str(struct out *o, const char *key, const char *s, size_t n)
{
	out_json_lead(o, key);
	out_string(&o->buf, s, n);
	out_filled(o);
}

void out_json_s64(struct out *o, const char *key, s64 v)
{
	out_json_lead(o, key);
	buf_signed(&o->buf, v);
	out_filled(o);
}

void out_json_u64(struct out *o, const char *key, u64 v)
{
	out_json_lead(o, key);
	buf_unsigned(&o->buf, v);
	out_filled(o);
}

void out_json_f64(struct out *o, const char *key, double v, int digits)
{
	if (!isfinite(v)) {
		out_json_null(o, key);
		return;
	}
	out_json_lead(o, key);
	buf_printf(&o->buf, "%.*f", digits, v);
	out_filled(o);
}

void out_json_bool(struct out *o, const char *key, bool v)
{
	out_json_lead(o, key);
	buf_puts(&o->buf, v ? "true" : "false");
	out_filled(o);
}

void out_json_null(struct out *o, const char *key)
{
	out_json_lead(o, key);
	buf_puts(&o->buf, "null");
	out_filled(o);
}

void out_json_ready(struct out *o, const char *key, const char *text, size_t n)
{
	out_json_lead(o, key);
	buf_put(&o->buf, text, n);
	out_filled(o);
}

void out_json_ready_key(struct out *o, const char *text, size_t n)
{
	out_separate(o);
	buf_put(&o->buf, text, n);
	o->comma = false;
	o->keyed = true;
}

void out_json_end(struct out *o)
{
	buf_putc(&o->buf, '\n');
	o->comma = false;
	out_filled(o);
}
