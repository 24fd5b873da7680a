/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * printf over the arguments of an event. A format is taken apart once and printed many times:
 *
 *	"%-6d %s\n"  ->  { "", 'd', left, width 6 } { " ", 's' } { "\n", no conversion }
 *
 * Conversions: d i u x X o c p s, r rx rh (a buffer's bytes, see value_put_bytes), %%; flags - + space # 0,
 * width, precision; lengths hh h l ll j z t. Without a length d, i, u, x, X and o show an int, as in C.
 * Anything else after a % is text.
 */
#ifndef SESSION_FORMAT_H
#define SESSION_FORMAT_H

#include "session/value.h"

struct format_piece {
	const char *text; /* shown before the conversion */
	u32 text_len;
	char conversion; /* 0: none */
	char raw;        /* of 'r': 0, 'x', 'h' */
	bool left, plus, space, alternate, zero;
	u8 length; /* bytes that an integer is cut to */
	u32 width;
	s32 precision; /* -1: none */
	const struct script_arg *arg;
};

struct format {
	vec_of(struct format_piece) pieces;
};

/* The pieces live in the arena and point into text and args. -EINVAL if the conversions want more arguments
 * than there are. */
int format_compile(struct format *f, struct arena *arena, const char *text,
		   const struct script_arg *args, size_t arg_count);
/* record holds size bytes; all args lie within it. */
void format_print(const struct format *f, struct values *v, struct buf *b, const u8 *record,
		  size_t size);

#endif
