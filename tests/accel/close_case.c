/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How connections end. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "accel/control.h"
#include "accel/pair.h"
#include "accel/peer.h"

static void half_close(struct test *t, bool by_client)
{
	for (int i = 0; i < 10; i++) {
		struct pair p;
		struct side *first = by_client ? &p.client : &p.server;
		struct side *second = by_client ? &p.server : &p.client;

		pair_open(AT, &p, NULL);
		side_put(AT, first, 1000);
		OK(shutdown(first->fd, SHUT_WR));
		side_get(AT, second, 1000);
		side_eof(AT, second);
		for (int n = 0; n < 10; n++) {
			side_put(AT, second, 20000);
			side_get(AT, first, 20000);
		}
		side_close(second);
		side_eof(AT, first);
		pair_close(&p);
	}
}

CASE(close_half_by_client)
{
	half_close(t, true);
}

CASE(close_half_by_server)
{
	half_close(t, false);
}

/* The kernel asks the program that redirects before it looks whether sending is over. */
CASE(close_send_after_shutdown, .naive = NAIVE_FAILS)
{
	struct pair p;

	pair_open(AT, &p, NULL);
	OK(shutdown(p.client.fd, SHUT_WR));
	CHECK_ERRNO(send(p.client.fd, "x", 1, MSG_NOSIGNAL), EPIPE);
	side_put(AT, &p.server, 100);
	side_get(AT, &p.client, 100);
	pair_close(&p);
}

/* What was sent before arrives, however late it is read. */
CASE(close_shutdown_with_data_pending)
{
	for (size_t size = 1; size < 1000000; size = size * 5 + 3) {
		struct pair p;

		pair_open(AT, &p, NULL);
		side_put(AT, &p.client, size);
		OK(shutdown(p.client.fd, SHUT_WR));
		test_sleep(10);
		side_get(AT, &p.server, size);
		side_eof(AT, &p.server);
		pair_close(&p);
	}
}

CASE(close_fin_after_data)
{
	for (size_t size = 1; size < 1000000; size = size * 3 + 1) {
		struct pair p;

		pair_open(AT, &p, NULL);
		side_put(AT, &p.client, size);
		side_close(&p.client);
		if (size % 2)
			test_sleep(10);
		side_get(AT, &p.server, size);
		side_eof(AT, &p.server);
		pair_close(&p);
	}
}

/* The last bytes by TCP, those before not. */
CASE(close_fin_after_pause)
{
	struct pair p;

	for (int i = 0; i < 10; i++) {
		pair_open(AT, &p, NULL);
		side_put(AT, &p.client, 5000);
		control_pause(AT);
		side_put(AT, &p.client, 7000);
		side_close(&p.client);
		control_resume(AT);
		test_sleep(5);
		side_get(AT, &p.server, 12000);
		side_eof(AT, &p.server);
		pair_close(&p);
	}
}

CASE(close_reset)
{
	struct pair p;
	u8 byte;

	pair_open(AT, &p, NULL);
	side_reset(AT, &p.client);
	CHECK(side_poll(AT, &p.server, POLLIN, 5000));
	CHECK_ERRNO(recv(p.server.fd, &byte, 1, 0), ECONNRESET);
	CHECK_EQ(recv(p.server.fd, &byte, 1, 0), 0);
	CHECK_ERRNO(send(p.server.fd, &byte, 1, MSG_NOSIGNAL), EPIPE);
	pair_close(&p);
}

/* TCP's bytes that are in the reader's queue stay readable after a reset. */
CASE(close_reset_with_data_pending)
{
	struct pair p;
	u8 byte;

	pair_open(AT, &p, NULL);
	side_put(AT, &p.client, 5000);
	side_reset(AT, &p.client);
	test_sleep(10);
	side_get(AT, &p.server, 5000);
	CHECK_ERRNO(recv(p.server.fd, &byte, 1, 0), ECONNRESET);
	pair_close(&p);
}

CASE(close_so_error_after_reset)
{
	struct pair p;

	pair_open(AT, &p, NULL);
	side_reset(AT, &p.server);
	CHECK(side_poll(AT, &p.client, POLLIN, 5000));
	CHECK_EQ(side_option(AT, &p.client, SOL_SOCKET, SO_ERROR), ECONNRESET);
	CHECK_EQ(side_option(AT, &p.client, SOL_SOCKET, SO_ERROR), 0);
	pair_close(&p);
}

CASE(close_before_accept)
{
	struct pair p;

	p.listener = pair_listen(AT, "127.0.0.1", 0, NULL);
	for (int i = 0; i < 50; i++) {
		p.client.fd = pair_connect(AT, "127.0.0.1", address_port(AT, p.listener), 0, NULL);
		pair_streams(AT, &p);
		side_put(AT, &p.client, 100);
		side_put(AT, &p.client, 10000);
		side_close(&p.client);
		p.server.fd = OK(accept(p.listener, NULL, NULL));
		side_get(AT, &p.server, 10100);
		side_eof(AT, &p.server);
		side_close(&p.server);
	}
}

/* TCP tells the sender of bytes that nobody read by a reset; of redirected ones it does not know. */
CASE(close_with_unread_data, .plain_differs = true)
{
	struct pair p;

	pair_open(AT, &p, NULL);
	side_put(AT, &p.client, 1000);
	side_close(&p.server);
	side_eof(AT, &p.client);
	pair_close(&p);
}

CASE(close_listener_with_unaccepted)
{
	struct pair p;
	u8 byte;

	p.listener = pair_listen(AT, "127.0.0.1", 0, NULL);
	p.client.fd = pair_connect(AT, "127.0.0.1", address_port(AT, p.listener), 0, NULL);
	pair_streams(AT, &p);
	side_put(AT, &p.client, 1000);
	close(p.listener);
	CHECK(side_poll(AT, &p.client, POLLIN, 5000));
	CHECK_ERRNO(recv(p.client.fd, &byte, 1, 0), ECONNRESET);
	side_close(&p.client);
}

static int send_until_error(struct at at, struct side *s, int flags)
{
	u64 end = test_ms() + 3000 * at.t->scale;
	u8 bytes[100] = { 0 };

	while (test_ms() < end) {
		if (send(s->fd, bytes, sizeof(bytes), flags) < 0)
			return errno;
		test_sleep(1);
	}
	return 0;
}

CASE(close_send_after_peer_closed)
{
	struct pair p;

	for (int i = 0; i < 20; i++) {
		int err;

		pair_open(AT, &p, NULL);
		side_close(&p.server);
		err = send_until_error(AT, &p.client, MSG_NOSIGNAL);
		CHECK(err == EPIPE || err == ECONNRESET);
		CHECK_EQ(send_until_error(AT, &p.client, MSG_NOSIGNAL), EPIPE);
		pair_close(&p);
	}
}

static int signals; /* counted by a handler, which gets no argument */

static void on_pipe(int number)
{
	(void)number;
	signals++;
}

CASE(close_sigpipe)
{
	struct pair p;
	struct sigaction action = { .sa_handler = on_pipe };
	int err;

	OK(sigaction(SIGPIPE, &action, NULL));
	pair_open(AT, &p, &(struct pair_how){ .nonblocking = true });
	side_close(&p.server);
	err = send_until_error(AT, &p.client, 0);
	if (err == ECONNRESET)
		err = send_until_error(AT, &p.client, 0);
	CHECK_EQ(err, EPIPE);
	CHECK_EQ(signals, 1);
	CHECK_EQ(send_until_error(AT, &p.client, MSG_NOSIGNAL), EPIPE);
	CHECK_EQ(signals, 1);
	pair_close(&p);
}

static void send_and_exit(struct test *t, struct peer *peer, void *arg)
{
	struct pair *p = arg;

	side_close(&p->server);
	side_put(AT, &p->client, peer_receive(AT, peer));
}

CASE(close_exit_with_data_pending)
{
	for (size_t size = 1; size < 500000; size = size * 9 + 1) {
		struct pair p;
		struct peer peer;

		pair_open(AT, &p, NULL);
		peer_start(AT, &peer, 0, send_and_exit, &p);
		side_close(&p.client);
		peer_send(AT, &peer, size);
		if (size < 100000)
			peer_join(AT, &peer);
		side_get(AT, &p.server, size);
		side_eof(AT, &p.server);
		if (size >= 100000)
			peer_join(AT, &peer);
		pair_close(&p);
	}
}

static void send_always(struct test *t, struct peer *peer, void *arg)
{
	struct pair *p = arg;

	(void)peer;
	side_close(&p->server);
	for (;;)
		side_put_in(AT, &p->client, 100000, 3000);
}

/* A beginning of the stream, without a gap, and then the end. */
CASE(close_killed_writer)
{
	for (unsigned i = 0; i < 10; i++) {
		struct pair p;
		struct peer peer;
		u8 byte;
		ssize_t n;

		pair_open(AT, &p, NULL);
		peer_start(AT, &peer, 0, send_always, &p);
		side_close(&p.client);
		side_get(AT, &p.server, 10000 * i + 1);
		peer_kill(AT, &peer);
		do
			test_sleep(1);
		while (side_get_there(AT, &p.server));
		n = recv(p.server.fd, &byte, 1, 0);
		CHECK(n == 0 || errno == ECONNRESET);
		pair_close(&p);
	}
}

static void read_some(struct test *t, struct peer *peer, void *arg)
{
	struct pair *p = arg;

	side_close(&p->client);
	side_get(AT, &p->server, peer_receive(AT, peer));
}

/* Now and then the end comes while a message is being handed over. */
CASE(close_while_it_reads)
{
	static u8 bytes[65536];
	struct pair p;
	struct peer peer;

	for (u64 i = 1; i < 50; i++) {
		u64 end = test_ms() + 3000 * t->scale;
		ssize_t n;

		pair_open(AT, &p, NULL);
		peer_start(AT, &peer, 0, read_some, &p);
		side_close(&p.server);
		peer_send(AT, &peer, 20000 * i);
		side_put_in(AT, &p.client, 20000 * i, 20000);
		do
			n = send(p.client.fd, bytes, sizeof(bytes), MSG_NOSIGNAL);
		while (n > 0 && test_ms() < end);
		CHECK(n < 0 && (errno == EPIPE || errno == ECONNRESET));
		peer_join(AT, &peer);
		pair_close(&p);
	}
}

static void sleep_always(struct test *t, struct peer *peer, void *arg)
{
	struct pair *p = arg;

	(void)t;
	(void)peer;
	side_close(&p->client);
	pause();
}

CASE(close_killed_reader)
{
	struct pair p;
	struct peer peer;
	int err;

	pair_open(AT, &p, NULL);
	peer_start(AT, &peer, 0, sleep_always, &p);
	side_close(&p.server);
	side_put(AT, &p.client, 5000);
	peer_kill(AT, &peer);
	err = send_until_error(AT, &p.client, MSG_NOSIGNAL);
	CHECK(err == EPIPE || err == ECONNRESET);
	pair_close(&p);
}

struct waiting {
	struct test *t;
	int fd;
	ssize_t result;
	int err;
};

static void *receive_one(void *arg)
{
	struct waiting *w = arg;
	u8 byte;

	do {
		w->result = recv(w->fd, &byte, 1, 0);
		w->err = w->result < 0 ? errno : 0;
	} while (w->err == EAGAIN);
	return NULL;
}

static void *send_much(void *arg)
{
	struct waiting *w = arg;
	static u8 bytes[1 << 20];

	do
		w->result = send(w->fd, bytes, sizeof(bytes), MSG_NOSIGNAL);
	while (w->result > 0);
	w->err = errno;
	return NULL;
}

/* Whoever sleeps in a call on the socket is told of the end. */
static struct waiting end_under(struct test *t, thread_fn fn, bool by_reset)
{
	struct pair p;
	struct waiting w = { .t = t };
	pthread_t thread;

	pair_open(AT, &p, NULL);
	w.fd = p.server.fd;
	thread = thread_start(AT, fn, &w);
	test_sleep(200);
	if (by_reset)
		side_reset(AT, &p.client);
	else
		side_close(&p.client);
	if (!thread_ended(AT, thread, 5000 * t->scale))
		FAIL("nobody woke it");
	pair_close(&p);
	return w;
}

CASE(close_wakes_reader)
{
	struct waiting w = end_under(t, receive_one, false);

	CHECK_EQ(w.result, 0);
}

CASE(close_reset_wakes_reader)
{
	struct waiting w = end_under(t, receive_one, true);

	CHECK_EQ(w.err, ECONNRESET);
}

static void be_reset(struct test *t, struct peer *peer, void *arg)
{
	struct pair *p = arg;
	u8 byte;

	side_close(&p->client);
	peer_tell(AT, peer);
	CHECK_ERRNO(recv(p->server.fd, &byte, 1, 0), EAGAIN);
	CHECK_ERRNO(recv(p->server.fd, &byte, 1, 0), ECONNRESET);
}

/* The call that slept is told EAGAIN, and the next one of the reset. */
CASE(close_reset_is_told_by_eagain_first, .plain_differs = true)
{
	struct pair p;
	struct peer peer;

	pair_open(AT, &p, NULL);
	peer_start(AT, &peer, 0, be_reset, &p);
	side_close(&p.server);
	peer_wait(AT, &peer);
	test_sleep(100);
	side_reset(AT, &p.client);
	peer_join(AT, &peer);
	pair_close(&p);
}

CASE(close_wakes_writer, .naive = NAIVE_EITHER)
{
	struct waiting w = end_under(t, send_much, false);

	CHECK(w.err == EPIPE || w.err == ECONNRESET);
}

CASE(close_reset_wakes_writer, .naive = NAIVE_EITHER)
{
	struct waiting w = end_under(t, send_much, true);

	CHECK(w.err == EPIPE || w.err == ECONNRESET);
}

CASE(close_both_at_once)
{
	for (int i = 0; i < 100; i++) {
		struct pair p;

		pair_open(AT, &p, NULL);
		OK(shutdown(p.client.fd, SHUT_WR));
		OK(shutdown(p.server.fd, SHUT_WR));
		side_eof(AT, &p.client);
		side_eof(AT, &p.server);
		pair_close(&p);
	}
}

/* What came before shutdown(SHUT_RD) is there to be read, then the end. */
CASE(close_shut_read)
{
	struct pair p;

	pair_open(AT, &p, NULL);
	side_put(AT, &p.client, 1000);
	OK(shutdown(p.server.fd, SHUT_RD));
	side_get(AT, &p.server, 1000);
	side_eof(AT, &p.server);
	side_put(AT, &p.server, 100);
	side_get(AT, &p.client, 100);
	pair_close(&p);
}
