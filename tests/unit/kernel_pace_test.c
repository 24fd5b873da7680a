/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the ring is looked into, with a pipe in the ring's place. */
#include "unit/test.h"

#include <poll.h>
#include <unistd.h>

#include "kernel/pace.h"

struct bench {
	int ends[2];
	u64 consumer;
	struct ring ring;
	struct pace pace;
};

static bool bench_init(struct bench *b)
{
	*b = (struct bench){ .pace = { .fd = -1, .timer = -1 } };
	if (pipe(b->ends))
		return false;
	b->ring = (struct ring){ .fd = b->ends[0], .consumer = &b->consumer, .pos = 100 };
	return pace_open(&b->pace, &b->ring) == 0;
}

static void bench_done(struct bench *b)
{
	pace_close(&b->pace);
	close(b->ends[0]);
	close(b->ends[1]);
}

static bool is_ready(struct bench *b, int ms)
{
	struct pollfd p = { .fd = b->pace.fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

/* As a session does: waits, looks, tells. */
static void bench_turns(struct bench *b, int turns, int count)
{
	for (int i = 0; i < turns; i++) {
		CHECK(is_ready(b, 1000));
		pace_note(&b->pace, &b->ring, count);
	}
}

TEST(pace_wakes_for_what_comes)
{
	struct bench b;

	CHECK(bench_init(&b));
	CHECK(!is_ready(&b, 0));
	CHECK_EQ(write(b.ends[1], "x", 1), 1);
	CHECK(is_ready(&b, 0));
	/* However often: nothing came of it, as when intervals look. */
	bench_turns(&b, 1000, 0);
	CHECK(!b.pace.steady);
	bench_done(&b);
}

TEST(pace_becomes_steady_and_wakes_again)
{
	struct bench b;

	CHECK(bench_init(&b));
	CHECK_EQ(write(b.ends[1], "x", 1), 1);
	for (int i = 0; i < 10000 && !b.pace.steady; i++)
		pace_note(&b.pace, &b.ring, 1);
	CHECK(b.pace.steady);
	CHECK(b.ring.hold);
	/* Ticks wake now, and not what waits in the ring. */
	pace_note(&b.pace, &b.ring, 1);
	bench_turns(&b, 5, 3);
	CHECK(b.pace.steady);
	CHECK_EQ(b.consumer, 0);
	bench_turns(&b, 100, 0);
	CHECK(!b.pace.steady);
	CHECK(!b.ring.hold);
	CHECK_EQ(b.consumer, 100);
	CHECK(is_ready(&b, 0));
	bench_done(&b);
}
