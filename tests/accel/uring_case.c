/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that send and receive by io_uring. */
#include <errno.h>
#include <string.h>

#include "accel/control.h"
#include "accel/pair.h"
#include "accel/uring.h"

enum { URING_SIZE = 1000, URING_ROUNDS = 60, URING_RECEIVE = 1, URING_SEND };

/* Receives all that the request asked for, in as many more requests as that takes. */
static void finish_receive(struct at at, struct uring *u, struct side *s, u8 *bytes, size_t size)
{
	for (;;) {
		struct uring_done done = uring_wait(at, u);

		test_check_eq(at, "the request", (s64)done.data, URING_RECEIVE);
		test_ok(at, "IORING_OP_RECV", done.result > 0 ? 0 : -1);
		stream_check(at, &s->in, bytes, (size_t)done.result);
		size -= (size_t)done.result;
		if (!size)
			return;
		uring_submit(at, u, IORING_OP_RECV, s->fd, bytes, (u32)size, URING_RECEIVE);
	}
}

static void send_by_uring(struct at at, struct uring *u, struct side *s, size_t size)
{
	static u8 bytes[URING_SIZE];
	struct uring_done done;

	stream_fill(&s->out, bytes, size);
	uring_submit(at, u, IORING_OP_SEND, s->fd, bytes, (u32)size, URING_SEND);
	done = uring_wait(at, u);
	test_check_eq(at, "the request", (s64)done.data, URING_SEND);
	test_check_eq(at, "IORING_OP_SEND", done.result, (s64)size);
}

/* The request waits for bytes that come later, by either way. */
static void ask_and_answer(struct test *t, bool nonblocking, bool does_switch)
{
	struct uring u;
	struct pair p;
	u8 bytes[URING_SIZE];

	uring_open(AT, &u);
	pair_open(AT, &p, &(struct pair_how){ .nonblocking = nonblocking });
	for (int i = 0; i < URING_ROUNDS; i++) {
		size_t size = i % 2 ? URING_SIZE : 10;

		uring_submit(AT, &u, IORING_OP_RECV, p.server.fd, bytes, (u32)size, URING_RECEIVE);
		if (does_switch && i % 3 == 0)
			control_pause(AT);
		if (does_switch && i % 3 == 1)
			control_resume(AT);
		side_put(AT, &p.client, size);
		finish_receive(AT, &u, &p.server, bytes, size);
		send_by_uring(AT, &u, &p.server, size);
		side_get(AT, &p.client, size);
	}
	if (does_switch)
		control_resume(AT);
	pair_ping_pong(AT, &p, 20, 1000);
	uring_close(&u);
	pair_close(&p);
}

CASE(uring_blocking)
{
	ask_and_answer(t, false, false);
}

CASE(uring_nonblocking)
{
	ask_and_answer(t, true, false);
}

CASE(uring_blocking_and_switches, .naive = NAIVE_EITHER)
{
	ask_and_answer(t, false, true);
}

CASE(uring_nonblocking_and_switches, .naive = NAIVE_EITHER)
{
	ask_and_answer(t, true, true);
}

/* It is refused, or done to its end: that the bytes may be used again is told. */
static void send_without_copy(struct test *t, struct uring *u, struct side *from, struct side *to)
{
	static u8 bytes[URING_SIZE];
	struct stream next = from->out;
	struct uring_done done;

	stream_fill(&next, bytes, sizeof(bytes));
	uring_submit(AT, u, IORING_OP_SEND_ZC, from->fd, bytes, sizeof(bytes), URING_SEND);
	done = uring_wait(AT, u);
	if (done.result != -EOPNOTSUPP && done.result != -EINVAL) {
		CHECK_EQ(done.result, sizeof(bytes));
		from->out = next;
		side_get(AT, to, sizeof(bytes));
	}
	if (!(done.flags & IORING_CQE_F_MORE))
		return;
	done = uring_wait(AT, u);
	CHECK(done.flags & IORING_CQE_F_NOTIF);
}

CASE(uring_zerocopy)
{
	struct uring u;
	struct pair p;

	uring_open(AT, &u);
	pair_open(AT, &p, NULL);
	for (int i = 0; i < URING_ROUNDS; i++) {
		send_without_copy(t, &u, &p.client, &p.server);
		send_without_copy(t, &u, &p.server, &p.client);
	}
	pair_ping_pong(AT, &p, 20, 1000);
	uring_close(&u);
	pair_close(&p);
}
