/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep exec: runs a program of a BPF object in our own machine, or for comparison in the kernel. */
#ifndef CMD_EXEC_EXEC_H
#define CMD_EXEC_EXEC_H

int cmd_exec(int argc,
	     char **argv); /* an exit code: 0 it ran, 1 something failed or differs, 2 usage */

#endif
