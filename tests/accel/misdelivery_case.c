/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is meant for one connection never comes to another, though addresses and ports are the same. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "accel/control.h"
#include "accel/net.h"
#include "accel/pair.h"
#include "accel/peer.h"

enum { MISDELIVERY_PORT = 7000, MISDELIVERY_SOURCE = 7001 };

static const struct pair_how same_ports = { .port = MISDELIVERY_PORT,
					    .source = MISDELIVERY_SOURCE };
static const struct pair_how same_ports_cold = { .port = MISDELIVERY_PORT,
						 .source = MISDELIVERY_SOURCE,
						 .cold = true };

static void talk_in_turn(struct test *t, struct peer *peer, void *arg)
{
	struct pair p;

	(void)arg;
	/* The second one's connection is made while the first one's is there. */
	peer_wait(AT, peer);
	pair_open(AT, &p, t->control->mode == CONTROL_SKEP ? &same_ports : &same_ports_cold);
	peer_tell(AT, peer);
	peer_wait(AT, peer);
	for (int i = 0; i < 500; i++) {
		pair_ping_pong(AT, &p, 1, 100 + (size_t)i);
		if (i % 100 == 99) {
			peer_tell(AT, peer);
			peer_wait(AT, peer);
		}
	}
	pair_close(&p);
}

CASE(misdelivery_same_addresses_on_lo)
{
	struct peer peer[2];

	for (int i = 0; i < 2; i++)
		peer_start(AT, &peer[i], PEER_NETNS, talk_in_turn, NULL);
	for (int round = 0; round < 7; round++) {
		for (int i = 0; i < 2; i++) {
			peer_tell(AT, &peer[i]);
			if (!round)
				peer_wait(AT, &peer[i]);
		}
		for (int i = 0; round && round < 6 && i < 2; i++)
			peer_wait(AT, &peer[i]);
	}
	for (int i = 0; i < 2; i++)
		peer_join(AT, &peer[i]);
}

/* A server whose client has closed keeps its end; it and a connection of the same name elsewhere. */
static void keep_server(struct test *t, struct peer *peer, void *arg)
{
	struct pair p;
	u8 byte;

	(void)arg;
	pair_open(AT, &p, &same_ports);
	OK(shutdown(p.client.fd, SHUT_WR));
	side_eof(AT, &p.server); /* it is in CLOSE_WAIT now, and may send */
	peer_tell(AT, peer);
	peer_wait(AT, peer);
	side_put(AT, &p.server, 1000);
	peer_tell(AT, peer);
	side_get(AT, &p.client, 1000);
	CHECK_ERRNO(recv(p.client.fd, &byte, 1, MSG_DONTWAIT), EAGAIN);
	pair_close(&p);
}

/* The client's end is closed, its key free again; the server's is there still. */
static void keep_half_closed(struct test *t, struct peer *peer, void *arg)
{
	struct pair p;

	(void)arg;
	pair_open(AT, &p, &same_ports);
	side_close(&p.client);
	side_eof(AT, &p.server);
	peer_tell(AT, peer);
	peer_wait(AT, peer);
	for (int i = 0; i < 10; i++) {
		u8 secret[100];

		memset(secret, 's', sizeof(secret));
		if (send(p.server.fd, secret, sizeof(secret), MSG_NOSIGNAL) < 0)
			CHECK(errno == EPIPE || errno == ECONNRESET);
		test_sleep(2);
	}
	peer_tell(AT, peer);
	pair_close(&p);
}

static void listen_to_others(struct test *t, struct peer *peer, void *arg)
{
	struct pair p;

	(void)arg;
	peer_wait(AT, peer);
	pair_open(AT, &p, t->control->mode == CONTROL_SKEP ? &same_ports : &same_ports_cold);
	peer_tell(AT, peer);
	peer_wait(AT, peer);
	CHECK(!side_poll(AT, &p.client, POLLIN, 50)); /* nobody here has sent anything */
	CHECK(!side_poll(AT, &p.server, POLLIN, 0));
	pair_ping_pong(AT, &p, 50, 100);
	pair_close(&p);
}

static void beside_each_other(struct test *t, peer_fn first, peer_fn second)
{
	struct peer a, b;

	peer_start(AT, &a, PEER_NETNS, first, NULL);
	peer_start(AT, &b, PEER_NETNS, second, NULL);
	peer_wait(AT, &a);
	peer_tell(AT, &b);
	peer_wait(AT, &b);
	peer_tell(AT, &a);
	peer_wait(AT, &a);
	peer_tell(AT, &b);
	peer_join(AT, &b);
	peer_join(AT, &a);
}

CASE(misdelivery_half_closed_with_same_addresses)
{
	beside_each_other(t, keep_server, listen_to_others);
}

CASE(misdelivery_close_wait_with_same_addresses, .naive = NAIVE_FAILS)
{
	beside_each_other(t, keep_half_closed, listen_to_others);
}

/* One end of each connection is in the cgroup: by their names they would make a connection. */
struct half {
	bool is_server;
};

static void run_half(struct test *t, struct peer *peer, void *arg)
{
	const struct half *half = arg;
	struct side s;
	u8 bytes[100];

	s.fd = -1;
	if (half->is_server) {
		int listener = pair_listen(AT, "127.0.0.1", MISDELIVERY_PORT, NULL);

		peer_tell(AT, peer);
		s.fd = OK(accept(listener, NULL, NULL));
	} else {
		peer_wait(AT, peer);
		s.fd = pair_connect(AT, "127.0.0.1", MISDELIVERY_PORT, MISDELIVERY_SOURCE, NULL);
	}
	peer_tell(AT, peer);
	for (int i = 0; i < 20; i++) {
		memset(bytes, (int)peer_receive(AT, peer), sizeof(bytes));
		CHECK_EQ(send(s.fd, bytes, sizeof(bytes), MSG_NOSIGNAL), sizeof(bytes));
		peer_tell(AT, peer);
		peer_wait(AT, peer);
		CHECK_EQ(recv(s.fd, bytes, sizeof(bytes), MSG_WAITALL), sizeof(bytes));
		peer_send(AT, peer, bytes[0]);
	}
}

struct split {
	bool client_outside;
	u8 letter;
};

/* The two ends of a connection in one namespace, by two processes; fork() leaves the namespace to both. */
static void run_split(struct test *t, struct peer *peer, void *arg)
{
	const struct split *split = arg;
	struct half client = { false }, server = { true };
	struct peer c, s;

	peer_start(AT, &s, split->client_outside ? 0 : PEER_OUTSIDE, run_half, &server);
	peer_start(AT, &c, split->client_outside ? PEER_OUTSIDE : 0, run_half, &client);
	peer_wait(AT, &s);
	peer_tell(AT, &c);
	peer_wait(AT, &c);
	peer_wait(AT, &s);
	for (int i = 0; i < 20; i++) {
		peer_tell(AT, peer);
		peer_wait(AT, peer);
		peer_send(AT, &c, split->letter);
		peer_send(AT, &s, split->letter + 1u);
		peer_wait(AT, &c);
		peer_wait(AT, &s);
		peer_tell(AT, &c);
		peer_tell(AT, &s);
		CHECK_EQ(peer_receive(AT, &s), split->letter);
		CHECK_EQ(peer_receive(AT, &c), split->letter + 1);
	}
	peer_join(AT, &c);
	peer_join(AT, &s);
}

CASE(misdelivery_half_of_each_in_the_cgroup, .naive = NAIVE_FAILS)
{
	struct split first = { true, 'A' }, second = { false, 'a' };
	struct peer a, b;

	peer_start(AT, &a, PEER_NETNS, run_split, &first);
	peer_start(AT, &b, PEER_NETNS, run_split, &second);
	for (int i = 0; i < 20; i++) {
		peer_wait(AT, &a);
		peer_wait(AT, &b);
		peer_tell(AT, &a);
		peer_tell(AT, &b);
	}
	peer_join(AT, &a);
	peer_join(AT, &b);
}

/* One connection after the other, all of the same name, ended by a reset. */
CASE(misdelivery_port_reuse_10000, .seconds = 60)
{
	struct pair p;
	u64 redirected = 0;

	p.listener = pair_listen(AT, "127.0.0.1", 0, NULL);
	for (int i = 0; i < 10000; i++) {
		struct linger none = { 1, 0 };

		pair_again(AT, &p,
			   &(struct pair_how){ .source = MISDELIVERY_SOURCE, .cold = true });
		pair_ping_pong(AT, &p, 10, 8);
		if (i % 100 == 0)
			redirected += side_redirected(AT, &p.client);
		OK(setsockopt(p.client.fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)));
		side_close(&p.client);
		side_close(&p.server);
	}
	if (t->control->mode == CONTROL_SKEP)
		CHECK(redirected > 0);
}

/* The same with what is left unread of the one before, and too short to be worth while. */
CASE(misdelivery_port_reuse_with_unread_bytes, .seconds = 30)
{
	struct pair p;

	p.listener = pair_listen(AT, "127.0.0.1", 0, NULL);
	for (int i = 0; i < 2000; i++) {
		struct linger none = { 1, 0 };

		pair_again(AT, &p,
			   &(struct pair_how){ .source = MISDELIVERY_SOURCE, .cold = true });
		pair_ping_pong(AT, &p, 1, 8);
		side_put(AT, &p.client, 100);
		side_put(AT, &p.server, 100);
		OK(setsockopt(p.client.fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)));
		side_close(&p.client);
		side_close(&p.server);
	}
}

/* The server closes first, so that its end is in TIME_WAIT when the next connection comes. */
CASE(misdelivery_time_wait_reuse)
{
	struct pair p;

	p.listener = pair_listen(AT, "127.0.0.1", 0, NULL);
	for (int i = 0; i < 300; i++) {
		pair_again(AT, &p,
			   &(struct pair_how){ .source = MISDELIVERY_SOURCE, .cold = true });
		pair_ping_pong(AT, &p, 10, 50);
		side_put(AT, &p.server, 50);
		side_close(&p.server);
		side_get(AT, &p.client, 50);
		side_eof(AT, &p.client);
		side_close(&p.client);
	}
}

/* A socket that connects to its own port: what it sends it receives. */
CASE(misdelivery_self_connect, .naive = NAIVE_EITHER)
{
	struct side s;
	struct address to;

	s.fd = pair_socket(AT, "127.0.0.1", MISDELIVERY_SOURCE);
	s.in = s.out = stream_new(t);
	address_set(AT, &to, "127.0.0.1", MISDELIVERY_SOURCE);
	OK(connect(s.fd, (struct sockaddr *)&to.name, to.size));
	for (size_t n = 1; n < 200; n++) {
		side_put(AT, &s, n * 20);
		side_get(AT, &s, n * 20);
	}
	OK(shutdown(s.fd, SHUT_WR));
	side_eof(AT, &s);
	side_close(&s);
}

/* Both connect, and nobody listens. The first one's packets are lost until the second one's link is up. */
static void connect_first(struct test *t, struct peer *peer, void *arg)
{
	struct side s = { .in.seed = 2, .out.seed = 1 };
	struct address to;

	(void)arg;
	peer_wait(AT, peer);
	net_address(AT, "one", "10.7.0.1", 24);
	net_up(AT, "one");
	s.fd = pair_socket(AT, "127.0.0.1", MISDELIVERY_PORT);
	address_set(AT, &to, "10.7.0.2", MISDELIVERY_SOURCE);
	side_nonblocking(AT, &s);
	CHECK_ERRNO(connect(s.fd, (struct sockaddr *)&to.name, to.size), EINPROGRESS);
	peer_tell(AT, peer);
	CHECK(side_poll(AT, &s, POLLOUT, 8000 * t->scale));
	CHECK_EQ(side_option(AT, &s, SOL_SOCKET, SO_ERROR), 0);
	for (int i = 0; i < 100; i++) {
		side_put(AT, &s, 100);
		side_get(AT, &s, 100);
	}
	OK(shutdown(s.fd, SHUT_WR));
	side_eof(AT, &s);
}

static void connect_second(struct test *t, struct peer *peer, void *arg)
{
	struct side s = { .in.seed = 1, .out.seed = 2 };
	struct address to;

	(void)arg;
	peer_wait(AT, peer);
	net_address(AT, "two", "10.7.0.2", 24);
	s.fd = pair_socket(AT, "127.0.0.1", MISDELIVERY_SOURCE);
	net_up(AT, "two");
	address_set(AT, &to, "10.7.0.1", MISDELIVERY_PORT);
	OK(connect(s.fd, (struct sockaddr *)&to.name, to.size));
	for (int i = 0; i < 100; i++) {
		side_get(AT, &s, 100);
		side_put(AT, &s, 100);
	}
	OK(shutdown(s.fd, SHUT_WR));
	side_eof(AT, &s);
}

CASE(misdelivery_simultaneous_open, .seconds = 15, .naive = NAIVE_EITHER)
{
	struct peer one, two;

	peer_start(AT, &one, PEER_NETNS, connect_first, NULL);
	peer_start(AT, &two, PEER_NETNS, connect_second, NULL);
	net_veth(AT, "one", one.pid, "two", two.pid);
	peer_tell(AT, &one);
	peer_wait(AT, &one);
	peer_tell(AT, &two);
	peer_join(AT, &two);
	peer_join(AT, &one);
}
