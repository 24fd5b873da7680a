/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a ring that is laid out by hand: what the kernel cannot be made to show at will. */
#include "unit/test.h"

#include <linux/bpf.h>
#include <string.h>

#include "kernel/ring.h"

#define RING 256u

struct bench {
	u64 consumer, producer;
	u8 data[2 * RING];
	struct ring ring;
	u32 lengths[64], n, stop_at;
};

static void bench_init(struct bench *b, u64 at)
{
	memset(b, 0, sizeof(*b));
	b->consumer = b->producer = at;
	b->ring = (struct ring){
		.fd = 0,
		.size = RING,
		.pos = at,
		.consumer = &b->consumer,
		.producer = &b->producer,
		.view = b->data,
		.view_len = sizeof(b->data),
	};
}

/* Both images of the data, as the kernel maps them. */
static void put(struct bench *b, u32 len, u32 flags)
{
	u32 at = (u32)(b->producer & (RING - 1)), head = len | flags;

	memcpy(b->data + at, &head, sizeof(head));
	memcpy(b->data + ((at + RING) & (2 * RING - 1)), &head, sizeof(head));
	b->producer += (len + 8 + 7) & ~7u;
}

static int note(void *arg, const void *data, size_t len)
{
	struct bench *b = arg;

	CHECK((const u8 *)data >= b->data && (const u8 *)data + len <= b->data + sizeof(b->data));
	b->lengths[b->n++] = (u32)len;
	return b->n == b->stop_at;
}

TEST(ring_reads_up_to_a_busy_record)
{
	struct bench b;

	bench_init(&b, 0);
	put(&b, 8, 0);
	put(&b, 1, BPF_RINGBUF_DISCARD_BIT);
	put(&b, 3, 0);
	put(&b, 16, BPF_RINGBUF_BUSY_BIT);
	put(&b, 8, 0);
	CHECK_EQ(ring_consume(&b.ring, note, &b), 2);
	CHECK_EQ(b.lengths[0], 8);
	CHECK_EQ(b.lengths[1], 3);
	CHECK_EQ(b.consumer, 16 + 16 + 16);
	CHECK(b.ring.blocked);
	CHECK_EQ(ring_consume(&b.ring, note, &b), 0);
	CHECK(b.ring.blocked);
}

TEST(ring_reads_across_the_end)
{
	struct bench b;

	bench_init(&b, 10 * RING + RING - 16);
	put(&b, 40, 0);
	put(&b, 0, 0);
	CHECK_EQ(ring_consume(&b.ring, note, &b), 2);
	CHECK_EQ(b.lengths[0], 40);
	CHECK_EQ(b.lengths[1], 0);
	CHECK_EQ(b.consumer, b.producer);
	CHECK(!b.ring.blocked);
}

TEST(ring_stops_when_told)
{
	struct bench b;

	bench_init(&b, 0);
	for (u32 i = 0; i < 5; i++)
		put(&b, 8 + i, 0);
	b.stop_at = 2;
	CHECK_EQ(ring_consume(&b.ring, note, &b), 2);
	CHECK_EQ(ring_consume(&b.ring, note, &b), 3);
	CHECK_EQ(b.lengths[4], 12);
}

TEST(ring_that_is_held_stays_one_record_behind)
{
	struct bench b;

	bench_init(&b, 64);
	b.ring.hold = true;
	put(&b, 8, 0);
	put(&b, 24, 0);
	CHECK_EQ(ring_consume(&b.ring, note, &b), 2);
	CHECK_EQ(b.consumer, 64 + 16);
	CHECK_EQ(ring_consume(&b.ring, note, &b), 0);
	CHECK_EQ(b.consumer, 64 + 16);
	put(&b, 0, 0);
	CHECK_EQ(ring_consume(&b.ring, note, &b), 1);
	CHECK_EQ(b.consumer, 64 + 16 + 32);
	ring_publish(&b.ring);
	CHECK_EQ(b.consumer, b.producer);
}

TEST(ring_without_a_map_is_empty)
{
	struct ring none = { .fd = -1 };

	CHECK_EQ(ring_consume(&none, note, NULL), 0);
	CHECK(ring_open(&none, -1, 4096) < 0);
	CHECK_EQ(none.fd, -1);
	ring_close(&none);
}
