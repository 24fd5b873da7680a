/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of a big text file (kernel symbols, lists of tracefs) through one small buffer. */
#ifndef PROBE_LINES_H
#define PROBE_LINES_H

#include "base/int.h"

/* Calls fn with each line, without its end and free to be changed, until it returns false. Lines of
 * more than 4,000 bytes are left out. 0 or -errno. */
int lines_each(const char *path, bool (*fn)(void *arg, char *line), void *arg);

#endif
