/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The main job: skep -e 'SCRIPT' | FILE | FILE.bpf.o, skep build and skep link. Each returns an exit code. */
#ifndef CMD_RUN_H
#define CMD_RUN_H

#include <stdio.h>

int cmd_run(int argc, char **argv);
int cmd_build(int argc, char **argv);
int cmd_link(int argc, char **argv);
void run_help(FILE *to);

#endif
