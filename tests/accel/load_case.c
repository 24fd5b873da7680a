/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Much of everything. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "accel/control.h"
#include "accel/pair.h"
#include "accel/peer.h"

enum { LOAD_CONNECTIONS = 1000, LOAD_CHURN = 5000, LOAD_MIXED = 6, LOAD_LARGEST = 200000 };

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

struct mixed {
	struct test *t;
	struct side side; /* the process has this end only */
	u64 bytes, random;
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

static void stall(u64 *state)
{
	u64 r = next_random(state);

	if (r % 500 == 0)
		usleep((unsigned)(r >> 20 & 4095));
}

static void *mixed_out(void *arg)
{
	struct mixed *m = arg;
	struct test *t = m->t;
	u64 state = m->random;

	for (u64 left = m->bytes; left;) {
		size_t part = random_size(&state);

		if (part > left)
			part = left;
		side_put_in(AT, &m->side, part, LOAD_LARGEST);
		left -= part;
		stall(&state);
	}
	OK(shutdown(m->side.fd, SHUT_WR));
	return NULL;
}

static void mixed_in(struct mixed *m)
{
	struct test *t = m->t;
	u64 state = m->random ^ 0x5555;

	for (u64 left = m->bytes; left;) {
		size_t part = random_size(&state);

		if (part > left)
			part = left;
		side_get(AT, &m->side, part);
		left -= part;
		stall(&state);
	}
	side_eof(AT, &m->side);
}

/* One end in a process of its own, which sends and receives at once. */
static void mix(struct test *t, struct peer *peer, void *arg)
{
	struct mixed *m = arg;
	pthread_t thread;

	(void)peer;
	m->t = t;
	thread = thread_start(AT, mixed_out, m);
	mixed_in(m);
	thread_join(AT, thread);
}

static void start_mixed(struct test *t, struct pair *p, u64 bytes, u64 random, struct peer peers[2])
{
	struct mixed client = { t, p->client, bytes, random },
		     server = { t, p->server, bytes, random * 3 };

	peer_start(AT, &peers[0], 0, mix, &client);
	side_close(&p->client);
	peer_start(AT, &peers[1], 0, mix, &server);
	side_close(&p->server);
}

/* The peer processes must not have each other's ends, else nobody is alone on a socket. */
static void mixed_traffic(struct test *t, bool does_switch)
{
	u64 bytes = t->bytes / LOAD_MIXED / 2, random = 88172645463325252ull;
	struct peer peers[LOAD_MIXED][2];
	unsigned switches = 0;

	for (int i = 0; i < LOAD_MIXED; i++) {
		struct pair p;

		pair_open(AT, &p, &(struct pair_how){ .nonblocking = true });
		close(p.listener);
		start_mixed(t, &p, bytes, next_random(&random), peers[i]);
	}
	while (does_switch && switches < 40) {
		control_pause(AT);
		test_sleep((unsigned)(next_random(&random) % 20));
		control_resume(AT);
		test_sleep((unsigned)(next_random(&random) % 60));
		switches++;
	}
	for (int i = 0; i < LOAD_MIXED; i++)
		for (int k = 0; k < 2; k++)
			peer_join(AT, &peers[i][k]);
}

CASE(load_mixed_traffic, .seconds = 120)
{
	mixed_traffic(t, false);
}

CASE(load_mixed_traffic_and_switches, .seconds = 120, .naive = NAIVE_FAILS)
{
	mixed_traffic(t, true);
}
