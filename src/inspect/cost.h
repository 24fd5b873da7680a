/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What programs cost while one looks: the kernel counts runs and their time as long as a meter is open, and each reading tells
 * what came to them since the one before. Programs come and go between readings; one that has gone takes what it did since the
 * last reading with it, which nobody can know.
 */
#ifndef INSPECT_COST_H
#define INSPECT_COST_H

#include <linux/bpf.h>

#include "base/int.h"

#define COST_HISTORY 20      /* readings that are remembered of each program */
#define COST_NAME_MAX 64     /* letters of a name that are kept */
#define COST_MEMORY_EVERY 10 /* readings between two looks at the memory, which takes longer */

struct cost {
	u32 id, type;
	char name[COST_NAME_MAX];
	u32 insns; /* as the kernel runs it */
	u64 memory; /* bytes: its own and its maps'; what programs share is counted for each of them */
	u64 runs, ns;   /* since the reading before; of a program that is new since then: in all */
	u64 misses;     /* runs left out as the program was running already, likewise */
	u64 total_runs; /* in all, as far as they were counted */
	u64 total_ns;
	u64 total_misses;
	double cpu[COST_HISTORY]; /* CPUs kept busy, the newest last; 0 before it was there */
};

struct cost_meter;

/* Makes the kernel count. NULL with errno: EINVAL on kernels before 5.8, EPERM. */
struct cost_meter *cost_meter_new(void);
void cost_meter_free(struct cost_meter *m);

/* Reads all programs, after the first one with what they cost since then. 0 or -errno. */
int cost_read(struct cost_meter *m);
/* Programs of the newest reading, in the order of ids; valid until the next. */
const struct cost *cost_all(const struct cost_meter *m, size_t *n);
/* Seconds between the two newest readings; 0 after the first. */
double cost_interval(const struct cost_meter *m);
/* Programs that were there at the reading before and had gone at the newest. */
u32 cost_gone(const struct cost_meter *m);

/* Nanoseconds of a run on average; 0 if it did not run. */
double cost_each(const struct cost *c);
/* Runs a second. */
double cost_rate(const struct cost_meter *m, const struct cost *c);
/* CPUs kept busy: 1 is all of one. */
double cost_cpu(const struct cost *c);

#endif
