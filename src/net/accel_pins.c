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

#define BPFFS "/sys/fs/bpf"
#define PARENT BPFFS "/skep"
#define UNFINISHED "accel-" /* that file system has no names with dots */

static bool is_bpffs(void)
{
	struct statfs fs;

	return !statfs(BPFFS, &fs) && (unsigned long)fs.f_type == BPF_FS_MAGIC;
}

int accel_lock(struct diag *d)
{
	int fd;

	if (!is_bpffs() && mount("bpf", BPFFS, "bpf", 0, "mode=0700") && !is_bpffs()) {
		int err = errno;

		diag_errno(d, err, "no BPF file system at " BPFFS);
		diag_hint(d, err == EPERM ? "accel needs root" : "mount -t bpf bpf " BPFFS);
		return -err;
	}
	if (mkdir(PARENT, 0700) && errno != EEXIST)
		return diag_errno(d, errno, "cannot make " PARENT);
	fd = open(PARENT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return diag_errno(d, errno, "cannot open " PARENT);
	if (flock(fd, LOCK_EX)) {
		int err = errno;

		close(fd);
		return diag_errno(d, err, "cannot lock " PARENT);
	}
	return fd;
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

void accel_sweep(void)
{
	DIR *dir = opendir(PARENT);
	struct dirent *e;

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
	rmdir(PARENT); /* if nothing else is in it */
	return 0;
}

int accel_pin_open(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), ACCEL_DIR "/%s", name);
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}
