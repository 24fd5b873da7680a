/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connect, one request of SIZE bytes, its reply, close: one server, any number of clients. */
#include "bench/accel/ends.h"

#include <sys/socket.h>
#include <unistd.h>

static void connect_server(struct meter *m)
{
	char *bytes = ends_buffer(m->size);
	int listening = ends_listen(m);

	for (;;) {
		int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			meter_die("accept");
		ends_receive(fd, bytes, m->size);
		ends_send(fd, bytes, m->size);
		close(fd);
	}
}

/* Closed without lingering: a port in TIME_WAIT could not be used again for a minute, and they would run out. */
static void connect_client(struct meter *m)
{
	struct linger at_once = { .l_onoff = 1 };
	char *bytes = ends_buffer(m->size);

	for (;;) {
		int fd = ends_connect(m);

		ends_send(fd, bytes, m->size);
		ends_receive(fd, bytes, m->size);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		close(fd);
		meter_count(m, 1);
	}
}

const struct meter_load connect_load = { "connect", connect_server, connect_client };
