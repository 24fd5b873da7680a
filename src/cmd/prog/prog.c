/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of skep prog. */
#include "cmd/prog/prog.h"

static const struct noun_verb *const verbs[] = {
	&prog_show,  &prog_dump,   &prog_graph,  &prog_load, &prog_loadall, &prog_pin,
	&prog_unpin, &prog_attach, &prog_detach, &prog_run,  &prog_profile, &prog_tracelog,
};

static const struct noun prog = {
	.name = "prog",
	.brief = "Look at programs in the kernel, load, attach and run them",
	.verbs = verbs,
	.n = ARRAY_SIZE(verbs),
};

int cmd_prog(int argc, char **argv)
{
	return noun_run(&prog, argc, argv);
}

static const struct noun_verb *const log_verbs[] = { &prog_tracelog };

static const struct noun log_noun = {
	.name = "log",
	.brief = "Follow what programs print by bpf_printk()",
	.verbs = log_verbs,
	.n = ARRAY_SIZE(log_verbs),
};

int cmd_log(int argc, char **argv)
{
	return noun_run(&log_noun, argc, argv);
}
