/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel says EPERM where the place is not of type bpf: so that is looked at to say what is wrong. */
#include "inspect/pin.h"

#include <limits.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "inspect/handle.h"

bool pin_is_place(const char *path)
{
	char parent[PATH_MAX];
	const char *slash = strrchr(path, '/');
	struct statfs fs;

	if (!slash)
		strcpy(parent, ".");
	else if ((size_t)(slash - path) >= sizeof(parent))
		return false;
	else
		snprintf(parent, sizeof(parent), "%.*s", slash == path ? 1 : (int)(slash - path),
			 path);
	return !statfs(parent, &fs) && (unsigned long)fs.f_type == BPF_FS_MAGIC;
}

int pin_make(int fd, const char *path, struct diag *d)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	union bpf_attr attr;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = (u64)(uintptr_t)path;
	attr.bpf_fd = (u32)fd;
	err = handle_call(BPF_OBJ_PIN, &attr, sizeof(attr));
	if (!err)
		return 0;
	diag_errno(d, -err, "cannot pin to '%s'", path);
	if (err == -EEXIST)
		diag_hint(d, "there is something of this name already");
	else if (err == -ENOENT)
		diag_hint(d, "the folder has to be there: mkdir makes it");
	else if (!pin_is_place(path))
		diag_hint(d, "pins are made in folders that exist in a file system of type bpf, as "
			     "/sys/fs/bpf mostly is");
	else if (err == -EPERM && strchr(name, '.'))
		diag_hint(d, "names of pins have no '.'");
	return err;
}
