/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filters hang on queueing disciplines and their classes, which are listed first; and on the three places that need none of
 * these to be named. A filter of any kind may have actions that are programs.
 */
#include "inspect/nethook.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_bpf.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "inspect/query.h"
#include "isa/prog_type.h"
#include "net/netlink.h"

enum { NAME = 256, MAX_DEVICES = 65536, MAX_PARENTS = 4096 };

static struct nethook *add(struct nethooks *h, enum nethook_kind kind,
			   const struct nethook_device *dev)
{
	struct nethook *one;

	if (h->list.n >= NETHOOK_MAX) {
		h->is_partial = true;
		return NULL;
	}
	one = vec_add(h->arena, &h->list);
	one->kind = kind;
	one->ifindex = dev ? dev->ifindex : 0;
	one->dev = dev ? dev->name : "";
	one->where = one->filter = one->name = "";
	return one;
}

static const char *text_of(struct arena *a, const struct netlink_attr *attr)
{
	char text[NAME];

	netlink_text(attr, text, sizeof(text));
	return arena_strdup(a, text);
}

static u32 number_in(const struct netlink_attr *in, u16 type)
{
	struct netlink_attr attr;

	return netlink_find(in->data, in->len, 0, type, &attr) ? netlink_u32(&attr) : 0;
}

static const char *text_in(struct arena *a, const struct netlink_attr *in, u16 type)
{
	struct netlink_attr attr;

	return netlink_find(in->data, in->len, 0, type, &attr) ? text_of(a, &attr) : "";
}

/* ---- interfaces */

static void take_xdp(struct nethooks *h, const struct nethook_device *dev,
		     const struct netlink_attr *xdp)
{
	static const struct {
		u32 mode;
		u16 type;
	} modes[] = {
		{ XDP_ATTACHED_SKB, IFLA_XDP_SKB_PROG_ID },
		{ XDP_ATTACHED_DRV, IFLA_XDP_DRV_PROG_ID },
		{ XDP_ATTACHED_HW, IFLA_XDP_HW_PROG_ID },
	};
	struct netlink_attr attached;
	u8 mode;

	if (!netlink_find(xdp->data, xdp->len, 0, IFLA_XDP_ATTACHED, &attached) ||
	    attached.len != 1)
		return;
	mode = *(const u8 *)attached.data;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		u32 id = number_in(xdp, modes[i].type);
		struct nethook *one;

		if (!id && mode == modes[i].mode)
			id = number_in(xdp, IFLA_XDP_PROG_ID);
		one = id ? add(h, NETHOOK_XDP, dev) : NULL;
		if (!one)
			continue;
		one->prog_id = id;
		one->at = modes[i].mode;
		one->is_one_of = mode == XDP_ATTACHED_MULTI;
	}
}

bool nethook_take_device(struct nethooks *h, const void *data, size_t len,
			 struct nethook_device *out)
{
	struct netlink_attr name, xdp, info;
	struct ifinfomsg head;

	if (len < sizeof(head))
		return false;
	memcpy(&head, data, sizeof(head));
	if (head.ifi_index <= 0 || !netlink_find(data, len, sizeof(head), IFLA_IFNAME, &name))
		return false;
	*out = (struct nethook_device){ .ifindex = (u32)head.ifi_index,
					.name = text_of(h->arena, &name) };
	out->is_netkit = netlink_find(data, len, sizeof(head), IFLA_LINKINFO, &info) &&
			 !strcmp(text_in(h->arena, &info, IFLA_INFO_KIND), "netkit");
	if (netlink_find(data, len, sizeof(head), IFLA_XDP, &xdp))
		take_xdp(h, out, &xdp);
	return true;
}

/* ---- filters */

/* Where each kind of filter has its actions; 0: it is not known to have any. */
static u16 actions_of(const char *kind)
{
	static const struct {
		const char *kind;
		u16 type;
	} known[] = {
		{ "bpf", TCA_BPF_ACT },       { "matchall", TCA_MATCHALL_ACT },
		{ "flower", TCA_FLOWER_ACT }, { "basic", TCA_BASIC_ACT },
		{ "u32", TCA_U32_ACT },       { "cgroup", TCA_CGROUP_ACT },
		{ "fw", TCA_FW_ACT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(known[i].kind, kind))
			return known[i].type;
	return 0;
}

static void take_action(struct nethooks *h, const struct nethook *filter,
			const struct nethook_device *dev, const struct netlink_attr *action)
{
	struct netlink_attr options;
	struct nethook *one;
	u32 id;

	if (strcmp(text_in(h->arena, action, TCA_ACT_KIND), "bpf") != 0 ||
	    !netlink_find(action->data, action->len, 0, TCA_ACT_OPTIONS, &options))
		return;
	id = number_in(&options, TCA_ACT_BPF_ID);
	one = id ? add(h, NETHOOK_ACTION, dev) : NULL;
	if (!one)
		return;
	one->where = filter->where;
	one->filter = filter->filter;
	one->parent = filter->parent;
	one->priority = filter->priority;
	one->protocol = filter->protocol;
	one->handle = filter->handle;
	one->chain = filter->chain;
	one->prog_id = id;
	one->name = text_in(h->arena, &options, TCA_ACT_BPF_NAME);
}

void nethook_take_filter(struct nethooks *h, const char *where, const struct nethook_device *dev,
			 const void *data, size_t len)
{
	struct nethook filter = { .where = where };
	struct netlink_attr kind, options, actions, chain, one;
	struct tcmsg head;
	struct nethook *added;
	size_t before = h->list.n, pos = 0;
	u16 type;

	if (len < sizeof(head))
		return;
	memcpy(&head, data, sizeof(head));
	if ((u32)head.tcm_ifindex != dev->ifindex ||
	    !netlink_find(data, len, sizeof(head), TCA_KIND, &kind) ||
	    !netlink_find(data, len, sizeof(head), TCA_OPTIONS, &options))
		return;
	filter.filter = text_of(h->arena, &kind);
	filter.parent = head.tcm_parent;
	filter.handle = head.tcm_handle;
	filter.priority = TC_H_MAJ(head.tcm_info) >> 16;
	filter.protocol = ntohs((u16)TC_H_MIN(head.tcm_info));
	if (netlink_find(data, len, sizeof(head), TCA_CHAIN, &chain))
		filter.chain = netlink_u32(&chain);
	filter.name = "";
	if (!strcmp(filter.filter, "bpf")) {
		filter.prog_id = number_in(&options, TCA_BPF_ID);
		filter.name = text_in(h->arena, &options, TCA_BPF_NAME);
		filter.is_direct = number_in(&options, TCA_BPF_FLAGS) & TCA_BPF_FLAG_ACT_DIRECT;
	}
	added = add(h, NETHOOK_TC, dev);
	if (!added)
		return;
	filter.kind = NETHOOK_TC;
	filter.ifindex = added->ifindex;
	filter.dev = added->dev;
	*added = filter;
	type = actions_of(filter.filter);
	if (type && netlink_find(options.data, options.len, 0, type, &actions))
		while (netlink_next(actions.data, actions.len, &pos, &one))
			take_action(h, &filter, dev, &one);
	/* A filter of another kind without programs is none of ours. */
	if (!filter.prog_id && h->list.n == before + 1)
		h->list.n = before;
}

/* ---- a namespace */

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
	const char *name;

	if ((type != RTM_NEWQDISC && type != RTM_NEWTCLASS) || len < sizeof(head) ||
	    w->n_parents >= MAX_PARENTS)
		return;
	memcpy(&head, data, sizeof(head));
	if ((u32)head.tcm_ifindex != w->dev->ifindex || head.tcm_parent == TC_H_CLSACT ||
	    !netlink_find(data, len, sizeof(head), TCA_KIND, &kind))
		return;
	name = text_of(w->hooks->arena, &kind);
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

	if (query_read(h->arena, target, type, 0, &q)) {
		h->is_partial = true;
		return;
	}
	for (u32 i = 0; i < q.count; i++) {
		struct nethook *one = add(h, kind, dev);

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
