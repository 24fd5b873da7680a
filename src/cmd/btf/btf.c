/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/btf/btf.h"

#include "cmd/btf/impl.h"

static const struct noun_verb *const verbs[] = {
	&btf_show_verb,
	&btf_dump_verb,
	&btf_find_verb,
	&btf_diff_verb,
};

static const struct noun noun = {
	.name = "btf",
	.brief = "Types of the kernel, its modules, programs, maps and files",
	.verbs = verbs,
	.n = ARRAY_SIZE(verbs),
};

int cmd_btf(int argc, char **argv)
{
	return noun_run(&noun, argc, argv);
}
