/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command that ends by itself takes: time by the clock, time of processors, memory. */
#include "meter.h"

#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool.h"

extern char **environ;

static uint64_t us_of(struct timeval t)
{
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_usec;
}

/* Its output goes to m->out, or nowhere. */
static int run_once(const struct meter *m, struct rusage *used)
{
	posix_spawn_file_actions_t actions;
	int out = meter_open(m->out), err = meter_open(m->err), status = -1;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
	if (posix_spawnp(&pid, m->argv[0], &actions, NULL, m->argv, environ) ||
	    wait4(pid, &status, 0, used) != pid)
		status = -1;
	posix_spawn_file_actions_destroy(&actions);
	close(out);
	close(err);
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -1;
}

int meter_run(const struct meter *m)
{
	unsigned long n = m->n ? m->n : 1;
	uint64_t begun = now_ns(), cpu = 0;
	long rss = 0;

	for (unsigned long i = 0; i < n; i++) {
		struct rusage used;

		if (run_once(m, &used)) {
			fprintf(stderr, "meter: %s failed\n", m->argv[0]);
			return 1;
		}
		cpu += us_of(used.ru_utime) + us_of(used.ru_stime);
		rss = used.ru_maxrss > rss ? used.ru_maxrss : rss;
	}
	printf("%llu %llu %ld\n", (unsigned long long)((now_ns() - begun) / n),
	       (unsigned long long)(cpu * 1000 / n), rss);
	return 0;
}
