/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/test/object.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/compile.h"

#define MAX_WORDS 64            /* of clang's command line */
#define MAX_OUTPUT (64u << 10)  /* of what it says */
#define MAX_OBJECT (256u << 20) /* of what it makes */
#define NOT_FOUND 127           /* the child's exit code if there is no clang */

void test_objects_init(struct test_objects *o, struct arena *a)
{
	*o = (struct test_objects){ .arena = a };
	if (rawbtf_open("/sys/kernel/btf/vmlinux", NULL, &o->kernel))
		o->kernel = NULL;
}

void test_objects_done(struct test_objects *o)
{
	for (size_t i = 0; i < o->all.n; i++) {
		if (o->all.at[i]->is_open)
			image_done(&o->all.at[i]->img);
		buf_done(&o->all.at[i]->output);
		free(o->all.at[i]->elf);
	}
	rawbtf_free(o->kernel);
}

/* ---- compiling */

/* The host's headers of its architecture, where distributions have them apart. */
static const char *own_headers(struct arena *a)
{
	struct utsname u;

	return uname(&u) ? "/usr/include" : arena_printf(a, "/usr/include/%s-linux-gnu", u.machine);
}

static void run_clang(char **argv, int output)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
		_exit(1);
	execvp(argv[0], argv);
	_exit(NOT_FOUND);
}

/* Its exit code, or -errno. What it says, of which only the beginning is kept, is read to the end. */
static int clang(char **argv, struct buf *says)
{
	char bytes[4096];
	int pipe_fds[2], status, pid;
	ssize_t n;

	if (pipe2(pipe_fds, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid < 0) {
		int err = -errno;

		close(pipe_fds[0]);
		close(pipe_fds[1]);
		return err;
	}
	if (!pid)
		run_clang(argv, pipe_fds[1]);
	close(pipe_fds[1]);
	while ((n = read(pipe_fds[0], bytes, sizeof(bytes))) > 0 || (n < 0 && errno == EINTR)) {
		if (n > 0 && says->len < MAX_OUTPUT)
			buf_put(says, bytes, (size_t)n);
	}
	close(pipe_fds[0]);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int command_line(struct test_object *o, struct arena *a, char *to, char **argv)
{
	char *const fixed[] = { (char *)"clang",
				(char *)"-target",
				(char *)"bpf",
				(char *)"-O2",
				(char *)"-g",
				(char *)"-idirafter",
				arena_strdup(a, own_headers(a)) };
	char *flags = arena_strdup(a, o->cflags), *word, *rest = NULL;
	int n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		argv[n++] = fixed[i];
	for (word = strtok_r(flags, " \t\n", &rest); word; word = strtok_r(NULL, " \t\n", &rest)) {
		if (n == MAX_WORDS - 5)
			return -E2BIG;
		argv[n++] = word;
	}
	argv[n++] = (char *)"-c";
	argv[n++] = arena_strdup(a, o->path);
	argv[n++] = (char *)"-o";
	argv[n++] = to;
	argv[n] = NULL;
	return 0;
}

static void compile(struct test_object *o, struct arena *a)
{
	const char *dir = getenv("TMPDIR");
	char *to = arena_printf(a, "%s/skep-test-XXXXXX.o", dir && dir[0] ? dir : "/tmp");
	int fd = mkostemps(to, 2, O_CLOEXEC), code;
	char *argv[MAX_WORDS];

	if (fd < 0) {
		o->wrong = arena_printf(a, "%s cannot be made: %s", to, strerror(errno));
		return;
	}
	code = command_line(o, a, to, argv);
	if (!code)
		code = clang(argv, &o->output);
	if (code == NOT_FOUND)
		o->skip = arena_printf(a, "there is no clang to compile %s with", o->path);
	else if (code < 0)
		o->wrong = arena_printf(a, "clang cannot be run: %s", strerror(-code));
	else if (code)
		o->wrong = arena_printf(a, "clang does not compile %s", o->path);
	else
		o->elf = text_read_file(to, MAX_OBJECT, &o->len); /* another file by now */
	if (!code && !o->elf)
		o->wrong = arena_printf(a, "%s cannot be read: %s", to, strerror(errno));
	close(fd);
	unlink(to);
}

/* ---- opening */

static bool is_source(const char *path)
{
	size_t n = strlen(path);

	return n > 2 && !strcmp(path + n - 2, ".c");
}

static void open_object(struct test_objects *all, struct test_object *o)
{
	struct image_options how = { .kernel = all->kernel };

	diag_init(&o->diag, all->arena);
	if (is_source(o->path)) {
		if (access(o->path, R_OK))
			o->wrong = arena_printf(all->arena, "%s cannot be read: %s", o->path,
						strerror(errno));
		else
			compile(o, all->arena);
	} else {
		o->elf = compile_read(o->path, &o->len, &o->diag);
		if (!o->elf)
			o->wrong = o->diag.items.n ? o->diag.items.at[0].text : "it is not there";
	}
	if (!o->elf)
		return;
	if (image_open(&o->img, all->arena, o->elf, o->len, &how, &o->diag)) {
		o->wrong = arena_printf(all->arena, "%s is no object that can be run: %s", o->path,
					o->diag.items.n ? o->diag.items.at[0].text : "");
		return;
	}
	o->is_open = true;
	o->verified = arena_array(all->arena, u8, o->img.progs.n + 1);
}

struct test_object *test_object_get(struct test_objects *all, const char *path, const char *cflags)
{
	struct test_object *o;

	for (size_t i = 0; i < all->all.n; i++) {
		o = all->all.at[i];
		if (!strcmp(o->path, path) && !strcmp(o->cflags, cflags))
			return o;
	}
	o = arena_new(all->arena, struct test_object);
	*vec_add(all->arena, &all->all) = o;
	o->path = arena_strdup(all->arena, path);
	o->cflags = arena_strdup(all->arena, cflags);
	open_object(all, o);
	return o;
}
