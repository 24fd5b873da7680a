/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a script's programs cost: how many instructions they are, and how long the kernel says they take an
 * event, on average over N milliseconds of load. Warmed up first; so all of the programs must run under it.
 */
#include "meter.h"

#include <stdio.h>
#include <unistd.h>

#include "load.h"
#include "progs.h"
#include "tool.h"

enum { MAX_PROGS = 64, WARM_RUNS = 2000, GIVE_UP_MS = 30000 };

static int is_warm(const struct prog *progs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (progs[i].runs < WARM_RUNS)
			return 0;
	return n > 0;
}

static int wait_until_warm(pid_t pid)
{
	struct prog progs[MAX_PROGS];
	size_t before = 0;

	for (int i = 0; i < GIVE_UP_MS / 50; i++) {
		size_t n = progs_find(pid, progs, MAX_PROGS);

		/* A tool that is still loading has more of them the next time. */
		if (n == before && is_warm(progs, n))
			return 0;
		before = n;
		sleep_ms(50);
	}
	return -1;
}

static void tell(const struct prog *before, const struct prog *after, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t runs = after[i].runs - before[i].runs;

		if (runs)
			printf("%s %u %.2f\n", after[i].name, after[i].insns,
			       (double)(after[i].ns - before[i].ns) / (double)runs);
	}
}

int meter_cost(const struct meter *m)
{
	struct prog before[MAX_PROGS], after[MAX_PROGS];
	int stats = progs_enable_stats(), null = meter_open(NULL), err = 0;
	pid_t load = stats < 0 ? -1 : load_start(m->load ? m->load : "read", m->rest);
	struct tool t;
	size_t n;

	if (load < 0 || tool_start(&t, m->argv, null, m->err ? meter_open(m->err) : null)) {
		perror("meter");
		return 1;
	}
	if (wait_until_warm(t.pid)) {
		fprintf(stderr, "meter: %s has no programs, or they do not run\n", m->argv[0]);
		err = 1;
	} else {
		n = progs_find(t.pid, before, MAX_PROGS);
		sleep_ms(m->n ? (long)m->n : 300);
		if (progs_find(t.pid, after, MAX_PROGS) == n)
			tell(before, after, n);
	}
	load_stop(load);
	tool_stop(&t);
	return err;
}
