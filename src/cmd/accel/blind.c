/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/accel/blind.h"

#include "inspect/netns.h"

struct search {
	struct arena *arena;
	blind_list *out;
};

static const char *say_space(struct arena *a, const struct netns *n)
{
	return *n->name ? arena_printf(a, "network namespace %s", n->name)
			: arena_printf(a, "the network namespace of process %u", n->pid);
}

static int find_within(void *arg, const struct netns *n)
{
	struct search *s = arg;
	blind_list found = { 0 };

	blind_find(NULL, s->arena, &found);
	for (size_t i = 0; i < found.n; i++)
		*vec_add(s->arena, s->out) = (struct blind){
			.kind = found.at[i].kind,
			.text = arena_printf(s->arena, "in %s, %s", say_space(s->arena, n),
					     found.at[i].text),
		};
	return 0;
}

void accel_blind_find(const char *cgroup, struct arena *a, blind_list *out)
{
	struct search s = { .arena = a, .out = out };
	netns_list spaces = { 0 };

	blind_find(cgroup, a, out);
	netns_find(a, &spaces);
	for (size_t i = 1; i < spaces.n && i < ACCEL_BLIND_MAX_SPACES; i++)
		/* One that has gone meanwhile has nobody left to be told of. */
		netns_within(&spaces.at[i], find_within, &s);
	if (spaces.n > ACCEL_BLIND_MAX_SPACES)
		*vec_add(a, out) = (struct blind){
			.kind = "netns",
			.text = arena_printf(
				a,
				"%zu more network namespaces were not asked who looks at packets",
				spaces.n - ACCEL_BLIND_MAX_SPACES),
		};
}
