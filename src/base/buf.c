/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The room doubles and always has one byte more than is used, which holds the NUL. */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { BUF_FIRST = 64 };

void buf_done(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

static void buf_grow(struct buf *b, size_t n)
{
	size_t need, cap = b->cap ? b->cap : BUF_FIRST;
	char *data;

	if (n > (size_t)PTRDIFF_MAX - b->len - 1)
		arena_exhausted();
	need = b->len + n + 1;
	while (cap < need)
		cap *= 2;
	data = realloc(b->data, cap);
	if (!data)
		arena_exhausted();
	b->data = data;
	b->cap = cap;
}

static inline void buf_room(struct buf *b, size_t n)
{
	if (n >= b->cap - b->len)
		buf_grow(b, n);
}

void buf_reserve(struct buf *b, size_t n)
{
	buf_room(b, n);
}

void *buf_extend(struct buf *b, size_t n)
{
	char *p;

	buf_room(b, n);
	p = b->data + b->len;
	memset(p, 0, n + 1);
	b->len += n;
	return p;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
	buf_room(b, n);
	if (n)
		memcpy(b->data + b->len, p, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c)
{
	buf_put(b, &c, 1);
}

void buf_unsigned(struct buf *b, u64 v)
{
	char text[20];
	size_t at = sizeof(text);

	do {
		text[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	buf_put(b, text + at, sizeof(text) - at);
}

void buf_signed(struct buf *b, s64 v)
{
	if (v < 0)
		buf_putc(b, '-');
	buf_unsigned(b, v < 0 ? -(u64)v : (u64)v);
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	size_t room;
	int n;

	buf_room(b, 0);
	room = b->cap - b->len;
	va_copy(again, ap);
	n = vsnprintf(b->data + b->len, room, fmt, ap);
	if (n < 0)
		arena_exhausted();
	if ((size_t)n >= room) {
		buf_room(b, (size_t)n);
		vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
	}
	va_end(again);
	b->len += (size_t)n;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

/* The low n bytes of v, the lowest first. */
static void buf_little(struct buf *b, u64 v, size_t n)
{
	u8 *p = buf_extend(b, n);

	for (size_t i = 0; i < n; i++)
		p[i] = (u8)(v >> (8 * i));
}

void buf_u8(struct buf *b, u8 v)
{
	buf_little(b, v, 1);
}

void buf_u16(struct buf *b, u16 v)
{
	buf_little(b, v, 2);
}

void buf_u32(struct buf *b, u32 v)
{
	buf_little(b, v, 4);
}

void buf_u64(struct buf *b, u64 v)
{
	buf_little(b, v, 8);
}

void buf_align(struct buf *b, size_t to)
{
	size_t over = b->len % to;

	if (over)
		buf_extend(b, to - over);
}

const char *buf_str(const struct buf *b)
{
	return b->data ? b->data : "";
}
