/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is mapped as code in all processes of the system, as the kernel tells of it when it happens: so it is known
 * of processes that have ended before anybody could look into /proc.
 */
#ifndef SESSION_EXECMAPS_H
#define SESSION_EXECMAPS_H

#include "base/int.h"

struct execmap {
	u64 start, end, offset; /* of the file */
	u32 major, minor;       /* the file's device */
	u64 inode;
	const char *path; /* as the process sees it; lasts as long as the call */
};

struct execmaps_events {
	void (*mapped)(void *arg, u32 pid, const struct execmap *map);
	void (*forked)(void *arg, u32 pid, u32 parent); /* processes, not threads */
};

struct execmaps;

/* Begins to listen on all CPUs; NULL where the kernel does not allow that. */
struct execmaps *execmaps_new(void);
void execmaps_free(struct execmaps *m);
/* Readable when execmaps_read should be called lest something be lost. */
int execmaps_fd(const struct execmaps *m);
/* Hands over all that has happened up to now. */
void execmaps_read(struct execmaps *m, const struct execmaps_events *events, void *arg);

#endif
