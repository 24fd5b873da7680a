/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Routes as text, a line each, close to what `ip route` prints:
 *
 *	10.1.0.0/16 via 192.0.2.1 dev 3 lladdr 02:00:00:00:00:02 smac 02:00:00:00:00:01 mtu 1500 metric 100
 *	2001:db8::/32 via fe80::1 dev 4
 *	blackhole 10.9.0.0/16
 *	default dev 2			# a comment; without an address of IPv6, of IPv4
 *	link 3 mtu 1400			# a device, for bpf_check_mtu()
 *
 * dev is an index, or the name of a device that is here. src is the preferred source address; lladdr is the next hop's
 * hardware address, and without one there is no neighbour; smac is the device's own. mtu is 1500 if it is not given.
 */
#ifndef SOURCE_ROUTES_H
#define SOURCE_ROUTES_H

#include "base/diag.h"
#include "machine/fib.h"

/* Adds what the text has. 0, or -EINVAL with a message at the line; d's lines have the name of the text already. */
int routes_parse(struct fib *f, const char *text, size_t len, struct diag *d);

#endif
