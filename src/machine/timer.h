/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The timers of a machine's programs, and their work queues, which are like timers that are due at once. What stands in a value's
 * struct bpf_timer or bpf_wq is a number here, so a program that overwrites it reaches no memory by it. Nothing fires by itself:
 * machine_run_timers() runs what is due, on the run that it is given; with run->now set, time is what that says.
 */
#ifndef MACHINE_TIMER_H
#define MACHINE_TIMER_H

#include "machine/map.h"
#include "machine/run.h"

#define TIMERS_MAX (1u << 20)

struct timers;

struct timers *timers_new(void);
void timers_free(struct timers *t);
/* Timers and work of what this map forgets are cancelled from now on. t is freed before the map. */
void timers_watch(struct timers *t, struct map *m);

/* The helpers; field is a value's struct bpf_timer. The kernel's errors. */
s64 timer_init(struct timers *t, struct map *m, u64 *field, u64 flags);
s64 timer_set_callback(struct timers *t, const u64 *field, const struct code *code, u64 func);
s64 timer_start(struct timers *t, const u64 *field, u64 ns, u64 flags, const struct run *run);
s64 timer_cancel(struct timers *t, const u64 *field, struct run *run);
/* The kernel functions of work queues, likewise; field is a value's struct bpf_wq. */
s64 work_init(struct timers *t, struct map *m, u64 *field, u64 flags);
s64 work_set_callback(struct timers *t, const u64 *field, const struct code *code, u64 func,
		      u64 flags);
s64 work_start(struct timers *t, const u64 *field, u64 flags);

/* The run's time on a clock, in ns. */
u64 run_clock(const struct run *run, int clock);

#endif
