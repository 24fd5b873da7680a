/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links, addresses and routes of the calling process's network namespace, by netlink. */
#ifndef ACCEL_NET_H
#define ACCEL_NET_H

#include <sys/types.h>

#include "accel/test.h"

void net_up(struct at at, const char *name);
/* A pair of links, each in the namespace of a process. Skips the case where the kernel has none. */
void net_veth(struct at at, const char *name, pid_t pid, const char *other, pid_t other_pid);
void net_bridge(struct at at, const char *name);
void net_join(struct at at, const char *name, const char *bridge);
void net_address(struct at at, const char *name, const char *address, u8 bits);
/* IPv6 takes a moment until there is a route to a new address. */
void net_wait_for_route(struct at at, const char *address);
/* To a whole network by way of an address in another. */
void net_route(struct at at, const char *network, u8 bits, const char *via);
void net_sysctl(struct at at, const char *path, const char *value); /* below /proc/sys/net */

#endif
