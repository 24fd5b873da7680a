/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/cgroup.h"

#include <sys/stat.h>

#include <fts.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include <linux/magic.h>

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

char *cgroup_path(u64 id)
{
	char *tree = cgroup_tree(), *found = NULL;
	char *paths[] = { tree, NULL };
	FTS *walk = tree ? fts_open(paths, FTS_PHYSICAL | FTS_XDEV, NULL) : NULL;
	FTSENT *e;

	while (walk && !found && (e = fts_read(walk)))
		if (e->fts_info == FTS_D && e->fts_statp->st_ino == id)
			found = strdup(e->fts_path);
	if (walk)
		fts_close(walk);
	free(tree);
	return found;
}

bool cgroup_is_v2(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && (unsigned long)fs.f_type == CGROUP2_SUPER_MAGIC;
}
