/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables as text: a line each, made of words with blanks between them; what is behind a # is nothing. */
#ifndef SOURCE_LINES_H
#define SOURCE_LINES_H

#include "base/diag.h"

#define LINES_MAX_WORD 256
#define LINES_MAX_BYTES (16u << 20) /* of a text */

struct lines {
	const char *text, *end;
	size_t at;
	u32 line, line_start;
	struct loc loc;            /* of the word */
	char word[LINES_MAX_WORD]; /* the last that was read */
	const char *what;          /* "a route", for messages */
	struct diag *d;
};

/* From the beginning of a text, whose source d has. -EINVAL with a message if it is too long. */
int lines_begin(struct lines *l, const char *text, size_t len, const char *what, struct diag *d);
/* The first word of the next line that has one: 1, 0 at the end, or an error. */
int lines_next(struct lines *l);
/* The next word of the line: 1, 0 if there is none, or an error. */
int lines_word(struct lines *l);

/* An address of IPv4, or of IPv6 if there is a colon in it; family: AF_INET or AF_INET6. */
bool lines_address(const char *word, u8 *family, u8 out[16]);
/* A device by its name or index, where the last word names it: 0 or -EINVAL with a message. */
int lines_device(struct lines *l, const char *word, u32 *out);

#endif
