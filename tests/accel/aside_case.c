/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where TCP is the faster one, accel steps aside. */
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "accel/control.h"
#include "accel/pair.h"
#include "accel/peer.h"

enum { ASIDE_WRITES = 200 };

/* Directions that went back for that reason. */
static u64 asides(struct test *t)
{
	struct accel_totals totals;

	if (t->control->mode != CONTROL_SKEP || !control_totals(&totals))
		return 0;
	return totals.fallback[ACCEL_REASON_SMALL];
}

struct way {
	size_t size;           /* of a write */
	unsigned answer_every; /* so many of them; 0: never */
	bool has_nagle;        /* no TCP_NODELAY */
};

/* Many writes, each read. Whether the stream went back to TCP. */
static bool goes_aside(struct test *t, struct way w)
{
	struct pair p;
	u64 before = asides(t);
	bool went;

	pair_open(AT, &p, NULL);
	side_set(AT, &p.client, IPPROTO_TCP, TCP_NODELAY, !w.has_nagle);
	for (unsigned i = 1; i <= ASIDE_WRITES; i++) {
		side_put(AT, &p.client, w.size);
		side_get(AT, &p.server, w.size);
		if (w.answer_every && i % w.answer_every == 0) {
			side_put(AT, &p.server, 1);
			side_get(AT, &p.client, 1);
		}
	}
	went = asides(t) > before;
	pair_ping_pong(AT, &p, 20, 100);
	pair_close(&p);
	return went;
}

CASE(aside_stream_of_small_writes)
{
	bool is_skep = t->control->mode == CONTROL_SKEP;

	CHECK_EQ(goes_aside(t, (struct way){ .size = 64, .has_nagle = true }), is_skep);
	CHECK_EQ(goes_aside(t, (struct way){ .size = 16383, .has_nagle = true }), is_skep);
	CHECK(!goes_aside(t, (struct way){ .size = 16384, .has_nagle = true }));
}

CASE(aside_sooner_if_tcp_may_not_collect)
{
	bool is_skep = t->control->mode == CONTROL_SKEP;

	CHECK_EQ(goes_aside(t, (struct way){ .size = 64 }), is_skep);
	CHECK_EQ(goes_aside(t, (struct way){ .size = 4095 }), is_skep);
	CHECK(!goes_aside(t, (struct way){ .size = 4096 }));
}

CASE(aside_not_if_answered)
{
	CHECK(!goes_aside(t, (struct way){ .size = 64, .answer_every = 1 }));
	CHECK(!goes_aside(t, (struct way){ .size = 64, .answer_every = 20 }));
}

CASE(aside_where_it_is_told, .options = "--small 1K")
{
	bool is_skep = t->control->mode == CONTROL_SKEP;

	CHECK_EQ(goes_aside(t, (struct way){ .size = 1023, .has_nagle = true }), is_skep);
	CHECK(!goes_aside(t, (struct way){ .size = 1024, .has_nagle = true }));
	CHECK_EQ(goes_aside(t, (struct way){ .size = 255 }), is_skep);
	CHECK(!goes_aside(t, (struct way){ .size = 256 }));
}

struct sender {
	struct pair *pair;
	size_t bytes;
};

static void send_all(struct test *t, struct peer *peer, void *arg)
{
	struct sender *s = arg;

	(void)peer;
	side_close(&s->pair->server);
	side_put_in(AT, &s->pair->client, s->bytes, 1000);
	side_close(&s->pair->client);
}

/* While it is sent all the time: TCP in the map is slow. */
CASE(aside_leaves_a_busy_stream, .seconds = 60)
{
	enum { MOST = 64 << 20, PART = 1 << 20 };
	struct pair p;
	struct sender s = { &p, MOST };
	struct peer sender;

	pair_open(AT, &p, NULL);
	peer_start(AT, &sender, 0, send_all, &s);
	side_close(&p.client);
	for (size_t got = 0; got < MOST; got += PART) {
		side_get(AT, &p.server, PART);
		if (t->control->mode == CONTROL_SKEP && got == MOST / 2)
			CHECK_EQ(control_ends(), 0);
	}
	side_eof(AT, &p.server);
	side_close(&p.server);
	peer_join(AT, &sender);
}
