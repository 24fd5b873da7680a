/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cgroups as text, a line each, as `find /sys/fs/cgroup -type d -printf '/%P %i\n'` prints them:
 *
 *	/ 1
 *	/system.slice 20
 *	/system.slice/web.service 42 current	# the one that the program's process is in
 *
 * A path and a number, those above before those below.
 */
#ifndef SOURCE_CGROUPS_H
#define SOURCE_CGROUPS_H

#include "base/diag.h"
#include "machine/cgroup.h"

/* Adds what the text has to what was initialized; *current is set to the number of the one that is. 0, or -EINVAL with a message at the line. */
int cgroups_parse(struct cgroups *c, const char *text, size_t len, struct diag *d, u64 *current);

#endif
