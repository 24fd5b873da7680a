/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of the debugger's language, and nothing of what they mean:
 *
 *	x/4xw r2+8		name "x", format "4xw", one argument
 *	break parse.bpf.c:13	a place: a line of a file; :13 of the current one
 *	break 17, break parse	a place: an instruction, a function
 *	r2+8, fp-16, packet+14, ctx, &total, slots+0x10, 0x7f00	addresses
 */
#ifndef CMD_DEBUG_PARSE_H
#define CMD_DEBUG_PARSE_H

#include "base/int.h"

enum { DEBUG_ARGS = 8, DEBUG_NAME = 256, DEBUG_MAX_UNITS = 4096 };

struct debug_line {
	char text[1024]; /* what the rest points into */
	const char *name;
	const char *format; /* what is behind a '/', "" if there is none */
	const char *args[DEBUG_ARGS];
	u32 count;
};
/* False, with *why set, if it is too long or has too many words. An empty line and a comment (#) have the name "". */
bool debug_parse_line(struct debug_line *out, const char *text, const char **why);

struct debug_place {
	enum { DEBUG_AT_INSN, DEBUG_AT_FUNC, DEBUG_AT_LINE } kind;
	u32 number;            /* of the instruction or line */
	char name[DEBUG_NAME]; /* of the function or file; "": the current file */
};
bool debug_parse_place(struct debug_place *out, const char *text);

struct debug_format {
	u32 count, size; /* size: 1, 2, 4 or 8 */
	char letter;     /* x, d, u or c */
};
bool debug_parse_format(struct debug_format *out, const char *text);

struct debug_address {
	enum {
		DEBUG_NUMBER, /* the offset alone */
		DEBUG_REG,
		DEBUG_FP,
		DEBUG_PACKET,
		DEBUG_CTX,
		DEBUG_VARIABLE,
	} base;
	u32 reg;
	s64 offset;
	char name[DEBUG_NAME];
};
bool debug_parse_address(struct debug_address *out, const char *text);

#endif
