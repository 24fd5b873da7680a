/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All routes have to be listed, as none can be asked for by its tunnel. A route has it itself, or each of several ways has:
 *
 *	rtmsg  RTA_DST  RTA_OIF  RTA_ENCAP_TYPE  RTA_ENCAP { LWT_BPF_OUT { LWT_BPF_PROG_NAME } ... }
 *	rtmsg  RTA_DST  RTA_MULTIPATH { rtnexthop  RTA_ENCAP_TYPE  RTA_ENCAP  rtnexthop ... }
 */
#include "inspect/netroute.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/lwtunnel.h>
#include <linux/rtnetlink.h>
#include <linux/seg6_local.h>
#include <stdio.h>
#include <string.h>

#include "net/netlink.h"

enum { NAME = 256 };

struct walk {
	struct arena *arena;
	u64 netns;
	netroute_list *out;
	char to[64]; /* of the route at hand */
};

static const char *text_of(struct arena *a, const struct netlink_attr *attr)
{
	char text[NAME];

	netlink_text(attr, text, sizeof(text));
	return arena_strdup(a, text);
}

static void add(struct walk *w, const struct netroute *route, const char *where,
		const struct netlink_attr *prog, u16 name_type, u16 id_type)
{
	struct netroute *one = vec_add(w->arena, w->out);
	struct netlink_attr attr;

	*one = *route;
	one->to = arena_strdup(w->arena, w->to);
	one->where = where;
	if (netlink_find(prog->data, prog->len, 0, name_type, &attr))
		one->name = text_of(w->arena, &attr);
	if (id_type && netlink_find(prog->data, prog->len, 0, id_type, &attr))
		one->prog_id = netlink_u32(&attr);
}

/* The attributes of a route or of one of its ways. */
static void take_tunnel(struct walk *w, const struct netroute *route, const void *data, size_t len,
			size_t head)
{
	static const struct {
		u16 type;
		const char *where;
	} places[] = { { LWT_BPF_IN, "lwt_in" },
		       { LWT_BPF_OUT, "lwt_out" },
		       { LWT_BPF_XMIT, "lwt_xmit" } };
	struct netlink_attr type, encap, prog;
	u16 kind;

	if (!netlink_find(data, len, head, RTA_ENCAP_TYPE, &type) || type.len != sizeof(kind) ||
	    !netlink_find(data, len, head, RTA_ENCAP, &encap))
		return;
	memcpy(&kind, type.data, sizeof(kind));
	for (size_t i = 0; kind == LWTUNNEL_ENCAP_BPF && i < ARRAY_SIZE(places); i++)
		if (netlink_find(encap.data, encap.len, 0, places[i].type, &prog))
			add(w, route, places[i].where, &prog, LWT_BPF_PROG_NAME, 0);
	if (kind == LWTUNNEL_ENCAP_SEG6_LOCAL &&
	    netlink_find(encap.data, encap.len, 0, SEG6_LOCAL_BPF, &prog))
		add(w, route, "lwt_seg6local", &prog, SEG6_LOCAL_BPF_PROG_NAME,
		    SEG6_LOCAL_BPF_PROG);
}

static void take_ways(struct walk *w, const struct netroute *route, const struct netlink_attr *ways)
{
	struct rtnexthop way;

	for (size_t pos = 0, step; ways->len - pos >= sizeof(way); pos += step) {
		struct netroute one = *route;

		memcpy(&way, (const char *)ways->data + pos, sizeof(way));
		if (way.rtnh_len < sizeof(way) || way.rtnh_len > ways->len - pos)
			return;
		one.ifindex = (u32)way.rtnh_ifindex;
		take_tunnel(w, &one, (const char *)ways->data + pos, way.rtnh_len, sizeof(way));
		step = (way.rtnh_len + 3u) & ~(size_t)3;
		if (step > ways->len - pos)
			return;
	}
}

static void take_route(struct walk *w, const void *data, size_t len)
{
	struct netroute route = { .netns = w->netns, .name = "" };
	struct netlink_attr attr;
	char text[INET6_ADDRSTRLEN];
	struct rtmsg head;

	if (len < sizeof(head))
		return;
	memcpy(&head, data, sizeof(head));
	strcpy(w->to, "default");
	if (netlink_find(data, len, sizeof(head), RTA_DST, &attr) &&
	    attr.len == (head.rtm_family == AF_INET6 ? 16 : 4) &&
	    inet_ntop(head.rtm_family, attr.data, text, sizeof(text)))
		snprintf(w->to, sizeof(w->to), "%s/%u", text, head.rtm_dst_len);
	if (netlink_find(data, len, sizeof(head), RTA_OIF, &attr))
		route.ifindex = netlink_u32(&attr);
	take_tunnel(w, &route, data, len, sizeof(head));
	if (netlink_find(data, len, sizeof(head), RTA_MULTIPATH, &attr))
		take_ways(w, &route, &attr);
}

static void take_message(void *arg, u16 type, const void *data, size_t len)
{
	if (type == RTM_NEWROUTE)
		take_route(arg, data, len);
}

void netroute_take(struct arena *a, u64 netns, const void *data, size_t len, netroute_list *out)
{
	struct walk w = { .arena = a, .netns = netns, .out = out };

	take_route(&w, data, len);
}

int netroute_read(struct arena *a, u64 netns, netroute_list *out)
{
	static const u8 families[] = { AF_INET, AF_INET6 };
	struct walk w = { .arena = a, .netns = netns, .out = out };

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		struct rtmsg head = { .rtm_family = families[i] };
		int err = netlink_dump(NETLINK_ROUTE, RTM_GETROUTE, &head, sizeof(head),
				       take_message, &w);

		/* A kernel without IPv6 has none. */
		if (err && err != -EOPNOTSUPP)
			return err;
	}
	return 0;
}
