/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Netlink messages, well made and otherwise. */
#include "net/blind.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "net/netlink.h"
#include "unit/test.h"

static void put_attr(struct buf *b, unsigned type, const void *data, size_t len)
{
	buf_u16(b, (u16)(sizeof(struct nlattr) + len));
	buf_u16(b, (u16)type);
	buf_put(b, data, len);
	buf_align(b, 4);
}

static void put_be32(struct buf *b, unsigned type, u32 value)
{
	u32 v = htonl(value);

	put_attr(b, type, &v, sizeof(v));
}

struct chain {
	u8 family;
	const char *table, *name, *type;
	u32 hook, rules, policy;
	bool is_base;
};

static void put_chain(struct buf *b, const struct chain *c)
{
	struct nfgenmsg head = { .nfgen_family = c->family };
	struct buf hook = { 0 };

	put_be32(&hook, NFTA_HOOK_HOOKNUM, c->hook);
	put_be32(&hook, NFTA_HOOK_PRIORITY, 0);
	buf_put(b, &head, sizeof(head));
	put_attr(b, NFTA_CHAIN_TABLE, c->table, strlen(c->table) + 1);
	put_attr(b, NFTA_CHAIN_NAME, c->name, strlen(c->name) + 1);
	if (c->is_base) {
		put_attr(b, NFTA_CHAIN_HOOK | NLA_F_NESTED, hook.data, hook.len);
		put_be32(b, NFTA_CHAIN_POLICY, c->policy);
		put_attr(b, NFTA_CHAIN_TYPE, c->type, strlen(c->type) + 1);
	}
	put_be32(b, NFTA_CHAIN_USE, c->rules);
	buf_done(&hook);
}

static void check_chain(int line, const struct chain *c, const char *want)
{
	blind_list found = { 0 };
	struct buf b = { 0 };
	struct arena a;

	arena_init(&a);
	put_chain(&b, c);
	blind_read_chain(b.data, b.len, &a, &found);
	test_check_str(__FILE__, line, c->name, found.n ? found.at[0].text : "", want);
	buf_done(&b);
	arena_done(&a);
}

TEST(blind_chains)
{
	struct chain c = { NFPROTO_INET,     "filter", "in",      "filter",
			   NF_INET_LOCAL_IN, 12,       NF_ACCEPT, true };

	check_chain(__LINE__, &c,
		    "12 rules of nftables' chain inet filter in, at input, do not see "
		    "redirected data");
	c.rules = 1;
	c.family = NFPROTO_NETDEV;
	c.hook = 1;
	check_chain(__LINE__, &c,
		    "1 rule of nftables' chain netdev filter in, at egress, does not see "
		    "redirected data");
	c.hook = 77;
	check_chain(__LINE__, &c,
		    "1 rule of nftables' chain netdev filter in, at ?, does not see "
		    "redirected data");
	c.rules = 0;
	check_chain(__LINE__, &c, "");
	c.policy = NF_DROP;
	c.family = NFPROTO_IPV6;
	c.hook = NF_INET_FORWARD;
	check_chain(__LINE__, &c,
		    "the policy 'drop' of nftables' chain ip6 filter in, at forward, does "
		    "not see redirected data");
	c.type = "nat";
	c.rules = 5;
	check_chain(__LINE__, &c, "");
	c.type = "filter";
	c.family = NFPROTO_ARP;
	check_chain(__LINE__, &c, "");
	c.family = NFPROTO_IPV4;
	c.is_base = false;
	check_chain(__LINE__, &c, "");
}

/* Cut anywhere, and with any byte changed: in a block of its own size, so that reading past the end is found. */
TEST(blind_chains_of_wrong_sizes)
{
	static const struct chain c = { NFPROTO_INET,     "filter", "in",      "filter",
					NF_INET_LOCAL_IN, 12,       NF_ACCEPT, true };
	struct buf b = { 0 };
	struct arena a;

	arena_init(&a);
	put_chain(&b, &c);
	for (size_t len = 0; len <= b.len; len++) {
		for (size_t at = 0; at <= len; at++) {
			u8 *copy = malloc(len + !len);
			blind_list found = { 0 };

			CHECK(copy != NULL);
			if (!copy)
				break;
			memcpy(copy, b.data, len);
			if (at < len)
				copy[at] = (u8)(copy[at] + 0x7f);
			blind_read_chain(copy, len, &a, &found);
			CHECK(found.n <= 1);
			free(copy);
		}
	}
	buf_done(&b);
	arena_done(&a);
}

TEST(netlink_attributes)
{
	static const u8 data[] = { 6, 0, 1, 0, 'a', 'b', 0, 0, 4, 0, 2, 0x80, 5, 0, 3, 0, 'c' };
	struct netlink_attr at;
	char text[3];
	size_t pos = 0;

	CHECK(netlink_next(data, sizeof(data), &pos, &at));
	CHECK_EQ(at.type, 1);
	CHECK_EQ(at.len, 2);
	netlink_text(&at, text, sizeof(text));
	CHECK_STR(text, "ab");
	netlink_text(&at, text, 2);
	CHECK_STR(text, "a");
	CHECK_EQ(netlink_u32(&at), 0);
	CHECK(netlink_next(data, sizeof(data), &pos, &at));
	CHECK_EQ(at.type, 2);
	CHECK_EQ(at.len, 0);
	CHECK(netlink_next(data, sizeof(data), &pos, &at));
	CHECK_EQ(at.len, 1);
	CHECK(!netlink_next(data, sizeof(data), &pos, &at));
	CHECK(netlink_find(data, sizeof(data), 0, 3, &at));
	CHECK(!netlink_find(data, sizeof(data) - 1, 0, 3, &at));
	CHECK(!netlink_find(data, sizeof(data), 100, 1, &at));
	pos = 0;
	CHECK(!netlink_next("\3\0\1\0", 4, &pos, &at));
	CHECK(!netlink_next("\0\0\0\0", 4, &pos, &at));
}
