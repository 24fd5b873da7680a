/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Readers that sleep inside TCP's own recv() while bytes may begin to come another way: whatever happens they must
 * wake up, and get every byte.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "accel/control.h"
#include "accel/pair.h"
#include "accel/peer.h"

struct reading {
	struct test *t;
	struct side *side;
	size_t want;
	int flags;
	bool polls;   /* before each call */
	size_t calls; /* that it took */
};

/* Reads all that it wants; with MSG_WAITALL the first call should do. */
static void *read_some(void *arg)
{
	struct reading *r = arg;
	struct test *t = r->t;
	u8 bytes[65536];

	while (r->want) {
		ssize_t got;

		if (r->polls)
			side_poll(AT, r->side, POLLIN, 60000);
		got = recv(r->side->fd, bytes, r->want < sizeof(bytes) ? r->want : sizeof(bytes),
			   r->flags);
		OK(got);
		CHECK(got > 0);
		stream_check(AT, &r->side->in, bytes, (size_t)got);
		r->want -= (size_t)got;
		r->calls++;
	}
	return NULL;
}

/*
 * Half of the bytes come by TCP and the reader waits for the rest, when redirecting is allowed again. With SO_RCVLOWAT
 * it waits in poll(): TCP does not wake a recv() that has taken a part of what it wants.
 */
static void read_across(struct test *t, int flags, int lowat)
{
	struct pair p;

	pair_open(AT, &p, NULL);
	for (int i = 0; i < 10; i++) {
		struct reading r = { t, &p.server, 6, flags, lowat > 0, 0 };
		pthread_t thread;

		if (lowat)
			side_set(AT, &p.server, SOL_SOCKET, SO_RCVLOWAT, lowat);
		control_pause(AT);
		side_put(AT, &p.client, 3);
		thread = thread_start(AT, read_some, &r);
		test_sleep(30);
		control_resume(AT);
		side_put(AT, &p.client, 3);
		if (!thread_ended(AT, thread, 2000 * t->scale))
			FAIL("the reader sleeps still, %zu bytes short", r.want);
		CHECK_EQ(r.calls, 1);
		if (lowat)
			side_set(AT, &p.server, SOL_SOCKET, SO_RCVLOWAT, 1);
		pair_ping_pong(AT, &p, 2, 10);
	}
	pair_close(&p);
}

CASE(reader_waitall_across_resume, .naive = NAIVE_FAILS)
{
	read_across(t, MSG_WAITALL, 0);
}

CASE(reader_lowat_across_resume, .naive = NAIVE_FAILS)
{
	read_across(t, 0, 6);
}

/* The server's end is another process's from now on, which has begun. */
static void give_server(struct at at, struct pair *p, struct peer *peer, peer_fn fn)
{
	peer_start(at, peer, 0, fn, p);
	side_close(&p->server);
	peer_wait(at, peer);
}

static void wait_for_all(struct test *t, struct peer *peer, void *arg)
{
	struct pair *p = arg;
	struct reading r = { t, &p->server, 600, MSG_WAITALL, false, 0 };

	side_close(&p->client);
	peer_tell(AT, peer);
	read_some(&r);
	CHECK(r.calls > 1);
}

/* MSG_WAITALL returns what there is of redirected bytes; who loops gets all, in order. */
CASE(reader_waitall_is_short, .plain_differs = true)
{
	struct pair p;
	struct peer peer;

	pair_open(AT, &p, NULL);
	give_server(AT, &p, &peer, wait_for_all);
	test_sleep(30);
	for (int i = 0; i < 6; i++) {
		side_put(AT, &p.client, 100);
		test_sleep(5);
	}
	peer_join(AT, &peer);
	pair_close(&p);
}

/* Many such readers, at any moment of pauses and resumes. */
CASE(reader_waitall_stress, .naive = NAIVE_FAILS, .seconds = 30)
{
	struct pair p;
	struct reading r = { t, &p.server, 0, MSG_WAITALL, false, 0 };

	pair_open(AT, &p, NULL);
	for (int i = 0; i < 300; i++) {
		size_t size = 1 + (size_t)i * 37 % 900;
		pthread_t thread;

		r.want = size;
		if (i % 3 == 0)
			control_pause(AT);
		thread = thread_start(AT, read_some, &r);
		side_put(AT, &p.client, size / 3);
		if (i % 3 == 0)
			control_resume(AT);
		side_put(AT, &p.client, size - size / 3);
		if (!thread_ended(AT, thread, 2000 * t->scale))
			FAIL("in round %d the reader sleeps still, %zu bytes short", i, r.want);
		side_put(AT, &p.server, 1);
		side_get(AT, &p.client, 1);
	}
	pair_close(&p);
}

static void ask_for_much(struct at at, int fd)
{
	int bytes = 8;

	OK_AT(at, setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof(bytes)));
}

/* Set before there is a connection it keeps accel away, so it does what it should. */
CASE(reader_lowat_from_the_beginning, .naive = NAIVE_FAILS)
{
	struct pair_how how = { .cold = true, .before_listen = ask_for_much };
	struct pair p;

	pair_open(AT, &p, &how);
	for (int i = 0; i < 20; i++) {
		side_put(AT, &p.client, 4);
		CHECK(!side_poll(AT, &p.server, POLLIN, 10));
		side_put(AT, &p.client, 4);
		CHECK(side_poll(AT, &p.server, POLLIN, 5000));
		side_get(AT, &p.server, 8);
		side_put(AT, &p.server, 1);
		side_get(AT, &p.client, 1);
	}
	pair_close(&p);
}

/* A thread that is there for some time, and so makes a program one of several threads. */
static void *idle(void *arg)
{
	test_sleep(*(unsigned *)arg);
	return NULL;
}

struct counting {
	struct test *t;
	int fd;
	u64 bytes, sum;
	unsigned empty; /* times that it was woken for nothing */
};

static void *count_bytes(void *arg)
{
	struct counting *c = arg;
	struct test *t = c->t;
	u8 bytes[8192];
	ssize_t n;

	while ((n = recv(c->fd, bytes, sizeof(bytes), 0))) {
		if (n < 0 && errno == EAGAIN) {
			c->empty++;
			continue;
		}
		OK(n);
		for (ssize_t i = 0; i < n; i++)
			c->sum += bytes[i];
		c->bytes += (u64)n;
	}
	return NULL;
}

/*
 * Which of them gets what is not said anywhere, but every byte comes to one. As they were started after the connection was
 * redirected, the other may be told EAGAIN: while they sleep in the map's recv() all the time, there is no way out of the map.
 */
CASE(reader_two_on_one_socket, .seconds = 20, .naive = NAIVE_EITHER)
{
	struct pair p;
	struct counting a, b;
	pthread_t first, second;
	u64 sum = 0, total = 0;
	u8 bytes[20000];

	pair_open(AT, &p, NULL);
	a = (struct counting){ t, p.server.fd, 0, 0, 0 };
	b = a;
	first = thread_start(AT, count_bytes, &a);
	second = thread_start(AT, count_bytes, &b);
	for (int i = 0; i < 400; i++) {
		size_t n = 1 + (size_t)i * 7919 % sizeof(bytes);
		struct stream copy = p.client.out;

		if (i % 8 == 0)
			control_pause(AT);
		if (i % 8 == 4)
			control_resume(AT);
		stream_fill(&copy, bytes, n);
		for (size_t k = 0; k < n; k++)
			sum += bytes[k];
		total += n;
		side_put(AT, &p.client, n);
	}
	OK(shutdown(p.client.fd, SHUT_WR));
	thread_join(AT, first);
	thread_join(AT, second);
	CHECK_EQ(a.bytes + b.bytes, total);
	CHECK_EQ(a.sum + b.sum, sum);
	control_resume(AT);
	pair_close(&p);
}

static void drop_all(struct at at, int fd)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	struct sock_fprog program = { .len = 1, .filter = code };

	OK_AT(at, setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
}

/*
 * The client reads before it is connected: TCP's recv() waits in SYN_SENT, too. The listener does not hear of
 * the first SYN; the second comes after a second.
 */
CASE(reader_before_connect_completes, .naive = NAIVE_EITHER)
{
	struct pair p;
	struct address to;
	struct reading r = { t, &p.client, 100, 0, false, 0 };
	pthread_t thread;
	int flags;

	p.listener = pair_listen(AT, "127.0.0.1", 0, drop_all);
	address_set(AT, &to, "127.0.0.1", address_port(AT, p.listener));
	p.client.fd = pair_socket(AT, "127.0.0.1", 0);
	pair_streams(AT, &p);
	flags = SOCK_NONBLOCK;
	side_nonblocking(AT, &p.client);
	CHECK_ERRNO(connect(p.client.fd, (struct sockaddr *)&to.name, to.size), EINPROGRESS);
	OK(fcntl(p.client.fd, F_SETFL, fcntl(p.client.fd, F_GETFL) & ~flags));
	thread = thread_start(AT, read_some, &r);
	test_sleep(50);
	OK(setsockopt(p.listener, SOL_SOCKET, SO_DETACH_FILTER, &flags, sizeof(flags)));
	p.server.fd = OK(accept(p.listener, NULL, NULL));
	test_sleep(50);
	side_put(AT, &p.server, 100);
	if (!thread_ended(AT, thread, 2000 * t->scale))
		FAIL("the reader sleeps still, %zu bytes short", r.want);
	pair_ping_pong(AT, &p, 20, 100);
	pair_close(&p);
}

/* One thread reads always, another writes: the usual client library. */
CASE(reader_always_in_recv, .naive = NAIVE_EITHER)
{
	struct pair p;
	struct reading r = { t, &p.client, 500 * 40, 0, false, 0 };
	pthread_t thread;

	pair_open(AT, &p, NULL);
	thread = thread_start(AT, read_some, &r);
	for (int i = 0; i < 500; i++) {
		if (i % 50 == 10)
			control_pause(AT);
		if (i % 50 == 30)
			control_resume(AT);
		side_put(AT, &p.client, 30);
		side_get(AT, &p.server, 30);
		side_put(AT, &p.server, 40);
	}
	if (!thread_ended(AT, thread, 2000 * t->scale))
		FAIL("the reader sleeps still, %zu bytes short", r.want);
	pair_close(&p);
}

static void on_signal(int number)
{
	(void)number;
}

/*
 * In the map, a blocked recv() that is woken for nothing returns EAGAIN. So where something may do that, the connection
 * is not redirected.
 */
CASE(reader_interrupted, .naive = NAIVE_FAILS)
{
	struct pair p;
	struct sigaction action = { .sa_handler = on_signal };
	u8 byte;

	OK(sigaction(SIGALRM, &action, NULL));
	pair_open(AT, &p, &(struct pair_how){ .cold = true });
	for (int i = 0; i < 5; i++) {
		ualarm(20000, 0);
		CHECK_ERRNO(recv(p.server.fd, &byte, 1, 0), EINTR);
		pair_ping_pong(AT, &p, 5, 100);
	}
	pair_close(&p);
}

/*
 * The listener did not block, the connections do: that shows only when the first answer is sent. From the next
 * connection on they stay out.
 */
CASE(reader_interrupted_learned, .naive = NAIVE_FAILS)
{
	struct pair p;
	struct sigaction action = { .sa_handler = on_signal };
	u8 byte;

	OK(sigaction(SIGALRM, &action, NULL));
	pair_open(AT, &p, &(struct pair_how){ .cold = true, .nonblocking = true });
	OK(fcntl(p.server.fd, F_SETFL, 0));
	pair_ping_pong(AT, &p, 5, 100);
	side_close(&p.client);
	side_close(&p.server);
	for (int i = 0; i < 3; i++) {
		pair_again(AT, &p, &(struct pair_how){ .cold = true, .nonblocking = true });
		OK(fcntl(p.server.fd, F_SETFL, 0));
		ualarm(20000, 0);
		CHECK_ERRNO(recv(p.server.fd, &byte, 1, 0), EINTR);
		pair_ping_pong(AT, &p, 5, 100);
		side_close(&p.client);
		side_close(&p.server);
	}
	close(p.listener);
}

/*
 * The other way round: the listener blocks, the connections do not once they were accepted. That shows when the first
 * answer is sent, and they get in from then on.
 */
CASE(reader_unblocked_learned, .only_skep = true)
{
	struct pair p;
	struct sigaction action = { .sa_handler = on_signal };
	u64 redirected = 0;

	OK(sigaction(SIGALRM, &action, NULL));
	p.listener = pair_listen(AT, "127.0.0.1", 0, NULL);
	for (int i = 0; i < 5 && !redirected; i++) {
		pair_again(AT, &p,
			   &(struct pair_how){ .cold = true, .before_connect = pair_unblock });
		pair_unblock(AT, p.server.fd);
		pair_ping_pong(AT, &p, 50, 100);
		redirected = side_redirected(AT, &p.client);
		CHECK(i || !redirected);
		side_close(&p.client);
		side_close(&p.server);
	}
	CHECK(redirected);
	/* One that blocks after all: no more of them, and the signal finds a reader in TCP's recv(). */
	for (int i = 0; i < 3; i++) {
		u8 byte;

		pair_again(AT, &p,
			   &(struct pair_how){ .cold = true, .before_connect = pair_unblock });
		if (!i)
			pair_ping_pong(AT, &p, 5, 100);
		ualarm(20000, 0);
		if (i)
			CHECK_ERRNO(recv(p.server.fd, &byte, 1, 0), EINTR);
		else
			test_sleep(50);
		pair_ping_pong(AT, &p, 5, 100);
		side_close(&p.client);
		side_close(&p.server);
	}
	close(p.listener);
}

static void disturb(struct test *t, struct peer *peer, void *arg)
{
	struct pair *p = arg;

	for (int i = 0; i < 10; i++) {
		peer_wait(AT, peer);
		test_sleep(20);
		OK(kill(getppid(), SIGCHLD));
		test_sleep(20);
		side_put(AT, &p->client, 10);
	}
}

/* The same with a signal of a higher number, after which calls go on. */
CASE(reader_interrupted_goes_on, .naive = NAIVE_FAILS)
{
	struct pair p;
	struct peer peer;
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	OK(sigaction(SIGCHLD, &action, NULL));
	pair_open(AT, &p, &(struct pair_how){ .cold = true });
	pair_ping_pong(AT, &p, 10, 10);
	peer_start(AT, &peer, 0, disturb, &p);
	for (int i = 0; i < 10; i++) {
		peer_tell(AT, &peer);
		side_get(AT, &p.server, 10);
	}
	peer_join(AT, &peer);
	pair_close(&p);
}

/* Who turned it on wants none of that: only non-blocking ones are taken. */
CASE(reader_blocking_not_wanted, .options = "--blocking no", .only_skep = true)
{
	struct pair blocking, nonblocking;

	pair_open(AT, &blocking, &(struct pair_how){ .cold = true });
	pair_ping_pong(AT, &blocking, 100, 100);
	CHECK_EQ(side_redirected(AT, &blocking.client), 0);
	CHECK_EQ(side_redirected(AT, &blocking.server), 0);
	pair_open(AT, &nonblocking, &(struct pair_how){ .nonblocking = true });
	pair_close(&blocking);
	pair_close(&nonblocking);
}

enum { POLL_ROUNDS = 20 };

static void read_by_poll(struct test *t, struct peer *peer, void *arg)
{
	struct pair *p = arg;

	side_close(&p->client);
	peer_tell(AT, peer);
	for (int i = 0; i < POLL_ROUNDS; i++) {
		CHECK(side_poll(AT, &p->server, POLLIN, 5000));
		side_get(AT, &p->server, 100);
	}
	peer_wait(AT, peer);
}

/* Who sleeps in poll() is woken by redirected bytes as by others: a stream that nobody answers may come back from TCP. */
CASE(reader_in_poll_is_no_hindrance, .plain_skips = true)
{
	struct pair p;
	struct peer peer;
	u64 before;

	pair_open(AT, &p, NULL);
	give_server(AT, &p, &peer, read_by_poll);
	control_pause(AT);
	side_put(AT, &p.client, 100);
	control_resume(AT);
	before = side_redirected(AT, &p.client);
	for (int i = 1; i < POLL_ROUNDS; i++) {
		test_sleep(5);
		side_put(AT, &p.client, 100);
	}
	if (t->control->mode == CONTROL_SKEP)
		CHECK(side_redirected(AT, &p.client) > before + POLL_ROUNDS / 2);
	peer_tell(AT, &peer);
	peer_join(AT, &peer);
	pair_close(&p);
}

enum { EPOLL_ROUNDS = 2000 };

static void answer_by_epoll(struct test *t, struct peer *peer, void *arg)
{
	struct pair *p = arg;
	struct epoll_event e = { .events = EPOLLIN };
	int epoll = OK(epoll_create1(EPOLL_CLOEXEC));

	side_close(&p->client);
	OK(epoll_ctl(epoll, EPOLL_CTL_ADD, p->server.fd, &e));
	peer_tell(AT, peer);
	for (int i = 0; i < EPOLL_ROUNDS; i++) {
		/* Each has the kernel look at the socket. */
		while (!OK(epoll_wait(epoll, &e, 1, 0)))
			OK(epoll_ctl(epoll, EPOLL_CTL_MOD, p->server.fd, &e));
		side_get(AT, &p->server, 10);
		side_put(AT, &p->server, 10);
	}
	peer_wait(AT, peer);
	close(epoll);
}

/* epoll_wait() holds the file of a socket that it looks at, which is not to be taken for a second process. */
CASE(reader_epoll_is_no_second_process)
{
	struct pair p;
	struct peer peer;
	u64 before;

	pair_open(AT, &p, NULL);
	give_server(AT, &p, &peer, answer_by_epoll);
	before = side_redirected(AT, &p.client);
	for (int i = 0; i < EPOLL_ROUNDS; i++) {
		test_progress(AT, "rounds", (u64)i, EPOLL_ROUNDS);
		side_put(AT, &p.client, 10);
		side_get(AT, &p.client, 10);
	}
	if (t->control->mode == CONTROL_SKEP)
		CHECK_EQ(side_redirected(AT, &p.client) - before, EPOLL_ROUNDS);
	peer_tell(AT, &peer);
	peer_join(AT, &peer);
	pair_close(&p);
}

static void be_stopped(struct test *t, struct peer *peer, void *arg)
{
	struct pair *p = arg;
	u8 byte;

	side_close(&p->client);
	peer_tell(AT, peer);
	CHECK_ERRNO(recv(p->server.fd, &byte, 1, 0), EAGAIN);
	side_get(AT, &p->server, 100);
}

/* A reader that somebody stops and continues, or traces, is told EAGAIN all the same. */
CASE(reader_stopped_is_told_eagain, .plain_differs = true)
{
	struct pair p;
	struct peer peer;

	pair_open(AT, &p, NULL);
	give_server(AT, &p, &peer, be_stopped);
	test_sleep(50);
	OK(kill(peer.pid, SIGSTOP));
	test_sleep(20);
	OK(kill(peer.pid, SIGCONT));
	test_sleep(20);
	side_put(AT, &p.client, 100);
	peer_join(AT, &peer);
	pair_close(&p);
}

struct server {
	struct test *t;
	struct side side;
	size_t want, chunk;
};

static void *serve_thread(void *arg)
{
	struct server *s = arg;
	struct test *t = s->t;

	for (size_t done = 0; done < s->want; done += s->chunk)
		side_get(AT, &s->side, s->chunk);
	return NULL;
}

/* A client library with a thread that reads, which is there before the connection is. */
CASE(reader_thread_beside_blocked_writer, .naive = NAIVE_EITHER)
{
	struct pair p;
	struct server far, near;
	pthread_t reader, server;

	reader = thread_start(AT, idle, &(unsigned){ 100 });
	pair_open(AT, &p, &(struct pair_how){ .cold = true });
	far = (struct server){ t, p.server, 32 << 20, 65536 };
	near = (struct server){ t, p.client, 100, 100 };
	thread_join(AT, reader);
	reader = thread_start(AT, serve_thread, &near);
	test_sleep(10);
	server = thread_start(AT, serve_thread, &far);
	side_put(AT, &p.client, far.want);
	thread_join(AT, server);
	side_put(AT, &p.server, 100);
	thread_join(AT, reader);
	pair_close(&p);
}

CASE(reader_two_threads, .naive = NAIVE_FAILS)
{
	struct pair p;
	struct counting a, b;
	pthread_t first, second;

	first = thread_start(AT, idle, &(unsigned){ 50 });
	pair_open(AT, &p, &(struct pair_how){ .cold = true });
	pair_ping_pong(AT, &p, 10, 10);
	thread_join(AT, first);
	a = (struct counting){ t, p.server.fd, 0, 0, 0 };
	b = a;
	first = thread_start(AT, count_bytes, &a);
	second = thread_start(AT, count_bytes, &b);
	for (int i = 0; i < 50; i++) {
		test_sleep(2);
		side_put(AT, &p.client, 100);
		test_sleep(2);
		side_put(AT, &p.server, 1);
		side_get(AT, &p.client, 1);
	}
	OK(shutdown(p.client.fd, SHUT_WR));
	thread_join(AT, first);
	thread_join(AT, second);
	CHECK_EQ(a.bytes + b.bytes, 5000);
	CHECK_EQ(a.empty + b.empty, 0);
	pair_close(&p);
}
