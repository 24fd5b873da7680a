/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "accel/peer.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "accel/cgroup.h"
#include "accel/net.h"

_Noreturn static void run(struct at at, struct peer *p, unsigned flags, peer_fn fn, void *arg)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (flags & PEER_OUTSIDE)
		OK_AT(at, cgroup_enter(at.t->control->out));
	if (flags & PEER_NETNS) {
		OK_AT(at, unshare(CLONE_NEWNET));
		net_up(at, "lo");
		peer_tell(at, p);
	}
	fn(at.t, p, arg);
	_exit(TEST_PASSED);
}

void peer_start(struct at at, struct peer *p, unsigned flags, peer_fn fn, void *arg)
{
	int ends[2];

	OK_AT(at, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
	p->pid = OK_AT(at, fork());
	p->fd = ends[p->pid ? 0 : 1];
	close(ends[p->pid ? 1 : 0]);
	if (!p->pid)
		run(at, p, flags, fn, arg);
	if (flags & PEER_NETNS)
		peer_wait(at, p); /* until its namespace is there */
}

void peer_send(struct at at, struct peer *p, u64 value)
{
	if (send(p->fd, &value, sizeof(value), MSG_NOSIGNAL) != sizeof(value))
		test_fail(at, "the other process has ended: %s", strerror(errno));
}

/* If the other one has failed it has said so itself. */
u64 peer_receive(struct at at, struct peer *p)
{
	u64 value = 0;
	ssize_t n;

	test_progress(at, "waiting for another process", 0, 0);
	do
		n = recv(p->fd, &value, sizeof(value), 0);
	while (n < 0 && errno == EINTR);
	if (n != sizeof(value)) {
		if (p->pid)
			peer_join(at, p);
		test_fail(at, "the other process has ended");
	}
	return value;
}

void peer_tell(struct at at, struct peer *p)
{
	peer_send(at, p, 1);
}

void peer_wait(struct at at, struct peer *p)
{
	peer_receive(at, p);
}

static int reap(struct at at, struct peer *p)
{
	int status;

	while (waitpid(p->pid, &status, 0) < 0)
		CHECK_AT(at, errno == EINTR);
	close(p->fd);
	return status;
}

void peer_join(struct at at, struct peer *p)
{
	int status;

	test_progress(at, "waiting for another process to end", 0, 0);
	status = reap(at, p);
	if (WIFEXITED(status) && WEXITSTATUS(status) == TEST_FAILED)
		_exit(TEST_FAILED);
	if (WIFEXITED(status) && WEXITSTATUS(status) == TEST_SKIPPED)
		_exit(TEST_SKIPPED);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		test_fail(at, "the other process ended with wait status 0x%x", (unsigned)status);
}

bool peer_has_ended(const struct peer *p)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid;
}

void peer_kill(struct at at, struct peer *p)
{
	OK_AT(at, kill(p->pid, SIGKILL));
	reap(at, p);
}

pthread_t thread_start(struct at at, thread_fn fn, void *arg)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, fn, arg);
	CHECK_AT(at, !errno);
	return thread;
}

void thread_join(struct at at, pthread_t thread)
{
	CHECK_AT(at, !pthread_join(thread, NULL));
}

bool thread_ended(struct at at, pthread_t thread, unsigned ms)
{
	struct timespec until;
	int err;

	OK_AT(at, clock_gettime(CLOCK_REALTIME, &until));
	until.tv_sec += ms / 1000;
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	err = pthread_timedjoin_np(thread, NULL, &until);
	CHECK_AT(at, !err || err == ETIMEDOUT);
	return !err;
}
