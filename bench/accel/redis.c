/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets a value of SIZE bytes in a Redis server that runs already, or gets it, again and again. One process has all
 * connections, each with one request at a time. It does as little as it can, so that the server is what is measured:
 * redis-benchmark has epoll forget and learn each socket for each request, which takes it longer than the request.
 */
#include "bench/accel/ends.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEY "skep-bench"
#define FRAME 128u /* more than what a request has around its value */
#define EVENTS 64

struct exchange {
	char *request, *reply;
	size_t request_size, reply_size;
};

struct connection {
	int fd;
	size_t got; /* of the reply */
};

static struct exchange make_set(u32 size)
{
	struct exchange x = { .request = ends_buffer(size + FRAME), .reply = ends_buffer(FRAME) };
	char *value = ends_buffer(size + 1);

	memset(value, 'x', size);
	x.request_size = (size_t)snprintf(x.request, size + FRAME,
					  "*3\r\n$3\r\nSET\r\n$%zu\r\n" KEY "\r\n$%u\r\n%s\r\n",
					  strlen(KEY), size, value);
	x.reply_size = (size_t)snprintf(x.reply, FRAME, "+OK\r\n");
	free(value);
	return x;
}

static struct exchange make_get(u32 size)
{
	struct exchange x = { .request = ends_buffer(FRAME), .reply = ends_buffer(size + FRAME) };
	char *value = ends_buffer(size + 1);

	memset(value, 'x', size);
	x.request_size = (size_t)snprintf(x.request, FRAME,
					  "*2\r\n$3\r\nGET\r\n$%zu\r\n" KEY "\r\n", strlen(KEY));
	x.reply_size = (size_t)snprintf(x.reply, size + FRAME, "$%u\r\n%s\r\n", size, value);
	free(value);
	return x;
}

/* Another reply than the one that has to come ends the measurement. */
static bool receive_some(struct connection *c, const struct exchange *x, char *bytes)
{
	ssize_t n = recv(c->fd, bytes, x->reply_size - c->got, 0);

	if (n <= 0 || memcmp(bytes, x->reply + c->got, (size_t)n)) {
		errno = n < 0 ? errno : n ? EBADMSG : ECONNRESET;
		meter_die("a reply of redis");
	}
	c->got += (size_t)n;
	if (c->got < x->reply_size)
		return false;
	c->got = 0;
	return true;
}

static void begin(struct meter *m, const struct exchange *x, struct connection *c, int epoll)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };

	c->fd = ends_connect(m);
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event))
		meter_die("epoll_ctl");
	ends_send(c->fd, x->request, x->request_size);
}

static _Noreturn void ask(struct meter *m, const struct exchange *x)
{
	struct connection *all = calloc(m->clients, sizeof(*all));
	char *bytes = ends_buffer(x->reply_size);
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll < 0 || !all)
		meter_die("epoll");
	for (u32 i = 0; i < m->clients; i++)
		begin(m, x, &all[i], epoll);
	for (;;) {
		struct epoll_event events[EVENTS];
		int n = epoll_wait(epoll, events, EVENTS, -1);

		if (n < 0)
			meter_die("epoll_wait");
		for (int i = 0; i < n; i++) {
			struct connection *c = events[i].data.ptr;

			if (!receive_some(c, x, bytes))
				continue;
			meter_count(m, 1);
			ends_send(c->fd, x->request, x->request_size);
		}
	}
}

static void redis_set_client(struct meter *m)
{
	struct exchange set = make_set(m->size);

	ask(m, &set);
}

static void redis_get_client(struct meter *m)
{
	struct exchange set = make_set(m->size), get = make_get(m->size);
	struct connection c = { .fd = ends_connect(m) };
	char *bytes = ends_buffer(set.reply_size);

	ends_send(c.fd, set.request, set.request_size);
	while (!receive_some(&c, &set, bytes))
		;
	close(c.fd);
	ask(m, &get);
}

const struct meter_load redis_get_load = { "redis-get", NULL, redis_get_client };
const struct meter_load redis_set_load = { "redis-set", NULL, redis_set_client };
