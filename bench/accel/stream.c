/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One writes SIZE bytes at a time, the other reads whatever is there. What is counted has been read. */
#include "bench/accel/ends.h"

#include <sys/socket.h>

#define READ_SIZE (128u << 10)

static void stream_server(struct meter *m)
{
	char *bytes = ends_buffer(READ_SIZE);
	int fd = ends_server(m);

	for (;;) {
		ssize_t n = recv(fd, bytes, READ_SIZE, 0);

		if (n <= 0)
			meter_die("recv");
		meter_count(m, (u64)n);
	}
}

static void stream_client(struct meter *m)
{
	char *bytes = ends_buffer(m->size);
	int fd = ends_client(m);

	for (;;)
		ends_send(fd, bytes, m->size);
}

const struct meter_load stream_load = { "stream", stream_server, stream_client };
