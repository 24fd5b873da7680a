/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands about what is in the kernel now: `skep NOUN [VERB] [WORDS] [OPTIONS]`. The grammar is bpftool's, so that what
 * people know by heart works: words that are keywords ("id 7", "pinned PATH"), verbs that may be cut short, JSON of its
 * shape by -j or -f json, indented by -p. Options may stand anywhere.
 *
 * A noun is a table of verbs; the first of them is what is done when none is named, unless one has to be. Of a noun with one verb the
 * verb has no name.
 */
#ifndef CMD_NOUN_NOUN_H
#define CMD_NOUN_NOUN_H

#include "base/opt.h"
#include "base/out.h"

enum { NOUN_DONE, NOUN_FAILED, NOUN_USAGE }; /* exit codes */

struct noun_args {
	struct arena *arena; /* for the whole command */
	struct diag *diag;   /* rendered to standard error in the end */
	struct out *out;     /* standard output: text or JSON, out->json says which */
	char **words;        /* what is no option, behind the verb */
	int count, at;       /* how many, and the next one */
	void *own;           /* own_size zeroed bytes for the options of the verb */
};

struct noun_verb {
	const char *name;
	const char *args; /* in the usage line, behind the name */
	const char *help; /* what it does, in lines that end */
	const struct opt *opts;
	size_t n;
	size_t own_size;
	/* Option number i with its value; 0 or -EINVAL, reported. NULL if there are no options. */
	int (*take)(struct noun_args *a, int i, const char *value);
	const char
		*nothing; /* what is said in text where there is nothing to show; NULL: nothing */
	/* 0, or -errno and reported; a mistake told by noun_usage() ends in NOUN_USAGE. */
	int (*run)(struct noun_args *a);
};

struct noun {
	const char *name;  /* "prog" */
	const char *brief; /* a line for the help */
	const struct noun_verb *const *verbs;
	size_t n;
	bool needs_verb; /* there is none that is done when none is named */
};

/* Runs it with argv[0] as its name; an exit code. */
int noun_run(const struct noun *noun, int argc, char **argv);

/* ---- for verbs */

/* The next word without taking it, NULL at the end. */
const char *noun_peek(const struct noun_args *a);
/* Takes the next word; NULL at the end. */
const char *noun_next(struct noun_args *a);
/* Takes the next word if it is this one or, from two letters on, its beginning. */
bool noun_take(struct noun_args *a, const char *keyword);
/* Takes the next word into *out; "'what' is missing" at the end. 0 or -EINVAL. */
int noun_need(struct noun_args *a, const char *what, const char **out);
/* A number of at most max; 0 or -EINVAL, reported. */
int noun_need_u64(struct noun_args *a, const char *what, u64 max, u64 *out);
/* Values of options: a number of at least 1; seconds, with decimals, as nanoseconds. 0 or -EINVAL, reported. */
int noun_count_option(struct noun_args *a, const char *value, u64 *out);
int noun_seconds_option(struct noun_args *a, const char *value, u64 *out);
/* Words that nobody took are a mistake: to be asked before anything is done. 0 or -EINVAL. */
int noun_end(struct noun_args *a);
/* A mistake on the command line: -EINVAL, and the exit code becomes NOUN_USAGE. */
int noun_usage(struct noun_args *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same for one that has been reported already. */
int noun_misused(struct noun_args *a);

#endif
