/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /etc/passwd is read directly: getpwuid of a static glibc wants its NSS modules at run time. A cgroup's
 * id is the inode number of its directory, so its path is found by walking the cgroup2 mount.
 */
#include "session/names.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/table.h"
#include "base/text.h"

enum { NAMES_FILE = 4 << 20, NAMES_DEPTH = 64, NAMES_CGROUPS = 100000 };

struct names {
	struct arena *arena;
	struct table users;   /* uid to name */
	struct table cgroups; /* id to path */
	char *passwd;         /* its text, in the arena; "" if it cannot be read */
	const char *mount;    /* of cgroup2; "" if there is none; NULL before the first question */
};

struct names *names_new(struct arena *arena)
{
	struct names *n = arena_new(arena, struct names);

	n->arena = arena;
	table_init(&n->users, arena);
	table_init(&n->cgroups, arena);
	return n;
}

/* A file's text in the arena, "" if it cannot be read. */
static char *names_read(struct arena *arena, const char *path)
{
	size_t len = 0;
	char *text = text_read_file(path, NAMES_FILE, &len);
	char *copy = text ? arena_strndup(arena, text, len) : arena_strdup(arena, "");

	free(text);
	return copy;
}

/* The part of a line between its separators number `index` and the next; false if it has no such part. */
static bool names_part(const char *line, size_t len, char separator, unsigned index,
		       const char **part, size_t *part_len)
{
	const char *end = line + len, *stop;

	for (; index; index--) {
		line = memchr(line, separator, (size_t)(end - line));
		if (!line)
			return false;
		line++;
	}
	stop = memchr(line, separator, (size_t)(end - line));
	*part = line;
	*part_len = (size_t)((stop ? stop : end) - line);
	return true;
}

const char *names_in_passwd(struct arena *arena, const char *text, u32 uid)
{
	char number[16];
	struct buf want = { 0 };

	buf_printf(&want, "%u", uid);
	memcpy(number, want.data, want.len + 1);
	buf_done(&want);
	while (*text) {
		size_t len = strcspn(text, "\n"), part_len;
		const char *part;

		if (names_part(text, len, ':', 2, &part, &part_len) && part_len == strlen(number) &&
		    !memcmp(part, number, part_len)) {
			names_part(text, len, ':', 0, &part, &part_len);
			return arena_strndup(arena, part, part_len);
		}
		text += len + (text[len] == '\n');
	}
	return NULL;
}

const char *names_user(struct names *n, u32 uid)
{
	const char *name = table_get(&n->users, &uid, sizeof(uid));

	if (name)
		return name;
	if (!n->passwd)
		n->passwd = names_read(n->arena, "/etc/passwd");
	name = names_in_passwd(n->arena, n->passwd, uid);
	if (!name)
		name = arena_strdup(n->arena, "");
	table_set(&n->users, &uid, sizeof(uid), (void *)(uintptr_t)name);
	return name;
}

const char *names_cgroup_mount(struct arena *arena, const char *mountinfo)
{
	while (*mountinfo) {
		size_t len = strcspn(mountinfo, "\n"), part_len;
		const char *kind = memmem(mountinfo, len, " - cgroup2 ", 11), *part;

		/* 4: mount point, after mount id, parent id, device and root. */
		if (kind && names_part(mountinfo, len, ' ', 4, &part, &part_len))
			return arena_strndup(arena, part, part_len);
		mountinfo += len + (mountinfo[len] == '\n');
	}
	return NULL;
}

/* Enters every cgroup below fd, whose path below the mount is in `path`, into the table. */
static void names_walk(struct names *n, int fd, struct buf *path, int depth)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		close(fd);
		return;
	}
	while ((entry = readdir(dir)) && n->cgroups.n < NAMES_CGROUPS) {
		size_t len = path->len;
		u64 id = entry->d_ino;
		int child;

		if (entry->d_type != DT_DIR || !strcmp(entry->d_name, ".") ||
		    !strcmp(entry->d_name, ".."))
			continue;
		buf_printf(path, "/%s", entry->d_name);
		table_set(&n->cgroups, &id, sizeof(id), arena_strdup(n->arena, path->data));
		child = depth < NAMES_DEPTH ? openat(dirfd(dir), entry->d_name,
						     O_RDONLY | O_DIRECTORY | O_CLOEXEC)
					    : -1;
		if (child >= 0)
			names_walk(n, child, path, depth + 1);
		path->len = len;
		path->data[len] = '\0';
	}
	closedir(dir);
}

/* Reads all cgroups there are now; those that were there before keep their names. */
static void names_read_cgroups(struct names *n)
{
	struct buf path = { 0 };
	struct stat root;
	u64 id;
	int fd;

	if (!n->mount) {
		const char *mount =
			names_cgroup_mount(n->arena, names_read(n->arena, "/proc/self/mountinfo"));

		n->mount = mount ? mount : "";
	}
	fd = *n->mount ? open(n->mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd < 0 || fstat(fd, &root)) {
		if (fd >= 0)
			close(fd);
		return;
	}
	id = root.st_ino;
	table_set(&n->cgroups, &id, sizeof(id), arena_strdup(n->arena, "unified:/"));
	buf_puts(&path, "unified:");
	names_walk(n, fd, &path, 0);
	buf_done(&path);
}

const char *names_cgroup(struct names *n, u64 id)
{
	const char *path = table_get(&n->cgroups, &id, sizeof(id));

	if (path)
		return path;
	names_read_cgroups(n);
	path = table_get(&n->cgroups, &id, sizeof(id));
	if (!path) {
		path = arena_strdup(n->arena, "");
		table_set(&n->cgroups, &id, sizeof(id), (void *)(uintptr_t)path);
	}
	return path;
}
