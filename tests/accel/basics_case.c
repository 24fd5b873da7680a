/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ordinary ways to use a connection. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "accel/pair.h"
#include "accel/peer.h"

enum { BASICS_PARTS = 16 };

CASE(basics_v4)
{
	struct pair p;
	u64 before;

	pair_open(AT, &p, NULL);
	before = side_redirected(AT, &p.client);
	pair_ping_pong(AT, &p, 200, 64);
	side_expect_redirected(AT, &p.client, before);
	pair_close(&p);
}

/* Signals that are ignored, or were handled once, do not keep a program out. */
CASE(basics_ignored_signals)
{
	struct pair p;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	for (int i = SIGUSR1; i < SIGRTMAX; i++)
		signal(i, i == SIGPIPE ? SIG_IGN : SIG_DFL);
	pair_open(AT, &p, NULL);
	pair_ping_pong(AT, &p, 20, 64);
	pair_close(&p);
}

CASE(basics_v6)
{
	struct pair p;

	pair_open(AT, &p, &(struct pair_how){ .address = "::1" });
	pair_ping_pong(AT, &p, 200, 64);
	pair_close(&p);
}

/* By family and address the two ends do not match. */
CASE(basics_v4_to_dual_stack, .naive = NAIVE_FAILS)
{
	struct pair p;

	pair_open(AT, &p, &(struct pair_how){ .listen = "::", .address = "127.0.0.1" });
	pair_ping_pong(AT, &p, 200, 64);
	pair_close(&p);
}

CASE(basics_mapped_to_dual_stack)
{
	struct pair p;

	pair_open(AT, &p, &(struct pair_how){ .listen = "::", .address = "::ffff:127.0.0.1" });
	pair_ping_pong(AT, &p, 100, 64);
	pair_close(&p);
}

CASE(basics_other_loopback_address)
{
	struct pair p;

	pair_open(AT, &p, &(struct pair_how){ .address = "127.9.8.7" });
	pair_ping_pong(AT, &p, 100, 64);
	pair_close(&p);
}

CASE(basics_sizes)
{
	struct pair p;

	pair_open(AT, &p, NULL);
	for (size_t size = 1; size < 300000; size = size * 7 / 4 + 1)
		pair_ping_pong(AT, &p, 4, size);
	pair_close(&p);
}

CASE(basics_one_byte_pieces)
{
	struct pair p;

	pair_open(AT, &p, NULL);
	for (int i = 0; i < 20; i++) {
		side_put_in(AT, &p.client, 50, 1);
		side_get(AT, &p.server, 50);
		side_put_in(AT, &p.server, 50, 1);
		side_get(AT, &p.client, 50);
	}
	/* Nobody answers these: a stream that accel is to give back to TCP meanwhile. */
	for (int i = 0; i < 50; i++) {
		side_put_in(AT, &p.client, 100, 1);
		side_get(AT, &p.server, 100);
	}
	pair_close(&p);
}

struct writer {
	struct test *t;
	struct side *side;
	size_t bytes, chunk;
};

static void *write_all(void *arg)
{
	struct writer *w = arg;
	struct test *t = w->t;

	side_put_in(AT, w->side, w->bytes, w->chunk);
	return NULL;
}

CASE(basics_one_mebibyte_write)
{
	struct pair p;
	size_t size = 1 << 20;
	u8 *bytes = malloc(size);
	ssize_t sent;

	pair_open(AT, &p, NULL);
	stream_fill(&p.client.out, bytes, size);
	sent = OK(send(p.client.fd, bytes, size, MSG_NOSIGNAL));
	CHECK_EQ(sent, size);
	side_get(AT, &p.server, size);
	free(bytes);
	pair_close(&p);
}

CASE(basics_both_directions)
{
	struct pair p;
	size_t size = 8 << 20;
	pthread_t up, down, back;

	pair_open(AT, &p, &(struct pair_how){ .nonblocking = true });
	up = thread_start(AT, write_all, &(struct writer){ t, &p.client, size, 10000 });
	down = thread_start(AT, write_all, &(struct writer){ t, &p.server, size, 70000 });
	for (size_t done = 0; done < size; done += 65536) {
		side_get(AT, &p.client, 65536);
		side_get(AT, &p.server, 65536);
	}
	thread_join(AT, up);
	thread_join(AT, down);
	back = thread_start(AT, write_all, &(struct writer){ t, &p.server, 1000, 10 });
	side_get(AT, &p.client, 1000);
	thread_join(AT, back);
	pair_close(&p);
}

/* Buffers of growing sizes, filled from a stream. */
static size_t scatter(struct iovec iov[BASICS_PARTS], u8 *bytes, struct stream *from)
{
	size_t total = 0;

	for (size_t i = 0; i < BASICS_PARTS; i++) {
		iov[i] = (struct iovec){ bytes + total, i * i * 30 };
		total += iov[i].iov_len;
	}
	stream_fill(from, bytes, total);
	return total;
}

CASE(basics_writev_readv)
{
	struct iovec iov[BASICS_PARTS];
	u8 bytes[65536];
	struct pair p;
	ssize_t n;

	pair_open(AT, &p, NULL);
	for (int i = 0; i < 50; i++) {
		size_t total = scatter(iov, bytes, &p.client.out);

		n = OK(writev(p.client.fd, iov, BASICS_PARTS));
		CHECK_EQ(n, total);
		memset(bytes, 0, total);
		n = OK(readv(p.server.fd, iov, BASICS_PARTS));
		stream_check(AT, &p.server.in, bytes, (size_t)n);
		side_get(AT, &p.server, total - (size_t)n);
		side_put(AT, &p.server, 1);
		side_get(AT, &p.client, 1);
	}
	pair_close(&p);
}

CASE(basics_sendmsg_recvmsg)
{
	struct iovec iov[BASICS_PARTS];
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = BASICS_PARTS };
	u8 bytes[65536];
	struct pair p;
	ssize_t n;

	pair_open(AT, &p, NULL);
	for (int i = 0; i < 50; i++) {
		size_t total = scatter(iov, bytes, &p.client.out);

		n = OK(sendmsg(p.client.fd, &m, MSG_NOSIGNAL));
		CHECK_EQ(n, total);
		n = OK(recvmsg(p.server.fd, &m, 0));
		stream_check(AT, &p.server.in, bytes, (size_t)n);
		side_get(AT, &p.server, total - (size_t)n);
		CHECK(!(m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)));
		side_put(AT, &p.server, 1);
		side_get(AT, &p.client, 1);
	}
	pair_close(&p);
}

CASE(basics_sendmmsg_recvmmsg)
{
	struct mmsghdr m[BASICS_PARTS] = { 0 };
	struct iovec iov[BASICS_PARTS];
	u8 bytes[65536];
	struct pair p;

	pair_open(AT, &p, NULL);
	for (int round = 0; round < 50; round++) {
		size_t total = 0, there = 0;

		for (size_t i = 0; i < BASICS_PARTS; i++) {
			iov[i] = (struct iovec){ bytes + total, i * 100 + 1 };
			total += iov[i].iov_len;
			m[i].msg_hdr = (struct msghdr){ .msg_iov = iov + i, .msg_iovlen = 1 };
		}
		stream_fill(&p.client.out, bytes, total);
		CHECK_EQ(sendmmsg(p.client.fd, m, BASICS_PARTS, MSG_NOSIGNAL), BASICS_PARTS);
		while (there < total) {
			int n = OK(recvmmsg(p.server.fd, m, BASICS_PARTS, MSG_WAITFORONE, NULL));

			for (int i = 0; i < n; i++) {
				stream_check(AT, &p.server.in, iov[i].iov_base, m[i].msg_len);
				there += m[i].msg_len;
			}
		}
		side_put(AT, &p.server, 1);
		side_get(AT, &p.client, 1);
	}
	pair_close(&p);
}

CASE(basics_nothing_sent)
{
	struct pair p;

	pair_open(AT, &p, NULL);
	CHECK_EQ(send(p.client.fd, "", 0, MSG_NOSIGNAL), 0);
	CHECK(!side_poll(AT, &p.server, POLLIN, 50));
	pair_ping_pong(AT, &p, 10, 10);
	pair_close(&p);
}

CASE(basics_small_reads_of_big_messages)
{
	struct pair p;

	pair_open(AT, &p, NULL);
	for (int i = 0; i < 5; i++) {
		side_put(AT, &p.client, 50000);
		for (int n = 0; n < 5000; n++)
			side_get(AT, &p.server, 10);
		side_put(AT, &p.server, 1);
		side_get(AT, &p.client, 1);
	}
	pair_close(&p);
}

CASE(basics_big_reads_of_small_messages)
{
	struct pair p;

	pair_open(AT, &p, NULL);
	for (int i = 0; i < 100; i++) {
		side_put_in(AT, &p.client, 3000, 100);
		side_get(AT, &p.server, 3000);
		side_put(AT, &p.server, 1);
		side_get(AT, &p.client, 1);
	}
	pair_close(&p);
}

CASE(basics_dup)
{
	struct pair p;
	struct side second;

	pair_open(AT, &p, NULL);
	second.fd = OK(dup(p.client.fd));
	for (int i = 0; i < 50; i++) {
		side_put(AT, &p.client, 100);
		second.out = p.client.out;
		side_put(AT, &second, 100);
		p.client.out = second.out;
		side_get(AT, &p.server, 200);
		side_put(AT, &p.server, 50);
		side_get(AT, &p.client, 50);
	}
	side_close(&p.client);
	CHECK(!side_poll(AT, &p.server, POLLIN, 50));
	side_put(AT, &second, 100);
	side_get(AT, &p.server, 100);
	side_close(&second);
	side_eof(AT, &p.server);
	pair_close(&p);
}

static void send_in_turn(struct test *t, struct peer *peer, void *arg)
{
	struct pair *p = arg;

	for (int i = 0; i < 50; i++) {
		p->client.out.at = peer_receive(AT, peer);
		side_put(AT, &p->client, 77);
		peer_send(AT, peer, p->client.out.at);
	}
}

CASE(basics_fork_shared_socket)
{
	struct pair p;
	struct peer peer;

	pair_open(AT, &p, NULL);
	peer_start(AT, &peer, 0, send_in_turn, &p);
	for (int i = 0; i < 50; i++) {
		side_put(AT, &p.client, 55);
		peer_send(AT, &peer, p.client.out.at);
		p.client.out.at = peer_receive(AT, &peer);
		side_get(AT, &p.server, 55 + 77);
		side_put(AT, &p.server, 10);
		side_get(AT, &p.client, 10);
	}
	peer_join(AT, &peer);
	side_close(&p.client);
	side_eof(AT, &p.server);
	pair_close(&p);
}

static void echo(struct test *t, struct peer *peer, void *arg)
{
	struct side *s = arg;

	(void)peer;
	for (int i = 0; i < 50; i++) {
		side_get(AT, s, 500);
		side_put(AT, s, 500);
	}
	side_eof(AT, s);
}

static void echo_server(struct test *t, struct peer *peer, void *arg)
{
	struct pair *p = arg;

	side_close(&p->client);
	echo(t, peer, &p->server);
}

/* As of servers that start a process for each connection. */
CASE(basics_accept_then_fork)
{
	struct pair p;
	struct peer peer[4];

	p.listener = pair_listen(AT, "127.0.0.1", 0, NULL);
	for (int i = 0; i < 4; i++) {
		pair_again(AT, &p, &(struct pair_how){ .cold = true });
		peer_start(AT, &peer[i], 0, echo_server, &p);
		side_close(&p.server);
		for (int n = 0; n < 50; n++) {
			side_put(AT, &p.client, 500);
			side_get(AT, &p.client, 500);
		}
		side_expect_redirected(AT, &p.client, 0);
		side_close(&p.client);
		peer_join(AT, &peer[i]);
	}
}

struct served {
	int listener;
	u64 seed;
};

static void serve_one(struct test *t, struct peer *peer, void *arg)
{
	const struct served *what = arg;
	struct side s = { .out.seed = what->seed + 1, .in.seed = what->seed };

	s.fd = OK(accept(what->listener, NULL, NULL));
	echo(t, peer, &s);
}

/* As of servers that have their processes ready. */
CASE(basics_preforked_accept)
{
	struct served what = { .listener = pair_listen(AT, "127.0.0.1", 0, NULL), .seed = 4711 };
	struct peer peer[4];
	u16 port = address_port(AT, what.listener);

	for (int i = 0; i < 4; i++)
		peer_start(AT, &peer[i], 0, serve_one, &what);
	for (int i = 0; i < 4; i++) {
		struct side s = { .out.seed = what.seed, .in.seed = what.seed + 1 };

		s.fd = pair_connect(AT, "127.0.0.1", port, 0, NULL);
		for (int n = 0; n < 50; n++) {
			side_put(AT, &s, 500);
			side_get(AT, &s, 500);
		}
		side_expect_redirected(AT, &s, 0);
		side_close(&s);
	}
	for (int i = 0; i < 4; i++)
		peer_join(AT, &peer[i]);
}
