/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of netlink about interfaces and filters: whole, cut off anywhere, and with sizes that lie. */
#include "inspect/nethook.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_bpf.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "unit/attr.h"
#include "unit/test.h"

static void put_u32(struct buf *b, u16 type, u32 v)
{
	attr_put(b, type, &v, sizeof(v));
}

static void put_text(struct buf *b, u16 type, const char *text)
{
	attr_put(b, type, text, strlen(text) + 1);
}

static void make_device(struct buf *b, u8 mode)
{
	struct ifinfomsg head = { .ifi_index = 7 };
	size_t xdp;

	buf_put(b, &head, sizeof(head));
	put_text(b, IFLA_IFNAME, "veth7");
	xdp = attr_begin(b, IFLA_XDP);
	attr_put(b, IFLA_XDP_ATTACHED, &mode, 1);
	if (mode == XDP_ATTACHED_MULTI) {
		put_u32(b, IFLA_XDP_SKB_PROG_ID, 11);
		put_u32(b, IFLA_XDP_DRV_PROG_ID, 12);
	} else {
		put_u32(b, IFLA_XDP_PROG_ID, 11);
	}
	attr_end(b, xdp);
}

static void put_action(struct buf *b, u16 place, const char *kind, u32 id)
{
	size_t action = attr_begin(b, place), options;

	put_text(b, TCA_ACT_KIND, kind);
	options = attr_begin(b, TCA_ACT_OPTIONS);
	put_text(b, TCA_ACT_BPF_NAME, "act.o:[x]");
	put_u32(b, TCA_ACT_BPF_ID, id);
	attr_end(b, options);
	attr_end(b, action);
}

static void make_filter(struct buf *b, const char *kind, u16 actions_at)
{
	struct tcmsg head = { .tcm_ifindex = 7,
			      .tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
			      .tcm_handle = 3,
			      .tcm_info = TC_H_MAKE(49152u << 16, htons(3)) };
	size_t options, actions;

	buf_put(b, &head, sizeof(head));
	put_text(b, TCA_KIND, kind);
	put_u32(b, TCA_CHAIN, 5);
	options = attr_begin(b, TCA_OPTIONS);
	if (!strcmp(kind, "bpf")) {
		put_text(b, TCA_BPF_NAME, "filter.o:[cls]");
		put_u32(b, TCA_BPF_ID, 21);
		put_u32(b, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	}
	actions = attr_begin(b, actions_at);
	put_action(b, 1, "gact", 0);
	put_action(b, 2, "bpf", 22);
	attr_end(b, actions);
	attr_end(b, options);
}

TEST(nethook_reads_xdp)
{
	struct nethook_device dev;
	struct buf b = { 0 };
	struct nethooks h;
	struct arena a;

	arena_init(&a);
	h = (struct nethooks){ .arena = &a };
	make_device(&b, XDP_ATTACHED_DRV);
	CHECK(nethook_take_device(&h, b.data, b.len, &dev));
	CHECK_STR(dev.name, "veth7");
	CHECK_EQ(dev.ifindex, 7);
	CHECK_EQ(h.list.n, 1);
	CHECK_EQ(h.list.at[0].prog_id, 11);
	CHECK_EQ(h.list.at[0].at, XDP_ATTACHED_DRV);
	CHECK(!h.list.at[0].is_one_of);
	buf_clear(&b);
	make_device(&b, XDP_ATTACHED_MULTI);
	CHECK(nethook_take_device(&h, b.data, b.len, &dev));
	CHECK_EQ(h.list.n, 3);
	CHECK_EQ(h.list.at[1].prog_id, 11);
	CHECK_EQ(h.list.at[1].at, XDP_ATTACHED_SKB);
	CHECK_EQ(h.list.at[2].prog_id, 12);
	CHECK_EQ(h.list.at[2].at, XDP_ATTACHED_DRV);
	CHECK(h.list.at[2].is_one_of);
	buf_clear(&b);
	make_device(&b, XDP_ATTACHED_NONE);
	CHECK(nethook_take_device(&h, b.data, b.len, &dev));
	CHECK_EQ(h.list.n, 3);
	buf_done(&b);
	arena_done(&a);
}

TEST(nethook_reads_filters_and_their_actions)
{
	const struct nethook_device dev = { .ifindex = 7, .name = "veth7" };
	const struct nethook_device other = { .ifindex = 8, .name = "veth8" };
	struct buf b = { 0 };
	struct nethooks h;
	struct arena a;

	arena_init(&a);
	h = (struct nethooks){ .arena = &a };
	make_filter(&b, "bpf", TCA_BPF_ACT);
	nethook_take_filter(&h, "clsact/ingress", &other, b.data, b.len);
	CHECK_EQ(h.list.n, 0);
	nethook_take_filter(&h, "clsact/ingress", &dev, b.data, b.len);
	CHECK_EQ(h.list.n, 2);
	CHECK_EQ(h.list.at[0].kind, NETHOOK_TC);
	CHECK_EQ(h.list.at[0].prog_id, 21);
	CHECK_STR(h.list.at[0].name, "filter.o:[cls]");
	CHECK_EQ(h.list.at[0].priority, 49152);
	CHECK_EQ(h.list.at[0].protocol, 3);
	CHECK_EQ(h.list.at[0].handle, 3);
	CHECK_EQ(h.list.at[0].chain, 5);
	CHECK(h.list.at[0].is_direct);
	CHECK_EQ(h.list.at[1].kind, NETHOOK_ACTION);
	CHECK_EQ(h.list.at[1].prog_id, 22);
	CHECK_STR(h.list.at[1].name, "act.o:[x]");
	/* A filter of another kind is there for its actions. */
	buf_clear(&b);
	make_filter(&b, "matchall", TCA_MATCHALL_ACT);
	nethook_take_filter(&h, "clsact/egress", &dev, b.data, b.len);
	CHECK_EQ(h.list.n, 4);
	CHECK_EQ(h.list.at[2].prog_id, 0);
	CHECK_STR(h.list.at[2].filter, "matchall");
	CHECK_EQ(h.list.at[3].prog_id, 22);
	/* One whose actions are not known is not. */
	buf_clear(&b);
	make_filter(&b, "unknown", 1);
	nethook_take_filter(&h, "clsact/egress", &dev, b.data, b.len);
	CHECK_EQ(h.list.n, 4);
	buf_done(&b);
	arena_done(&a);
}

/* Each beginning of a message, in memory of just that size. */
TEST(nethook_takes_messages_that_end_early)
{
	const struct nethook_device dev = { .ifindex = 7, .name = "veth7" };
	struct nethook_device out;
	struct buf b = { 0 };
	struct nethooks h;
	struct arena a;

	arena_init(&a);
	h = (struct nethooks){ .arena = &a };
	make_filter(&b, "bpf", TCA_BPF_ACT);
	for (size_t len = 0; len < b.len; len++) {
		void *cut = malloc(len + !len);

		memcpy(cut, b.data, len);
		nethook_take_filter(&h, "root", &dev, cut, len);
		nethook_take_device(&h, cut, len, &out);
		free(cut);
	}
	for (size_t i = 0; i < h.list.n; i++)
		CHECK(h.list.at[i].kind == NETHOOK_TC || h.list.at[i].kind == NETHOOK_ACTION);
	buf_done(&b);
	arena_done(&a);
}
