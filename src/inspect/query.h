/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which programs are attached to a cgroup, an interface or a network namespace: BPF_PROG_QUERY. */
#ifndef INSPECT_QUERY_H
#define INSPECT_QUERY_H

#include "base/arena.h"

#define QUERY_MAX_PROGS 4096u /* of one target and type */
#define QUERY_EFFECTIVE 1u    /* those that run, those of a cgroup's parents included */

/* What came back: arrays of count in the arena. */
struct query {
	u32 count;
	u32 flags; /* of the target as a whole: BPF_F_ALLOW_... */
	u64 revision;
	const u32 *progs;
	const u32 *prog_flags; /* NULL if the kernel tells none */
	const u32 *links;      /* 0: attached without a link; NULL: not told */
};

/*
 * target: a descriptor, for tcx and netkit the interface's index. Flags: QUERY_... 0, also if the kernel has no such type (count is 0 then),
 * or -errno.
 */
int query_read(struct arena *a, u32 target, u32 attach_type, u32 flags, struct query *out);

#endif
