/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process may live in another mount namespace (a container): its files are then reached through
 * /proc/PID/root.
 */
#include "probe/binary.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "probe/lines.h"

static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

static void add_binary(struct probe_context *c, binaries *out, const char *path, const char *shown)
{
	char real[PATH_MAX];

	if (strncmp(path, "/proc/", 6) != 0 && realpath(path, real))
		path = real;
	for (size_t i = 0; i < out->n; i++) {
		if (!strcmp(out->at[i].path, path))
			return;
	}
	if (out->n < BINARY_MAX)
		*vec_add(c->arena, out) = (struct binary){
			.path = arena_strdup(c->arena, path),
			.shown = arena_strdup(c->arena, shown ? shown : path),
		};
}

/* Where the process's root is as seen from here: "" if it is our own. */
static const char *process_root(struct probe_context *c)
{
	struct stat own, other;

	if (!c->pid || stat("/proc/self/ns/mnt", &own) ||
	    stat(arena_printf(c->arena, "/proc/%u/ns/mnt", c->pid), &other))
		return "";
	if (own.st_ino == other.st_ino && own.st_dev == other.st_dev)
		return "";
	return arena_printf(c->arena, "/proc/%u/root", c->pid);
}

struct mapped {
	struct probe_context *c;
	const char *root;
	bool (*want)(const char *pattern, const char *path);
	const char *pattern;
	binaries *out;
};

/* 7f1c2a400000-7f1c2a426000 r-xp 00026000 08:01 1234   /usr/lib/x86_64-linux-gnu/libc.so.6 */
static bool mapped_file(void *arg, char *line)
{
	static const char deleted[] = " (deleted)";
	struct mapped *m = arg;
	const char *mode = strchr(line, ' ');
	const char *path = strchr(line, '/');
	size_t len = path ? strlen(path) : 0;

	if (!mode || strnlen(mode, 4) < 4 || mode[3] != 'x' || !path)
		return true;
	if (len >= sizeof(deleted) - 1 && !strcmp(path + len - (sizeof(deleted) - 1), deleted))
		return true;
	if (m->want(m->pattern, path))
		add_binary(m->c, m->out, arena_printf(m->c->arena, "%s%s", m->root, path), path);
	return true;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool want_glob(const char *pattern, const char *path)
{
	return text_glob(pattern, base_name(path));
}

/* Whether a file name is the library's: NAME itself, NAME.so or NAME.so.VERSION. */
static bool is_library(const char *name, const char *path)
{
	const char *file = base_name(path);
	size_t len = strlen(name);

	if (strncmp(file, name, len) != 0)
		return false;
	file += len;
	if (!*file)
		return true;
	if (strstr(name, ".so"))
		return *file == '.';
	return !strncmp(file, ".so", 3) && (!file[3] || file[3] == '.');
}

static int process_files(struct probe_context *c, bool (*want)(const char *, const char *),
			 const char *pattern, binaries *out)
{
	struct mapped m = { c, process_root(c), want, pattern, out };
	size_t before = out->n;

	lines_each(arena_printf(c->arena, "/proc/%u/maps", c->pid), mapped_file, &m);
	return out->n > before ? 0 : -ENOENT;
}

/* The files below a directory that match the rest of a pattern, component by component. */
static void glob_path(struct probe_context *c, const char *dir, const char *pattern, binaries *out)
{
	size_t n = strcspn(pattern, "/");
	const char *part = arena_strndup(c->arena, pattern, n);
	const char *rest = pattern + n + strspn(pattern + n, "/");
	const struct dirent *entry;
	DIR *d;

	if (!text_is_glob(part)) {
		part = arena_printf(c->arena, "%s%s", dir, part);
		if (*rest)
			glob_path(c, arena_printf(c->arena, "%s/", part), rest, out);
		else if (is_file(part))
			add_binary(c, out, part, part);
		return;
	}
	d = opendir(*dir ? dir : ".");
	while (d && out->n < BINARY_MAX && (entry = readdir(d)) != NULL) {
		const char *path;

		if ((entry->d_name[0] == '.' && part[0] != '.') || !text_glob(part, entry->d_name))
			continue;
		path = arena_printf(c->arena, "%s%s", dir, entry->d_name);
		if (*rest)
			glob_path(c, arena_printf(c->arena, "%s/", path), rest, out);
		else if (is_file(path))
			add_binary(c, out, path, path);
	}
	if (d)
		closedir(d);
}

static int find_path(struct probe_context *c, const char *name, binaries *out, const char **why)
{
	const char *root = name[0] == '/' ? process_root(c) : "";
	const char *path = arena_printf(c->arena, "%s%s", root, name);
	struct stat st;

	if (!stat(path, &st)) {
		if (S_ISREG(st.st_mode)) {
			add_binary(c, out, path, name);
			return 0;
		}
		*why = "it is not a file";
		return -ENOENT;
	}
	*why = strerror(errno);
	if (!text_is_glob(name))
		return -ENOENT;
	*why = "no file matches";
	glob_path(c, name[0] == '/' ? "/" : "", name + strspn(name, "/"), out);
	return out->n ? 0 : -ENOENT;
}

/* Whether it begins like ELF: libNAME.so may be a linker's script. */
static bool is_elf(const char *path)
{
	FILE *f = fopen(path, "re");
	char magic[4];
	bool yes = f && fread(magic, 1, 4, f) == 4 && !memcmp(magic, "\177ELF", 4);

	if (f)
		fclose(f);
	return yes;
}

/* Of libssl.so.1.1 and libssl.so.3 the one with the shorter, then the higher version. */
static bool is_better(const char *a, const char *b)
{
	size_t x = strlen(a), y = strlen(b);

	return x != y ? x < y : strverscmp(a, b) > 0;
}

static const char *library_in(struct probe_context *c, const char *dir, const char *name)
{
	const char *best = NULL, *path;
	const struct dirent *entry;
	DIR *d = opendir(dir);

	while (d && (entry = readdir(d)) != NULL) {
		if (!is_library(name, entry->d_name))
			continue;
		path = arena_printf(c->arena, "%s/%s", dir, entry->d_name);
		if (is_elf(path) && (!best || is_better(path, best)))
			best = path;
	}
	if (d)
		closedir(d);
	return best;
}

static int find_library(struct probe_context *c, const char *name, binaries *out)
{
#if defined(__x86_64__)
#define TRIPLET "x86_64-linux-gnu"
#elif defined(__aarch64__)
#define TRIPLET "aarch64-linux-gnu"
#endif
	static const char *const dirs[] = {
		"/lib/" TRIPLET,
		"/usr/lib/" TRIPLET,
		"/lib64",
		"/usr/lib64",
		"/lib",
		"/usr/lib",
		"/usr/local/lib/" TRIPLET,
		"/usr/local/lib64",
		"/usr/local/lib",
	};
	const char *root = process_root(c);

	if (c->pid && !process_files(c, is_library, name, out))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		const char *dir = arena_printf(c->arena, "%s%s", root, dirs[i]);
		const char *path = library_in(c, dir, name);

		if (path) {
			add_binary(c, out, path, NULL);
			return 0;
		}
	}
	return -ENOENT;
}

static int find_program(struct probe_context *c, const char *name, binaries *out)
{
	const char *at = getenv("PATH");
	const char *root = process_root(c);

	if (!at)
		at = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
	for (;;) {
		size_t n = strcspn(at, ":");
		const char *path = arena_printf(c->arena, "%s%.*s/%s", root, (int)n, at, name);

		if (n && is_file(path) && !access(path, X_OK)) {
			add_binary(c, out, path, NULL);
			return 0;
		}
		if (!at[n])
			return -ENOENT;
		at += n + 1;
	}
}

int binary_find(struct probe_context *c, const char *name, binaries *out, const char **why)
{
	bool library_first = !strncmp(name, "lib", 3) || strstr(name, ".so");

	if (strchr(name, '/'))
		return find_path(c, name, out, why);
	if (!*name || text_is_glob(name)) {
		*why = c->pid ? "the process has no such file"
			      : "it needs a process (-p) or a path";
		return c->pid ? process_files(c, want_glob, *name ? name : "*", out) : -ENOENT;
	}
	*why = "no such library or program";
	if (library_first)
		return find_library(c, name, out) ? find_program(c, name, out) : 0;
	return find_program(c, name, out) ? find_library(c, name, out) : 0;
}
