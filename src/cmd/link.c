/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep link: links in the kernel (link_live.c); with -o, several objects as one. They are opened as the machine would open them first, which tells what is wrong with them by
 * name and place; libbpf's linker then writes the object.
 */
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/opt.h"
#include "cmd/compile.h"
#include "cmd/link_live.h"
#include "cmd/run.h"
#include "kernel/warn.h"
#include "object/image.h"

enum { LINK_MAX_FILES = 256 };

static const struct opt options[] = {
	{ 'o', "output", "FILE", "the object to write" },
	{ 'h', "help", NULL, "this text" },
};

struct link {
	struct arena arena;
	struct diag diag;
	const char *output;
	vec_of(struct image_input) files;
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
		vec_add(&l->arena, &l->files)->name = argv[state.pos++];
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

/* Whether they can be one at all; what this machine lacks does not matter. */
static int check(struct link *l)
{
	struct image_options opts = { .no_kconfig = true };
	struct image img;
	int err;

	for (size_t i = 0; i < l->files.n; i++) {
		struct image_input *in = &l->files.at[i];

		in->elf = compile_read(in->name, &in->len, &l->diag);
		if (!in->elf)
			return -EINVAL;
	}
	err = image_open_all(&img, &l->arena, l->files.at, l->files.n, &opts, &l->diag);
	if (err)
		return err;
	image_done(&img);
	/* That CO-RE relocations stay as they are is as it should be. */
	l->diag.items.n = 0;
	return 0;
}

/* What was checked is what is linked, whatever becomes of the file: libbpf gets a copy, by the name in *path. */
static int add_file(struct link *l, struct bpf_linker *linker, const struct image_input *in,
		    const char **path)
{
	int fd = memfd_create("object", MFD_CLOEXEC), err = 0;
	size_t done = 0;

	if (fd < 0)
		return diag_errno(&l->diag, errno, "no memory file for %s", in->name);
	*path = arena_printf(&l->arena, "/proc/self/fd/%d", fd);
	while (done < in->len && !err) {
		ssize_t n = write(fd, (const u8 *)in->elf + done, in->len - done);

		if (n < 0)
			err = -errno;
		else
			done += (size_t)n;
	}
	if (!err)
		err = bpf_linker__add_file(linker, *path, NULL);
	close(fd);
	return err;
}

/* What libbpf has said, with the file's own name for that of the copy. */
static void explain(struct link *l, const struct buf *warnings, const char *copy, const char *name)
{
	const char *text = warn_last(warnings, &l->arena), *at = strstr(text, copy);

	if (at)
		diag_hint(&l->diag, "%.*s%s%s", (int)(at - text), text, name, at + strlen(copy));
	else if (*text)
		diag_hint(&l->diag, "%s", text);
}

static int write_object(struct link *l, const char *path)
{
	struct buf warnings = { 0 };
	struct bpf_linker *linker;
	const char *name = l->output, *copy = path;
	int err = 0;

	warn_begin(&warnings);
	linker = bpf_linker__new(path, NULL);
	if (!linker)
		err = -errno;
	for (size_t i = 0; i < l->files.n && !err; i++) {
		name = l->files.at[i].name;
		err = add_file(l, linker, &l->files.at[i], &copy);
	}
	if (!err)
		err = bpf_linker__finalize(linker);
	bpf_linker__free(linker);
	warn_end();
	if (err && !l->diag.errors) {
		diag_errno(&l->diag, -err, "cannot link %s", name);
		explain(l, &warnings, copy, name);
	}
	buf_done(&warnings);
	return err;
}

/* To a file of another name first, so that there is a whole object or none. */
static int link_objects(struct link *l)
{
	const char *tmp = arena_printf(&l->arena, "%s.%d", l->output, (int)getpid());
	int err = check(l);

	if (err)
		return err;
	err = write_object(l, tmp);
	if (!err && rename(tmp, l->output))
		err = diag_errno(&l->diag, errno, "cannot write %s", l->output);
	if (err)
		unlink(tmp);
	return err;
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
	} else if (link_objects(&l)) {
		code = 1;
	}
	diag_render(&l.diag, stderr);
	for (size_t i = 0; i < l.files.n; i++)
		free((void *)(uintptr_t)l.files.at[i].elf);
	arena_done(&l.arena);
	return code;
}
