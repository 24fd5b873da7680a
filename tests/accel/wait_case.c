/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for a socket: what is ready is told, and nothing else. */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

#include "accel/pair.h"

CASE(wait_poll)
{
	struct pair p;
	u64 before;

	pair_open(AT, &p, NULL);
	side_nonblocking(AT, &p.client);
	side_nonblocking(AT, &p.server);
	before = side_redirected(AT, &p.client);
	for (int i = 0; i < 100; i++) {
		CHECK(!side_poll(AT, &p.server, POLLIN, 0));
		CHECK(side_poll(AT, &p.client, POLLOUT, 0));
		side_put(AT, &p.client, 333);
		CHECK(side_poll(AT, &p.server, POLLIN, 5000));
		side_get(AT, &p.server, 333);
		side_put(AT, &p.server, 3);
		CHECK(side_poll(AT, &p.client, POLLIN, 5000));
		side_get(AT, &p.client, 3);
	}
	side_expect_redirected(AT, &p.client, before);
	pair_close(&p);
}

CASE(wait_select)
{
	struct pair p;

	pair_open(AT, &p, NULL);
	for (int i = 0; i < 100; i++) {
		struct timeval none = { 0, 0 }, some = { 5, 0 };
		fd_set in, out;

		FD_ZERO(&in);
		FD_ZERO(&out);
		FD_SET(p.server.fd, &in);
		FD_SET(p.client.fd, &out);
		CHECK_EQ(select(p.server.fd + 1, &in, &out, NULL, &none), 1);
		CHECK(FD_ISSET(p.client.fd, &out));
		side_put(AT, &p.client, 100);
		FD_ZERO(&in);
		FD_SET(p.server.fd, &in);
		CHECK_EQ(select(p.server.fd + 1, &in, NULL, NULL, &some), 1);
		side_get(AT, &p.server, 100);
	}
	pair_close(&p);
}

static int epoll_of(struct at at, const struct side *s, u32 events)
{
	int epoll = OK_AT(at, epoll_create1(EPOLL_CLOEXEC));
	struct epoll_event e = { .events = events };

	OK_AT(at, epoll_ctl(epoll, EPOLL_CTL_ADD, s->fd, &e));
	return epoll;
}

CASE(wait_epoll_level)
{
	struct pair p;
	struct epoll_event e;
	int epoll;

	pair_open(AT, &p, NULL);
	side_nonblocking(AT, &p.server);
	epoll = epoll_of(AT, &p.server, EPOLLIN);
	for (int i = 0; i < 100; i++) {
		CHECK_EQ(epoll_wait(epoll, &e, 1, 0), 0);
		side_put(AT, &p.client, 100);
		CHECK_EQ(epoll_wait(epoll, &e, 1, 5000), 1);
		side_get(AT, &p.server, 60);
		CHECK_EQ(epoll_wait(epoll, &e, 1, 0), 1); /* there is more */
		side_get(AT, &p.server, 40);
		side_put(AT, &p.server, 1);
		side_get(AT, &p.client, 1);
	}
	pair_close(&p);
}

CASE(wait_epoll_edge)
{
	struct pair p;
	struct epoll_event e;
	int epoll;

	pair_open(AT, &p, NULL);
	side_nonblocking(AT, &p.server);
	epoll = epoll_of(AT, &p.server, EPOLLIN | EPOLLET);
	for (int i = 0; i < 100; i++) {
		side_put(AT, &p.client, 100);
		CHECK_EQ(epoll_wait(epoll, &e, 1, 5000), 1);
		CHECK_EQ(epoll_wait(epoll, &e, 1, 0), 0);
		side_get(AT, &p.server, 60);
		side_put(AT, &p.client, 100); /* an edge, though not all has been read */
		CHECK_EQ(epoll_wait(epoll, &e, 1, 5000), 1);
		CHECK_EQ(side_get_there(AT, &p.server), 140);
		side_put(AT, &p.server, 1);
		side_get(AT, &p.client, 1);
	}
	pair_close(&p);
}

CASE(wait_epoll_oneshot)
{
	struct pair p;
	struct epoll_event e;
	int epoll;

	pair_open(AT, &p, NULL);
	epoll = epoll_of(AT, &p.server, EPOLLIN | EPOLLONESHOT);
	for (int i = 0; i < 50; i++) {
		side_put(AT, &p.client, 10);
		CHECK_EQ(epoll_wait(epoll, &e, 1, 5000), 1);
		side_put(AT, &p.client, 10);
		CHECK_EQ(epoll_wait(epoll, &e, 1, 0), 0);
		e.events = EPOLLIN | EPOLLONESHOT;
		OK(epoll_ctl(epoll, EPOLL_CTL_MOD, p.server.fd, &e));
		CHECK_EQ(epoll_wait(epoll, &e, 1, 5000), 1);
		side_get(AT, &p.server, 20);
		e.events = EPOLLIN | EPOLLONESHOT;
		OK(epoll_ctl(epoll, EPOLL_CTL_MOD, p.server.fd, &e));
		side_put(AT, &p.server, 1);
		side_get(AT, &p.client, 1);
	}
	pair_close(&p);
}
