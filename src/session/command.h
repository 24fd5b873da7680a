/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the commands of system() by /bin/sh and waits for them. mask: the signal mask they get, NULL: ours. */
#ifndef SESSION_COMMAND_H
#define SESSION_COMMAND_H

#include <signal.h>

#include "base/buf.h"

/* With its standard output going to fd. 0 or -errno if it cannot be started. */
int command_run(const char *command, int fd, const sigset_t *mask);
/* With at most max bytes of its standard output appended to out; the rest is read and dropped. */
int command_capture(const char *command, const sigset_t *mask, size_t max, struct buf *out);

#endif
