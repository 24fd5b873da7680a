/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tool.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { GIVE_UP_MS = 10000 };

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void sleep_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

int tool_start(struct tool *t, char **argv, int out, int err)
{
	/* What the child says last before it becomes the tool. */
	uint64_t *begun = mmap(NULL, sizeof(*begun), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (begun == MAP_FAILED)
		return -1;
	*t = (struct tool){ .pid = fork() };
	if (t->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* A shell without job control has what it starts with & ignore it. */
		signal(SIGINT, SIG_DFL);
		dup2(out, STDOUT_FILENO);
		dup2(err, STDERR_FILENO);
		setenv("__BPFTRACE_NOTIFY_PROBES_ATTACHED", "1", 1);
		*begun = now_ns();
		execvp(argv[0], argv);
		_exit(127);
	}
	if (t->pid > 0)
		while (!__atomic_load_n(begun, __ATOMIC_ACQUIRE))
			sched_yield();
	t->begun = *begun;
	munmap(begun, sizeof(*begun));
	return t->pid > 0 ? 0 : -1;
}

int tool_wait(struct tool *t)
{
	struct pollfd p = { .fd = (int)syscall(SYS_pidfd_open, t->pid, 0), .events = POLLIN };
	struct rusage used = { .ru_maxrss = 0 };
	int late = poll(&p, 1, GIVE_UP_MS) != 1;

	if (late)
		kill(t->pid, SIGKILL);
	while (wait4(t->pid, NULL, 0, &used) < 0 && errno == EINTR)
		;
	t->rss_kib = used.ru_maxrss;
	close(p.fd);
	return late ? -1 : 0;
}

uint64_t tool_stop(struct tool *t)
{
	uint64_t from = now_ns();

	kill(t->pid, SIGINT);
	return tool_wait(t) ? 0 : now_ns() - from;
}
