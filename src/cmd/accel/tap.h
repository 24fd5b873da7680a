/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `skep accel tap`: shows or records what accelerated connections carry, which tcpdump does not see. */
#ifndef CMD_ACCEL_TAP_H
#define CMD_ACCEL_TAP_H

int cmd_accel_tap(int argc, char **argv); /* an exit code; argv[0] is "tap" */

#endif
