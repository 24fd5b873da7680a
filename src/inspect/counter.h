/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the processor counts while a program runs: two programs of tracing around it (bpf/profile.bpf.c) read events of perf before and
 * after each run. They have a cost of their own, some of which is in what is counted.
 */
#ifndef INSPECT_COUNTER_H
#define INSPECT_COUNTER_H

#include "base/diag.h"
#include "bpf/profile.h"

/* An event of perf, as perf_event_open(2) has it. */
struct counter_event {
	const char *name;
	u32 type;
	u64 config;
};

struct counter;

/* Whether there is such an event here: 0 or -errno; -ENOENT and the like where the processor has none. */
int counter_try(const struct counter_event *e);
/*
 * Counts n events (PROFILE_EVENTS at most) from here on, around a program by a descriptor of it and its function's name in its BTF. 0 or
 * -errno, reported.
 */
int counter_open(int prog, const char *func, const struct counter_event *events, u32 n,
		 struct counter **out, struct diag *d);
/* What has come to each event so far, and in how many runs. 0 or -errno. */
int counter_read(const struct counter *c, struct profile_value values[PROFILE_EVENTS], u64 *runs);
void counter_close(struct counter *c); /* NULL is fine */

#endif
