/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cgroup v2 tree. Strings are malloc'ed; NULL where there is none. */
#ifndef NET_CGROUP_H
#define NET_CGROUP_H

#include "base/int.h"

char *cgroup_tree(void);   /* where it is mounted */
char *cgroup_path(u64 id); /* of the cgroup with that id, which is its folder's inode */
bool cgroup_is_v2(int fd);

#endif
