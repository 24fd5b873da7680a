/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Request and reply, one at a time, each of SIZE bytes; or the request in two writes of SIZE, which Nagle's algorithm
 * holds back until the first is acknowledged.
 */
#include "bench/accel/ends.h"

static _Noreturn void answer(struct meter *m, size_t request)
{
	char *bytes = ends_buffer(request);
	int fd = ends_server(m);

	for (;;) {
		ends_receive(fd, bytes, request);
		ends_send(fd, bytes, m->size);
	}
}

static _Noreturn void ask(struct meter *m, int writes)
{
	struct meter_shared *s = m->shared;
	char *bytes = ends_buffer(m->size);
	int fd = ends_client(m);

	for (;;) {
		u64 took, begun = meter_now();

		for (int i = 0; i < writes; i++)
			ends_send(fd, bytes, m->size);
		ends_receive(fd, bytes, m->size);
		took = meter_now() - begun;
		if (atomic_load_explicit(&s->is_recording, memory_order_relaxed) &&
		    s->n_times < METER_MAX_TIMES)
			s->times[s->n_times++] = (u32)took;
		meter_count(m, 1);
	}
}

static void pingpong_server(struct meter *m)
{
	answer(m, m->size);
}

static void pingpong_client(struct meter *m)
{
	ask(m, 1);
}

/* Whether it runs between the two writes on one CPU is else up to the scheduler, who changes its mind with each few ns. */
static void twowrites_server(struct meter *m)
{
	ends_wait_for_cpu();
	answer(m, 2 * (size_t)m->size);
}

static void twowrites_client(struct meter *m)
{
	ask(m, 2);
}

const struct meter_load pingpong_load = { "pingpong", pingpong_server, pingpong_client };
const struct meter_load twowrites_load = { "twowrites", twowrites_server, twowrites_client };
