/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cgroups that the runner makes, see control.h. */
#ifndef ACCEL_CGROUP_H
#define ACCEL_CGROUP_H

#include "accel/control.h"

/*
 * What runs of this or of bench/accel.sh that were killed have left: turns off an acceleration of their cgroups, and removes
 * those. Fills in c->tree.
 */
void cgroup_sweep(struct control *c);
/* Fills in the paths and makes the folders. 0, or -1 with errno. */
int cgroup_make(struct control *c);
/* The calling process moves there. */
int cgroup_enter(const char *path);
/* Kills all that are in it, and waits until it is empty. The caller has to reap those that are its children. */
void cgroup_kill(const char *path);
/* 0, or -1 if something is left. */
int cgroup_remove(const struct control *c);
/* Those that `skep accel on` makes for its self-tests, TREE/skep-accel-PID: how many there are. */
unsigned cgroup_count(const struct control *c);

#endif
