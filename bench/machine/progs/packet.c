/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses Ethernet, VLAN, IP, TCP and its options, with a check before each access as the kernel's verifier wants it. */
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#include "prog.h"

#define SWAP16(x) ((__u16)__builtin_bswap16(x))

struct vlan {
	__be16 tag, type;
};

PROGRAM(packet)
{
	const __u8 *at = (const __u8 *)(long)ctx->data, *end = (const __u8 *)(long)ctx->data_end;
	const struct ethhdr *eth = (const void *)at;
	const struct iphdr *ip;
	const struct tcphdr *tcp;
	__u32 length, mss = 0;
	__be16 type;

	if ((const __u8 *)(eth + 1) > end)
		return -1;
	type = eth->h_proto;
	at = (const __u8 *)(eth + 1);
	if (type == SWAP16(ETH_P_8021Q)) {
		const struct vlan *vlan = (const void *)at;

		if ((const __u8 *)(vlan + 1) > end)
			return -2;
		type = vlan->type;
		at = (const __u8 *)(vlan + 1);
	}
	if (type != SWAP16(ETH_P_IP))
		return -3;
	ip = (const void *)at;
	if ((const __u8 *)(ip + 1) > end)
		return -4;
	length = ip->ihl * 4u;
	if (length < sizeof(*ip) || ip->protocol != 6)
		return -5;
	tcp = (const void *)(at + length);
	if ((const __u8 *)(tcp + 1) > end)
		return -6;
	at = (const __u8 *)(tcp + 1);
	if (tcp->doff > 5) {
		if (at + 4 > end)
			return -7;
		if (at[0] == 2 && at[1] == 4)
			mss = (__u32)(at[2] << 8 | at[3]);
	}
	return (int)((ip->saddr ^ ip->daddr) +
		     ((__u32)SWAP16(tcp->source) << 16 ^ SWAP16(tcp->dest)) + SWAP16(ip->tot_len) +
		     mss + tcp->syn);
}
