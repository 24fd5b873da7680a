/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `skep accel on|off|status|top|pause|resume|tap|probe`: same-host TCP without the TCP/IP stack. */
#ifndef CMD_ACCEL_ACCEL_H
#define CMD_ACCEL_ACCEL_H

int cmd_accel(int argc, char **argv); /* an exit code */

#endif
