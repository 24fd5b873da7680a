/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Much of everything. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "accel/control.h"
#include "accel/pair.h"
#include "accel/peer.h"

enum {
	LOAD_CONNECTIONS = 1000,
	LOAD_CHURN = 5000,
	LOAD_MIXED = 6,
	LOAD_LARGEST = 200000,
	LOAD_HELD = 4000,
	LOAD_SWITCHES = 15,
	LOAD_BYTES = 256 << 20,
	LOAD_THINKERS = 10,
	LOAD_THINK_MS = 120, /* longer than an acknowledgement is held back */
	LOAD_THINK_SECONDS = 10,
};

CASE(load_1000_connections, .seconds = 60)
{
	struct pair *p = calloc(LOAD_CONNECTIONS, sizeof(*p));
	u64 redirected = 0;

	CHECK(p);
	p[0].listener = pair_listen(AT, "127.0.0.1", 0, NULL);
	for (int i = 0; i < LOAD_CONNECTIONS; i++) {
		p[i].listener = p[0].listener;
		pair_again(AT, &p[i], &(struct pair_how){ .cold = true });
	}
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < LOAD_CONNECTIONS; i++)
			side_put(AT, &p[i].client, 100 + (size_t)(i % 50));
		for (int i = LOAD_CONNECTIONS; i-- > 0;) {
			side_get(AT, &p[i].server, 100 + (size_t)(i % 50));
			side_put(AT, &p[i].server, 200);
		}
		for (int i = 0; i < LOAD_CONNECTIONS; i++)
			side_get(AT, &p[i].client, 200);
	}
	for (int i = 0; i < LOAD_CONNECTIONS; i++) {
		redirected += side_redirected(AT, &p[i].client) > 0;
		side_close(&p[i].client);
		side_close(&p[i].server);
	}
	if (t->control->mode == CONTROL_SKEP)
		CHECK_EQ(redirected, LOAD_CONNECTIONS);
	free(p);
}

static void fill_ends(struct test *t, bool is_filled)
{
	int ends = control_map("ends");
	static const struct accel_end none;

	OK(ends);
	for (u64 i = 0; i < ACCEL_MAX_ENDS; i++) {
		u64 key = 1ull << 63 | i;

		if (!is_filled)
			bpf_map_delete_elem(ends, &key);
		else if (bpf_map_update_elem(ends, &key, &none, BPF_ANY))
			break;
	}
	close(ends);
}

/* No room for another connection: it is one all the same. */
CASE(load_map_full, .only_skep = true, .seconds = 30)
{
	struct pair before, during, after;

	pair_open(AT, &before, NULL);
	fill_ends(t, true);
	pair_open(AT, &during, &(struct pair_how){ .cold = true });
	CHECK_EQ(side_redirected(AT, &during.client), 0);
	pair_ping_pong(AT, &during, 50, 1000);
	pair_ping_pong(AT, &before, 50, 1000);
	fill_ends(t, false);
	pair_open(AT, &after, NULL);
	pair_ping_pong(AT, &during, 50, 1000);
	pair_close(&before);
	pair_close(&during);
	pair_close(&after);
}

/* Connect, ask, be answered, close. */
CASE(load_churn, .seconds = 60)
{
	struct pair p;

	p.listener = pair_listen(AT, "127.0.0.1", 0, NULL);
	for (int i = 0; i < LOAD_CHURN; i++) {
		pair_again(AT, &p, &(struct pair_how){ .cold = true });
		side_put(AT, &p.client, 50);
		side_get(AT, &p.server, 50);
		side_put(AT, &p.server, 500);
		side_close(&p.server);
		side_get(AT, &p.client, 500);
		side_eof(AT, &p.client);
		side_close(&p.client);
	}
}

static void churn(struct test *t, struct peer *peer, void *arg)
{
	struct pair p;

	(void)peer;
	p.listener = pair_listen(AT, "127.0.0.1", 0, NULL);
	for (int i = 0; i < *(int *)arg; i++) {
		pair_again(AT, &p, &(struct pair_how){ .cold = true });
		pair_ping_pong(AT, &p, (unsigned)i % 30, 100);
		side_close(&p.client);
		side_eof(AT, &p.server);
		side_close(&p.server);
	}
}

/* By several processes at once, some of the connections long enough to be worth while. */
CASE(load_churn_at_once, .seconds = 60)
{
	struct peer peer[4];
	int times = 1000;

	for (int i = 0; i < 4; i++)
		peer_start(AT, &peer[i], 0, churn, &times);
	for (int i = 0; i < 4; i++)
		peer_join(AT, &peer[i]);
}

/* ---- random sizes, stalls and switches */

/* One end, in a process of its own. */
struct mixed {
	struct test *t;
	struct pair *pairs; /* LOAD_MIXED of them */
	struct side *side;
	u64 to_send, to_receive, random;
	u64 rests_until;     /* ms: it sends nothing */
	u64 held;            /* bytes sent bit by bit until */
	const bool *through; /* the switches have been; shared memory */
};

static u64 next_random(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Small, middle or large, as chance will have it. */
static size_t random_size(u64 *state)
{
	static const size_t largest[] = { 100, 2000, 20000, LOAD_LARGEST };
	u64 r = next_random(state);

	return 1 + r % largest[r >> 32 & 3];
}

/* One message, or as much of it as there is room for; a rest now and then, in which its reader comes to an end. */
static void mixed_send(struct mixed *m)
{
	static u8 buf[LOAD_LARGEST];
	struct test *t = m->t;
	struct stream next = m->side->out;
	size_t size = random_size(&m->random);
	bool is_held = m->to_send <= m->held && !__atomic_load_n(m->through, __ATOMIC_RELAXED);
	ssize_t sent;

	if (is_held && size > LOAD_HELD)
		size = LOAD_HELD;
	if (size > m->to_send)
		size = m->to_send;
	stream_fill(&next, buf, size);
	sent = send(m->side->fd, buf, size, MSG_NOSIGNAL);
	if (sent < 0 && errno == EAGAIN)
		return;
	m->side->out.at += (u64)OK(sent);
	m->to_send -= (u64)sent;
	if (!m->to_send)
		OK(shutdown(m->side->fd, SHUT_WR));
	if (is_held || next_random(&m->random) % 16 == 0)
		m->rests_until = test_ms() + (m->random >> 20) % 16;
}

/* All that is there; a slow reader now and then. */
static void mixed_receive(struct mixed *m)
{
	struct test *t = m->t;
	size_t got = side_get_there(AT, m->side);

	if (!got || got > m->to_receive)
		FAIL("%zu bytes where there were %llu to come", got,
		     (unsigned long long)m->to_receive);
	m->to_receive -= got;
	if (next_random(&m->random) % 64 == 0)
		usleep((unsigned)(m->random >> 20 & 8191));
}

/*
 * An event loop, as most programs have that talk to many. It must not have the other ends, else nobody is alone on a
 * socket.
 */
static void mix(struct test *t, struct peer *peer, void *arg)
{
	struct mixed *m = arg;

	(void)peer;
	for (int i = 0; i < LOAD_MIXED; i++) {
		if (m->side != &m->pairs[i].client)
			side_close(&m->pairs[i].client);
		if (m->side != &m->pairs[i].server)
			side_close(&m->pairs[i].server);
	}
	while (m->to_send || m->to_receive) {
		bool rests = m->to_send && m->rests_until > test_ms();
		struct pollfd p = { .fd = m->side->fd };

		p.events = (short)((m->to_receive ? POLLIN : 0) |
				   (m->to_send && !rests ? POLLOUT : 0));
		OK(poll(&p, 1, rests ? 1 : 1000));
		test_progress(AT, "to receive yet", m->to_receive, 0);
		if (p.revents & POLLIN)
			mixed_receive(m);
		if (p.revents & POLLOUT)
			mixed_send(m);
	}
	side_eof(AT, m->side);
}

/* Until the traffic ends, which waits for some switches: on a busy machine one takes long. */
static void switch_at_random(struct test *t, u64 *random, const struct peer *last, bool *through)
{
	for (int i = 0; !peer_has_ended(last); i++) {
		control_pause(AT);
		test_sleep((unsigned)(next_random(random) % 20));
		control_resume(AT);
		test_sleep((unsigned)(next_random(random) % 100));
		__atomic_store_n(through, i >= LOAD_SWITCHES, __ATOMIC_RELAXED);
	}
}

struct moves {
	u64 messages, returns; /* redirected; from TCP back to that */
};

static struct moves moves(const struct test *t)
{
	struct accel_totals totals;

	if (t->control->mode != CONTROL_SKEP || !control_totals(&totals))
		return (struct moves){ 0 };
	return (struct moves){ control_messages(), totals.counter[ACCEL_COUNT_returns] };
}

static void mixed_traffic(struct test *t, bool does_switch)
{
	u64 random = 88172645463325252ull;
	struct moves before = moves(t), after;
	struct pair pairs[LOAD_MIXED];
	struct peer peers[LOAD_MIXED][2];
	u64 redirected;
	bool *through = mmap(NULL, sizeof(*through), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(through != MAP_FAILED);
	*through = !does_switch;
	for (int i = 0; i < LOAD_MIXED; i++)
		pair_open(AT, &pairs[i], &(struct pair_how){ .nonblocking = true });
	for (int i = 0; i < LOAD_MIXED; i++) {
		u64 bytes = t->bytes / LOAD_MIXED / 2;
		struct mixed m = {
			.t = t,
			.pairs = pairs,
			.side = &pairs[i].client,
			.to_send = bytes,
			.to_receive = bytes,
			.random = next_random(&random),
			.held = bytes / 2,
			.through = through,
		};

		peer_start(AT, &peers[i][0], 0, mix, &m);
		m.side = &pairs[i].server;
		m.random = next_random(&random);
		peer_start(AT, &peers[i][1], 0, mix, &m);
	}
	for (int i = 0; i < LOAD_MIXED; i++)
		pair_close(&pairs[i]);
	if (does_switch)
		switch_at_random(t, &random, &peers[LOAD_MIXED - 1][1], through);
	for (int i = 0; i < LOAD_MIXED; i++)
		for (int k = 0; k < 2; k++)
			peer_join(AT, &peers[i][k]);
	munmap(through, sizeof(*through));
	after = moves(t);
	/* In the long run directions that seldom are quiet stay with TCP. */
	redirected = t->bytes < LOAD_BYTES ? t->bytes >> 19 : LOAD_BYTES >> 19;
	if (t->control->mode == CONTROL_SKEP &&
	    (after.messages - before.messages < redirected ||
	     after.returns - before.returns < (does_switch ? 5 : 0)))
		FAIL("only %llu messages were redirected, and %llu times after a fallback",
		     (unsigned long long)(after.messages - before.messages),
		     (unsigned long long)(after.returns - before.returns));
}

CASE(load_mixed_traffic, .seconds = 120)
{
	mixed_traffic(t, false);
}

CASE(load_mixed_traffic_and_switches, .seconds = 120, .naive = NAIVE_FAILS)
{
	mixed_traffic(t, true);
}

/* ---- requests of programs that sleep in recv(), and replies that take their time */

struct thinker {
	int listener;
	u16 port;
	u64 seed;
	const bool *is_over; /* shared memory */
};

/* What both ends know of a connection before it begins. */
struct talk {
	u64 random;
	struct side side;
	u32 rounds;
};

static struct talk talk_begin(struct test *t, struct thinker *th, int fd, bool is_client)
{
	struct talk talk = { .random = next_random(&th->seed) | 1, .side.fd = fd };

	talk.side.out.seed = (talk.random & 0xfffffe) + (is_client ? 0 : 1);
	talk.side.in.seed = (talk.random & 0xfffffe) + (is_client ? 1 : 0);
	talk.rounds = 1 + (u32)(next_random(&talk.random) % 12);
	side_set(AT, &talk.side, IPPROTO_TCP, TCP_QUICKACK, 0); /* acknowledgements come late */
	return talk;
}

static void think(struct talk *talk, bool is_mine)
{
	u64 r = next_random(&talk->random);

	if (is_mine && r % 4 == 0)
		test_sleep((unsigned)(r >> 32) % LOAD_THINK_MS);
}

static void answer(struct test *t, struct peer *peer, void *arg)
{
	struct thinker *th = arg;
	u8 byte;

	(void)peer;
	for (;;) {
		struct talk talk = talk_begin(t, th, OK(accept(th->listener, NULL, NULL)), false);

		if (!OK(recv(talk.side.fd, &byte, 1, MSG_PEEK)))
			return;
		for (u32 i = 0; i < talk.rounds; i++) {
			side_get(AT, &talk.side, random_size(&talk.random));
			think(&talk, true);
			side_put(AT, &talk.side, random_size(&talk.random));
			think(&talk, false);
		}
		side_eof(AT, &talk.side);
		side_close(&talk.side);
	}
}

/* The last connection is closed without a word. */
static void ask(struct test *t, struct peer *peer, void *arg)
{
	struct thinker *th = arg;
	bool is_over;

	(void)peer;
	close(th->listener);
	do {
		int fd = pair_connect(AT, "127.0.0.1", th->port, 0, NULL);
		struct talk talk = talk_begin(t, th, fd, true);

		is_over = __atomic_load_n(th->is_over, __ATOMIC_RELAXED);
		for (u32 i = 0; i < talk.rounds && !is_over; i++) {
			side_put(AT, &talk.side, random_size(&talk.random));
			think(&talk, false);
			side_get(AT, &talk.side, random_size(&talk.random));
			think(&talk, true);
		}
		side_close(&talk.side);
	} while (!is_over);
}

/* How many messages were redirected meanwhile. */
static u64 switch_all(struct test *t, u64 *random)
{
	u64 messages = 0, until = test_ms() + LOAD_THINK_SECONDS * 1000;

	while (test_ms() < until) {
		test_sleep((unsigned)(next_random(random) % 150));
		if (*random >> 40 & 1) {
			control_pause(AT);
			test_sleep((unsigned)(next_random(random) % 60));
			control_resume(AT);
		} else {
			if (t->control->mode == CONTROL_SKEP)
				messages += control_messages();
			control_turn_off(AT);
			test_sleep((unsigned)(next_random(random) % 60));
			control_turn_on(AT);
		}
	}
	return messages;
}

CASE(load_thinkers_and_switches, .alone = true, .naive = NAIVE_FAILS, .seconds = 60)
{
	bool *is_over = mmap(NULL, sizeof(*is_over), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct peer peers[LOAD_THINKERS][2];
	u64 random = 88172645463325252ull;

	CHECK(is_over != MAP_FAILED);
	control_turn_on(AT);
	for (int i = 0; i < LOAD_THINKERS; i++) {
		struct thinker th = {
			.listener = pair_listen(AT, "127.0.0.1", 0, NULL),
			.seed = next_random(&random),
			.is_over = is_over,
		};

		th.port = address_port(AT, th.listener);
		peer_start(AT, &peers[i][0], 0, answer, &th);
		peer_start(AT, &peers[i][1], 0, ask, &th);
		close(th.listener);
	}
	if (!switch_all(t, &random) && t->control->mode == CONTROL_SKEP)
		FAIL("nothing was redirected");
	__atomic_store_n(is_over, true, __ATOMIC_RELAXED);
	for (int i = 0; i < LOAD_THINKERS; i++)
		for (int k = 0; k < 2; k++)
			peer_join(AT, &peers[i][k]);
	munmap(is_over, sizeof(*is_over));
	control_turn_off(AT);
}
