/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A growable byte buffer on the heap, with one owner: text built by printf, or binary built
 * little-endian. Out of memory ends the program.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>

#include "base/int.h"

struct buf {
	char *data; /* NUL follows the last byte once anything was put; NULL while empty */
	size_t len, cap;
};

void buf_done(struct buf *b);  /* frees; b is empty and usable again */
void buf_clear(struct buf *b); /* empties and keeps the memory */

/* Room for n more bytes, so that they are not moved while they come. */
void buf_reserve(struct buf *b, size_t n);
void *buf_extend(struct buf *b, size_t n); /* n zeroed bytes at the end; returns their place */
void buf_put(struct buf *b, const void *p, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/* A number in decimal, faster than by printf. */
void buf_unsigned(struct buf *b, u64 v);
void buf_signed(struct buf *b, s64 v);

void buf_u8(struct buf *b, u8 v);
void buf_u16(struct buf *b, u16 v);
void buf_u32(struct buf *b, u32 v);
void buf_u64(struct buf *b, u64 v);
void buf_align(struct buf *b, size_t to); /* pads with zeroes up to a multiple */

/* The text so far, never NULL. */
const char *buf_str(const struct buf *b);

#endif
