/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads values as bytes of a type: the inverse of btf/rawvalue.h, whose text it takes, and as much of C as is handy:
 *
 *	{ .pid = 17, .comm = "bash", .state = RUNNING, .mac = 0x0242ac110002, .ports = [80, 443] }
 *	{ 17, "bash", .ports[1] = 443, .at.port = htons(443), .to = 10.0.0.1 }
 *	{ "pid": 17, "comm": "bash", "state": "RUNNING" }	JSON of the same
 *	x:01 02 .. 04						bytes of any type, `..` stands for any
 *
 * Numbers are decimal, 0x, 0b, 0-octal, 'c', true, false, NULL, enumerators, htons() and htonl() of one; addresses of IPv4,
 * IPv6 and Ethernet stand for their 4, 16 or 6 bytes. 0x of arrays of bytes, and of what has no type, are bytes as they lie in
 * memory. What is named has bits in the mask; the rest is zero. Of a string what comes behind its end is not looked at.
 *
 * What rawvalue.h shows by an ellipsis is not in the text, and so is refused.
 */
#ifndef BTF_LITERAL_H
#define BTF_LITERAL_H

#include "base/diag.h"
#include "btf/rawbtf.h"

#define LITERAL_MAX_TEXT (16u << 20)

/* A stretch of a text that is read from its beginning on. */
struct literal {
	const struct rawbtf *btf; /* NULL: no type is known */
	struct diag *d;           /* whose source is the text */
	const char *text;
	u32 at, end;          /* in the text: what is left */
	u32 line, line_start; /* that `at` is in: from 1, and where it begins */
	u32 steps;            /* spent on looking for members */
};

/*
 * Reads one value; size: of out and mask, which are zeroed first. mask may be NULL. Type 0: bytes, or a number of up to 8. 0, or
 * -EINVAL with a message at its place.
 */
int literal_value(struct literal *l, u32 type, void *out, void *mask, u32 size);

/* ---- what stands around values */

/* Passes blanks, and comments from # to the end of the line; whether something is left. */
bool literal_skip(struct literal *l);
/* Passes this character, behind blanks; false if it is not there. */
bool literal_take(struct literal *l, char c);
/* The length of the name (C's, and dots if is_dotted) that comes behind blanks, which is not passed; 0: there is none. */
u32 literal_name(struct literal *l, bool is_dotted);
/* The next n bytes as a place. */
struct loc literal_loc(const struct literal *l, u32 n);
/* "'}' is missing", at what is there instead: -EINVAL. */
int literal_expected(struct literal *l, const char *what);
/* Bytes in hexadecimal up to the end or to what is none: with blanks and colons between them, and `..` in a mask; at most max. */
int literal_hex(struct literal *l, struct arena *a, u32 max, u8 **out, u8 **mask, u32 *len);

#endif
