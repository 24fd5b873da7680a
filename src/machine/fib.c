/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/fib.h"

#include <string.h>

#define LOOPBACK 1 /* its index, and the device that packets are at unless something else is told */
#define LOOPBACK_MTU 65536
#define ETHERNET_MTU 1500

static bool fits(const struct fib_route *r, const u8 *address)
{
	u32 bytes = r->bits / 8, rest = r->bits % 8;

	return !memcmp(r->address, address, bytes) &&
	       (!rest || !((r->address[bytes] ^ address[bytes]) >> (8 - rest)));
}

const struct fib_route *fib_find(const struct fib *f, u8 family, const void *address)
{
	const struct fib_route *best = NULL;

	for (u32 i = 0; i < f->routes.n; i++) {
		const struct fib_route *r = &f->routes.at[i];

		if (r->family == family && fits(r, address) &&
		    (!best || r->bits > best->bits ||
		     (r->bits == best->bits && r->metric < best->metric)))
			best = r;
	}
	return best;
}

u32 fib_mtu(const struct fib *f, u32 ifindex)
{
	for (u32 i = 0; f && i < f->links.n; i++) {
		if (f->links.at[i].ifindex == ifindex)
			return f->links.at[i].mtu;
	}
	if (ifindex == LOOPBACK)
		return LOOPBACK_MTU;
	for (u32 i = 0; f && i < f->routes.n; i++) {
		if (f->routes.at[i].ifindex == ifindex)
			return ETHERNET_MTU;
	}
	return 0;
}
