/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Other processes and threads of a case. A peer process and the one that started it take turns by tokens, one byte each:
 *
 *	static void serve(struct test *t, struct peer *p, void *arg) { ...; peer_tell(AT, p); ... }
 *
 *	peer_start(AT, &p, PEER_NETNS, serve, arg);
 *	peer_wait(AT, &p);	until it tells
 *	peer_join(AT, &p);	it has ended, and found nothing wrong
 */
#ifndef ACCEL_PEER_H
#define ACCEL_PEER_H

#include <pthread.h>
#include <sys/types.h>

#include "accel/test.h"

enum {
	PEER_NETNS = 1,   /* in a network namespace of its own, in which lo is up */
	PEER_OUTSIDE = 2, /* in the cgroup that is not accelerated */
};

struct peer {
	pid_t pid;
	int fd; /* to the other one */
};

typedef void (*peer_fn)(struct test *t, struct peer *p, void *arg);

void peer_start(struct at at, struct peer *p, unsigned flags, peer_fn fn, void *arg);
void peer_tell(struct at at, struct peer *p);
void peer_wait(struct at at, struct peer *p);
/* Numbers instead of bare tokens. */
void peer_send(struct at at, struct peer *p, u64 value);
u64 peer_receive(struct at at, struct peer *p);
void peer_join(struct at at, struct peer *p);
bool peer_has_ended(const struct peer *p);
/* Kills it; nothing is said of how it ended. */
void peer_kill(struct at at, struct peer *p);

typedef void *(*thread_fn)(void *arg);
pthread_t thread_start(struct at at, thread_fn fn, void *arg);
void thread_join(struct at at, pthread_t thread);
/* Whether it has ended within ms; then it is joined. */
bool thread_ended(struct at at, pthread_t thread, unsigned ms);

#endif
