/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep gen: what is made of BPF objects for other programs. */
#include "cmd/gen/command.h"

static const struct noun_verb *const verbs[] = { &gen_object, &gen_skeleton, &gen_subskeleton,
						 &gen_min_btf };

static const struct noun noun = {
	.name = "gen",
	.brief = "Makes of BPF objects what programs that load them need",
	.verbs = verbs,
	.n = ARRAY_SIZE(verbs),
	.needs_verb = true,
};

int cmd_gen(int argc, char **argv)
{
	return noun_run(&noun, argc, argv);
}
