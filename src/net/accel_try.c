/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The self-tests of `on`: whether this kernel does with sockets in the map what accel builds on, seen on connections over
 * loopback that a child makes in a cgroup of its own. Each test says what it found wrong; the child's word comes
 * through a pipe. Nothing here goes by the kernel's version.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>

#include "net/accel_impl.h"

enum { WAIT_MS = 1000, BULK = 65536 };

/* What the child found, in memory shared with it. */
struct verdict {
	char wrong[160]; /* "" : all is well */
	u32 quiet_refs, notes;
	u64 recv_waker, poll_waker;
	bool is_done;
};

struct pair {
	int listener, client, server;
};

static int fail(struct verdict *v, const char *what)
{
	if (!v->wrong[0])
		snprintf(v->wrong, sizeof(v->wrong), "%s", what);
	return -1;
}

static void pair_close(struct pair *p)
{
	close(p->listener);
	close(p->client);
	close(p->server);
}

static int pair_open(struct pair *p, struct verdict *v)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	struct timeval wait = { .tv_sec = WAIT_MS / 1000 };

	p->server = -1;
	p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	p->client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(p->listener, (struct sockaddr *)&a, sizeof(a)) || listen(p->listener, 1) ||
	    getsockname(p->listener, (struct sockaddr *)&a, &len) ||
	    connect(p->client, (struct sockaddr *)&a, len))
		return fail(v, "cannot connect over loopback");
	p->server = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
	if (p->server < 0)
		return fail(v, "cannot accept over loopback");
	setsockopt(p->client, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(p->server, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	return 0;
}

static u64 cookie_of(int fd)
{
	u64 cookie = 0;
	socklen_t len = sizeof(cookie);

	getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len);
	return cookie;
}

static u64 redirected(const struct accel_trial *t, int fd)
{
	u64 cookie = cookie_of(fd);
	struct accel_end end;

	return bpf_map_lookup_elem(t->ends_fd, &cookie, &end) ? 0 : end.messages;
}

static bool inspect(const struct accel_trial *t, int fd, struct accel_inspect *out)
{
	*out = (struct accel_inspect){ .cookie = cookie_of(fd) };
	return !accel_run(t->inspect_fd, out, sizeof(*out));
}

static bool says(int from, int to, const char *what)
{
	char got[64];
	size_t n = strlen(what);

	return send(from, what, n, MSG_NOSIGNAL) == (ssize_t)n &&
	       recv(to, got, sizeof(got), 0) == (ssize_t)n && !memcmp(got, what, n);
}

/* Both ways there and back, redirected. */
static int try_redirect(const struct accel_trial *t, const struct pair *p, struct verdict *v)
{
	if (!says(p->client, p->server, "one") || !says(p->server, p->client, "two") ||
	    !says(p->client, p->server, "three") || !says(p->server, p->client, "four"))
		return fail(v, "bytes do not arrive as they were sent");
	if (!redirected(t, p->client) || !redirected(t, p->server))
		return fail(v, "the kernel does not redirect between two sockets that were paired");
	return 0;
}

/* How many references an idle socket has, for the janitor, which takes more of them for a message on its way. */
static int try_references(const struct accel_trial *t, const struct pair *p, struct verdict *v)
{
	struct accel_inspect a, b;

	if (!inspect(t, p->client, &a) || !inspect(t, p->server, &b))
		return fail(v, "the state of a socket cannot be read");
	if (a.refs - a.timer_refs != b.refs - b.timer_refs || a.refs <= a.timer_refs)
		return fail(v, "the references to an idle socket cannot be told");
	v->quiet_refs = a.refs - a.timer_refs;
	return 0;
}

/* The limit stands on the kernel's count of unread bytes. */
static int try_accounting(const struct accel_trial *t, const struct pair *p, struct verdict *v)
{
	static char bytes[BULK];
	struct accel_inspect before, after;
	int waiting = 0;
	size_t left = BULK;

	if (!inspect(t, p->server, &before) || before.unread || !before.is_empty)
		return fail(v, "a socket whose bytes were all read does not look empty");
	if (send(p->client, bytes, BULK, MSG_NOSIGNAL) != BULK || !inspect(t, p->server, &after))
		return fail(v, "cannot send");
	if (after.unread < BULK || after.is_empty)
		return fail(v, "redirected bytes are not counted as unread, so memory could not be "
			       "bounded");
	ioctl(p->server, FIONREAD, &waiting);
	if (waiting < BULK)
		v->notes |= ACCEL_NOTE_FIONREAD;
	while (left) {
		ssize_t n = recv(p->server, bytes, left, 0);

		if (n <= 0)
			return fail(v, "redirected bytes cannot be read");
		left -= (size_t)n;
	}
	return 0;
}

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* A byte that goes by TCP, and is acknowledged. */
static bool goes_aside(const struct accel_trial *t, const struct pair *p)
{
	int unsent = 1;
	bool ok;

	t->control->mode = ACCEL_PAUSED;
	ok = says(p->client, p->server, "0");
	t->control->mode = ACCEL_ON;
	for (int ms = 0; ok && unsent && ms < WAIT_MS; ms++) {
		ok = !ioctl(p->client, SIOCOUTQ, &unsent);
		nap();
	}
	return ok;
}

/*
 * What went by TCP is read after what was redirected before, and a return waits for it. The first message always has room, the
 * second has none: a direction takes the limit when it begins.
 */
static int try_order(const struct accel_trial *t, const struct pair *p, struct verdict *v)
{
	char got[16] = "";
	u64 before = redirected(t, p->client), limit = t->control->limit;
	size_t n = 0;
	bool ok;

	if (!goes_aside(t, p))
		return fail(v, "bytes do not arrive while it is paused");
	t->control->limit = 1;
	ok = send(p->client, "1", 1, MSG_NOSIGNAL) == 1 &&
	     send(p->client, "2", 1, MSG_NOSIGNAL) == 1 &&
	     send(p->client, "3", 1, MSG_NOSIGNAL) == 1;
	t->control->limit = limit;
	if (!ok)
		return fail(v, "cannot send");
	while (n < 3) {
		ssize_t one = recv(p->server, got + n, 3 - n, 0);

		if (one <= 0)
			return fail(v, "bytes get lost between redirection and TCP");
		n += (size_t)one;
	}
	if (strcmp(got, "123"))
		return fail(v, "redirection and TCP do not keep the order of bytes");
	if (redirected(t, p->client) != before + 1)
		return fail(v, "a direction came back from TCP before its bytes were read");
	return 0;
}

static void try_splice(const struct pair *p, struct verdict *v)
{
	int ends[2];
	char byte;
	struct pollfd ready = { .fd = p->server, .events = POLLIN };

	if (pipe2(ends, O_CLOEXEC))
		return;
	fcntl(p->server, F_SETFL, O_NONBLOCK);
	if (send(p->client, "s", 1, MSG_NOSIGNAL) == 1 && poll(&ready, 1, WAIT_MS) == 1 &&
	    splice(p->server, NULL, ends[1], NULL, 1, SPLICE_F_NONBLOCK) != 1) {
		v->notes |= ACCEL_NOTE_SPLICE;
		if (recv(p->server, &byte, 1, 0) != 1)
			fail(v, "a byte is gone after splice");
	}
	fcntl(p->server, F_SETFL, 0);
	close(ends[0]);
	close(ends[1]);
}

static _Noreturn void sleep_for(int fd, bool polls)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (polls)
		poll(&ready, 1, WAIT_MS);
	else
		recv(fd, &byte, 1, 0);
	_exit(0);
}

/* The function that wakes who sleeps in recv(), or in poll(); 0 if it cannot be found out. */
static u64 find_waker(const struct accel_trial *t, int fd, bool polls)
{
	struct accel_inspect state = { 0 };
	pid_t pid = fork();

	if (!pid)
		sleep_for(fd, polls);
	for (int ms = 0; pid > 0 && ms < WAIT_MS / 2 && !state.waker; ms++) {
		nap();
		inspect(t, fd, &state);
	}
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return state.waker;
}

/* By these it is known how programs wait: see bpf/accel_habit.h. Without them nothing is learned of that. */
static void find_wakers(const struct accel_trial *t, const struct pair *p, struct verdict *v)
{
	u64 recv_waker = find_waker(t, p->server, false);
	u64 poll_waker = find_waker(t, p->server, true);

	if (!recv_waker || !poll_waker || recv_waker == poll_waker)
		return;
	v->recv_waker = recv_waker;
	v->poll_waker = poll_waker;
}

static bool is_in(const struct accel_trial *t, int fd)
{
	u64 cookie = cookie_of(fd);
	struct accel_end end;

	return !bpf_map_lookup_elem(t->ends_fd, &cookie, &end);
}

/* A socket with unread bytes stays, and leaves once they are read; then it is TCP's again. */
static int try_leaving(const struct accel_trial *t, const struct pair *p, struct verdict *v)
{
	char got[8];
	int ms = 0;

	if (send(p->client, "last", 4, MSG_NOSIGNAL) != 4)
		return fail(v, "cannot send");
	t->control->quiet_refs = v->quiet_refs;
	t->control->mode = ACCEL_OFF;
	for (ms = 0; ms < 30; ms++) {
		accel_run(t->kick_fd, NULL, 0);
		nap();
	}
	if (!is_in(t, p->server))
		return fail(v, "a socket left the map with unread bytes");
	if (recv(p->server, got, sizeof(got), 0) != 4 || memcmp(got, "last", 4))
		return fail(v, "bytes get lost when a socket leaves the map");
	for (ms = 0; ms < WAIT_MS && (is_in(t, p->client) || is_in(t, p->server)); ms++) {
		accel_run(t->kick_fd, NULL, 0);
		nap();
	}
	if (is_in(t, p->client) || is_in(t, p->server))
		return fail(v, "sockets cannot be taken out of the map");
	if (!says(p->client, p->server, "after") || !says(p->server, p->client, "wards"))
		return fail(v, "a socket that left the map does not work any more");
	return 0;
}

static void try_all(const struct accel_trial *t, struct verdict *v)
{
	struct pair p;

	t->control->mode = ACCEL_ON;
	if (!pair_open(&p, v) && !try_redirect(t, &p, v) && !try_references(t, &p, v) &&
	    !try_accounting(t, &p, v) && !try_order(t, &p, v)) {
		try_splice(&p, v);
		find_wakers(t, &p, v);
		try_leaving(t, &p, v);
	}
	t->control->mode = ACCEL_OFF;
	pair_close(&p);
	v->is_done = true;
}

static int enter_cgroup(const char *path)
{
	char file[544];
	int fd, n;

	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	fd = open(file, O_WRONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : (int)write(fd, "0", 1);
	close(fd);
	return n == 1 ? 0 : -1;
}

static void run_child(const struct accel_trial *t, const char *cgroup, struct verdict *v)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(10);
		if (enter_cgroup(cgroup))
			fail(v, "cannot enter a cgroup of its own");
		else
			try_all(t, v);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
	if (!v->is_done)
		fail(v, "they did not come to an end");
}

int accel_try(const struct accel_trial *t, struct diag *d)
{
	char cgroup[512];
	struct verdict *v =
		mmap(NULL, sizeof(*v), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct bpf_link *link;
	int fd, err = 0;

	if (v == MAP_FAILED)
		return diag_errno(d, errno, "cannot map memory");
	snprintf(cgroup, sizeof(cgroup), "%s/" ACCEL_TRIAL_CGROUP "%d", t->tree, (int)getpid());
	if (mkdir(cgroup, 0700)) {
		err = diag_errno(d, errno, "cannot make the cgroup %s", cgroup);
		goto out;
	}
	fd = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	link = bpf_program__attach_cgroup(t->sockops, fd);
	if (!link) {
		err = diag_errno(d, errno, "cannot attach to a cgroup");
	} else {
		run_child(t, cgroup, v);
		bpf_link__destroy(link);
	}
	close(fd);
	rmdir(cgroup);
	if (!err && v->wrong[0]) {
		err = diag_error(d, LOC_NONE, "this kernel failed a self-test: %s", v->wrong);
		diag_hint(d, "acceleration stays off, as bytes could be lost");
	}
	t->control->quiet_refs = v->quiet_refs;
	t->control->notes = v->notes;
	t->control->recv_waker = v->recv_waker;
	t->control->poll_waker = v->poll_waker;
out:
	munmap(v, sizeof(*v));
	return err;
}
