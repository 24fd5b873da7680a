/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command of -c: forked and stopped before its exec, so that probes are in place when it starts. */
#ifndef SESSION_CHILD_H
#define SESSION_CHILD_H

#include "base/diag.h"

struct session_child;

/* Splits the command as a shell would split words (quotes and backslashes, no expansion), finds it in PATH and
 * forks. NULL with a message in d (no such command, not executable, unbalanced quote). */
struct session_child *child_start(const char *command, struct diag *d);
u32 child_pid(const struct session_child *c);
int child_pidfd(const struct session_child *c); /* readable when it has ended */
/* Waits until it is held back where only child_release() goes on: from then on probes see none of the calls that
 * it made to get there. */
void child_hold(struct session_child *c);
int child_release(struct session_child *c);     /* lets it exec; -errno of a failed exec */
int child_exit_status(struct session_child *c); /* as waitpid has it; waits */
/* Kills it if it is still held back or running, reaps it, frees. */
void child_free(struct session_child *c);

#endif
