/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the sub-commands of `skep accel` share: each is a table of options, what takes them, and what runs then. */
#ifndef CMD_ACCEL_VERB_H
#define CMD_ACCEL_VERB_H

#include "base/opt.h"
#include "net/accel.h"

enum { ACCEL_DONE, ACCEL_FAILED, ACCEL_USAGE }; /* exit codes */

/* What the options come to. */
struct accel_args {
	struct arena *arena;
	struct diag *diag; /* rendered to standard error in the end */
	/* on */
	struct accel_config config;
	const char *file;
	/* off */
	u32 timeout_ms;
	bool has_timeout;
	/* status */
	bool json, connections;
	/* top */
	u32 interval_ms;
	u32 count; /* 0: until it is ended */
};

struct accel_verb {
	const char *name;
	const char *args; /* in the usage line, behind the name */
	const char *help; /* what it does, in lines that end */
	const struct opt *opts;
	size_t n;
	/* Option number i with its value; 0 or -EINVAL, reported. NULL if there are no options. */
	int (*take)(struct accel_args *a, int i, const char *value);
	int (*run)(struct accel_args *a); /* 0, or -errno and reported */
};

/* Runs it with the words behind `skep accel`, of which the first is its name; -h is understood by all. An exit code. */
int accel_verb_run(const struct accel_verb *v, int argc, char **argv);

/* As accel_open, and an error of this skep's if another version turned it on. */
int accel_verb_open(struct accel_view *v, struct diag *d);

extern const struct accel_verb accel_on_verb, accel_off_verb, accel_pause_verb, accel_resume_verb,
	accel_status_verb, accel_top_verb;

#endif
