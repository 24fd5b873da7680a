/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that are attached to cgroups. */
#ifndef INSPECT_CGROUPPROG_H
#define INSPECT_CGROUPPROG_H

#include "base/diag.h"
#include "inspect/linkinfo.h"

struct cgroupprog {
	u64 cgroup;       /* its id */
	const char *path; /* the folder */
	u32 attach_type, prog_id;
	u32 flags;   /* BPF_F_ALLOW_OVERRIDE, BPF_F_ALLOW_MULTI */
	u32 link_id; /* 0: it is attached without a link */
};

typedef vec_of(struct cgroupprog) cgroupprog_list;

/* Whether programs of cgroups attach so. */
bool cgroupprog_is_type(u32 attach_type);
/* By a whole name or a short one: "cgroup_inet4_connect", "connect4", "egress"; -1 if there is none. */
s32 cgroupprog_find_type(const char *name);
/* The short name, of which there is one for each type of cgroups; in the arena. */
const char *cgroupprog_short_name(struct arena *a, u32 attach_type);

/* Opens a cgroup by its folder, or by its path below the tree: a descriptor, with the folder in *path, or -errno, reported. */
int cgroupprog_open(struct arena *a, const char *name, const char **path, struct diag *d);
/* Adds those of one cgroup; flags: QUERY_... Links: all, by which a program's link is told. 0 or -errno. */
int cgroupprog_read(struct arena *a, const char *path, int fd, u32 flags,
		    const linkinfo_list *links, cgroupprog_list *out);
/* Adds those of a cgroup and all below it; what goes meanwhile is passed over. 0 or -errno. */
int cgroupprog_read_tree(struct arena *a, const char *root, u32 flags, const linkinfo_list *links,
			 cgroupprog_list *out);

#endif
