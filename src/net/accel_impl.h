/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of accel's host half share. */
#ifndef NET_ACCEL_IMPL_H
#define NET_ACCEL_IMPL_H

#include <bpf/libbpf.h>

#include "net/accel.h"

/* accel_object.c */
/* ELF, to be freed; NULL if memory is short. */
void *accel_object(size_t *len);

/* accel_pins.c: the folder of the pins and its parts */

/* Holds the lock that `on`, `off` and the like take in turns; for accel_unlock(), or -errno. */
int accel_lock(struct diag *d);
void accel_unlock(int lock);
/* With the lock: removes what a killed `on` or `off` left. */
void accel_sweep(void);
/* Makes an unfinished folder; its path. */
int accel_pins_begin(char *path, size_t size, struct diag *d);
int accel_pins_commit(const char *path, struct diag *d);
/* Takes the committed folder out of the way and removes it. */
int accel_pins_remove(struct diag *d);
/* An object of the committed folder: a descriptor or -errno. */
int accel_pin_open(const char *name);

/* accel_seed.c: what is so already when it is turned on */

/* Fills listeners and locals: who listens where in any network namespace, and whose addresses are this host's. */
void accel_seed(int listeners_fd, int locals_fd, int excluded_fd);

/* accel_try.c: self-tests */

#define ACCEL_TRIAL_CGROUP "skep-accel-" /* and the process's number */

struct accel_trial {
	int control_fd, ends_fd, socks_fd, kick_fd, inspect_fd;
	struct accel_control *control;
	const struct bpf_program *sockops;
	const char *tree; /* where cgroup v2 is mounted */
};
/* Tries the loaded programs on connections of its own in a cgroup of its own, and sets quiet_refs and notes by what it
 * sees. What the kernel gets wrong so that bytes could be lost is an error. */
int accel_try(const struct accel_trial *t, struct diag *d);

/* accel.c */

/* Runs the pinned or loaded syscall program once. */
int accel_run(int fd, void *ctx, u32 size);

#endif
