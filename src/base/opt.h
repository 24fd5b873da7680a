/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command-line options from a table, which also prints their help. Long options may be given as
 * --name=value or --name value; -xVALUE and -x VALUE; short flags may be bundled; `--` ends options.
 */
#ifndef BASE_OPT_H
#define BASE_OPT_H

#include "base/diag.h"

struct opt {
	char letter;       /* 0 if it has none */
	const char *name;  /* long name, NULL if none */
	const char *value; /* the value's name in the help; NULL for a flag */
	const char *help;
};

/*
 * Takes the next option: its index in opts, with *value set if it has one; -1 at the first operand or
 * the end (then *pos is the operand's index); -2 on a mistake, reported to d with a suggestion.
 * Start with *pos = 1 and *bundle = 0.
 */
struct opt_state {
	int argc;
	char **argv;
	int pos;    /* next argument */
	int bundle; /* offset inside a bundle of letters */
};
int opt_next(struct opt_state *s, const struct opt *opts, size_t n, const char **value,
	     struct diag *d);
void opt_help(const struct opt *opts, size_t n, FILE *to);

#endif
