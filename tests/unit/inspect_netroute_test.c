/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of netlink about routes: with a tunnel, with several ways, cut off anywhere. */
#include "inspect/netroute.h"

#include <linux/lwtunnel.h>
#include <linux/rtnetlink.h>
#include <linux/seg6_local.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "unit/attr.h"
#include "unit/test.h"

static void put_tunnel(struct buf *b)
{
	u16 kind = LWTUNNEL_ENCAP_BPF;
	size_t encap, prog;

	attr_put(b, RTA_ENCAP_TYPE, &kind, sizeof(kind));
	encap = attr_begin(b, RTA_ENCAP);
	prog = attr_begin(b, LWT_BPF_OUT);
	attr_put(b, LWT_BPF_PROG_NAME, "limit", 6);
	attr_end(b, prog);
	prog = attr_begin(b, LWT_BPF_XMIT);
	attr_end(b, prog);
	attr_end(b, encap);
}

static void make_route(struct buf *b)
{
	static const u8 to[4] = { 10, 9, 0, 0 };
	struct rtmsg head = { .rtm_family = AF_INET, .rtm_dst_len = 24 };
	u32 device = 7;

	buf_put(b, &head, sizeof(head));
	attr_put(b, RTA_DST, to, sizeof(to));
	attr_put(b, RTA_OIF, &device, sizeof(device));
	put_tunnel(b);
}

/* The default route by two interfaces, of which the second has a tunnel. */
static void make_ways(struct buf *b)
{
	struct rtmsg head = { .rtm_family = AF_INET };
	size_t ways;

	buf_put(b, &head, sizeof(head));
	ways = attr_begin(b, RTA_MULTIPATH);
	for (int i = 0; i < 2; i++) {
		struct rtnexthop way = { .rtnh_ifindex = 5 + i };
		size_t at = b->len;

		buf_put(b, &way, sizeof(way));
		if (i)
			put_tunnel(b);
		way.rtnh_len = (u16)(b->len - at);
		memcpy(b->data + at, &way, sizeof(way));
	}
	attr_end(b, ways);
}

static void make_segment(struct buf *b)
{
	struct rtmsg head = { .rtm_family = AF_INET6, .rtm_dst_len = 128 };
	u16 kind = LWTUNNEL_ENCAP_SEG6_LOCAL;
	u8 to[16] = { 0xfd, [15] = 1 };
	size_t encap, prog;
	u32 id = 21;

	buf_put(b, &head, sizeof(head));
	attr_put(b, RTA_DST, to, sizeof(to));
	attr_put(b, RTA_ENCAP_TYPE, &kind, sizeof(kind));
	encap = attr_begin(b, RTA_ENCAP);
	prog = attr_begin(b, SEG6_LOCAL_BPF);
	attr_put(b, SEG6_LOCAL_BPF_PROG, &id, sizeof(id));
	attr_put(b, SEG6_LOCAL_BPF_PROG_NAME, "segment", 8);
	attr_end(b, prog);
	attr_end(b, encap);
}

TEST(netroute_reads_tunnels)
{
	netroute_list routes = { 0 };
	struct buf b = { 0 };
	struct arena a;

	arena_init(&a);
	make_route(&b);
	netroute_take(&a, 3, b.data, b.len, &routes);
	CHECK_EQ(routes.n, 2);
	CHECK_STR(routes.at[0].to, "10.9.0.0/24");
	CHECK_STR(routes.at[0].where, "lwt_out");
	CHECK_STR(routes.at[0].name, "limit");
	CHECK_EQ(routes.at[0].ifindex, 7);
	CHECK_EQ(routes.at[0].netns, 3);
	CHECK_EQ(routes.at[0].prog_id, 0);
	CHECK_STR(routes.at[1].where, "lwt_xmit");
	CHECK_STR(routes.at[1].name, "");
	buf_clear(&b);
	make_ways(&b);
	netroute_take(&a, 3, b.data, b.len, &routes);
	CHECK_EQ(routes.n, 4);
	CHECK_STR(routes.at[2].to, "default");
	CHECK_EQ(routes.at[2].ifindex, 6);
	buf_clear(&b);
	make_segment(&b);
	netroute_take(&a, 3, b.data, b.len, &routes);
	CHECK_EQ(routes.n, 5);
	CHECK_STR(routes.at[4].to, "fd00::1/128");
	CHECK_STR(routes.at[4].where, "lwt_seg6local");
	CHECK_EQ(routes.at[4].prog_id, 21);
	buf_done(&b);
	arena_done(&a);
}

/* Each beginning of a message, in memory of just that size. */
TEST(netroute_takes_messages_that_end_early)
{
	static void (*const make[])(struct buf * b) = { make_route, make_ways, make_segment };
	netroute_list routes = { 0 };
	struct buf b = { 0 };
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < ARRAY_SIZE(make); i++) {
		buf_clear(&b);
		make[i](&b);
		for (size_t len = 0; len < b.len; len++) {
			void *cut = malloc(len + !len);

			memcpy(cut, b.data, len);
			netroute_take(&a, 1, cut, len, &routes);
			free(cut);
		}
	}
	for (size_t i = 0; i < routes.n; i++)
		CHECK(routes.at[i].to && routes.at[i].name);
	buf_done(&b);
	arena_done(&a);
}
