/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep prog: programs in the running kernel. The table of verbs is in prog.c, each verb in prog_VERB.c. */
#ifndef CMD_PROG_PROG_H
#define CMD_PROG_PROG_H

#include "cmd/noun/noun.h"

int cmd_prog(int argc, char **argv);
/* skep log: the same as skep prog tracelog. */
int cmd_log(int argc, char **argv);

extern const struct noun_verb prog_show, prog_dump, prog_graph, prog_load, prog_loadall, prog_pin,
	prog_unpin, prog_attach, prog_detach, prog_run, prog_profile, prog_tracelog;

#endif
