/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening connections, and waiting until they are redirected. */
#include "accel/pair.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "accel/control.h"

#define PAIR_BACKLOG 1024
#define PAIR_WARM_ROUNDS 50
#define PAIR_TRIES 5

void address_set(struct at at, struct address *a, const char *text, u16 port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&a->name;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&a->name;

	memset(a, 0, sizeof(*a));
	if (strchr(text, ':')) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		CHECK_AT(at, inet_pton(AF_INET6, text, &v6->sin6_addr) == 1);
		a->size = sizeof(*v6);
	} else {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		CHECK_AT(at, inet_pton(AF_INET, text, &v4->sin_addr) == 1);
		a->size = sizeof(*v4);
	}
}

u16 address_port(struct at at, int fd)
{
	struct sockaddr_in6 name;
	socklen_t size = sizeof(name);

	OK_AT(at, getsockname(fd, (struct sockaddr *)&name, &size));
	return ntohs(name.sin6_port); /* at the same place for both families */
}

int pair_socket(struct at at, const char *address, u16 source)
{
	struct address any;
	bool is_v6 = strchr(address, ':');
	int one = 1, zero = 0;
	int fd = OK_AT(at, socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));

	OK_AT(at, setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)));
	OK_AT(at, setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)));
	if (is_v6)
		OK_AT(at, setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero)));
	if (source) {
		address_set(at, &any, is_v6 ? "::" : "0.0.0.0", source);
		OK_AT(at, bind(fd, (struct sockaddr *)&any.name, any.size));
	}
	return fd;
}

int pair_listen(struct at at, const char *address, u16 port, void (*before)(struct at, int))
{
	int fd = pair_socket(at, address, 0);
	struct address name;

	address_set(at, &name, address, port);
	OK_AT(at, bind(fd, (struct sockaddr *)&name.name, name.size));
	if (before)
		before(at, fd);
	OK_AT(at, listen(fd, PAIR_BACKLOG));
	return fd;
}

/* A non-blocking one goes on by itself. */
static void finish_connect(struct at at, int fd)
{
	const struct side s = { .fd = fd };

	if (errno != EINPROGRESS)
		test_fail(at, "connect: %s", strerror(errno));
	CHECK_AT(at, side_poll(at, &s, POLLOUT, 10000));
	errno = side_option(at, &s, SOL_SOCKET, SO_ERROR);
	if (errno)
		test_fail(at, "connect: %s", strerror(errno));
}

int pair_connect(struct at at, const char *address, u16 port, u16 source,
		 void (*before)(struct at, int))
{
	int fd = pair_socket(at, address, source);
	struct address name;

	address_set(at, &name, address, port);
	if (before)
		before(at, fd);
	if (connect(fd, (struct sockaddr *)&name.name, name.size))
		finish_connect(at, fd);
	return fd;
}

void pair_unblock(struct at at, int fd)
{
	OK_AT(at, fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK));
}

/* Blocking ones are called at once, as programs do that sleep there. */
static int accept_one(struct at at, int listener, bool is_nonblocking)
{
	const struct side s = { .fd = listener };

	if (is_nonblocking)
		side_poll(at, &s, POLLIN, 10000);
	return OK_AT(at, accept4(listener, NULL, NULL,
				 SOCK_CLOEXEC | (is_nonblocking ? SOCK_NONBLOCK : 0)));
}

void pair_streams(struct at at, struct pair *p)
{
	p->client.out = p->server.in = stream_new(at.t);
	p->client.in = p->server.out = stream_new(at.t);
}

/* Sends to and fro until both directions are redirected; false if that does not happen. */
static bool warm_up(struct at at, struct pair *p)
{
	u64 client = side_redirected(at, &p->client), server = side_redirected(at, &p->server);
	bool is_plain = at.t->control->mode == CONTROL_PLAIN;

	for (int i = 0; i < PAIR_WARM_ROUNDS; i++) {
		pair_ping_pong(at, p, 1, 16);
		if (is_plain || (side_redirected(at, &p->client) > client &&
				 side_redirected(at, &p->server) > server))
			return true;
	}
	return false;
}

static void fail_cold(struct at at, const struct pair *p)
{
	char text[2][128];

	control_explain(at.t->control, p->client.fd, text[0], sizeof(text[0]));
	control_explain(at.t->control, p->server.fd, text[1], sizeof(text[1]));
	test_fail(at, "it is not redirected; client: %s; server: %s", text[0], text[1]);
}

void pair_warm(struct at at, struct pair *p)
{
	if (!warm_up(at, p))
		fail_cold(at, p);
}

static void connect_pair(struct at at, struct pair *p, const struct pair_how *h)
{
	const char *address = h->address ? h->address : "127.0.0.1";
	int one = 1;

	if (h->nonblocking)
		pair_unblock(at, p->listener);
	p->client.fd = pair_connect(at, address, address_port(at, p->listener), h->source,
				    h->nonblocking ? pair_unblock : h->before_connect);
	p->server.fd = accept_one(at, p->listener, h->nonblocking);
	OK_AT(at, setsockopt(p->server.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)));
	pair_streams(at, p);
}

/*
 * Where time-outs are longer, as on an emulated machine, skep's own may pass by before the second end turns up, and the
 * connection rightly stays TCP: then another one is tried.
 */
void pair_open(struct at at, struct pair *p, const struct pair_how *how)
{
	static const struct pair_how usual = { 0 };
	const struct pair_how *h = how ? how : &usual;
	const char *address = h->address ? h->address : "127.0.0.1";

	for (int tries = at.t->scale > 1 && !h->port ? PAIR_TRIES : 1;;) {
		p->listener =
			pair_listen(at, h->listen ? h->listen : address, h->port, h->before_listen);
		connect_pair(at, p, h);
		if (h->cold || warm_up(at, p))
			return;
		if (!--tries)
			fail_cold(at, p);
		pair_close(p);
	}
}

void pair_again(struct at at, struct pair *p, const struct pair_how *how)
{
	static const struct pair_how usual = { 0 };
	const struct pair_how *h = how ? how : &usual;

	connect_pair(at, p, h);
	if (!h->cold)
		pair_warm(at, p);
}

void pair_ping_pong(struct at at, struct pair *p, unsigned rounds, size_t size)
{
	for (unsigned i = 0; i < rounds; i++) {
		side_put(at, &p->client, size);
		side_get(at, &p->server, size);
		side_put(at, &p->server, size);
		side_get(at, &p->client, size);
	}
}

void pair_close(struct pair *p)
{
	side_close(&p->client);
	side_close(&p->server);
	close(p->listener);
}

u64 side_redirected(struct at at, const struct side *s)
{
	return control_redirected(at, s->fd);
}

void side_expect_redirected(struct at at, const struct side *s, u64 since)
{
	char text[128];

	if (at.t->control->mode != CONTROL_SKEP || side_redirected(at, s) > since)
		return;
	control_explain(at.t->control, s->fd, text, sizeof(text));
	test_fail(at, "nothing was redirected since there were %llu messages: %s",
		  (unsigned long long)since, text);
}

void side_reset(struct at at, struct side *s)
{
	struct linger none = { 1, 0 };

	OK_AT(at, setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)));
	side_close(s);
}
