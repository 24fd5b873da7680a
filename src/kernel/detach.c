/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking everything off, fast.
 *
 * The kernel takes its time, because it waits until no CPU can be inside what it takes away:
 *
 *	a link on a perf event     0 to 30 ms; several at a time wait together
 *	a tracepoint's perf event  40 to 70 ms; one after the other, under one lock of the kernel
 *
 * The links are what runs programs. They are closed here, side by side in threads, so that nothing of ours
 * is attached when detach returns. What is left then are perf events without a program. To let them go is
 * work for the kernel alone and can take seconds for a hundred tracepoints, so a child gets the descriptors,
 * and does nothing but close them; should it be killed, the kernel does that all the same.
 */
#include "kernel/detach.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_THREADS 16u
#define THREAD_STACK (256u << 10)

struct closing {
	const int *fds;
	u32 n, next;
};

static void *close_some(void *arg)
{
	struct closing *c = arg;

	for (;;) {
		u32 i = __atomic_fetch_add(&c->next, 1, __ATOMIC_RELAXED);

		if (i >= c->n)
			return NULL;
		close(c->fds[i]);
	}
}

/* Closes all, waiting for the kernel with many at a time. */
static void close_together(const int *fds, u32 n)
{
	struct closing c = { .fds = fds, .n = n };
	pthread_t threads[MAX_THREADS];
	pthread_attr_t attr;
	u32 started = 0;

	if (n > 1 && pthread_attr_init(&attr) == 0) {
		pthread_attr_setstacksize(&attr, THREAD_STACK);
		while (started < MAX_THREADS && started + 1 < n &&
		       pthread_create(&threads[started], &attr, close_some, &c) == 0)
			started++;
		pthread_attr_destroy(&attr);
	}
	close_some(&c);
	while (started)
		pthread_join(threads[--started], NULL);
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static int close_between(int first, int last)
{
	return first > last ? 0 : (int)syscall(SYS_close_range, first, last, 0);
}

/* In the child: keeps the descriptors of fds (ascending) and `until`, closes all others. */
static int close_others(const int *fds, u32 n, int until)
{
	int next = 0;

	for (u32 i = 0; i < n; i++) {
		if (until >= next && until < fds[i]) {
			if (close_between(next, until - 1))
				return -1;
			next = until + 1;
		}
		if (close_between(next, fds[i] - 1))
			return -1;
		next = fds[i] + 1;
	}
	if (until >= next) {
		if (close_between(next, until - 1))
			return -1;
		next = until + 1;
	}
	return close_between(next, INT32_MAX);
}

/* The child: leaves the terminal and all other files alone, then has a child of its own, so that nobody needs to
 * wait for the one that lasts. That one ends when the parent's copies of the descriptors are closed. */
static __attribute__((noreturn)) void closer(const int *fds, u32 n, int until)
{
	char none;
	pid_t pid;

	if (close_others(fds, n, until))
		_exit(1);
	pid = fork();
	if (pid)
		_exit(pid < 0);
	setsid();
	if (chdir("/") == 0)
		prctl(PR_SET_NAME, "skep-detach");
	while (read(until, &none, 1) > 0)
		;
	close_together(fds, n);
	_exit(0);
}

/* Hands the descriptors (ascending) to a process that only closes them. false: still ours to close. */
static bool hand_over(const int *fds, u32 n)
{
	int gate[2], status = -1;
	pid_t pid;

	if (pipe2(gate, O_CLOEXEC))
		return false;
	pid = fork();
	if (pid == 0)
		closer(fds, n, gate[0]);
	close(gate[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid < 0 || !WIFEXITED(status) || WEXITSTATUS(status)) {
		close(gate[1]);
		return false;
	}
	for (u32 i = 0; i < n; i++)
		close(fds[i]);
	close(gate[1]);
	return true;
}

void detach_all(struct instance *k)
{
	size_t total = k->attachments.n;
	int *links, *slow;
	u32 n_links = 0, n_slow = 0;

	if (!total)
		return;
	links = arena_array(&k->arena, int, total);
	slow = arena_array(&k->arena, int, total);
	for (size_t i = 0; i < total; i++) {
		const struct attachment *a = &k->attachments.at[i];

		if (a->link >= 0)
			links[n_links++] = a->link;
		/* Without a link the program goes with its event, and that has to be waited for. */
		if (a->perf >= 0 && a->link < 0)
			links[n_links++] = a->perf;
		else if (a->perf >= 0 && a->slow)
			slow[n_slow++] = a->perf;
	}
	close_together(links, n_links);
	for (size_t i = 0; i < total; i++) {
		const struct attachment *a = &k->attachments.at[i];

		if (a->link >= 0 && a->perf >= 0 && !a->slow)
			close(a->perf);
	}
	qsort(slow, n_slow, sizeof(*slow), by_number);
	if (n_slow && !hand_over(slow, n_slow))
		close_together(slow, n_slow);
	k->attachments.n = 0;
}
