/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The routes that bpf_fib_lookup() finds: a table that the host gives, with what is known of each next hop. */
#ifndef MACHINE_FIB_H
#define MACHINE_FIB_H

#include "base/arena.h"
#include "base/vec.h"

#define FIB_MAX_ROUTES 65536
#define FIB_MAX_MTU 65536

enum fib_kind { FIB_UNICAST, FIB_LOCAL, FIB_BLACKHOLE, FIB_UNREACHABLE, FIB_PROHIBIT };

struct fib_route {
	enum fib_kind kind;
	u8 family; /* AF_INET or AF_INET6 */
	u8 bits;   /* of the prefix; the address has zeroes behind it */
	u8 address[16];
	u8 via_family; /* 0: the destination is on the link */
	u8 via[16];
	bool has_source, has_neighbour;
	u8 source[16];       /* preferred */
	u8 dmac[6], smac[6]; /* with has_neighbour: of the next hop, of the device */
	u32 ifindex, metric;
	u32 mtu;
};

/* A device. */
struct fib_link {
	u32 ifindex, mtu;
};

struct fib {
	struct arena *arena;
	vec_of(struct fib_route) routes;
	vec_of(struct fib_link) links;
};

/* The longest prefix that fits, of those the least metric; NULL if none does. */
const struct fib_route *fib_find(const struct fib *f, u8 family, const void *address);
/*
 * A device's MTU: as the table says; else the loopback's is 65536, that of those that routes lead to 1500, and of all others 0: they
 * are not there. fib may be NULL.
 */
u32 fib_mtu(const struct fib *f, u32 ifindex);

#endif
