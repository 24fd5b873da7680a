/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose socket it is. The kernel half learns that with the first send; of those that have only read so far it is looked
 * up in /proc: a socket's addresses give its inode, and an inode the process that has it open.
 */
#ifndef CMD_ACCEL_OWNER_H
#define CMD_ACCEL_OWNER_H

#include "net/accel.h"

/* Fills in pid and comm of ends that have none, as far as they are of this network namespace and can be found. */
void accel_owner_find(accel_rows *rows, struct arena *a);

#endif
