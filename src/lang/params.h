/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words behind a script on the command line: positional parameters ($1, $#) and named ones
 * (--name=value, --name) that getopt() asks for.
 */
#ifndef LANG_PARAMS_H
#define LANG_PARAMS_H

#include "base/diag.h"

struct param_option {
	const char *name;  /* without the dashes */
	const char *value; /* NULL if there is no '=' */
	bool asked;
};

struct params {
	vec_of(const char *) positional;
	vec_of(struct param_option) options;
	vec_of(const char *) known; /* what the script asks for */
};

void params_init(struct params *p, struct arena *a, int argc, char **argv);
/* $n, from 1; NULL if it was not given. */
const char *params_positional(const struct params *p, u32 n);
/* The option of this name, the last one if given twice, or NULL. The name is known from now on. */
const struct param_option *params_option(struct params *p, struct arena *a, const char *name);
/* An error for each option that nothing asked for. */
void params_check(const struct params *p, struct arena *a, struct diag *d);
/* true, false, 1, 0, yes, no, on, off */
bool params_bool(const char *s, bool *out);

#endif
