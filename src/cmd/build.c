/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep build: compiles a script once, to be run anywhere. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/opt.h"
#include "base/save.h"
#include "cmd/compile.h"
#include "cmd/run.h"

static const struct opt options[] = {
	{ 'o', "output", "FILE", "the object to write (SCRIPT's name with .bpf.o)" },
	{ 'e', NULL, "SCRIPT", "compile this script instead of a file" },
	{ 0, "unsafe", NULL, "allow functions that act on the system: system(), signal()" },
	{ 'h', "help", NULL, "this text" },
};

struct build {
	struct arena arena;
	struct diag diag;
	struct lang_options lang;
	const char *script, *file, *output;
	bool help;
};

static int parse_options(struct build *b, int argc, char **argv)
{
	struct opt_state state = { .argc = argc, .argv = argv, .pos = 1 };
	const char *value;
	int option;

	for (;;) { /* options may also follow the file */
		while ((option = opt_next(&state, options, ARRAY_SIZE(options), &value,
					  &b->diag)) >= 0) {
			if (option == 0)
				b->output = value;
			else if (option == 1)
				b->script = value;
			else if (option == 2)
				b->lang.unsafe = true;
			else
				b->help = true;
		}
		if (option < -1)
			return -EINVAL;
		if (b->file || b->script || state.pos >= argc)
			break;
		b->file = argv[state.pos++];
	}
	b->lang.argc = argc - state.pos;
	b->lang.argv = argv + state.pos;
	if (b->help)
		return 0;
	if (!b->script && !b->file)
		return diag_error(&b->diag, LOC_NONE, "there is nothing to compile: give a SCRIPT");
	if (!b->output && !b->file)
		return diag_error(&b->diag, LOC_NONE, "where to? give -o FILE.bpf.o");
	return 0;
}

static const char *default_output(struct build *b)
{
	const char *dot = strrchr(b->file, '.'), *slash = strrchr(b->file, '/');
	size_t n = dot && (!slash || dot > slash) ? (size_t)(dot - b->file) : strlen(b->file);

	return arena_printf(&b->arena, "%.*s.bpf.o", (int)n, b->file);
}

static int build(struct build *b)
{
	struct compiled c = { 0 };
	size_t len = b->script ? strlen(b->script) : 0;
	char *text = b->script ? strdup(b->script) : compile_read(b->file, &len, &b->diag);

	if (!text)
		return -EINVAL;
	struct compile_input in = { .name = b->script ? "-e" : b->file,
				    .text = text,
				    .len = len,
				    .lang = &b->lang,
				    .portable = true };
	if (!b->output)
		b->output = default_output(b);
	int err = compile_script(&b->arena, &in, &c, &b->diag);
	if (!err)
		err = save_file(b->output, c.elf.data, c.elf.len, &b->diag);
	compiled_done(&c);
	diag_render(&b->diag, stderr);
	b->diag.items.n = 0;
	free(text);
	return err;
}

int cmd_build(int argc, char **argv)
{
	struct build b = { 0 };
	int code = 0;

	arena_init(&b.arena);
	diag_init(&b.diag, &b.arena);
	if (parse_options(&b, argc, argv))
		code = 2;
	else if (b.help) {
		puts("usage: skep build SCRIPT [-o FILE.bpf.o] [ARGUMENTS]\n\n"
		     "Compiles a script to a BPF object that `skep FILE.bpf.o` runs, here or "
		     "elsewhere.\n");
		opt_help(options, ARRAY_SIZE(options), stdout);
	} else if (build(&b)) {
		code = 1;
	}
	diag_render(&b.diag, stderr);
	arena_done(&b.arena);
	return code;
}
