/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clang finds the header in a directory of ours, which is there only while it runs:
 *
 *	/tmp/skep-XXXXXX/skep.bpf.h
 *	/tmp/skep-XXXXXX/x.o
 */
#include "cmd/clang.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/compile.h"

#define NEWEST 22 /* clang-22 ... clang-11 are tried where there is no clang */
#define OLDEST 11
#define HEADER "skep.bpf.h"

/* CLANG_HEADER is given by the Makefile. */
__asm__(".pushsection .rodata\n"
	"clang_header_start:\n"
	".incbin \"" CLANG_HEADER "\"\n"
	"clang_header_end:\n"
	".byte 0\n"
	".popsection\n");
extern const char clang_header_start[], clang_header_end[];
extern char **environ;

const char *clang_header(size_t *len)
{
	*len = (size_t)(clang_header_end - clang_header_start);
	return clang_header_start;
}

bool clang_is_source(const char *path)
{
	size_t len = strlen(path);

	return len > 2 && !strcmp(path + len - 2, ".c");
}

static bool is_in_path(struct arena *a, const char *name)
{
	const char *path = getenv("PATH");

	for (path = path ? path : "/usr/bin:/bin"; *path; path += *path == ':') {
		size_t len = strcspn(path, ":");

		if (len && !access(arena_printf(a, "%.*s/%s", (int)len, path, name), X_OK))
			return true;
		path += len;
	}
	return false;
}

/* CLANG in the environment, clang, or the newest one with a version in its name; NULL. */
static const char *find_clang(struct arena *a)
{
	const char *name = getenv("CLANG");

	if (name && *name)
		return name;
	if (is_in_path(a, "clang"))
		return "clang";
	for (int version = NEWEST; version >= OLDEST; version--) {
		name = arena_printf(a, "clang-%d", version);
		if (is_in_path(a, name))
			return name;
	}
	return NULL;
}

static int write_header(const char *path, struct diag *d)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	size_t len;
	const char *text = clang_header(&len);
	bool ok = fd >= 0 && write(fd, text, len) == (ssize_t)len;
	int err = errno;

	if (fd >= 0)
		close(fd);
	return ok ? 0 : diag_errno(d, err, "%s cannot be written", path);
}

typedef vec_of(const char *) word_list;

static void add_words(struct arena *a, word_list *to, const char *const *words)
{
	for (; *words; words++)
		*vec_add(a, to) = *words;
}

/* What it says, of which only the beginning is kept, is read to the end. */
static void listen_to(int fd, struct buf *says)
{
	char bytes[4096];
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0 && says->len < CLANG_MAX_OUTPUT)
			buf_put(says, bytes, (size_t)n);
}

/* Signals wait until what is in the directory is removed; the compiler gets those of the terminal itself. */
static int spawn(char *const *words, int output, pid_t *pid)
{
	sigset_t all, old;
	posix_spawnattr_t attr;
	posix_spawn_file_actions_t files;
	int err;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, NULL, &old);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &old);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_init(&files);
	if (output >= 0) {
		posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
		posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO);
	}
	sigprocmask(SIG_SETMASK, &all, NULL);
	err = posix_spawnp(pid, words[0], &files, &attr, words, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return err;
}

static int run(const word_list *words, struct buf *says, struct diag *d)
{
	char *const *argv = (char *const *)(uintptr_t)words->at;
	int ends[2] = { -1, -1 }, status = 0, err;
	pid_t pid;

	if (says && pipe2(ends, O_CLOEXEC))
		return diag_errno(d, errno, "%s cannot be run", words->at[0]);
	err = spawn(argv, ends[1], &pid);
	if (says) {
		close(ends[1]);
		if (!err)
			listen_to(ends[0], says);
		close(ends[0]);
	}
	if (!err && waitpid(pid, &status, 0) < 0)
		err = errno;
	if (err)
		return diag_errno(d, err, "%s cannot be run", words->at[0]);
	return status ? -EINVAL : 0;
}

static int read_object(const char *path, struct buf *out, struct diag *d)
{
	size_t len;
	char *data = text_read_file(path, CLANG_MAX_OBJECT, &len);

	if (!data)
		return diag_errno(d, errno, "what clang made cannot be read");
	buf_put(out, data, len);
	free(data);
	return 0;
}

static const char *machine_macro(void)
{
#if defined(__aarch64__)
	return "-D__TARGET_ARCH_arm64";
#else
	return "-D__TARGET_ARCH_x86";
#endif
}

/* A file that includes the system's own headers finds those of this architecture, too. */
static const char *machine_headers(void)
{
#if defined(__aarch64__)
	return "/usr/include/aarch64-linux-gnu";
#else
	return "/usr/include/x86_64-linux-gnu";
#endif
}

static int compile_in(struct arena *a, const char *dir, const char *clang, const char *path,
		      const char *const *args, struct buf *says, struct buf *out, struct diag *d)
{
	const char *header = arena_printf(a, "%s/" HEADER, dir);
	const char *object = arena_printf(a, "%s/x.o", dir);
	const char *const first[] = { clang, "-target", "bpf",           "-mcpu=v3",
				      "-O2", "-g",      machine_macro(), NULL };
	const char *const last[] = { "-I", dir,    "-idirafter", machine_headers(), "-c", path,
				     "-o", object, NULL };
	word_list words = { 0 };
	int err = write_header(header, d);

	add_words(a, &words, first);
	add_words(a, &words, args);
	add_words(a, &words, last);
	*vec_add(a, &words) = NULL;
	if (!err)
		err = run(&words, says, d);
	if (!err)
		err = read_object(object, out, d);
	unlink(header);
	unlink(object);
	return err;
}

int clang_compile(struct arena *a, const char *path, const char *const *args, struct buf *says,
		  struct buf *out, struct diag *d)
{
	const char *clang = find_clang(a), *tmp = getenv("TMPDIR");
	char *dir = arena_printf(a, "%s/skep-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	sigset_t old;
	int err;

	if (access(path, R_OK))
		return diag_errno(d, errno, "cannot read %s", path);
	if (!clang) {
		diag_error(d, LOC_NONE, "there is no clang here, which compiles %s", path);
		diag_hint(d, "it is in the package `clang` of Debian, Ubuntu, Fedora, Arch and "
			     "Alpine; or compile it elsewhere, with `clang -target bpf -O2 -g -c`, "
			     "and run the object here");
		return -ENOENT;
	}
	if (!mkdtemp(dir))
		return diag_errno(d, errno, "no directory for clang can be made in %s",
				  tmp && *tmp ? tmp : "/tmp");
	sigprocmask(SIG_SETMASK, NULL, &old);
	err = compile_in(a, dir, clang, path, args, says, out, d);
	rmdir(dir);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return err;
}

void clang_include(struct arena *a, clang_args *args, const char *dir)
{
	*vec_add(a, args) = arena_printf(a, "-I%s", dir);
}

void clang_define(struct arena *a, clang_args *args, const char *macro)
{
	*vec_add(a, args) = arena_printf(a, "-D%s", macro);
}

char *clang_read(struct arena *a, const char *path, clang_args *args, size_t *len, struct diag *d)
{
	struct buf object = { 0 };

	if (!clang_is_source(path))
		return compile_read(path, len, d);
	*vec_add(a, args) = NULL;
	if (clang_compile(a, path, args->at, NULL, &object, d)) {
		buf_done(&object);
		return NULL;
	}
	*len = object.len;
	return object.data;
}
