/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is between the two ends of the connections under test: skep, the naive redirect of naive.bpf.c, or nothing.
 *
 *	TREE/skep-accel-test.PID/	made by the runner, in the cgroup v2 tree
 *		in			accelerated; cases run in here
 *		out			not
 */
#ifndef ACCEL_CONTROL_H
#define ACCEL_CONTROL_H

#include <sys/types.h>

#include "accel/test.h"
#include "bpf/accel.h"

#define CONTROL_DIR "/sys/fs/bpf/skep/accel"

enum control_mode { CONTROL_SKEP, CONTROL_NAIVE, CONTROL_PLAIN };
struct naive;

struct control {
	enum control_mode mode;
	const char *skep; /* path of the command */
	char tree[256];   /* where cgroup v2 is mounted */
	char top[300], in[320], out[320];
	struct naive *naive;
};

/* The command `skep accel ARGS`; its exit status, and all that it printed. -1: it was killed. Words are split at blanks. */
int control_skep(const struct control *c, const char *args, char *output, size_t size);
/* The same as a child that goes on; what it prints goes to a descriptor. */
pid_t control_start(const struct control *c, const char *args, int to);
/* As control_skep(), killed by SIGKILL after so many microseconds. Whether it had ended before. */
bool control_skep_killed(const struct control *c, const char *args, unsigned us);

/* 0, or -1 with what was said. options: as of `skep accel on`. */
int control_on(const struct control *c, const char *options, char *why, size_t size);
int control_off(const struct control *c, char *why, size_t size);
bool control_is_on(const struct control *c);

/* For cases: the exit status has to be this. */
void control_expect(struct at at, const char *args, int status);
/* For cases: these have to work. */
void control_turn_on(struct at at);
void control_turn_off(struct at at);
void control_pause(struct at at);
void control_resume(struct at at);

/* Messages of this socket that were redirected; of any socket where the redirect is naive. */
u64 control_redirected(struct at at, int fd);
/* Copy of the end of a socket; false if it is not in the map. skep only. */
bool control_end(int fd, struct accel_end *end);
u64 control_cookie(int fd);
/* What is known of why it is not redirected. */
void control_explain(const struct control *c, int fd, char *text, size_t size);
bool control_totals(struct accel_totals *sum);
/* Redirected since it is on: those of connections that have ended, in the totals, and of those that are there. */
u64 control_messages(void);
unsigned control_ends(void);       /* in the map */
int control_map(const char *name); /* a descriptor, or -1 */

#endif
