/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection with both its ends in one process. Each end knows what it has sent and what it is to receive:
 *
 *	side_put(AT, &p.client, 100);	the next 100 bytes of the client's stream are sent
 *	side_get(AT, &p.server, 100);	and have to be what the server receives
 */
#ifndef ACCEL_PAIR_H
#define ACCEL_PAIR_H

#include <sys/socket.h>

#include "accel/stream.h"

struct side {
	int fd;
	struct stream out, in;
};

struct pair {
	int listener;
	struct side client, server;
};

struct pair_how {
	const char *address; /* to connect to; NULL: 127.0.0.1 */
	const char *listen;  /* NULL: the same */
	u16 port;            /* 0: any */
	u16 source;          /* port of the client; 0: any */
	bool cold;           /* do not insist that it is redirected */
	bool nonblocking;    /* both ends, from the beginning, and the listener */
	void (*before_listen)(struct at at, int fd);
	void (*before_connect)(struct at at, int fd);
};

struct address {
	struct sockaddr_storage name;
	socklen_t size;
};
/* Of a number in text, IPv4 or IPv6. */
void address_set(struct at at, struct address *a, const char *text, u16 port);
u16 address_port(struct at at, int fd); /* that a socket is bound to */

/* Sockets; before: what is done to them before listen() and connect(), may be NULL. A listener on :: takes IPv4 too. */
int pair_listen(struct at at, const char *address, u16 port, void (*before)(struct at, int));
int pair_connect(struct at at, const char *address, u16 port, u16 source,
		 void (*before)(struct at, int));
/* Such a socket, bound if source is not 0, but not connected. */
int pair_socket(struct at at, const char *address, u16 source);

void pair_unblock(struct at at, int fd); /* makes it non-blocking */

/* Opens, and unless it is to be cold sends a few bytes until both directions are redirected. how: NULL for the usual. */
void pair_open(struct at at, struct pair *p, const struct pair_how *how);
/* The next connection to the same listener. */
void pair_again(struct at at, struct pair *p, const struct pair_how *how);
void pair_streams(struct at at, struct pair *p);
/* In plain mode it just sends some bytes. */
void pair_warm(struct at at, struct pair *p);
void pair_close(struct pair *p); /* all three */
void pair_ping_pong(struct at at, struct pair *p, unsigned rounds, size_t size);

/* Messages of this end that were redirected; by skep only, for plain TCP and the naive redirect have no such numbers: 0. */
u64 side_redirected(struct at at, const struct side *s);
/* Fails where skep should have redirected something since side_redirected() was `since`. */
void side_expect_redirected(struct at at, const struct side *s, u64 since);

/* All n bytes, in writes of 256 KiB at most; waits if the descriptor is non-blocking. */
void side_put(struct at at, struct side *s, size_t n);
void side_put_in(struct at at, struct side *s, size_t n, size_t chunk);
/* n bytes, checked. That a blocking descriptor is told EAGAIN is an error. */
void side_get(struct at at, struct side *s, size_t n);
/* What there is without waiting, checked; how much that was. */
size_t side_get_there(struct at at, struct side *s);
/* The other end has closed, and there is nothing left. */
void side_eof(struct at at, struct side *s);
/* Sends by writes of `chunk` until there is no room for some time or `most` is reached; what was accepted. Non-blocking. */
u64 side_fill(struct at at, struct side *s, size_t chunk, u64 most);
bool side_poll(struct at at, const struct side *s, short events, unsigned ms);
void side_nonblocking(struct at at, const struct side *s);
void side_set(struct at at, const struct side *s, int level, int option, int value);
int side_option(struct at at, const struct side *s, int level, int option);
void side_close(struct side *s);
void side_reset(struct at at, struct side *s); /* closes it without lingering */

#endif
