/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep top: what each BPF program on the system costs, live. */
#ifndef CMD_TOP_TOP_H
#define CMD_TOP_TOP_H

int cmd_top(int argc, char **argv); /* an exit code */

#endif
