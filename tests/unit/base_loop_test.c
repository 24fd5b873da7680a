/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event loop: descriptors, timers, signals, and their removal while they are served. */
#include "base/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "unit/test.h"

/* What the callbacks work on. */
struct state {
	struct loop *loop;
	int fds[2];
	int other; /* a second descriptor */
	unsigned calls, idles, stop_at;
	int signo;
	u32 sender;
};

static void state_init(struct state *s)
{
	*s = (struct state){ .other = -1 };
	s->loop = loop_new();
	CHECK(s->loop != NULL);
	CHECK(!pipe2(s->fds, O_CLOEXEC | O_NONBLOCK));
}

static void state_done(struct state *s)
{
	loop_free(s->loop);
	close(s->fds[0]);
	close(s->fds[1]);
}

static u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static void on_idle(void *arg)
{
	struct state *s = arg;

	s->idles++;
}

static void on_call(void *arg)
{
	struct state *s = arg;

	if (++s->calls >= s->stop_at)
		loop_stop(s->loop);
}

static void on_byte(void *arg)
{
	struct state *s = arg;
	char c;

	CHECK_EQ(read(s->fds[0], &c, 1), 1);
	on_call(s);
}

TEST(loop_serves_descriptors)
{
	struct state s;

	state_init(&s);
	CHECK_EQ(loop_add_fd(s.loop, s.fds[0], on_byte, &s), 0);
	CHECK_EQ(write(s.fds[1], "abc", 3), 3);
	s.stop_at = 2;
	CHECK_EQ(loop_run(s.loop, on_idle, &s), 0);
	CHECK_EQ(s.calls, 2);
	CHECK_EQ(s.idles, 2);
	s.stop_at = 3;
	CHECK_EQ(loop_run(s.loop, NULL, NULL), 0);
	CHECK_EQ(s.calls, 3);
	state_done(&s);
}

TEST(loop_refuses_what_cannot_be_waited_for)
{
	struct state s;

	state_init(&s);
	CHECK_EQ(loop_add_fd(s.loop, -1, on_call, &s), -EBADF);
	CHECK_EQ(loop_add_fd(s.loop, s.fds[0], on_call, &s), 0);
	CHECK_EQ(loop_add_fd(s.loop, s.fds[0], on_call, &s), -EEXIST);
	CHECK_EQ(loop_add_timer(s.loop, 0, on_call, &s), -EINVAL);
	CHECK_EQ(loop_add_signal(s.loop, 1000, NULL, &s), -EINVAL);
	state_done(&s);
}

static void stop_when_idle(void *arg)
{
	struct state *s = arg;

	if (++s->idles >= 3)
		loop_stop(s->loop);
	loop_remove_fd(s->loop, s->fds[0]);
}

/* Stopped before it runs, and by the idle function, which alone runs once nothing else can. */
TEST(loop_stops_whoever_asks)
{
	struct state s;

	state_init(&s);
	loop_stop(s.loop);
	CHECK_EQ(loop_run(s.loop, on_idle, &s), 0);
	CHECK_EQ(s.idles, 0);
	CHECK_EQ(loop_add_fd(s.loop, s.fds[0], on_byte, &s), 0);
	CHECK_EQ(loop_add_timer(s.loop, 1000000, on_idle, &s), 0);
	CHECK_EQ(write(s.fds[1], "a", 1), 1);
	CHECK_EQ(loop_run(s.loop, stop_when_idle, &s), 0);
	CHECK_EQ(s.calls, 0);
	state_done(&s);
}

static void on_hangup(void *arg)
{
	struct state *s = arg;
	char c;

	s->calls++;
	CHECK_EQ(read(s->fds[0], &c, 1), 0);
	loop_remove_fd(s->loop, s->fds[0]);
	loop_remove_fd(s->loop, s->fds[0]);
	loop_stop(s->loop);
}

TEST(loop_tells_of_a_hangup_and_lets_a_callback_remove_itself)
{
	struct state s;

	state_init(&s);
	CHECK_EQ(loop_add_fd(s.loop, s.fds[0], on_hangup, &s), 0);
	close(s.fds[1]);
	CHECK_EQ(loop_run(s.loop, NULL, NULL), 0);
	CHECK_EQ(s.calls, 1);
	/* Removed, it may be added anew. */
	CHECK_EQ(loop_add_fd(s.loop, s.fds[0], on_hangup, &s), 0);
	CHECK_EQ(loop_run(s.loop, NULL, NULL), 0);
	CHECK_EQ(s.calls, 2);
	s.fds[1] = -1;
	state_done(&s);
}

static void remove_both(void *arg)
{
	struct state *s = arg;

	s->calls++;
	loop_remove_fd(s->loop, s->fds[0]);
	loop_remove_fd(s->loop, s->other);
	loop_stop(s->loop);
}

/* Both are ready in one batch; whichever comes first removes both, so the other must not be called. */
TEST(loop_does_not_call_what_was_removed_in_the_batch)
{
	struct state s;

	state_init(&s);
	s.other = dup(s.fds[0]);
	CHECK_EQ(loop_add_fd(s.loop, s.fds[0], remove_both, &s), 0);
	CHECK_EQ(loop_add_fd(s.loop, s.other, remove_both, &s), 0);
	CHECK_EQ(write(s.fds[1], "a", 1), 1);
	CHECK_EQ(loop_run(s.loop, NULL, NULL), 0);
	CHECK_EQ(s.calls, 1);
	s.calls = 0;
	s.stop_at = 1;
	CHECK_EQ(loop_add_timer(s.loop, 1000000, on_call, &s), 0);
	CHECK_EQ(loop_run(s.loop, NULL, NULL), 0);
	CHECK_EQ(s.calls, 1);
	close(s.other);
	state_done(&s);
}

TEST(loop_timer_is_periodic)
{
	struct state s;
	u64 start = now(), spent;

	state_init(&s);
	s.stop_at = 5;
	CHECK_EQ(loop_add_timer(s.loop, 2000000, on_call, &s), 0);
	CHECK_EQ(loop_run(s.loop, NULL, NULL), 0);
	spent = now() - start;
	CHECK_EQ(s.calls, 5);
	CHECK(spent >= 10000000);
	state_done(&s);
}

static void on_late(void *arg)
{
	struct state *s = arg;

	if (!s->calls++)
		usleep(30000);
}

TEST(loop_late_timer_runs_for_each_period_up_to_a_limit)
{
	struct state s;
	unsigned before;

	state_init(&s);
	CHECK_EQ(loop_add_timer(s.loop, 2000000, on_late, &s), 0);
	s.stop_at = 1;
	CHECK_EQ(loop_add_timer(s.loop, 40000000, on_call, &s), 0);
	CHECK_EQ(loop_run(s.loop, NULL, NULL), 0);
	CHECK(s.calls >= 15);
	state_done(&s);

	/* 30 ms late at 1 us a period is 30,000 periods, of which 1,000 are made up for. */
	state_init(&s);
	CHECK_EQ(loop_add_timer(s.loop, 1000, on_call, &s), 0);
	usleep(30000);
	before = s.stop_at = 1001;
	CHECK_EQ(loop_run(s.loop, on_idle, &s), 0);
	CHECK(s.calls >= before);
	CHECK(s.idles >= 2);
	state_done(&s);
}

static void on_signal(void *arg, int signo, u32 sender)
{
	struct state *s = arg;

	s->signo = signo;
	s->sender = sender;
	on_call(s);
}

TEST(loop_delivers_signals)
{
	struct state s;

	state_init(&s);
	CHECK_EQ(loop_add_signal(s.loop, SIGUSR1, on_signal, &s), 0);
	CHECK_EQ(loop_add_signal(s.loop, SIGUSR2, on_signal, &s), 0);
	kill(getpid(), SIGUSR2);
	s.stop_at = 1;
	CHECK_EQ(loop_run(s.loop, NULL, NULL), 0);
	CHECK_EQ(s.signo, SIGUSR2);
	CHECK_EQ(s.sender, getpid());
	kill(getpid(), SIGUSR1);
	CHECK_EQ(loop_run(s.loop, NULL, NULL), 0);
	CHECK_EQ(s.signo, SIGUSR1);
	state_done(&s);
}

TEST(loop_delivers_a_signal_to_all_who_asked)
{
	struct state s;

	state_init(&s);
	CHECK_EQ(loop_add_signal(s.loop, SIGUSR1, on_signal, &s), 0);
	CHECK_EQ(loop_add_signal(s.loop, SIGUSR1, on_signal, &s), 0);
	kill(getpid(), SIGUSR1);
	s.stop_at = 2;
	CHECK_EQ(loop_run(s.loop, NULL, NULL), 0);
	CHECK_EQ(s.calls, 2);
	state_done(&s);
}

/* As for the interrupt of a shell's background job. */
TEST(loop_delivers_a_signal_that_was_ignored)
{
	void (*old)(int) = signal(SIGUSR1, SIG_IGN);
	struct state s;

	state_init(&s);
	CHECK_EQ(loop_add_signal(s.loop, SIGUSR1, on_signal, &s), 0);
	kill(getpid(), SIGUSR1);
	s.stop_at = 1;
	CHECK_EQ(loop_run(s.loop, NULL, NULL), 0);
	CHECK_EQ(s.signo, SIGUSR1);
	state_done(&s);
	signal(SIGUSR1, old);
}

TEST(loop_free_restores_the_mask_and_takes_pending_signals_along)
{
	sigset_t mask;
	struct state s;

	state_init(&s);
	CHECK_EQ(loop_add_signal(s.loop, SIGUSR1, on_signal, &s), 0);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	CHECK_EQ(sigismember(&mask, SIGUSR1), 1);
	CHECK_EQ(sigismember(loop_old_mask(s.loop), SIGUSR1), 0);
	/* Were it still pending when the mask is restored, it would end the program. */
	kill(getpid(), SIGUSR1);
	state_done(&s);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	CHECK_EQ(sigismember(&mask, SIGUSR1), 0);
	loop_free(NULL);
}

TEST(loop_free_closes_what_it_opened)
{
	struct state s;
	int before = open("/dev/null", O_RDONLY | O_CLOEXEC), after;

	close(before);
	state_init(&s);
	CHECK_EQ(loop_add_timer(s.loop, 1000000, on_call, &s), 0);
	CHECK_EQ(loop_add_signal(s.loop, SIGUSR1, on_signal, &s), 0);
	CHECK_EQ(loop_add_fd(s.loop, s.fds[0], on_call, &s), 0);
	state_done(&s);
	after = open("/dev/null", O_RDONLY | O_CLOEXEC);
	close(after);
	CHECK_EQ(after, before);
}
