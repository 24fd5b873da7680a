/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the ways to dump a program share. */
#ifndef CMD_PROG_DUMP_H
#define CMD_PROG_DUMP_H

#include "cmd/noun/noun.h"
#include "cmd/prog/listing.h"

struct prog_dump {
	struct noun_args *args;
	const char *name; /* of the program, "" if it has none */
	const char *file; /* raw bytes go there; NULL: text */
	bool opcodes, lines, visual;
	s64 shown; /* the line that was shown last; -1: none */
	struct progcode code;
};

/* Compiled code by objdump's words, where that is installed. 0 or -errno, reported. */
int prog_dump_jited(struct prog_dump *d);
/* The control flow of each function, as dot. */
void prog_dot_flow(struct out *o, struct prog_listing *l, const char *name);
/* Which function calls which, and which maps they use, as dot. */
void prog_dot_calls(struct out *o, struct prog_listing *l, const char *name);

/* ---- parts */

/* The declaration of a function as a line that ends in a colon, or as "proto"; nothing if it is not known. */
void prog_dump_proto(struct out *o, const struct progcode *c, s64 func);
/* A source line in front of an instruction, and where it is if d->lines; nothing for -1. As text not twice in a row. */
void prog_dump_source(struct prog_dump *d, s64 line);

#endif
