/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs that handle signals and whose sockets block, but that wait in poll(): accel learns that, and takes their connections.
 * A process serves, this one asks; each of them is waited for a little by the other, so that it does sleep.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "accel/control.h"
#include "accel/pair.h"
#include "accel/peer.h"

enum { ROUNDS = 20, SIZE = 10, CONNECTIONS = 5, FLOOD = 8 << 20 };

static const struct pair_how blocking = { .cold = true };
static const struct pair_how nonblocking = { .cold = true, .nonblocking = true };

struct serving {
	struct pair pair;
	bool sleeps;       /* in recv(), not in poll() */
	bool floods;       /* sends FLOOD bytes first, which takes its time */
	bool blocks_later; /* the listener does not block, nor the client when it connects */
};

static void on_signal(int number)
{
	(void)number;
}

static void handle_signals(struct test *t)
{
	struct sigaction action = { .sa_handler = on_signal };

	OK(sigaction(SIGALRM, &action, NULL));
}

/* Until it is told to end. */
static void serve(struct test *t, struct peer *peer, void *arg)
{
	struct serving *s = arg;
	struct side *server = &s->pair.server;

	side_close(&s->pair.client);
	if (s->floods)
		side_put(AT, server, FLOOD);
	for (int i = 0; i < ROUNDS; i++) {
		if (!s->sleeps)
			CHECK(side_poll(AT, server, POLLIN, 5000));
		side_get(AT, server, SIZE);
		test_sleep(2);
		side_put(AT, server, SIZE);
	}
	peer_wait(AT, peer);
	side_close(server);
}

static void get_by_polling(struct at at, struct side *s, size_t n)
{
	while (n) {
		CHECK_AT(at, side_poll(at, s, POLLIN, 5000));
		n -= side_get_there(at, s);
	}
}

/* One connection more; messages from here that were redirected. */
static u64 ask(struct at at, struct serving *s)
{
	struct test *t = at.t;
	struct pair *p = &s->pair;
	struct peer peer;
	u64 redirected;

	pair_again(at, p, s->blocks_later ? &nonblocking : &blocking);
	if (s->blocks_later) {
		OK_AT(at, fcntl(p->client.fd, F_SETFL, 0));
		OK_AT(at, fcntl(p->server.fd, F_SETFL, 0));
	}
	peer_start(at, &peer, 0, serve, s);
	side_close(&p->server);
	if (s->floods) {
		test_sleep(50);
		get_by_polling(at, &p->client, FLOOD);
	}
	for (int i = 0; i < ROUNDS; i++) {
		test_sleep(2);
		side_put(at, &p->client, SIZE);
		CHECK(side_poll(at, &p->client, POLLIN, 5000));
		side_get(at, &p->client, SIZE);
	}
	redirected = side_redirected(at, &p->client);
	peer_tell(at, &peer);
	peer_join(at, &peer);
	side_close(&p->client);
	return redirected;
}

/* Connections one after the other until one is redirected, or enough are not; the messages. */
static u64 get_in(struct at at, struct serving *s)
{
	u64 redirected = 0;

	for (int i = 0; i < CONNECTIONS && !redirected; i++) {
		redirected = ask(at, s);
		if (!i && redirected)
			test_fail(at, "it got in at once");
	}
	return redirected;
}

CASE(habit_of_polling_is_learned, .only_skep = true, .seconds = 20)
{
	struct serving s = { 0 };

	handle_signals(t);
	s.pair.listener = pair_listen(AT, "127.0.0.1", 0, NULL);
	CHECK(get_in(AT, &s) > ROUNDS / 2);
	close(s.pair.listener);
}

/* As MariaDB and its clients do. */
CASE(habit_of_those_that_block_later, .only_skep = true, .seconds = 20)
{
	struct serving s = { .blocks_later = true };

	handle_signals(t);
	s.pair.listener = pair_listen(AT, "127.0.0.1", 0, pair_unblock);
	CHECK(get_in(AT, &s) > ROUNDS / 2);
	s.sleeps = true;
	CHECK(ask(AT, &s) <= 1);
	CHECK_EQ(ask(AT, &s), 0);
	close(s.pair.listener);
}

static void be_interrupted(struct test *t, struct peer *peer, void *arg)
{
	struct serving *s = arg;
	u8 byte;

	side_close(&s->pair.client);
	ualarm(20000, 0);
	CHECK_ERRNO(recv(s->pair.server.fd, &byte, 1, 0), EINTR);
	peer_tell(AT, peer);
	peer_wait(AT, peer);
	side_get(AT, &s->pair.server, SIZE);
}

/* It sleeps in recv() after all: its connection goes back to TCP with what is sent then, and none gets in after it. */
CASE(habit_is_broken, .only_skep = true, .seconds = 20)
{
	struct serving s = { 0 };
	struct accel_totals before, totals;
	struct peer peer;

	handle_signals(t);
	s.pair.listener = pair_listen(AT, "127.0.0.1", 0, NULL);
	CHECK(get_in(AT, &s) > 0);
	s.sleeps = true;
	CHECK(control_totals(&before));
	CHECK(ask(AT, &s) <= 1);
	CHECK(control_totals(&totals));
	CHECK_EQ(totals.fallback[ACCEL_REASON_BLOCKING],
		 before.fallback[ACCEL_REASON_BLOCKING] + 1);
	CHECK_EQ(ask(AT, &s), 0);
	pair_again(AT, &s.pair, &blocking);
	peer_start(AT, &peer, 0, be_interrupted, &s);
	side_close(&s.pair.server);
	peer_wait(AT, &peer);
	side_put(AT, &s.pair.client, SIZE);
	peer_tell(AT, &peer);
	peer_join(AT, &peer);
	pair_close(&s.pair);
}

/* Who sleeps in recv() from the beginning stays with TCP. */
CASE(habit_of_sleeping_is_learned, .only_skep = true, .seconds = 20)
{
	struct serving s = { .sleeps = true };

	handle_signals(t);
	s.pair.listener = pair_listen(AT, "127.0.0.1", 0, NULL);
	CHECK_EQ(get_in(AT, &s), 0);
	s.sleeps = false;
	CHECK_EQ(ask(AT, &s), 0);
	close(s.pair.listener);
}

/* To wait for room in send() is not to sleep in recv(). */
CASE(habit_and_a_full_buffer, .only_skep = true, .seconds = 20)
{
	struct serving s = { .floods = true };

	handle_signals(t);
	s.pair.listener = pair_listen(AT, "127.0.0.1", 0, NULL);
	CHECK(get_in(AT, &s) > 0);
	CHECK(ask(AT, &s) > 0);
	close(s.pair.listener);
}

static void sleep_through_off(struct test *t, struct peer *peer, void *arg)
{
	struct serving *s = arg;
	struct side *server = &s->pair.server;

	side_close(&s->pair.client);
	for (int i = 0; i < 3; i++) {
		CHECK(side_poll(AT, server, POLLIN, 5000));
		side_get(AT, server, SIZE);
		side_put(AT, server, SIZE);
	}
	peer_send(AT, peer, (u64)side_option(AT, server, IPPROTO_TCP, TCP_NOTSENT_LOWAT));
	CHECK(side_poll(AT, server, POLLIN, 60000));
	side_get(AT, server, SIZE);
	CHECK_EQ(side_option(AT, server, IPPROTO_TCP, TCP_NOTSENT_LOWAT), 0);
}

/* `off` wakes nobody who sleeps in recv(), but may wake who sleeps in poll(), and leaves nothing of itself there. */
CASE(habit_and_off, .only_skep = true, .seconds = 30)
{
	struct serving s = { 0 };
	struct peer peer;

	handle_signals(t);
	s.pair.listener = pair_listen(AT, "127.0.0.1", 0, NULL);
	CHECK(get_in(AT, &s) > 0);
	pair_again(AT, &s.pair, &blocking);
	peer_start(AT, &peer, 0, sleep_through_off, &s);
	side_close(&s.pair.server);
	for (int i = 0; i < 3; i++) {
		side_put(AT, &s.pair.client, SIZE);
		CHECK(side_poll(AT, &s.pair.client, POLLIN, 5000));
		side_get(AT, &s.pair.client, SIZE);
	}
	CHECK(peer_receive(AT, &peer) > 0);
	test_sleep(50);
	control_turn_off(AT);
	side_put(AT, &s.pair.client, SIZE);
	peer_join(AT, &peer);
	pair_close(&s.pair);
}

CASE(habit_is_not_wanted, .only_skep = true, .options = "--blocking no", .seconds = 20)
{
	struct serving s = { 0 };

	handle_signals(t);
	s.pair.listener = pair_listen(AT, "127.0.0.1", 0, NULL);
	CHECK_EQ(get_in(AT, &s), 0);
	close(s.pair.listener);
}
