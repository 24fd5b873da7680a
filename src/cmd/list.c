/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One probe per line; with -v its arguments below it:
 *
 *	tracepoint:syscalls:sys_exit_read
 *	    int __syscall_nr
 *	    long ret
 *
 * "struct task_struct", "enum x*" and "union *" list types instead, with -v as C.
 */
#include "cmd/list.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/opt.h"
#include "base/out.h"
#include "base/text.h"
#include "probe/probe.h"

enum { EXIT_USAGE = 2 };

struct listing {
	struct probe_context probes;
	struct out out;
	bool verbose;
};

static void print_decl(void *arg, const char *decl)
{
	struct listing *l = arg;

	out_printf(&l->out, "    %s\n", decl);
}

static bool print_target(void *arg, const struct probe_target *t)
{
	struct listing *l = arg;

	out_printf(&l->out, "%s\n", t->name);
	if (l->verbose)
		probe_declare_args(&l->probes, t, print_decl, l);
	return !l->out.failed;
}

/* A pattern for types: "struct NAME", "union NAME", "enum NAME". */
struct type_search {
	const char *tag, *pattern;
	struct arena *arena;
	vec_of(const struct type *) found;
};

static const char *type_tag(const struct type *t)
{
	return t->kind == TYPE_ENUM ? "enum" : t->is_union ? "union" : "struct";
}

static bool find_type(void *arg, const struct type *t)
{
	struct type_search *s = arg;

	if (t->name && !strcmp(s->tag, type_tag(t)) && text_glob(s->pattern, t->name))
		*vec_add(s->arena, &s->found) = t;
	return true;
}

static int compare_types(const void *a, const void *b)
{
	const struct type *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static int list_types(struct listing *l, const char *tag, const char *pattern, struct diag *d)
{
	struct types *types = l->probes.types;
	struct arena *a = l->probes.arena;
	struct type_search s = { .tag = tag, .pattern = pattern, .arena = a };

	if (!types_have_kernel(types))
		return diag_error(d, LOC_NONE,
				  "this kernel has no BTF, so its types are not known");
	types_each_named(types, find_type, &s);
	if (!s.found.n)
		return diag_error(d, LOC_NONE, "no %s matches '%s'", tag, pattern);
	qsort(s.found.at, s.found.n, sizeof(*s.found.at), compare_types);
	for (size_t i = 0; i < s.found.n && !l->out.failed; i++) {
		const struct type *t = s.found.at[i];

		if (i && !strcmp(s.found.at[i - 1]->name, t->name))
			continue;
		if (l->verbose)
			out_printf(&l->out, "%s\n", types_print(types, a, t));
		else
			out_printf(&l->out, "%s %s\n", tag, t->name);
	}
	return 0;
}

static int list_all(struct listing *l, const char *pattern, struct diag *d)
{
	static const char *const tags[] = { "struct", "union", "enum" };

	for (size_t i = 0; pattern && i < ARRAY_SIZE(tags); i++) {
		size_t n = strlen(tags[i]);

		if (!strncmp(pattern, tags[i], n) && pattern[n] == ' ')
			return list_types(l, tags[i], pattern + n + strspn(pattern + n, " "), d);
	}
	return probe_list(&l->probes, pattern, print_target, l, d);
}

int list_probes(const char *pattern, bool verbose, u32 pid)
{
	struct listing l = { .verbose = verbose };
	struct arena arena;
	struct types *types;
	struct diag d;
	int err;

	arena_init(&arena);
	diag_init(&d, &arena);
	types = types_new(&arena);
	probe_init(&l.probes, &arena, types);
	l.probes.pid = pid;
	out_init(&l.out, STDOUT_FILENO, false);
	err = list_all(&l, pattern, &d);
	out_done(&l.out);
	diag_render(&d, stderr);
	probe_done(&l.probes);
	types_free(types);
	arena_done(&arena);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void usage(const struct opt *opts, size_t n, FILE *to)
{
	fputs("usage: skep list [OPTIONS] [PATTERN]\n\n"
	      "Lists what can be probed: skep list 'tracepoint:sched:*', skep list '*sleep*',\n"
	      "skep list uprobe:/bin/bash; with -v the arguments. 'struct NAME' lists types.\n\n",
	      to);
	opt_help(opts, n, to);
}

int cmd_list(int argc, char **argv)
{
	static const struct opt opts[] = {
		{ 'v', "verbose", NULL, "arguments and types too" },
		{ 'p', "pid", "PID", "the functions of a process's program and libraries too" },
		{ 'h', "help", NULL, "show this" },
	};
	struct opt_state state = { .argc = argc, .argv = argv, .pos = 1 };
	bool verbose = false, help = false, bad = false;
	struct arena arena;
	const char *pattern = NULL, *value;
	struct diag d;
	u64 pid = 0;
	int which;

	arena_init(&arena);
	diag_init(&d, &arena);
	while (state.pos < argc) {
		which = opt_next(&state, opts, ARRAY_SIZE(opts), &value, &d);
		if (which == -1 && state.pos < argc) {
			if (pattern)
				diag_error(&d, LOC_NONE, "one pattern at a time; quote wildcards");
			pattern = argv[state.pos++];
		}
		verbose |= which == 0;
		help |= which == 2;
		if (which == 1 && (!text_u64(value, &pid) || !pid || pid > INT32_MAX))
			diag_error(&d, LOC_NONE, "'%s' is not a process id", value);
	}
	bad = d.errors > 0;
	diag_render(&d, stderr);
	arena_done(&arena);
	if (bad)
		return EXIT_USAGE;
	if (help) {
		usage(opts, ARRAY_SIZE(opts), stdout);
		return EXIT_SUCCESS;
	}
	return list_probes(pattern, verbose, (u32)pid);
}
