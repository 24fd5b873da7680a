/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * To be woken costs the program that writes an event 10 microseconds and more (an interrupt to its own CPU), ten
 * times what the rest of it takes. So when wake-ups come faster than TICK, we stop asking for them and
 * look every TICK instead; when nothing came for a while we ask again.
 *
 *	woken ── HURRIED wake-ups, each within TICK of the last ──► steady
 *	      ◄── IDLE ticks without a record ──
 *
 * A writer wakes readers if the reader's published position is that of its own record. While the rate is steady
 * the published position stays one record behind (ring.hold), which no writer's can be. On the way back it is
 * published before the ring is watched again; what was written in between is seen then, because epoll tells
 * of a ring that is not empty.
 */
#include "kernel/pace.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { TICK_NS = 1000000, HURRIED = 16, IDLE = 20 };

static int watch(struct pace *p, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(p->fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int set_timer(struct pace *p, long ns)
{
	const struct itimerspec when = { { 0, ns }, { 0, ns } };

	return timerfd_settime(p->timer, 0, &when, NULL) ? -errno : 0;
}

static u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

int pace_open(struct pace *p, struct ring *r)
{
	int err;

	*p = (struct pace){ .timer = -1 };
	p->fd = epoll_create1(EPOLL_CLOEXEC);
	if (p->fd >= 0)
		p->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	err = p->timer < 0 ? -errno : watch(p, p->timer);
	if (!err)
		err = watch(p, r->fd);
	if (err)
		pace_close(p);
	return err;
}

void pace_close(struct pace *p)
{
	if (p->timer >= 0)
		close(p->timer);
	if (p->fd >= 0)
		close(p->fd);
	p->fd = p->timer = -1;
}

static void steady_begin(struct pace *p, struct ring *r)
{
	if (set_timer(p, TICK_NS))
		return;
	epoll_ctl(p->fd, EPOLL_CTL_DEL, r->fd, NULL);
	p->steady = r->hold = true;
	p->idle = 0;
}

static void steady_end(struct pace *p, struct ring *r)
{
	r->hold = false;
	ring_publish(r);
	if (watch(p, r->fd)) {
		r->hold = true;
		return;
	}
	set_timer(p, 0);
	p->steady = false;
	p->hurried = 0;
}

void pace_note(struct pace *p, struct ring *r, int count)
{
	u64 ticks, now;

	if (p->fd < 0)
		return;
	if (!p->steady) {
		now = now_ns();
		p->hurried = count > 0 && now - p->woken < TICK_NS ? p->hurried + 1 : 0;
		p->woken = now;
		if (p->hurried >= HURRIED)
			steady_begin(p, r);
		return;
	}
	if (read(p->timer, &ticks, sizeof(ticks)) < 0 && count <= 0)
		return;
	p->idle = count > 0 ? 0 : p->idle + 1;
	if (p->idle >= IDLE)
		steady_end(p, r);
}
