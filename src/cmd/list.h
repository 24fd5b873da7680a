/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `skep list [-v] [PATTERN]`: what can be probed, and the kernel's types. */
#ifndef CMD_LIST_H
#define CMD_LIST_H

#include "base/int.h"

int cmd_list(int argc, char **argv); /* an exit code */
/* The same for `skep -l`: pattern NULL is everything; pid 0 is no process. An exit code. */
int list_probes(const char *pattern, bool verbose, u32 pid);

#endif
