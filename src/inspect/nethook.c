/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filters hang on queueing disciplines and their classes, which are listed first; and on the three places that need none of
 * these to be named.
 */
#include "inspect/nethook.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inspect/query.h"
#include "isa/prog_type.h"
#include "net/netlink.h"

enum { NAME = 64, MAX_DEVICES = 65536, MAX_PARENTS = 4096 };

struct walk {
	struct nethooks *hooks;
	u32 only; /* an interface's index; 0: all */
	vec_of(struct nethook_device) devices;
	const struct nethook_device *dev; /* the one whose filters are read */
	struct {
		u32 handle;
		const char *kind;
	} parents[MAX_PARENTS];
	size_t n_parents;
	const char *where;
};

static void take_link(void *arg, u16 type, const void *data, size_t len)
{
	struct walk *w = arg;
	size_t before = w->hooks->list.n;
	struct nethook_device dev;

	if (type != RTM_NEWLINK || w->devices.n >= MAX_DEVICES ||
	    !nethook_take_device(w->hooks, data, len, &dev))
		return;
	if (w->only && dev.ifindex != w->only)
		w->hooks->list.n = before;
	else
		*vec_add(w->hooks->arena, &w->devices) = dev;
}

static void take_filter(void *arg, u16 type, const void *data, size_t len)
{
	struct walk *w = arg;

	if (type == RTM_NEWTFILTER)
		nethook_take_filter(w->hooks, w->where, w->dev, data, len);
}

/* Disciplines and classes; the ingress ones have names of their own below. */
static void take_parent(void *arg, u16 type, const void *data, size_t len)
{
	struct walk *w = arg;
	struct netlink_attr kind;
	struct tcmsg head;
	char text[NAME];
	const char *name;

	if ((type != RTM_NEWQDISC && type != RTM_NEWTCLASS) || len < sizeof(head) ||
	    w->n_parents >= MAX_PARENTS)
		return;
	memcpy(&head, data, sizeof(head));
	if ((u32)head.tcm_ifindex != w->dev->ifindex || head.tcm_parent == TC_H_CLSACT ||
	    !netlink_find(data, len, sizeof(head), TCA_KIND, &kind))
		return;
	netlink_text(&kind, text, sizeof(text));
	name = arena_strdup(w->hooks->arena, text);
	if (!head.tcm_handle || !strcmp(name, "noqueue"))
		return;
	w->parents[w->n_parents].handle = head.tcm_handle;
	w->parents[w->n_parents++].kind = name;
}

static void add_parent(struct walk *w, u32 handle, const char *kind)
{
	if (w->n_parents >= MAX_PARENTS)
		return;
	w->parents[w->n_parents].handle = handle;
	w->parents[w->n_parents++].kind = kind;
}

static void read_filters(struct walk *w)
{
	struct tcmsg head = { .tcm_family = AF_UNSPEC, .tcm_ifindex = (int)w->dev->ifindex };

	w->n_parents = 0;
	/* A kernel without tc has none. */
	if (netlink_dump(NETLINK_ROUTE, RTM_GETQDISC, &head, sizeof(head), take_parent, w))
		return;
	netlink_dump(NETLINK_ROUTE, RTM_GETTCLASS, &head, sizeof(head), take_parent, w);
	add_parent(w, TC_H_ROOT, "root");
	add_parent(w, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS), "clsact/ingress");
	add_parent(w, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS), "clsact/egress");
	for (size_t i = 0; i < w->n_parents; i++) {
		head.tcm_parent = w->parents[i].handle;
		w->where = w->parents[i].kind;
		netlink_dump(NETLINK_ROUTE, RTM_GETTFILTER, &head, sizeof(head), take_filter, w);
	}
}

static void read_query(struct nethooks *h, enum nethook_kind kind, u32 target, u32 type,
		       const struct nethook_device *dev)
{
	struct query q;
	int err = query_read(h->arena, target, type, 0, &q);

	/* The peer of a netkit cannot be asked: both ends' programs are told of the primary. */
	if (err) {
		h->is_partial |= kind != NETHOOK_NETKIT || err != -EACCES;
		return;
	}
	for (u32 i = 0; i < q.count; i++) {
		struct nethook *one = nethook_add(h, kind, dev);

		if (!one)
			return;
		one->at = type;
		one->prog_id = q.progs[i];
		one->link_id = q.links ? q.links[i] : 0;
	}
}

static void read_device(struct walk *w)
{
	struct nethooks *h = w->hooks;
	u32 index = w->dev->ifindex;

	read_query(h, NETHOOK_TCX, index, AT_TCX_INGRESS, w->dev);
	read_query(h, NETHOOK_TCX, index, AT_TCX_EGRESS, w->dev);
	if (w->dev->is_netkit) {
		read_query(h, NETHOOK_NETKIT, index, AT_NETKIT_PRIMARY, w->dev);
		read_query(h, NETHOOK_NETKIT, index, AT_NETKIT_PEER, w->dev);
	}
	read_filters(w);
}

static void read_space(struct nethooks *h)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	read_query(h, NETHOOK_FLOW, (u32)fd, AT_FLOW_DISSECTOR, NULL);
	read_query(h, NETHOOK_LOOKUP, (u32)fd, AT_SK_LOOKUP, NULL);
	close(fd);
}

int nethook_read(struct nethooks *h, u64 netns, u32 ifindex)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC };
	struct walk *w = arena_new(h->arena, struct walk);
	size_t before = h->list.n;
	int err;

	w->hooks = h;
	w->only = ifindex;
	err = netlink_dump(NETLINK_ROUTE, RTM_GETLINK, &head, sizeof(head), take_link, w);
	for (size_t i = 0; !err && i < w->devices.n; i++) {
		w->dev = &w->devices.at[i];
		read_device(w);
	}
	if (!err && !ifindex)
		read_space(h);
	for (size_t i = before; i < h->list.n; i++)
		h->list.at[i].netns = netns;
	return err;
}

static int read_within(void *arg, const struct netns *n)
{
	return nethook_read(arg, n->inode, 0);
}

void nethook_read_all(struct nethooks *h, const netns_list *spaces)
{
	for (size_t i = 0; i < spaces->n; i++)
		if (netns_within(&spaces->at[i], read_within, h))
			h->is_partial = true;
}
