/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/cgroup.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

enum { HANDLE_OF_KERNFS = 0xfe };

char *cgroup_tree(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "r");
	struct mntent *m;
	char *found = NULL;

	while (mounts && !found && (m = getmntent(mounts)))
		if (!strcmp(m->mnt_type, "cgroup2"))
			found = strdup(m->mnt_dir);
	if (mounts)
		endmntent(mounts);
	return found;
}

/* The id is what the file system makes handles of, too. */
static char *path_by_handle(const char *tree, u64 id)
{
	struct {
		struct file_handle head;
		u64 id;
	} handle = { { .handle_bytes = sizeof(id), .handle_type = HANDLE_OF_KERNFS }, id };
	char link[64], path[PATH_MAX];
	int mount = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = mount < 0 ? -1 : open_by_handle_at(mount, &handle.head, O_PATH | O_CLOEXEC);
	ssize_t n = -1;

	if (fd >= 0) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		n = readlink(link, path, sizeof(path) - 1);
		close(fd);
	}
	if (mount >= 0)
		close(mount);
	return n > 0 ? strndup(path, (size_t)n) : NULL;
}

/* For those who may not open by handle. */
static char *path_by_walk(char *tree, u64 id)
{
	char *paths[] = { tree, NULL }, *found = NULL;
	FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_XDEV, NULL);
	FTSENT *e;

	while (walk && !found && (e = fts_read(walk)))
		if (e->fts_info == FTS_D && e->fts_statp->st_ino == id)
			found = strdup(e->fts_path);
	if (walk)
		fts_close(walk);
	return found;
}

char *cgroup_path(u64 id)
{
	char *tree = cgroup_tree(), *found = NULL;

	if (tree)
		found = path_by_handle(tree, id);
	if (tree && !found)
		found = path_by_walk(tree, id);
	free(tree);
	return found;
}

bool cgroup_is_v2(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && (unsigned long)fs.f_type == CGROUP2_SUPER_MAGIC;
}
