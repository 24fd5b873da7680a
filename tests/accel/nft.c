/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One table with one chain and one rule:
 *
 *	ip daddr ADDRESS tcp dport PORT dnat to TO:TO_PORT
 *
 * as the expressions that the kernel runs: load a field into a register, compare it, ..., load the new ones, translate.
 */
#include "accel/nft.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4.h>
#include <string.h>

#include "accel/netlink.h"

enum {
	NFT_TABLES = NFNL_SUBSYS_NFTABLES << 8,
	NFT_MAKE = NLM_F_CREATE | NLM_F_ACK,
	NFT_DADDR = 16, /* offset in an IPv4 header */
	NFT_DPORT = 2,  /* in TCP's */
	NFT_PRIORITY = -100,
};

static void add_be32(struct netlink *n, u16 type, u32 value)
{
	netlink_add_u32(n, type, htonl(value));
}

static size_t begin(struct netlink *n, u16 type)
{
	return netlink_begin(n, type | NLA_F_NESTED);
}

static void message(struct netlink *n, u16 type, u16 flags)
{
	struct nfgenmsg head = { .nfgen_family = NFPROTO_IPV4, .version = NFNETLINK_V0 };

	netlink_message(n, NFT_TABLES | type, flags, &head, sizeof(head));
}

/* The messages between two of these are done all together, or not at all. */
static void batch(struct netlink *n, u16 type)
{
	struct nfgenmsg head = { .version = NFNETLINK_V0, .res_id = htons(NFNL_SUBSYS_NFTABLES) };

	netlink_message(n, type, 0, &head, sizeof(head));
}

struct expression {
	size_t whole, data;
};

static struct expression begin_expression(struct netlink *n, const char *name)
{
	struct expression e;

	e.whole = begin(n, NFTA_LIST_ELEM);
	netlink_add_text(n, NFTA_EXPR_NAME, name);
	e.data = begin(n, NFTA_EXPR_DATA);
	return e;
}

static void end_expression(struct netlink *n, struct expression e)
{
	netlink_end(n, e.data);
	netlink_end(n, e.whole);
}

static void value(struct netlink *n, u16 type, const void *bytes, size_t size)
{
	size_t data = begin(n, type);

	netlink_add(n, NFTA_DATA_VALUE, bytes, size);
	netlink_end(n, data);
}

/* A field of a header has to have this value. */
static void match(struct netlink *n, u32 base, u32 offset, const void *bytes, size_t size)
{
	struct expression e = begin_expression(n, "payload");

	add_be32(n, NFTA_PAYLOAD_DREG, NFT_REG_1);
	add_be32(n, NFTA_PAYLOAD_BASE, base);
	add_be32(n, NFTA_PAYLOAD_OFFSET, offset);
	add_be32(n, NFTA_PAYLOAD_LEN, (u32)size);
	end_expression(n, e);
	e = begin_expression(n, "cmp");
	add_be32(n, NFTA_CMP_SREG, NFT_REG_1);
	add_be32(n, NFTA_CMP_OP, NFT_CMP_EQ);
	value(n, NFTA_CMP_DATA, bytes, size);
	end_expression(n, e);
}

static void load(struct netlink *n, u32 reg, const void *bytes, size_t size)
{
	struct expression e = begin_expression(n, "immediate");

	add_be32(n, NFTA_IMMEDIATE_DREG, reg);
	value(n, NFTA_IMMEDIATE_DATA, bytes, size);
	end_expression(n, e);
}

static void translate(struct netlink *n)
{
	struct expression e = begin_expression(n, "nat");

	add_be32(n, NFTA_NAT_TYPE, NFT_NAT_DNAT);
	add_be32(n, NFTA_NAT_FAMILY, NFPROTO_IPV4);
	add_be32(n, NFTA_NAT_REG_ADDR_MIN, NFT_REG_1);
	add_be32(n, NFTA_NAT_REG_PROTO_MIN, NFT_REG_2);
	end_expression(n, e);
}

static void add_chain(struct netlink *n)
{
	size_t hook;

	message(n, NFT_MSG_NEWCHAIN, NFT_MAKE);
	netlink_add_text(n, NFTA_CHAIN_TABLE, "accel");
	netlink_add_text(n, NFTA_CHAIN_NAME, "output");
	hook = begin(n, NFTA_CHAIN_HOOK);
	add_be32(n, NFTA_HOOK_HOOKNUM, NF_INET_LOCAL_OUT);
	add_be32(n, NFTA_HOOK_PRIORITY, (u32)NFT_PRIORITY);
	netlink_end(n, hook);
	netlink_add_text(n, NFTA_CHAIN_TYPE, "nat");
}

void nft_translate(struct at at, const char *address, u16 port, const char *to, u16 to_port)
{
	u32 from_address, to_address;
	u16 from_be = htons(port), to_be = htons(to_port);
	struct netlink n;
	size_t rule;
	int err;

	CHECK_AT(at, inet_pton(AF_INET, address, &from_address) == 1);
	CHECK_AT(at, inet_pton(AF_INET, to, &to_address) == 1);
	netlink_init(&n, at);
	batch(&n, NFNL_MSG_BATCH_BEGIN);
	message(&n, NFT_MSG_NEWTABLE, NFT_MAKE);
	netlink_add_text(&n, NFTA_TABLE_NAME, "accel");
	add_chain(&n);
	message(&n, NFT_MSG_NEWRULE, NFT_MAKE | NLM_F_APPEND);
	netlink_add_text(&n, NFTA_RULE_TABLE, "accel");
	netlink_add_text(&n, NFTA_RULE_CHAIN, "output");
	rule = begin(&n, NFTA_RULE_EXPRESSIONS);
	match(&n, NFT_PAYLOAD_NETWORK_HEADER, NFT_DADDR, &from_address, sizeof(from_address));
	match(&n, NFT_PAYLOAD_TRANSPORT_HEADER, NFT_DPORT, &from_be, sizeof(from_be));
	load(&n, NFT_REG_1, &to_address, sizeof(to_address));
	load(&n, NFT_REG_2, &to_be, sizeof(to_be));
	translate(&n);
	netlink_end(&n, rule);
	batch(&n, NFNL_MSG_BATCH_END);
	err = netlink_call(&n, NETLINK_NETFILTER, 3);
	if (err)
		test_skip(at, "the kernel cannot translate addresses by nf_tables: %s",
			  strerror(-err));
}
