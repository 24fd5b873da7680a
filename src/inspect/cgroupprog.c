/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A cgroup is asked for each type by itself, as bpf(2) has no other way. Its id is its folder's inode. */
#include "inspect/cgroupprog.h"

#include <fcntl.h>
#include <fts.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspect/query.h"
#include "isa/prog_type.h"
#include "net/cgroup.h"

bool cgroupprog_is_type(u32 attach_type)
{
	const char *name = attach_type_name(attach_type);

	return name && (!strncmp(name, "cgroup_", 7) || attach_type == AT_LSM_CGROUP);
}

const char *cgroupprog_short_name(struct arena *a, u32 attach_type)
{
	static const char *const numbered[] = { "inet4_", "inet6_", "udp4_", "udp6_" };
	const char *name = attach_type_name(attach_type);

	if (strncmp(name, "cgroup_", 7) != 0)
		return name;
	name += 7;
	for (size_t i = 0; i < ARRAY_SIZE(numbered); i++) {
		size_t len = strlen(numbered[i]);

		if (!strncmp(name, numbered[i], len))
			return arena_printf(a, "%s%c", name + len, numbered[i][len - 2]);
	}
	return strncmp(name, "inet_", 5) ? name : name + 5;
}

s32 cgroupprog_find_type(const char *name)
{
	struct arena a;
	s32 found = -1;

	arena_init(&a);
	for (u32 i = 0; i < AT_COUNT && found < 0; i++)
		if (cgroupprog_is_type(i) && (!strcmp(attach_type_name(i), name) ||
					      !strcmp(cgroupprog_short_name(&a, i), name)))
			found = (s32)i;
	arena_done(&a);
	return found;
}

static int open_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (cgroup_is_v2(fd))
		return fd;
	close(fd);
	return -EBADF;
}

int cgroupprog_open(struct arena *a, const char *name, const char **path, struct diag *d)
{
	int fd = open_folder(name), below = -ENOENT;
	char *tree;

	*path = name;
	if (fd >= 0)
		return fd;
	tree = cgroup_tree();
	if (tree) {
		*path = arena_printf(a, "%s%s%s", tree, *name == '/' ? "" : "/", name);
		below = open_folder(*path);
	}
	if (below < 0 && fd == -EBADF) {
		diag_error(d, LOC_NONE, "'%s' is not a cgroup of version 2", name);
		if (tree)
			diag_hint(d, "the tree of those is at %s", tree);
	} else if (below < 0) {
		diag_errno(d, -fd, "cannot open the cgroup '%s'", name);
		if (!tree)
			diag_hint(d, "there is no cgroup tree of version 2 mounted here");
		else
			diag_hint(d, "a cgroup is a folder below %s, whose path can be left out",
				  tree);
	}
	free(tree);
	return below < 0 ? -EINVAL : below;
}

static u32 find_link(const linkinfo_list *links, const struct cgroupprog *p)
{
	for (size_t i = 0; i < links->n; i++) {
		const struct linkinfo_abi *l = &links->at[i].abi;

		if (l->type == LINK_CGROUP && l->cgroup.cgroup_id == p->cgroup &&
		    l->prog_id == p->prog_id && l->cgroup.attach_type == p->attach_type)
			return l->id;
	}
	return 0;
}

int cgroupprog_read(struct arena *a, const char *path, int fd, u32 flags,
		    const linkinfo_list *links, cgroupprog_list *out)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	for (u32 type = 0; type < AT_COUNT; type++) {
		struct query q;
		int err = cgroupprog_is_type(type) ? query_read(a, (u32)fd, type, flags, &q) : 0;

		if (!cgroupprog_is_type(type))
			continue;
		if (err)
			return err;
		for (u32 i = 0; i < q.count; i++) {
			struct cgroupprog *p = vec_add(a, out);

			p->cgroup = st.st_ino;
			p->path = path;
			p->attach_type = type;
			p->prog_id = q.progs[i];
			p->flags =
				type == AT_LSM_CGROUP && q.prog_flags ? q.prog_flags[i] : q.flags;
			p->link_id = find_link(links, p);
		}
	}
	return 0;
}

int cgroupprog_read_tree(struct arena *a, const char *root, u32 flags, const linkinfo_list *links,
			 cgroupprog_list *out)
{
	char *paths[] = { arena_strdup(a, root), NULL };
	FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL);
	FTSENT *e;
	int err = 0;

	if (!walk)
		return -errno;
	while (!err && (e = fts_read(walk))) {
		int fd;

		if (e->fts_info != FTS_D)
			continue;
		fd = open(e->fts_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			continue;
		err = cgroupprog_read(a, arena_strdup(a, e->fts_path), fd, flags, links, out);
		close(fd);
		if (err == -ENODEV)
			err = 0; /* it was removed meanwhile */
	}
	fts_close(walk);
	return err;
}
