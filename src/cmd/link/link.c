/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep link: links in the kernel (link_live.c); with -o, several objects as one. */
#include <string.h>

#include "base/opt.h"
#include "cmd/link/live.h"
#include "cmd/link/write.h"
#include "cmd/run.h"

static const struct opt options[] = {
	{ 'o', "output", "FILE", "the object to write" },
	{ 'h', "help", NULL, "this text" },
};

struct link {
	struct arena arena;
	struct diag diag;
	const char *output;
	vec_of(const char *) files;
	bool help;
};

static int parse_options(struct link *l, int argc, char **argv)
{
	struct opt_state state = { .argc = argc, .argv = argv, .pos = 1 };
	const char *value;
	int option;

	for (;;) { /* options may also follow the files */
		while ((option = opt_next(&state, options, ARRAY_SIZE(options), &value,
					  &l->diag)) >= 0) {
			if (option == 0)
				l->output = value;
			else
				l->help = true;
		}
		if (option < -1)
			return -EINVAL;
		if (state.pos >= argc)
			break;
		*vec_add(&l->arena, &l->files) = argv[state.pos++];
	}
	if (l->help)
		return 0;
	if (!l->files.n || l->files.n > LINK_MAX_FILES)
		return diag_error(&l->diag, LOC_NONE, "%zu objects to link: give 1 to %d",
				  l->files.n, LINK_MAX_FILES);
	if (!l->output)
		return diag_error(&l->diag, LOC_NONE, "where to? give -o FILE.bpf.o");
	return 0;
}

/* Objects are meant where there is an output or a file of that name; else links in the kernel. */
static bool is_of_objects(int argc, char **argv)
{
	size_t len = argc > 1 ? strlen(argv[1]) : 0;

	if (len > 2 && !strcmp(argv[1] + len - 2, ".o"))
		return true;
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
		if (!strncmp(argv[i], "-o", 2) || !strncmp(argv[i], "--output", 8))
			return true;
	return false;
}

int cmd_link(int argc, char **argv)
{
	struct link l = { 0 };
	int code = 0;

	if (!is_of_objects(argc, argv))
		return noun_run(&link_live, argc, argv);
	arena_init(&l.arena);
	diag_init(&l.diag, &l.arena);
	if (parse_options(&l, argc, argv)) {
		code = 2;
	} else if (l.help) {
		puts("usage: skep link OBJECT... -o FILE.bpf.o\n\n"
		     "Links BPF objects to one, with their maps, functions and types.\n");
		opt_help(options, ARRAY_SIZE(options), stdout);
	} else if (link_write(&l.arena, &l.diag, l.output, l.files.at, l.files.n)) {
		code = 1;
	}
	diag_render(&l.diag, stderr);
	arena_done(&l.arena);
	return code;
}
