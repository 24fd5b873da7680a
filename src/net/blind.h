/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who looks at packets on this host: redirected data make none, so filters, meters and policies do not see
 * them. (The handshake and the end of a connection they do see, so what judges whole connections works on.)
 */
#ifndef NET_BLIND_H
#define NET_BLIND_H

#include "base/arena.h"
#include "base/vec.h"

struct blind {
	const char *kind; /* "nftables", "iptables", "tc", "tcx", "xdp", "cgroup" */
	const char *text; /* a sentence without its full stop */
};
typedef vec_of(struct blind) blind_list;

/*
 * Finds them in the current network namespace, and among the programs of a cgroup (its path; NULL or "": of none), of those
 * above and those below it. What could not be asked is said in a sentence as well. All is in the arena.
 */
void blind_find(const char *cgroup, struct arena *a, blind_list *out);

/* For tests: what a netlink message about a chain of nftables (its nfgenmsg and attributes) comes to. */
void blind_read_chain(const void *data, size_t len, struct arena *a, blind_list *out);

#endif
