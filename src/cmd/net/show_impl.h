/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two forms of skep net show have in common. */
#ifndef CMD_NET_SHOW_IMPL_H
#define CMD_NET_SHOW_IMPL_H

#include "cmd/link/view.h"
#include "cmd/net/show.h"
#include "inspect/netroute.h"

struct net_show {
	struct noun_args *args;
	struct link_view view;
	struct nethooks hooks;
	linkinfo_list links;
	netroute_list routes; /* of the namespace that is shown */
	u32 only;             /* an interface's index; 0: all */
};

/* The link of an XDP program, which the kernel only tells the other way round; 0 if it has none. */
u32 net_show_link(const struct net_show *s, const struct nethook *h);
/* The hooks of one namespace, which are those from one to before another of the list. */
void net_show_json(struct net_show *s, const struct netns *space, size_t from, size_t to);

#endif
