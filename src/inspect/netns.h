/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network namespaces: this process's, those with names, and those that processes are in. */
#ifndef INSPECT_NETNS_H
#define INSPECT_NETNS_H

#include "base/vec.h"

#define NETNS_MAX 4096

struct netns {
	u64 inode;
	const char *name; /* below /run/netns; "" if it has none there */
	const char *path; /* by which it can be entered */
	u32 pid;          /* a process in it; 0: it was found by its name */
};

typedef vec_of(struct netns) netns_list;

/* This process's own is the first. */
void netns_find(struct arena *a, netns_list *out);
/* Calls fn within one; this thread is back in its own afterwards. fn's result, or -errno if it cannot be entered. */
int netns_within(const struct netns *n, int (*fn)(void *arg, const struct netns *n), void *arg);

#endif
