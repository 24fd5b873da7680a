/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/cgroup.h"

#include <string.h>

void cgroups_init(struct cgroups *c, struct arena *arena)
{
	*c = (struct cgroups){ .arena = arena };
	table_init(&c->by_path, arena);
	table_init(&c->by_id, arena);
}

void cgroups_add(struct cgroups *c, const struct cgroup *new)
{
	void *place;

	*vec_add(c->arena, &c->all) = *new;
	place = (void *)(uintptr_t)c->all.n;
	table_set_str(&c->by_path, new->path, place);
	table_set(&c->by_id, &new->id, sizeof(new->id), place);
}

static const struct cgroup *at(const struct cgroups *c, const void *place)
{
	return place ? &c->all.at[(uintptr_t)place - 1] : NULL;
}

const struct cgroup *cgroup_by_path(const struct cgroups *c, const char *path, size_t len)
{
	return at(c, table_get(&c->by_path, path, len));
}

const struct cgroup *cgroup_find(const struct cgroups *c, u64 id)
{
	return c ? at(c, table_get(&c->by_id, &id, sizeof(id))) : NULL;
}

u64 cgroup_ancestor(const struct cgroups *c, u64 id, s64 level)
{
	const struct cgroup *up = cgroup_find(c, id);

	if (!up || level < 0 || level > up->level)
		return 0;
	while (up->level > level)
		up = &c->all.at[up->parent];
	return up->id;
}

bool cgroup_is_under(const struct cgroups *c, u64 id, u64 ancestor)
{
	const struct cgroup *above = cgroup_find(c, ancestor);

	return id == ancestor || (above && cgroup_ancestor(c, id, above->level) == ancestor);
}
