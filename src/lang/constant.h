/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the system knows while a script is compiled: cgroup IDs, signals. */
#ifndef LANG_CONSTANT_H
#define LANG_CONSTANT_H

#include "base/text.h"

/* The ID of the cgroup at path: 0 or -errno. */
int constant_cgroup(const char *path, u64 *id);
/* "SIGKILL" or "KILL"; 0 if there is none. */
u32 constant_signal(const char *name);
void constant_signal_nearest(struct nearest *n);

#endif
