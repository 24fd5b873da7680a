/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking the kernel for a list by netlink. All that comes back is checked against the sizes that it tells. */
#ifndef NET_NETLINK_H
#define NET_NETLINK_H

#include "base/int.h"

/* One message's payload, behind its struct nlmsghdr. */
typedef void (*netlink_fn)(void *arg, u16 type, const void *data, size_t len);

/* Sends a request for a dump (type, and what goes behind the header) and hands over each answer. 0 or -errno. */
int netlink_dump(int protocol, u16 type, const void *request, size_t size, netlink_fn fn,
		 void *arg);

/* An attribute; `at` walks over those behind a fixed head. */
struct netlink_attr {
	u16 type; /* without flags */
	const void *data;
	size_t len;
};
/* The next one from *pos on, which is moved; false at the end, or where sizes do not fit. */
bool netlink_next(const void *data, size_t len, size_t *pos, struct netlink_attr *out);
/* The first of that type behind `head` bytes; false if there is none. */
bool netlink_find(const void *data, size_t len, size_t head, u16 type, struct netlink_attr *out);
/* Of a string: its text up to a NUL, at most size - 1 bytes. */
void netlink_text(const struct netlink_attr *a, char *to, size_t size);
u32 netlink_u32(const struct netlink_attr *a); /* 0 if it is not of that size */
u32 netlink_be32(const struct netlink_attr *a);

#endif
