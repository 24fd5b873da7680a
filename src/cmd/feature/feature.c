/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep feature: what this kernel can do with BPF, and what it lacks for more. */
#include "cmd/feature/feature.h"

static const struct noun_verb *const verbs[] = { &feature_probe, &feature_list_builtins };

static const struct noun noun = {
	.name = "feature",
	.brief = "Shows what this kernel can do with BPF",
	.verbs = verbs,
	.n = ARRAY_SIZE(verbs),
};

int cmd_feature(int argc, char **argv)
{
	return noun_run(&noun, argc, argv);
}
