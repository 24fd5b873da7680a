/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking everything off, fast.
 *
 * Closing a link stops its program within microseconds, but the close itself returns only when no CPU can be inside
 * what it takes away:
 *
 *	a link on a perf event     0 to 60 ms; many at a time wait together, or each stops only when the one
 *	                           before is done, as the kernel has it
 *	a tracepoint's perf event  40 to 70 ms; one after the other, under one lock of the kernel
 *	a raw tracepoint           0.2 to 2 ms; one after the other, a few of them by ourselves
 *
 * So a child gets the descriptors and does all the waiting, while we go on: first it closes the links, each in a
 * thread of its own as far as that goes, then what is left of the perf events, which can take seconds for a hundred
 * tracepoints and of which nobody needs to know.
 *
 *	we                              child
 *	fork, close our copies ------>
 *	<------------ a byte ---------  links are being closed: nothing fires any more
 *	print the results
 *	<------------ end -----------   links are closed: nothing is attached any more
 *	                                closes the perf events
 *
 * As all our own copies are closed, we can end at any time, killed or not, without waiting for the kernel; the
 * child is in a session of its own, where no Ctrl-C reaches it. Samplers (profile, software, hardware) are
 * another matter: their events can be disabled, and are closed quickly.
 */
#include "kernel/detach.h"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

#define MAX_THREADS 128u
#define THREAD_STACK (64u << 10)
#define QUICK_LINKS 4u
#define LOOK_US 20
#define SETTLE_MS                                                                                  \
	300 /* more is not worth it: what still comes is counted by the maps, but not shown */
#define BEGIN_MS 1000 /* to be told that the first links are closed, at most */

/* Many descriptors that are being closed by threads. */
struct closing {
	const int *fds;
	u32 n, next;
	u32 started; /* threads */
	pthread_t threads[MAX_THREADS];
	u32 slots;
	int tids[MAX_THREADS]; /* of the threads; 0: not yet known */
};

/* Descriptors by how they are closed. */
struct parts {
	int *quick; /* links that are quickly closed, though one after the other */
	int *links; /* all others */
	int *slow;  /* perf events that had a link */
	u32 n_quick, n_links, n_slow;
};

static void *close_some(void *arg)
{
	struct closing *c = arg;
	u32 slot = __atomic_fetch_add(&c->slots, 1, __ATOMIC_RELAXED);

	__atomic_store_n(&c->tids[slot], (int)syscall(SYS_gettid), __ATOMIC_RELAXED);
	for (;;) {
		u32 i = __atomic_fetch_add(&c->next, 1, __ATOMIC_RELAXED);

		if (i >= c->n)
			return NULL;
		close(c->fds[i]);
	}
}

/*
 * Whether a thread that closes a link has come so far that its program does not run any more: it waits for RCU, which
 * comes after that, or has ended. It may wait for a lock before: some kernels wait for RCU with that lock
 * held, so that one link is taken off after the other.
 */
static bool is_quiet(const int *tid)
{
	int known = __atomic_load_n(tid, __ATOMIC_RELAXED);
	char path[48], *where;
	bool quiet;

	if (!known)
		return false;
	snprintf(path, sizeof(path), "/proc/self/task/%d/wchan", known);
	where = text_read_file(path, 256, NULL);
	/* __wait_rcu_gp, synchronize_rcu_tasks_trace, ... */
	quiet = !where || strstr(where, "rcu");
	free(where);
	return quiet;
}

static void close_each(const int *fds, u32 n)
{
	for (u32 i = 0; i < n; i++)
		close(fds[i]);
}

static void closing_begin(struct closing *c, const int *fds, u32 n)
{
	u32 most = n < MAX_THREADS ? n : MAX_THREADS;
	pthread_attr_t attr;

	*c = (struct closing){ .fds = fds, .n = n };
	if (!n || pthread_attr_init(&attr))
		return;
	pthread_attr_setstacksize(&attr, THREAD_STACK);
	while (c->started < most &&
	       pthread_create(&c->threads[c->started], &attr, close_some, c) == 0)
		c->started++;
	pthread_attr_destroy(&attr);
}

static u64 now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000 + (u64)t.tv_nsec / 1000000;
}

/* Waits until the first close of each thread has taken effect, though not for ever. */
static void closing_settle(const struct closing *c)
{
	u64 end = now_ms() + SETTLE_MS;

	for (u32 i = 0; i < c->started; i++) {
		while (!is_quiet(&c->tids[i]) && now_ms() < end)
			usleep(LOOK_US);
	}
}

static void closing_end(struct closing *c)
{
	for (u32 i = 0; i < c->started; i++)
		pthread_join(c->threads[i], NULL);
	/* All, if no thread could be had. */
	if (c->next < c->n)
		close_each(c->fds + c->next, c->n - c->next);
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* In the child: closes all descriptors but these (ascending). */
static int close_others(const int *fds, u32 n)
{
	u32 next = 0;

	for (u32 i = 0; i <= n; i++) {
		u32 end = i < n ? (u32)fds[i] : INT32_MAX;

		if (next < end && syscall(SYS_close_range, next, end - 1, 0))
			return -1;
		next = end + 1;
	}
	return 0;
}

static __attribute__((noreturn)) void closer(const struct parts *p, const int *all, int report)
{
	struct closing c;
	ssize_t told;

	/* In a session of its own no Ctrl-C reaches it, and it keeps no terminal and no file system busy. */
	setsid();
	signal(SIGPIPE, SIG_IGN);
	if (chdir("/") == 0)
		prctl(PR_SET_NAME, "skep-detach");
	if (close_others(all, p->n_quick + p->n_links + p->n_slow + 1))
		_exit(1);
	closing_begin(&c, p->links, p->n_links);
	close_each(p->quick, p->n_quick);
	closing_settle(&c);
	told = write(report, "", 1);
	(void)told;
	closing_end(&c);
	close(report);
	closing_begin(&c, p->slow, p->n_slow);
	closing_end(&c);
	_exit(0);
}

/* All but samplers, which stay among the attachments. */
static struct parts take_parts(struct instance *k)
{
	size_t total = k->attachments.n, left = 0;
	struct parts p = { .quick = arena_array(&k->arena, int, total),
			   .links = arena_array(&k->arena, int, total),
			   .slow = arena_array(&k->arena, int, total) };

	for (size_t i = 0; i < total; i++) {
		const struct attachment *a = &k->attachments.at[i];

		if (!a->slow && a->perf >= 0)
			k->attachments.at[left++] = *a;
		else if (!a->slow)
			p.quick[p.n_quick++] = a->link;
		else
			/* Without a link the program goes with its event. */
			p.links[p.n_links++] = a->link >= 0 ? a->link : a->perf;
		if (a->slow && a->link >= 0 && a->perf >= 0)
			p.slow[p.n_slow++] = a->perf;
	}
	k->attachments.n = left;
	return p;
}

/* Waits for a byte or the end; false at the end. */
static bool hear(int report, int timeout_ms)
{
	struct pollfd wait = { .fd = report, .events = POLLIN };
	ssize_t n;
	char byte;

	do
		n = poll(&wait, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		return false;
	do
		n = read(report, &byte, 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

/* Hands the descriptors to a child that closes them. false: they are still ours to close. */
static bool hand_over(struct instance *k, const struct parts *p)
{
	u32 total = p->n_quick + p->n_links + p->n_slow;
	int *all = arena_array(&k->arena, int, total + 1), report[2];
	pid_t pid;

	if (pipe2(report, O_CLOEXEC))
		return false;
	memcpy(all, p->quick, p->n_quick * sizeof(*all));
	memcpy(all + p->n_quick, p->links, p->n_links * sizeof(*all));
	memcpy(all + p->n_quick + p->n_links, p->slow, p->n_slow * sizeof(*all));
	all[total] = report[1];
	qsort(all, total + 1, sizeof(*all), by_number);
	pid = fork();
	if (!pid)
		closer(p, all, report[1]);
	close(report[1]);
	if (pid < 0) {
		close(report[0]);
		return false;
	}
	close_each(p->quick, p->n_quick);
	close_each(p->links, p->n_links);
	close_each(p->slow, p->n_slow);
	k->detaching = report[0];
	hear(k->detaching, BEGIN_MS);
	return true;
}

void detach_begin(struct instance *k)
{
	struct parts p = take_parts(k);
	struct closing c;

	for (size_t i = 0; i < k->attachments.n; i++)
		ioctl(k->attachments.at[i].perf, PERF_EVENT_IOC_DISABLE, 0);
	if ((p.n_links || p.n_quick > QUICK_LINKS) && hand_over(k, &p))
		return;
	close_each(p.quick, p.n_quick);
	closing_begin(&c, p.links, p.n_links);
	closing_end(&c);
	closing_begin(&c, p.slow, p.n_slow);
	closing_end(&c);
}

/* Samplers: the links first, which stop the programs, then the events. */
static void close_samplers(struct instance *k)
{
	size_t total = k->attachments.n;
	int *links = arena_array(&k->arena, int, total);
	struct closing c;
	u32 n = 0;

	for (size_t i = 0; i < total; i++) {
		if (k->attachments.at[i].link >= 0)
			links[n++] = k->attachments.at[i].link;
	}
	closing_begin(&c, links, n);
	closing_end(&c);
	for (size_t i = 0; i < total; i++)
		close(k->attachments.at[i].perf);
	k->attachments.n = 0;
}

void detach_all(struct instance *k)
{
	detach_begin(k);
	close_samplers(k);
	if (k->detaching < 0)
		return;
	while (hear(k->detaching, -1))
		;
	close(k->detaching);
	k->detaching = -1;
}
