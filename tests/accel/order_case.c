/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes arrive in the order in which they were sent, whichever way they go. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accel/control.h"
#include "accel/net.h"
#include "accel/pair.h"
#include "accel/peer.h"

static void defer_accept(struct at at, int fd)
{
	int seconds = 5;

	OK_AT(at, setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds)));
}

/* The server's socket comes to be only when the first bytes are there already. */
CASE(order_defer_accept, .naive = NAIVE_FAILS)
{
	int listener = pair_listen(AT, "127.0.0.1", 0, defer_accept);
	u16 port = address_port(AT, listener);

	for (int i = 0; i < 150; i++) {
		struct pair p = { .listener = listener };

		p.client.fd = pair_connect(AT, "127.0.0.1", port, 0, NULL);
		pair_streams(AT, &p);
		side_put(AT, &p.client, 6);
		test_sleep(1);
		side_put(AT, &p.client, 60);
		p.server.fd = OK(accept(listener, NULL, NULL));
		side_put(AT, &p.client, 600);
		side_get(AT, &p.server, 666);
		side_put(AT, &p.server, 10);
		side_get(AT, &p.client, 10);
		side_close(&p.client);
		side_eof(AT, &p.server);
		side_close(&p.server);
	}
}

CASE(order_bytes_before_accept)
{
	struct pair p;

	p.listener = pair_listen(AT, "127.0.0.1", 0, NULL);
	for (int i = 0; i < 100; i++) {
		p.client.fd = pair_connect(AT, "127.0.0.1", address_port(AT, p.listener), 0, NULL);
		pair_streams(AT, &p);
		side_put(AT, &p.client, 10);
		side_put(AT, &p.client, 1000);
		side_put(AT, &p.client, 1);
		p.server.fd = OK(accept(p.listener, NULL, NULL));
		side_put(AT, &p.client, 100);
		side_get(AT, &p.server, 1111);
		side_put(AT, &p.server, 10);
		side_get(AT, &p.client, 10);
		side_close(&p.client);
		side_close(&p.server);
	}
}

CASE(order_server_speaks_first)
{
	struct pair p;

	p.listener = pair_listen(AT, "127.0.0.1", 0, NULL);
	for (int i = 0; i < 20; i++) {
		pair_again(AT, &p, &(struct pair_how){ .cold = true });
		side_put(AT, &p.server, 100);
		side_put(AT, &p.server, 1000);
		side_get(AT, &p.client, 1100);
		for (int n = 0; n < 20; n++) {
			side_put(AT, &p.client, 10);
			side_get(AT, &p.server, 10);
			side_put(AT, &p.server, 2000);
			side_get(AT, &p.client, 2000);
		}
		side_expect_redirected(AT, &p.client, 0);
		side_expect_redirected(AT, &p.server, 0);
		side_close(&p.client);
		side_close(&p.server);
	}
}

/* Both speak at once when the connection is made. */
CASE(order_both_speak_first)
{
	struct pair p;

	p.listener = pair_listen(AT, "127.0.0.1", 0, NULL);
	for (int i = 0; i < 50; i++) {
		pair_again(AT, &p, &(struct pair_how){ .cold = true });
		for (int n = 0; n < 5; n++) {
			side_put(AT, &p.server, 100);
			side_put(AT, &p.client, 100);
		}
		side_get(AT, &p.client, 250);
		side_put(AT, &p.client, 100);
		side_put(AT, &p.server, 100);
		side_get(AT, &p.client, 350);
		side_get(AT, &p.server, 600);
		side_close(&p.client);
		side_close(&p.server);
	}
}

/* What went by TCP is unread still when redirecting is allowed again. */
CASE(order_small_after_big, .naive = NAIVE_FAILS)
{
	struct pair p;

	pair_open(AT, &p, NULL);
	for (int i = 0; i < 10; i++) {
		u64 before;

		control_pause(AT);
		side_put(AT, &p.client, 30000);
		control_resume(AT);
		side_put(AT, &p.client, 5);
		side_put(AT, &p.client, 500);
		side_get(AT, &p.server, 30505);
		before = side_redirected(AT, &p.client);
		pair_ping_pong(AT, &p, 5, 10);
		side_expect_redirected(AT, &p.client, before); /* and it comes back */
	}
	pair_close(&p);
}

/* The other way round there is no such danger: what was redirected is read first. */
CASE(order_big_after_small)
{
	struct pair p;

	pair_open(AT, &p, NULL);
	for (int i = 0; i < 10; i++) {
		side_put(AT, &p.client, 5);
		side_put(AT, &p.client, 500);
		control_pause(AT);
		side_put(AT, &p.client, 30000);
		control_resume(AT);
		side_get(AT, &p.server, 30505);
		pair_ping_pong(AT, &p, 2, 10);
	}
	pair_close(&p);
}

/* 200 commands, each of which takes its time on a slow machine under a sanitizer. */
CASE(order_toggled_ping_pong, .seconds = 60)
{
	struct pair p;
	u64 before;

	pair_open(AT, &p, NULL);
	for (int i = 0; i < 100; i++) {
		control_pause(AT);
		before = side_redirected(AT, &p.client);
		pair_ping_pong(AT, &p, 3, 100 + (size_t)i * 50);
		if (t->control->mode == CONTROL_SKEP)
			CHECK_EQ(side_redirected(AT, &p.client), before);
		control_resume(AT);
		pair_ping_pong(AT, &p, 3, 100 + (size_t)i * 50);
		side_expect_redirected(AT, &p.client, before);
	}
	pair_close(&p);
}

struct streaming {
	struct test *t;
	struct side *side;
	size_t bytes, chunk;
	unsigned pause_us; /* between reads */
};

static void *stream_out(void *arg)
{
	struct streaming *s = arg;
	struct test *t = s->t;

	side_put_in(AT, s->side, s->bytes, s->chunk);
	return NULL;
}

static void *stream_in(void *arg)
{
	struct streaming *s = arg;
	struct test *t = s->t;

	for (size_t left = s->bytes; left;) {
		size_t part = left < 30000 ? left : 30000;

		side_get(AT, s->side, part);
		left -= part;
		if (s->pause_us)
			usleep(s->pause_us);
	}
	return NULL;
}

/* A stream in each direction, of chunks that are different, while somebody cannot make up his mind. */
static void toggle_streams(struct test *t, size_t bytes, size_t chunk, unsigned pause_us,
			   unsigned toggles)
{
	struct pair p;
	struct streaming up = { t, &p.client, bytes, chunk, 0 };
	struct streaming down = { t, &p.server, bytes, chunk / 3 + 1, 0 };
	struct streaming up_in = { t, &p.server, bytes, 0, pause_us };
	struct streaming down_in = { t, &p.client, bytes, 0, pause_us };
	pthread_t threads[4];

	pair_open(AT, &p, &(struct pair_how){ .nonblocking = true });
	threads[0] = thread_start(AT, stream_out, &up);
	threads[1] = thread_start(AT, stream_in, &up_in);
	threads[2] = thread_start(AT, stream_out, &down);
	threads[3] = thread_start(AT, stream_in, &down_in);
	for (unsigned i = 0; i < toggles; i++) {
		control_pause(AT);
		usleep(1000 + i % 7 * 300);
		control_resume(AT);
		usleep(1000 + i % 5 * 500);
	}
	for (int i = 0; i < 4; i++)
		thread_join(AT, threads[i]);
	pair_ping_pong(AT, &p, 10, 100);
	pair_close(&p);
}

CASE(order_toggled_stream, .naive = NAIVE_FAILS, .seconds = 20)
{
	toggle_streams(t, 48 << 20, 16384, 0, 100);
}

CASE(order_toggled_stream_slow_reader, .naive = NAIVE_FAILS, .seconds = 20)
{
	toggle_streams(t, 8 << 20, 5000, 500, 100);
}

CASE(order_late_reader)
{
	struct pair p;

	pair_open(AT, &p, NULL);
	for (int i = 0; i < 5; i++) {
		for (size_t n = 1; n <= 20; n++)
			side_put(AT, &p.client, n * 100);
		test_sleep(50);
		side_get(AT, &p.server, 21000);
		side_put(AT, &p.server, 10);
		test_sleep(10);
		side_get(AT, &p.client, 10);
	}
	pair_close(&p);
}

CASE(order_cork)
{
	struct pair p;

	pair_open(AT, &p, NULL);
	for (int i = 0; i < 50; i++) {
		side_set(AT, &p.client, IPPROTO_TCP, TCP_CORK, 1);
		side_put(AT, &p.client, 10);
		side_put(AT, &p.client, 20);
		side_set(AT, &p.client, IPPROTO_TCP, TCP_CORK, 0);
		side_get(AT, &p.server, 30);
		side_put(AT, &p.server, 10);
		side_get(AT, &p.client, 10);
	}
	pair_close(&p);
}

/* TCP holds back what is corked; it must not be overtaken then. */
CASE(order_corked_by_tcp, .naive = NAIVE_FAILS)
{
	struct pair p;

	pair_open(AT, &p, NULL);
	for (int i = 0; i < 10; i++) {
		control_pause(AT);
		side_set(AT, &p.client, IPPROTO_TCP, TCP_CORK, 1);
		side_put(AT, &p.client, 10);
		control_resume(AT);
		side_put(AT, &p.client, 20);
		side_set(AT, &p.client, IPPROTO_TCP, TCP_CORK, 0);
		side_get(AT, &p.server, 30);
		pair_ping_pong(AT, &p, 3, 10);
	}
	pair_close(&p);
}

static void send_part(struct at at, struct side *s, size_t n, int flags)
{
	u8 bytes[4096];

	stream_fill(&s->out, bytes, n);
	CHECK_AT(at, send(s->fd, bytes, n, flags | MSG_NOSIGNAL) == (ssize_t)n);
}

CASE(order_msg_more)
{
	struct pair p;

	pair_open(AT, &p, NULL);
	for (int i = 0; i < 50; i++) {
		send_part(AT, &p.client, 100, MSG_MORE);
		send_part(AT, &p.client, 1000, MSG_MORE);
		send_part(AT, &p.client, 10, 0);
		side_get(AT, &p.server, 1110);
		side_put(AT, &p.server, 10);
		side_get(AT, &p.client, 10);
	}
	pair_close(&p);
}

/* TCP with Nagle's algorithm waits 40 ms between the two writes. */
CASE(order_write_write_read)
{
	struct pair p;
	u64 start;

	pair_open(AT, &p, NULL);
	side_set(AT, &p.client, IPPROTO_TCP, TCP_NODELAY, 0);
	side_set(AT, &p.server, IPPROTO_TCP, TCP_NODELAY, 0);
	start = test_ms();
	for (int i = 0; i < 20; i++) {
		side_put(AT, &p.client, 32);
		side_put(AT, &p.client, 32);
		side_get(AT, &p.server, 64);
		side_put(AT, &p.server, 64);
		side_get(AT, &p.client, 64);
	}
	if (t->control->mode == CONTROL_SKEP)
		CHECK(test_ms() - start < 400 * t->scale);
	pair_close(&p);
}

CASE(order_nonblocking_connect)
{
	struct pair p;
	struct address to;

	p.listener = pair_listen(AT, "127.0.0.1", 0, NULL);
	address_set(AT, &to, "127.0.0.1", address_port(AT, p.listener));
	for (int i = 0; i < 50; i++) {
		p.client.fd = pair_socket(AT, "127.0.0.1", 0);
		side_nonblocking(AT, &p.client);
		CHECK_ERRNO(connect(p.client.fd, (struct sockaddr *)&to.name, to.size),
			    EINPROGRESS);
		CHECK(side_poll(AT, &p.client, POLLOUT, 5000));
		CHECK_EQ(side_option(AT, &p.client, SOL_SOCKET, SO_ERROR), 0);
		p.server.fd = OK(accept(p.listener, NULL, NULL));
		pair_streams(AT, &p);
		pair_ping_pong(AT, &p, 20, 100);
		side_expect_redirected(AT, &p.client, 0);
		side_expect_redirected(AT, &p.server, 0);
		side_close(&p.client);
		side_close(&p.server);
	}
}

static void fastopen(struct at at, int fd)
{
	int queue = 16;

	OK_AT(at, setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof(queue)));
}

static void speak_in_handshake(struct test *t, struct peer *peer, void *arg)
{
	struct pair p;
	struct address to;
	u8 bytes[100];

	(void)peer;
	(void)arg;
	net_sysctl(AT, "ipv4/tcp_fastopen", "519"); /* both roles, and without cookies: 0x207 */
	p.listener = pair_listen(AT, "127.0.0.1", 0, fastopen);
	address_set(AT, &to, "127.0.0.1", address_port(AT, p.listener));
	for (int i = 0; i < 20; i++) {
		p.client.fd = pair_socket(AT, "127.0.0.1", 0);
		pair_streams(AT, &p);
		stream_fill(&p.client.out, bytes, sizeof(bytes));
		CHECK_EQ(sendto(p.client.fd, bytes, sizeof(bytes), MSG_FASTOPEN,
				(struct sockaddr *)&to.name, to.size),
			 sizeof(bytes));
		side_put(AT, &p.client, 20);
		p.server.fd = OK(accept(p.listener, NULL, NULL));
		side_put(AT, &p.client, 30);
		side_get(AT, &p.server, 150);
		pair_ping_pong(AT, &p, 20, 100);
		side_close(&p.client);
		side_close(&p.server);
	}
}

/* Data in the handshake itself. */
CASE(order_fastopen, .naive = NAIVE_EITHER)
{
	struct peer peer;

	peer_start(AT, &peer, PEER_NETNS, speak_in_handshake, NULL);
	peer_join(AT, &peer);
}

enum { ORDER_RECORD = 512, ORDER_RECORDS = 2000 };

struct recorder {
	struct test *t;
	int fd;
	u8 id;
};

static void *send_records(void *arg)
{
	struct recorder *r = arg;
	struct test *t = r->t;
	u8 record[ORDER_RECORD];

	for (u32 i = 0; i < ORDER_RECORDS; i++) {
		memset(record, r->id, sizeof(record));
		memcpy(record + 1, &i, sizeof(i));
		CHECK_EQ(send(r->fd, record, sizeof(record), MSG_NOSIGNAL), sizeof(record));
	}
	return NULL;
}

/* Each message stays in one piece, and those of one thread in order. */
CASE(order_two_writers)
{
	struct pair p;
	struct recorder a, b;
	pthread_t first, second;
	u32 next[2] = { 0, 0 };

	pair_open(AT, &p, NULL);
	a = (struct recorder){ t, p.client.fd, 0 };
	b = (struct recorder){ t, p.client.fd, 1 };
	first = thread_start(AT, send_records, &a);
	second = thread_start(AT, send_records, &b);
	for (int i = 0; i < 2 * ORDER_RECORDS; i++) {
		u8 record[ORDER_RECORD];
		u32 n;

		test_progress(AT, "receiving records", (u64)i, 2 * ORDER_RECORDS);
		for (size_t got = 0; got < sizeof(record);)
			got += (size_t)OK(recv(p.server.fd, record + got, sizeof(record) - got, 0));
		memcpy(&n, record + 1, sizeof(n));
		CHECK(record[0] < 2);
		CHECK_EQ(n, next[record[0]]++);
		for (size_t at = 5; at < sizeof(record); at++)
			CHECK_EQ(record[at], record[0]);
	}
	thread_join(AT, first);
	thread_join(AT, second);
	pair_close(&p);
}
