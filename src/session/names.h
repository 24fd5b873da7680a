/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names that the kernel knows only as numbers: users and cgroups. Each is looked up once. */
#ifndef SESSION_NAMES_H
#define SESSION_NAMES_H

#include "base/arena.h"

struct names;

struct names *names_new(struct arena *arena); /* all it finds lives in the arena */
/* From /etc/passwd; "" if the user is not in it. */
const char *names_user(struct names *n, u32 uid);
/* "unified:/path" below the cgroup2 mount; "" if no such cgroup is found. */
const char *names_cgroup(struct names *n, u64 id);

/* What both read, for tests: the user's name in the text of a passwd file, the mount point of cgroup2 in
 * that of mountinfo. NULL if there is none. */
const char *names_in_passwd(struct arena *arena, const char *text, u32 uid);
const char *names_cgroup_mount(struct arena *arena, const char *mountinfo);

#endif
