/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is measured, and what the processes of a measurement share. */
#ifndef BENCH_ACCEL_METER_H
#define BENCH_ACCEL_METER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/int.h"

#define METER_MAX_TIMES (1u << 20)
#define METER_MAX_CLIENTS 64
#define METER_MAX_SIZE (16u << 20)

struct meter_shared {
	_Atomic(u64) done; /* operations, or bytes that arrived */
	_Atomic(u32) port; /* that the server listens on, network order; 0: not yet */
	_Atomic(bool) is_recording;
	u32 n_times;
	u32 times[METER_MAX_TIMES]; /* ns */
};

/* One end's surroundings. */
struct meter_place {
	const char *cgroup; /* a folder; NULL: where the meter is */
	const char *netns;  /* a file; NULL likewise */
};

struct meter {
	struct meter_place client, server;
	const char *address; /* the server's, as the client sees it */
	bool is_unix;        /* a pair of AF_UNIX sockets instead */
	bool has_nagle;      /* no TCP_NODELAY */
	bool is_pinned;      /* all processes on one CPU */
	u32 warm_ms, ms;
	u32 size, clients;
	u32 port;    /* of a server that runs already; 0: the load has one of its own */
	int pair[2]; /* of AF_UNIX: the client's, the server's */
	struct meter_shared *shared;
};

/* Each ends with its process only; the client's or the server's part of a measurement. */
struct meter_load {
	const char *name;
	void (*server)(struct meter *m); /* NULL: it runs already, and one process is all clients */
	void (*client)(struct meter *m);
};

extern const struct meter_load pingpong_load, twowrites_load, stream_load, connect_load,
	redis_get_load, redis_set_load;

/* Ends the process, and with it the measurement. */
_Noreturn void meter_die(const char *what);
u64 meter_now(void);
void meter_count(struct meter *m, u64 n);

#endif
