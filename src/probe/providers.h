/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each provider fills in, and what they share. A provider serves one kind of probe or a pair (entry
 * and return); probe.c finds it by kind.
 */
#ifndef PROBE_PROVIDERS_H
#define PROBE_PROVIDERS_H

#include "base/text.h"
#include "probe/parts.h"
#include "probe/probe.h"

#define MAX_SEARCHES 8 /* through all symbols, for nearest names: it takes its time */

/* What a context keeps between questions, in the arena that it was made with. */
struct probe_cache {
	struct arena *arena;
	const char *kallsyms;  /* path of the kernel's symbols */
	const char *blacklist; /* path of the list of functions that kprobes refuse */
	struct table blacklisted;
	bool blacklist_known;
	struct table
		functions; /* names of the kernel's and its modules', once many were asked for */
	u32 functions_asked;
	u32 searches; /* for nearest names */
};

/* Gathers targets; taking no more than `max` of them. */
struct collect {
	struct probe_context *c;
	enum attach kind;
	size_t max;
	bool full;    /* there were more than max */
	bool aliases; /* for lists: all names of a function, not the first of each address */
	probe_targets targets;
};

/* Adds a target of the collection's kind; false when there is no room for more. */
bool collect_add(struct collect *col, struct probe_target t);
/* Sorts by name and takes out what is there twice. */
void collect_sort(struct collect *col);

struct provider {
	const char *form; /* what follows "KIND:", for messages; NULL: nothing does */
	/* The parts behind the kind, of which there is at least one if form is not NULL; out has kind, loc
	 * and text. */
	int (*parse)(struct probe_context *c, struct parts *p, struct probe_spec *out,
		     struct diag *d);
	/* Adds what the spec stands for. A full name that does not exist has been reported, and is -ENOENT; a
	 * wildcard may simply add nothing. */
	int (*expand)(struct collect *col, const struct probe_spec *spec, struct diag *d);
	/* As probe_args; NULL: there are none. */
	int (*args)(struct probe_context *c, const struct probe_target *t, struct probe_args *out,
		    const char **why);
	/* As probe_declare_args; NULL: from what args says. */
	int (*declare)(struct probe_context *c, const struct probe_target *t,
		       void (*fn)(void *arg, const char *decl), void *arg);
	/* All that there is to list; NULL: what `*` in every part expands to. */
	void (*list)(struct collect *col);
};

extern const struct provider special_provider, self_provider, tracepoint_provider,
	rawtracepoint_provider, kprobe_provider, fentry_provider, uprobe_provider, timer_provider,
	perf_provider;

const struct provider *provider_of(enum attach kind);
/* "tracepoint probes are written tracepoint:CATEGORY:EVENT": -EINVAL. */
int provider_form_error(enum attach kind, struct loc loc, struct diag *d);
/* No such kind, with the nearest one: -EINVAL. */
int provider_unknown_kind(const char *kind, struct loc loc, struct diag *d);
/* For providers whose spec is one target: adds it under the name as written, with the kind's long name. */
int provider_expand_one(struct collect *col, const struct probe_spec *spec, struct diag *d);
/* The name as written, with the kind's long name in front. */
const char *provider_name(struct probe_context *c, const struct probe_spec *spec);

/* As nearest_try for a candidate that does not last: it is copied if it is kept. */
void provider_nearest(struct arena *a, struct nearest *n, const char *candidate);

/* Whether a name matches: pattern NULL matches all. */
bool provider_match(const char *pattern, const char *name);

#endif
