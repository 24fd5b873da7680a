/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folder of the pins. It is made under another name and then renamed, and removed the other way round, so whoever is
 * killed leaves either a whole one or one whose name says that it is rubbish.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/magic.h>

#include "net/accel_impl.h"
#include "net/cgroup.h"

#define BPFFS "/sys/fs/bpf"
#define PARENT BPFFS "/skep"
enum { SWEEP_MS = 500 };

#define UNFINISHED "accel-" /* that file system has no names with dots */

static bool is_bpffs(void)
{
	struct statfs fs;

	return !statfs(BPFFS, &fs) && (unsigned long)fs.f_type == BPF_FS_MAGIC;
}

/* Whoever held the lock may have removed the folder: then fd is -1, and it is to be tried again. 0 or errno. */
static int lock_parent(int *fd)
{
	struct stat mine, there;
	int err = 0;

	if (mkdir(PARENT, 0700) && errno != EEXIST)
		return errno;
	*fd = open(PARENT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return errno == ENOENT ? 0 : errno;
	if (flock(*fd, LOCK_EX) || fstat(*fd, &mine))
		err = errno;
	else if (!stat(PARENT, &there) && there.st_ino == mine.st_ino)
		return 0;
	close(*fd);
	*fd = -1;
	return err;
}

int accel_lock(struct diag *d)
{
	int fd = -1;

	if (!is_bpffs() && mount("bpf", BPFFS, "bpf", 0, "mode=0700") && !is_bpffs()) {
		int err = errno;

		diag_errno(d, err, "no BPF file system at " BPFFS);
		diag_hint(d, err == EPERM ? "accel needs root" : "mount -t bpf bpf " BPFFS);
		return -err;
	}
	for (;;) {
		int err = lock_parent(&fd);

		if (err)
			return diag_errno(d, err, "cannot lock " PARENT);
		if (fd >= 0)
			return fd;
	}
}

static void remove_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;

	if (!dir)
		return;
	while ((e = readdir(dir)))
		if (e->d_name[0] != '.')
			unlinkat(dirfd(dir), e->d_name, 0);
	closedir(dir);
	rmdir(path);
}

/* The cgroups of self-tests; their processes die with the one that was killed, which may take a moment. */
static void sweep_cgroups(void)
{
	char *tree = cgroup_tree();
	DIR *dir = tree ? opendir(tree) : NULL;
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		unsigned pid;

		if (sscanf(e->d_name, ACCEL_TRIAL_CGROUP "%u", &pid) != 1)
			continue;
		for (int ms = 0; ms < SWEEP_MS && unlinkat(dirfd(dir), e->d_name, AT_REMOVEDIR) &&
				 errno == EBUSY;
		     ms++)
			usleep(1000);
	}
	if (dir)
		closedir(dir);
	free(tree);
}

void accel_sweep(void)
{
	DIR *dir = opendir(PARENT);
	struct dirent *e;

	sweep_cgroups();
	if (!dir)
		return;
	while ((e = readdir(dir))) {
		char path[sizeof(PARENT) + sizeof(e->d_name) + 1];

		if (strncmp(e->d_name, UNFINISHED, strlen(UNFINISHED)))
			continue;
		snprintf(path, sizeof(path), PARENT "/%s", e->d_name);
		remove_folder(path);
	}
	closedir(dir);
}

int accel_pins_begin(char *path, size_t size, struct diag *d)
{
	snprintf(path, size, PARENT "/" UNFINISHED "%d", (int)getpid());
	if (mkdir(path, 0700))
		return diag_errno(d, errno, "cannot make %s", path);
	return 0;
}

int accel_pins_commit(const char *path, struct diag *d)
{
	if (rename(path, ACCEL_DIR)) {
		int err = errno;

		remove_folder(path);
		return diag_errno(d, err, "cannot rename %s to " ACCEL_DIR, path);
	}
	return 0;
}

int accel_pins_remove(struct diag *d)
{
	char path[64];

	snprintf(path, sizeof(path), PARENT "/" UNFINISHED "%d", (int)getpid());
	if (rename(ACCEL_DIR, path))
		return diag_errno(d, errno, "cannot rename " ACCEL_DIR);
	remove_folder(path);
	return 0;
}

void accel_unlock(int lock)
{
	rmdir(PARENT); /* if nothing is in it */
	close(lock);
}

int accel_pin_open(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), ACCEL_DIR "/%s", name);
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}
