/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel does with sockets in the map and not with others: each case is about one such thing. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "accel/control.h"
#include "accel/net.h"
#include "accel/nft.h"
#include "accel/pair.h"
#include "accel/peer.h"

#ifndef SO_PEEK_OFF
#define SO_PEEK_OFF 42
#endif

static const struct pair_how without_blocking = { .nonblocking = true };

/* epoll(7): who has read less than asked for need not read again before the next edge. */
static void read_by_edges(struct at at, struct side *s, int epoll, size_t n)
{
	static u8 bytes[65536];

	while (n) {
		struct epoll_event e;
		ssize_t got;

		test_progress(at, "waiting for an edge", 0, n);
		if (!OK_AT(at, epoll_wait(epoll, &e, 1, 2000 * (int)at.t->scale)))
			test_fail(at, "no edge, and %zu bytes are to come", n);
		do {
			got = recv(s->fd, bytes, sizeof(bytes), 0);
			if (got < 0 && errno == EAGAIN)
				break;
			stream_check(at, &s->in, bytes, (size_t)OK_AT(at, got));
			n -= (size_t)got;
		} while (got == sizeof(bytes));
	}
}

static int edges_of(struct at at, const struct side *s)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET };
	int epoll = OK_AT(at, epoll_create1(EPOLL_CLOEXEC));

	OK_AT(at, epoll_ctl(epoll, EPOLL_CTL_ADD, s->fd, &e));
	return epoll;
}

/* It is paused while redirected bytes are unread. */
CASE(hazard_edge_and_short_read_across_pause, .naive = NAIVE_EITHER)
{
	struct pair p;
	int epoll;

	pair_open(AT, &p, &without_blocking);
	epoll = edges_of(AT, &p.server);
	for (int i = 0; i < 5; i++) {
		side_put(AT, &p.client, 100);
		control_pause(AT);
		side_put(AT, &p.client, 100);
		test_sleep(20);
		read_by_edges(AT, &p.server, epoll, 200);
		control_resume(AT);
		pair_warm(AT, &p);
	}
	close(epoll);
	pair_close(&p);
}

/*
 * The limit is reached while they are, and there would be no second edge for TCP's bytes behind them. All of the burst is
 * redirected then, and what comes later goes by TCP.
 */
CASE(hazard_edge_and_short_read_at_limit, .options = "--limit 256K", .naive = NAIVE_EITHER)
{
	struct pair p;
	u64 before;
	int epoll;

	pair_open(AT, &p, &without_blocking);
	epoll = edges_of(AT, &p.server);
	before = side_redirected(AT, &p.client);
	if (t->control->mode == CONTROL_SKEP) {
		side_put_in(AT, &p.client, 2000000, 10000);
		CHECK_EQ(side_redirected(AT, &p.client) - before, 200);
		read_by_edges(AT, &p.server, epoll, 2000000);
	}
	for (int i = 0; i < 20; i++) {
		side_put(AT, &p.client, 10000);
		read_by_edges(AT, &p.server, epoll, 10000);
		side_put(AT, &p.server, 10000);
		side_get(AT, &p.client, 10000);
	}
	close(epoll);
	pair_close(&p);
}

/* Others have used up the budget while they are: a part of it is kept for such readers. */
CASE(hazard_edge_and_short_read_at_budget, .options = "--budget 4M", .only_skep = true)
{
	struct pair other[4], p;
	u64 accepted[4], before;
	int epoll;

	for (int i = 0; i < 4; i++) {
		pair_open(AT, &other[i], NULL);
		accepted[i] = side_fill(AT, &other[i].client, 65536, 16 << 20);
	}
	pair_open(AT, &p, &without_blocking);
	epoll = edges_of(AT, &p.server);
	before = side_redirected(AT, &p.client);
	side_put_in(AT, &p.client, 150000, 10000);
	CHECK_EQ(side_redirected(AT, &p.client) - before, 15);
	read_by_edges(AT, &p.server, epoll, 150000);
	for (int i = 0; i < 4; i++) {
		side_get(AT, &other[i].server, accepted[i]);
		pair_close(&other[i]);
	}
	close(epoll);
	pair_close(&p);
}

enum { SENDERS_CYCLE = 251, SENDERS_OTHER = 255, SENDERS_CHUNK = 128 << 10, SENDERS_WRITES = 24 };

static void stay_here(struct at at, bool is_urgent)
{
	struct sched_param priority = { .sched_priority = is_urgent ? 10 : 0 };
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	OK_AT(at, sched_setaffinity(0, sizeof(set), &set));
	OK_AT(at, sched_setscheduler(0, is_urgent ? SCHED_FIFO : SCHED_OTHER, &priority));
}

/* Bytes 0 to 250 again and again; the first write is too much for TCP, and waits. */
static void send_cycles(struct test *t, struct peer *peer, void *arg)
{
	static u8 bytes[SENDERS_CHUNK];
	struct pair *p = arg;
	u64 at = 0;

	side_close(&p->server);
	stay_here(AT, false);
	peer_tell(AT, peer);
	peer_wait(AT, peer);
	for (int n = 0; n < SENDERS_WRITES; n++) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (u8)(at++ % SENDERS_CYCLE);
		CHECK_EQ(send(p->client.fd, bytes, sizeof(bytes), MSG_NOSIGNAL), sizeof(bytes));
	}
	side_close(&p->client);
}

/* What is there now; the other sender's bytes may be anywhere, but those of the first are in order. */
static u64 take_cycles(struct at at, int fd, u64 *next)
{
	static u8 bytes[65536];
	u64 total = 0;
	ssize_t n;

	while ((n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (bytes[i] == SENDERS_OTHER)
				continue;
			if (bytes[i] != *next % SENDERS_CYCLE)
				test_fail(at, "byte %llu is 0x%02x, and should be 0x%02x",
					  (unsigned long long)*next, bytes[i],
					  (unsigned)(*next % SENDERS_CYCLE));
			++*next;
		}
		total += (u64)n;
	}
	return total;
}

/* For some time, without letting anybody else on this CPU run; whether all that was sent is acknowledged then. */
static bool take_alone(struct at at, const struct pair *p, u64 *next)
{
	u64 end = test_ms() + 200;
	int unacked = 1;

	while (test_ms() < end) {
		take_cycles(at, p->server.fd, next);
		OK_AT(at, ioctl(p->client.fd, SIOCOUTQ, &unacked));
	}
	return !unacked;
}

/*
 * Two processes send on one socket. While the first one waits in send() for TCP, with a part of its message still to go, all that was
 * sent is read. The other one's messages must not begin the redirect then. (The first of them has the verdict of what
 * is under way.)
 */
CASE(hazard_redirect_amid_a_send, .seconds = 30, .naive = NAIVE_EITHER)
{
	struct pair p;
	struct peer peer;
	u64 next = 0, end;
	u8 other = SENDERS_OTHER;
	bool is_quiet;

	pair_open(AT, &p, NULL);
	side_nonblocking(AT, &p.server);
	peer_start(AT, &peer, 0, send_cycles, &p);
	peer_wait(AT, &peer);
	control_pause(AT);
	peer_tell(AT, &peer);
	test_sleep(300);
	control_resume(AT);
	stay_here(AT, true);
	is_quiet = take_alone(AT, &p, &next);
	for (int i = 0; is_quiet && i < 2; i++) {
		CHECK_EQ(send(p.client.fd, &other, 1, MSG_NOSIGNAL), 1);
		is_quiet = take_alone(AT, &p, &next);
	}
	stay_here(AT, false);
	if (!is_quiet)
		SKIP("the first sender did not wait");
	test_sleep(300);
	end = test_ms() + 10000ull * t->scale;
	while (next < SENDERS_WRITES * SENDERS_CHUNK && test_ms() < end)
		if (!take_cycles(AT, p.server.fd, &next))
			side_poll(AT, &p.server, POLLIN, 100);
	CHECK_EQ(next, SENDERS_WRITES * SENDERS_CHUNK);
	peer_join(AT, &peer);
	pair_close(&p);
}

static void peek_from_the_start(struct at at, int fd)
{
	int zero = 0;

	if (setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &zero, sizeof(zero)))
		test_skip(at, "this kernel has no SO_PEEK_OFF for TCP");
}

/* Where to peek next moves on with each MSG_PEEK; of redirected bytes it would not. */
CASE(hazard_peek_offset, .naive = NAIVE_EITHER)
{
	struct pair_how how = { .cold = true, .before_listen = peek_from_the_start };
	struct pair p;
	u8 bytes[4];

	pair_open(AT, &p, &how);
	pair_ping_pong(AT, &p, 20, 100);
	CHECK_EQ(send(p.client.fd, "0123456789", 10, 0), 10);
	CHECK_EQ(recv(p.server.fd, bytes, 4, MSG_PEEK), 4);
	CHECK(!memcmp(bytes, "0123", 4));
	CHECK_EQ(recv(p.server.fd, bytes, 4, MSG_PEEK), 4);
	CHECK(!memcmp(bytes, "4567", 4));
	pair_close(&p);
}

CASE(hazard_peek_offset_is_refused, .only_skep = true)
{
	struct pair p;
	int zero = 0;

	pair_open(AT, &p, NULL);
	CHECK_ERRNO(setsockopt(p.server.fd, SOL_SOCKET, SO_PEEK_OFF, &zero, sizeof(zero)),
		    EOPNOTSUPP);
	pair_ping_pong(AT, &p, 20, 100);
	pair_close(&p);
}

static void fill_then_read(struct test *t, struct peer *peer, void *arg)
{
	struct pair *p = arg;
	static u8 bytes[65536];
	u8 byte;

	side_close(&p->client);
	while (send(p->server.fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
	CHECK_EQ(errno, EAGAIN);
	peer_tell(AT, peer);
	CHECK_ERRNO(recv(p->server.fd, &byte, 1, 0), EAGAIN);
	CHECK_EQ(recv(p->server.fd, &byte, 1, 0), 1);
}

/* There is room to send again, while who found none sleeps in recv(). */
CASE(hazard_room_is_told_eagain, .plain_differs = true)
{
	struct pair p;
	struct peer peer;
	static u8 bytes[65536];

	pair_open(AT, &p, NULL);
	control_pause(AT);
	peer_start(AT, &peer, 0, fill_then_read, &p);
	side_close(&p.server);
	peer_wait(AT, &peer);
	control_resume(AT);
	test_sleep(100);
	for (;;) {
		while (recv(p.client.fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
			;
		if (!side_poll(AT, &p.client, POLLIN, 200))
			break;
	}
	CHECK_EQ(send(p.client.fd, "x", 1, MSG_NOSIGNAL), 1);
	peer_join(AT, &peer);
	pair_close(&p);
}

static void ask_and_read(struct test *t, struct peer *peer, void *arg)
{
	struct pair *p = arg;

	(void)peer;
	side_close(&p->server);
	side_put(AT, &p->client, 100);
	OK(shutdown(p->client.fd, SHUT_WR));
	side_get(AT, &p->client, 100);
	side_eof(AT, &p->client);
}

/* The end of what it sends is acknowledged while it sleeps in recv(). */
CASE(hazard_shutdown_then_sleep, .naive = NAIVE_FAILS)
{
	for (int i = 0; i < 5; i++) {
		struct pair p;
		struct peer peer;

		pair_open(AT, &p, NULL);
		peer_start(AT, &peer, 0, ask_and_read, &p);
		side_close(&p.client);
		side_get(AT, &p.server, 100);
		test_sleep(300);
		side_put(AT, &p.server, 100);
		side_close(&p.server);
		peer_join(AT, &peer);
		pair_close(&p);
	}
}

/* What came before a reset stays readable, also after `off`. */
CASE(hazard_off_after_reset, .alone = true, .plain_skips = true, .only_skep = true)
{
	struct pair p;
	char why[200];

	control_turn_on(AT);
	pair_open(AT, &p, NULL);
	side_put(AT, &p.client, 1000);
	side_reset(AT, &p.client);
	test_sleep(20);
	control_skep(t->control, "off --timeout 1", why, sizeof(why));
	test_sleep(200);
	side_get(AT, &p.server, 1000);
	pair_close(&p);
	if (control_is_on(t->control))
		control_turn_off(AT);
}

/* Likewise after both ends have said that they send no more. */
CASE(hazard_off_after_both_ends, .alone = true, .plain_skips = true, .only_skep = true)
{
	struct pair p;
	char why[200];

	control_turn_on(AT);
	pair_open(AT, &p, NULL);
	side_put(AT, &p.client, 1000);
	side_close(&p.client);
	OK(shutdown(p.server.fd, SHUT_WR));
	test_sleep(100);
	control_skep(t->control, "off --timeout 1", why, sizeof(why));
	test_sleep(200);
	side_get(AT, &p.server, 1000);
	side_eof(AT, &p.server);
	pair_close(&p);
	if (control_is_on(t->control))
		control_turn_off(AT);
}

/* A socket that is disconnected and connected anew has nothing of what came before. */
CASE(hazard_connected_anew, .naive = NAIVE_FAILS)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct pair p;
	struct address to;
	int old;

	pair_open(AT, &p, &without_blocking);
	side_put(AT, &p.server, 1000);
	OK(connect(p.client.fd, &none, sizeof(none)));
	old = p.server.fd;
	address_set(AT, &to, "127.0.0.1", address_port(AT, p.listener));
	if (connect(p.client.fd, (struct sockaddr *)&to.name, to.size))
		CHECK_EQ(errno, EINPROGRESS);
	p.server.fd = -1;
	for (int i = 0; p.server.fd < 0 && i < 1000; i++) {
		p.server.fd = accept4(p.listener, NULL, NULL, SOCK_NONBLOCK);
		test_sleep(1);
	}
	OK(p.server.fd);
	pair_streams(AT, &p);
	pair_ping_pong(AT, &p, 20, 100);
	close(old);
	pair_ping_pong(AT, &p, 20, 100);
	pair_close(&p);
}

/* TCP tells of a reset once. */
CASE(hazard_send_after_reset, .naive = NAIVE_EITHER)
{
	struct pair p;

	pair_open(AT, &p, NULL);
	side_reset(AT, &p.server);
	test_sleep(20);
	CHECK_ERRNO(send(p.client.fd, "x", 1, MSG_NOSIGNAL), ECONNRESET);
	CHECK_ERRNO(send(p.client.fd, "x", 1, MSG_NOSIGNAL), EPIPE);
	pair_close(&p);
}

/* A socket that has redirected bytes to read stays in the map for them, where send() tells of it until somebody else has. */
CASE(hazard_send_after_reset_with_unread_data, .plain_differs = true)
{
	struct pair p;

	pair_open(AT, &p, NULL);
	side_put(AT, &p.server, 100);
	side_reset(AT, &p.server);
	test_sleep(20);
	CHECK_ERRNO(send(p.client.fd, "x", 1, MSG_NOSIGNAL), ECONNRESET);
	CHECK_ERRNO(send(p.client.fd, "x", 1, MSG_NOSIGNAL), ECONNRESET);
	CHECK_EQ(side_option(AT, &p.client, SOL_SOCKET, SO_ERROR), ECONNRESET);
	CHECK_ERRNO(send(p.client.fd, "x", 1, MSG_NOSIGNAL), EPIPE);
	side_get(AT, &p.client, 100);
	side_eof(AT, &p.client);
	pair_close(&p);
}

static void listen_beside(struct test *t, struct peer *peer, void *arg)
{
	(void)arg;
	pair_listen(AT, "127.0.0.2", (u16)peer_receive(AT, peer), NULL);
	peer_tell(AT, peer);
	peer_wait(AT, peer);
}

static void *sleep_a_while(void *arg)
{
	test_sleep(*(unsigned *)arg);
	return NULL;
}

/*
 * A program with threads and blocking sockets, which stays out, listens on the same port as one that need not. Its sockets are not
 * taken for the other one's before they have sent anything.
 */
CASE(hazard_two_listen_on_one_port, .only_skep = true)
{
	struct pair p;
	struct peer peer;
	pthread_t thread;
	u16 port;

	/* Threads bring a signal handler, which it is not to inherit. */
	peer_start(AT, &peer, 0, listen_beside, NULL);
	thread = thread_start(AT, sleep_a_while, &(unsigned){ 500 * t->scale });
	p.listener = pair_listen(AT, "127.0.0.1", 0, NULL);
	port = address_port(AT, p.listener);
	peer_send(AT, &peer, port);
	peer_wait(AT, &peer);
	p.client.fd = pair_connect(AT, "127.0.0.1", port, 0, pair_unblock);
	p.server.fd = OK(accept(p.listener, NULL, NULL));
	pair_streams(AT, &p);
	for (int i = 0; i < 10; i++) {
		side_put(AT, &p.client, 100);
		side_get(AT, &p.server, 100);
	}
	CHECK_EQ(side_redirected(AT, &p.client), 0);
	peer_tell(AT, &peer);
	peer_join(AT, &peer);
	thread_join(AT, thread);
	pair_close(&p);
}

enum { TRACKED_PORT = 7200, TRACKED_MS = 25000 };

static void talk_translated(struct test *t, struct peer *peer, void *arg)
{
	struct pair_how how = { .address = "127.9.9.9",
				.listen = "127.0.0.1",
				.port = TRACKED_PORT };
	struct pair p;
	u64 end;

	(void)peer;
	(void)arg;
	nft_translate(AT, how.address, TRACKED_PORT, how.listen, TRACKED_PORT);
	net_sysctl(AT, "netfilter/nf_conntrack_tcp_timeout_established", "15");
	pair_open(AT, &p, &how);
	end = test_ms() + TRACKED_MS;
	while (test_ms() < end) {
		pair_ping_pong(AT, &p, 1, 100);
		test_sleep(50);
	}
	pair_warm(AT, &p);
	control_pause(AT);
	side_put(AT, &p.server, 100);
	CHECK(side_poll(AT, &p.client, POLLIN, 10000));
	side_get(AT, &p.client, 100);
	pair_ping_pong(AT, &p, 10, 100);
	control_resume(AT);
	pair_close(&p);
}

/* Netfilter does not see what is redirected, and is not to forget how to translate the rest. */
CASE(hazard_translation_is_not_forgotten, .seconds = 60, .naive = NAIVE_EITHER)
{
	struct peer peer;

	peer_start(AT, &peer, PEER_NETNS, talk_translated, NULL);
	peer_join(AT, &peer);
}
