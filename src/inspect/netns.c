/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A namespace is known by its inode, whichever file leads to it. */
#include "inspect/netns.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWN "/proc/self/ns/net"
#define NAMED "/run/netns"

static void add(struct arena *a, netns_list *out, const char *path, const char *name, u32 pid)
{
	struct stat st;

	if (out->n >= NETNS_MAX || stat(path, &st))
		return;
	for (size_t i = 0; i < out->n; i++) {
		struct netns *n = &out->at[i];

		if (n->inode != st.st_ino)
			continue;
		if (!*n->name)
			n->name = name;
		return;
	}
	*vec_add(a, out) = (struct netns){ st.st_ino, name, path, pid };
}

void netns_find(struct arena *a, netns_list *out)
{
	struct dirent *e;
	DIR *dir;

	add(a, out, OWN, "", (u32)getpid());
	dir = opendir(NAMED);
	while (dir && (e = readdir(dir)))
		if (*e->d_name != '.')
			add(a, out, arena_printf(a, NAMED "/%s", e->d_name),
			    arena_strdup(a, e->d_name), 0);
	if (dir)
		closedir(dir);
	dir = opendir("/proc");
	while (dir && (e = readdir(dir)))
		if (isdigit((u8)*e->d_name))
			add(a, out, arena_printf(a, "/proc/%s/ns/net", e->d_name), "",
			    (u32)strtoul(e->d_name, NULL, 10));
	if (dir)
		closedir(dir);
}

int netns_within(const struct netns *n, int (*fn)(void *arg, const struct netns *n), void *arg)
{
	int own, other, err;

	if (!strcmp(n->path, OWN))
		return fn(arg, n);
	own = open(OWN, O_RDONLY | O_CLOEXEC);
	other = open(n->path, O_RDONLY | O_CLOEXEC);
	if (own < 0 || other < 0 || setns(other, CLONE_NEWNET)) {
		err = -errno;
	} else {
		err = fn(arg, n);
		if (setns(own, CLONE_NEWNET))
			err = -errno;
	}
	if (own >= 0)
		close(own);
	if (other >= 0)
		close(other);
	return err;
}
