/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The object is written to a file of another name first; libbpf's linker reads and writes files only. */
#include "cmd/link/write.h"

#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cmd/compile.h"
#include "kernel/warn.h"
#include "object/image.h"

struct link {
	struct arena *arena;
	struct diag *diag;
	const char *output;
	struct image_input *files;
	size_t n;
};

/* Whether they can be one at all; what this machine lacks does not matter. */
static int check(struct link *l)
{
	struct image_options opts = { .no_kconfig = true };
	struct image img;
	int err;

	for (size_t i = 0; i < l->n; i++) {
		struct image_input *in = &l->files[i];

		in->elf = compile_read(in->name, &in->len, l->diag);
		if (!in->elf)
			return -EINVAL;
	}
	err = image_open_all(&img, l->arena, l->files, l->n, &opts, l->diag);
	if (err)
		return err;
	image_done(&img);
	/* That CO-RE relocations stay as they are is as it should be. */
	l->diag->items.n = 0;
	return 0;
}

/* What was checked is what is linked, whatever becomes of the file: libbpf gets a copy, by the name in *path. */
static int add_file(struct link *l, struct bpf_linker *linker, const struct image_input *in,
		    const char **path)
{
	int fd = memfd_create("object", MFD_CLOEXEC), err = 0;
	size_t done = 0;

	if (fd < 0)
		return diag_errno(l->diag, errno, "no memory file for %s", in->name);
	*path = arena_printf(l->arena, "/proc/self/fd/%d", fd);
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
	const char *text = warn_last(warnings, l->arena), *at = strstr(text, copy);

	if (at)
		diag_hint(l->diag, "%.*s%s%s", (int)(at - text), text, name, at + strlen(copy));
	else if (*text)
		diag_hint(l->diag, "%s", text);
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
	for (size_t i = 0; i < l->n && !err; i++) {
		name = l->files[i].name;
		err = add_file(l, linker, &l->files[i], &copy);
	}
	if (!err)
		err = bpf_linker__finalize(linker);
	bpf_linker__free(linker);
	warn_end();
	if (err && !l->diag->errors) {
		diag_errno(l->diag, -err, "cannot link %s", name);
		explain(l, &warnings, copy, name);
	}
	buf_done(&warnings);
	return err;
}

/* To a file of another name first, so that there is a whole object or none. */
static int link_all(struct link *l)
{
	const char *tmp = arena_printf(l->arena, "%s.%d", l->output, (int)getpid());
	int err = check(l);

	if (err)
		return err;
	err = write_object(l, tmp);
	if (!err && rename(tmp, l->output))
		err = diag_errno(l->diag, errno, "cannot write %s", l->output);
	if (err)
		unlink(tmp);
	return err;
}

int link_write(struct arena *arena, struct diag *d, const char *output, const char *const *names,
	       size_t n)
{
	struct link l = { .arena = arena, .diag = d, .output = output, .n = n };
	int err;

	if (!n || n > LINK_MAX_FILES)
		return diag_error(d, LOC_NONE, "%zu objects to link: give 1 to %d", n,
				  LINK_MAX_FILES);
	l.files = arena_array(arena, struct image_input, n);
	for (size_t i = 0; i < n; i++)
		l.files[i].name = names[i];
	err = link_all(&l);
	for (size_t i = 0; i < n; i++)
		free((void *)(uintptr_t)l.files[i].elf);
	return err;
}
