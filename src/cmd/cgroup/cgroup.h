/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep cgroup: programs of cgroups. */
#ifndef CMD_CGROUP_CGROUP_H
#define CMD_CGROUP_CGROUP_H

#include "cmd/noun/noun.h"

extern const struct noun_verb cgroup_show, cgroup_show_tree;

int cmd_cgroup(int argc, char **argv);

#endif
