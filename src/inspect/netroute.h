/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs that routes have, of light-weight tunnels. The kernel tells a program's id for segments of IPv6 alone; of the others only
 * the name that it was given with the route, which is the program's own or whatever the tool had for it.
 */
#ifndef INSPECT_NETROUTE_H
#define INSPECT_NETROUTE_H

#include "base/vec.h"

struct netroute {
	u64 netns;         /* its inode */
	const char *to;    /* "10.1.0.0/16" */
	u32 ifindex;       /* that it leads to; 0: none */
	const char *where; /* "lwt_in", "lwt_out", "lwt_xmit", "lwt_seg6local" */
	const char *name;  /* that came with the route; "" if none */
	u32 prog_id;       /* 0: it is not told */
};
typedef vec_of(struct netroute) netroute_list;

/* Adds those of the namespace that this thread is in. 0 or -errno; -E2BIG: there are more routes than are looked at. */
int netroute_read(struct arena *a, u64 netns, netroute_list *out);
/* The same of one message, behind its header. */
void netroute_take(struct arena *a, u64 netns, const void *data, size_t len, netroute_list *out);

#endif
