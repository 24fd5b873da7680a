/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep verify: whether programs are safe to run, and why not. */
#ifndef CMD_VERIFY_COMMAND_H
#define CMD_VERIFY_COMMAND_H

int cmd_verify(int argc, char **argv); /* an exit code: 0 all accepted, 1 one rejected, 2 usage */

#endif
