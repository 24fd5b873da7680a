/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every descriptor, timers and the one signalfd included, is a source in a list. A callback may
 * remove any source, its own too: a removed one stays in the list without a function until no event of
 * the current batch can name it any more.
 */
#include "base/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { LOOP_BATCH = 32, LOOP_MAX_LATE = 1000 };

enum source_kind { SOURCE_FD, SOURCE_TIMER, SOURCE_SIGNALS };

struct source {
	struct source *next;
	enum source_kind kind;
	int fd;
	bool removed;
	loop_fn fn;
	void *arg;
};

struct loop_signal {
	struct loop_signal *next;
	int signo;
	loop_signal_fn fn;
	void *arg;
};

struct loop {
	int epoll;
	bool stop;
	bool has_removed;
	struct source *sources;
	struct source *signals; /* reads the signalfd; NULL before the first signal */
	struct loop_signal *handlers;
	sigset_t taken; /* the signals with a handler */
	sigset_t old;   /* the mask before the loop */
};

struct loop *loop_new(void)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0) {
		free(l);
		return NULL;
	}
	sigemptyset(&l->taken);
	sigprocmask(SIG_BLOCK, NULL, &l->old);
	return l;
}

/* Frees the sources that were removed, or all of them, and closes those that the loop opened. */
static void loop_sweep(struct loop *l, bool all)
{
	struct source **at = &l->sources;

	while (*at) {
		struct source *s = *at;

		if (!all && !s->removed) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		if (s->kind != SOURCE_FD)
			close(s->fd);
		free(s);
	}
	l->has_removed = false;
}

void loop_free(struct loop *l)
{
	struct signalfd_siginfo info;

	if (!l)
		return;
	/* A signal that came but was not delivered yet was meant for the loop, not for what follows it. */
	while (l->signals && read(l->signals->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		;
	sigprocmask(SIG_SETMASK, &l->old, NULL);
	loop_sweep(l, true);
	while (l->handlers) {
		struct loop_signal *next = l->handlers->next;

		free(l->handlers);
		l->handlers = next;
	}
	close(l->epoll);
	free(l);
}

static int loop_add(struct loop *l, enum source_kind kind, int fd, loop_fn fn, void *arg)
{
	struct source *s = calloc(1, sizeof(*s));
	struct epoll_event ev = { .events = EPOLLIN, .data = { .ptr = s } };

	if (!s)
		return -ENOMEM;
	*s = (struct source){ .kind = kind, .fd = fd, .fn = fn, .arg = arg };
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev)) {
		int err = -errno;

		free(s);
		return err;
	}
	s->next = l->sources;
	l->sources = s;
	return 0;
}

int loop_add_fd(struct loop *l, int fd, loop_fn fn, void *arg)
{
	return loop_add(l, SOURCE_FD, fd, fn, arg);
}

void loop_remove_fd(struct loop *l, int fd)
{
	for (struct source *s = l->sources; s; s = s->next) {
		if (s->kind != SOURCE_FD || s->fd != fd || s->removed)
			continue;
		epoll_ctl(l->epoll, EPOLL_CTL_DEL, fd, NULL);
		s->removed = true;
		l->has_removed = true;
		return;
	}
}

int loop_add_timer(struct loop *l, u64 ns, loop_fn fn, void *arg)
{
	struct timespec period = {
		.tv_sec = (time_t)(ns / 1000000000),
		.tv_nsec = (long)(ns % 1000000000),
	};
	struct itimerspec spec = { .it_interval = period, .it_value = period };
	int fd, err;

	if (!ns)
		return -EINVAL;
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	err = timerfd_settime(fd, 0, &spec, NULL) ? -errno : 0;
	if (!err)
		err = loop_add(l, SOURCE_TIMER, fd, fn, arg);
	if (err)
		close(fd);
	return err;
}

static int loop_watch_signals(struct loop *l)
{
	int fd, err;

	if (l->signals)
		return signalfd(l->signals->fd, &l->taken, 0) < 0 ? -errno : 0;
	fd = signalfd(-1, &l->taken, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	err = loop_add(l, SOURCE_SIGNALS, fd, NULL, NULL);
	if (err)
		close(fd);
	else
		l->signals = l->sources;
	return err;
}

int loop_add_signal(struct loop *l, int signo, loop_signal_fn fn, void *arg)
{
	struct loop_signal *h;
	int err;

	if (sigaddset(&l->taken, signo))
		return -EINVAL;
	if (sigprocmask(SIG_BLOCK, &l->taken, NULL))
		return -errno;
	err = loop_watch_signals(l);
	if (err)
		return err;
	h = calloc(1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	*h = (struct loop_signal){ .next = l->handlers, .signo = signo, .fn = fn, .arg = arg };
	l->handlers = h;
	return 0;
}

const sigset_t *loop_old_mask(const struct loop *l)
{
	return &l->old;
}

static void loop_run_timer(struct loop *l, const struct source *s)
{
	u64 periods;

	if (read(s->fd, &periods, sizeof(periods)) != (ssize_t)sizeof(periods))
		return;
	if (periods > LOOP_MAX_LATE)
		periods = LOOP_MAX_LATE;
	for (; periods && !l->stop; periods--)
		s->fn(s->arg);
}

static void loop_run_signals(struct loop *l, const struct source *s)
{
	struct signalfd_siginfo info;

	while (!l->stop && read(s->fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		for (const struct loop_signal *h = l->handlers; h; h = h->next) {
			if ((u32)h->signo == info.ssi_signo)
				h->fn(h->arg, h->signo, info.ssi_pid);
		}
	}
}

static void loop_dispatch(struct loop *l, const struct source *s)
{
	if (s->removed)
		return;
	switch (s->kind) {
	case SOURCE_FD:
		s->fn(s->arg);
		break;
	case SOURCE_TIMER:
		loop_run_timer(l, s);
		break;
	case SOURCE_SIGNALS:
		loop_run_signals(l, s);
		break;
	}
}

int loop_run(struct loop *l, loop_fn idle, void *arg)
{
	struct epoll_event events[LOOP_BATCH];
	int err = 0;

	while (!l->stop && !err) {
		int n;

		if (idle)
			idle(arg);
		if (l->stop)
			break;
		n = epoll_wait(l->epoll, events, LOOP_BATCH, -1);
		if (n < 0 && errno != EINTR)
			err = -errno;
		for (int i = 0; i < n && !l->stop; i++)
			loop_dispatch(l, events[i].data.ptr);
		if (l->has_removed)
			loop_sweep(l, false);
	}
	l->stop = false;
	return err;
}

void loop_stop(struct loop *l)
{
	l->stop = true;
}
