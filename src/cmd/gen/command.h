/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CMD_GEN_COMMAND_H
#define CMD_GEN_COMMAND_H

#include "cmd/noun/noun.h"

int cmd_gen(int argc, char **argv);

extern const struct noun_verb gen_object, gen_skeleton, gen_subskeleton, gen_min_btf;

#endif
