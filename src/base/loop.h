/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An event loop over epoll: descriptors, periodic timers and signals, all by callback in one thread. */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <signal.h>

#include "base/int.h"

struct loop;
typedef void (*loop_fn)(void *arg);
typedef void (*loop_signal_fn)(void *arg, int signo, u32 sender_pid);

struct loop *loop_new(void);    /* NULL with errno */
void loop_free(struct loop *l); /* restores the signal mask; closes what it opened itself */
int loop_add_fd(struct loop *l, int fd, loop_fn fn, void *arg); /* readable; 0 or -errno */
void loop_remove_fd(struct loop *l, int fd);
/* Every ns nanoseconds from now; 0 or -errno. A late timer runs once per missed period, at most 1000. */
int loop_add_timer(struct loop *l, u64 ns, loop_fn fn, void *arg);
/* Blocks the signal and delivers it to fn (signalfd). Several callbacks a signal are allowed. */
int loop_add_signal(struct loop *l, int signo, loop_signal_fn fn, void *arg);
/* The mask as it was before, for children to restore. */
const sigset_t *loop_old_mask(const struct loop *l);
/* Runs callbacks until loop_stop; idle (may be NULL) is called before each wait. 0 or -errno. */
int loop_run(struct loop *l, loop_fn idle, void *arg);
void loop_stop(struct loop *l);

#endif
