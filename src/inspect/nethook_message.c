/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of netlink, taken apart: attributes within attributes, all of which may be missing or cut off. A filter of any kind may have
 * actions that are programs.
 */
#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_bpf.h>
#include <string.h>

#include "inspect/nethook.h"
#include "net/netlink.h"

enum { NAME = 256 };

struct nethook *nethook_add(struct nethooks *h, enum nethook_kind kind,
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
		one = id ? nethook_add(h, NETHOOK_XDP, dev) : NULL;
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
	one = id ? nethook_add(h, NETHOOK_ACTION, dev) : NULL;
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
	added = nethook_add(h, NETHOOK_TC, dev);
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
