/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree of cgroups that programs ask about: a table that the host gives. Programs have a cgroup by its number alone, which stands for the
 * address of its struct, too: there is nothing to read in it.
 */
#ifndef MACHINE_CGROUP_H
#define MACHINE_CGROUP_H

#include "base/table.h"
#include "base/vec.h"

#define CGROUP_MAX 65536

struct cgroup {
	const char *path; /* "/system.slice" */
	u64 id;
	u32 level;  /* 0: the root */
	u32 parent; /* index; the root is its own */
};

struct cgroups {
	struct arena *arena;
	vec_of(struct cgroup) all;   /* parents before children */
	struct table by_path, by_id; /* index + 1 */
};

void cgroups_init(struct cgroups *c, struct arena *arena);
/* The path lives as long as the arena; neither it nor the number is there already. */
void cgroups_add(struct cgroups *c, const struct cgroup *new);

const struct cgroup *cgroup_by_path(const struct cgroups *c, const char *path, size_t len);
/* NULL if there is none of this number, or no table (c is NULL). */
const struct cgroup *cgroup_find(const struct cgroups *c, u64 id);
/* Of a cgroup or itself, by its level; its number, 0 if there is none. */
u64 cgroup_ancestor(const struct cgroups *c, u64 id, s64 level);
/* Whether it is one or below it; by its number alone where it is in no table. */
bool cgroup_is_under(const struct cgroups *c, u64 id, u64 ancestor);

#endif
