/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep debug: a debugger for BPF programs, in our own machine, that also goes back. */
#ifndef CMD_DEBUG_DEBUG_H
#define CMD_DEBUG_DEBUG_H

int cmd_debug(int argc, char **argv); /* an exit code: 1 if a command failed */

#endif
