/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `skep accel probe CMD|-p PID`: watches a program's system calls and says whether accel suits it, and why. */
#ifndef CMD_ACCEL_PROBE_H
#define CMD_ACCEL_PROBE_H

/* argv[0] is "probe". The exit code: 0 safe as far as seen, 1 failed, 2 usage, 3 not safe. */
int cmd_accel_probe(int argc, char **argv);

#endif
