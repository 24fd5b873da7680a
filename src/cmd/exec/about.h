/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a context is about, as options of the command line give it, and as a run of the machine has it. */
#ifndef CMD_EXEC_ABOUT_H
#define CMD_EXEC_ABOUT_H

#include "cmd/exec/engine.h"

/* NULL: not told. */
struct exec_about_texts {
	const char *ctx, *sockets, *socket, *data, *sysctl;
};
/*
 * Reads them into the job's context, its sockets (which are socks) and about. 0, or -EINVAL: mistakes in a text have been shown then,
 * at their place; others are in the job's diag.
 */
int exec_about_read(const struct exec_about_texts *t, struct exec_job *job, struct socks *socks,
		    struct exec_about *about);

/* What a run has beside its context. */
struct exec_memory {
	u8 *data; /* EXEC_MAX_ABOUT bytes; owned */
	struct run_sysctl sysctl;
};
void exec_memory_init(struct exec_memory *m);
void exec_memory_done(struct exec_memory *m);
/* Gives it to the run, in the place of what it had before; sockets are the machine's. */
void exec_about_enter(struct exec_memory *m, struct run *run, const struct exec_job *job,
		      const struct exec_about *about);

#endif
