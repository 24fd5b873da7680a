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

/* The limit is reached while they are: there is no second edge, so TCP's bytes have to be asked for. */
CASE(hazard_edge_and_short_read_at_limit, .options = "--limit 256K", .plain_differs = true,
     .naive = NAIVE_EITHER)
{
	struct pair p;
	struct epoll_event e;
	u8 bytes[65536];
	u64 sent = 0, before;
	int epoll;
	size_t got;

	pair_open(AT, &p, &without_blocking);
	epoll = edges_of(AT, &p.server);
	/* The first that goes by TCP is the last: TCP takes one, if there is room or not. */
	do {
		before = side_redirected(AT, &p.client);
		side_put(AT, &p.client, 10000);
		sent += 10000;
	} while (side_redirected(AT, &p.client) > before && sent < 1000000);
	for (int unacked = 1; unacked; test_sleep(10))
		OK(ioctl(p.client.fd, SIOCOUTQ, &unacked));
	CHECK_EQ(epoll_wait(epoll, &e, 1, 5000), 1);
	do {
		got = (size_t)OK(recv(p.server.fd, bytes, sizeof(bytes), 0));
		stream_check(AT, &p.server.in, bytes, got);
		sent -= got;
	} while (got == sizeof(bytes));
	CHECK(sent);
	CHECK_EQ(epoll_wait(epoll, &e, 1, 500), 0);
	CHECK_EQ(side_get_there(AT, &p.server), sent);
	close(epoll);
	pair_close(&p);
}
