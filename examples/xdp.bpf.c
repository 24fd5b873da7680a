/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drops, passes or sends back packets, by their protocol, and counts what became of them on each CPU:
 *
 *	ICMP			sent back as its sender would see it: a ping without a network stack
 *	UDP to `closed`		dropped
 *	all else		passed
 *
 *	skep run --dev eth0 --set closed=7777 xdp.bpf.c
 */
#include <skep.bpf.h>

const volatile u16 closed = 9;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 5);
	__type(key, u32);
	__type(value, u64);
} verdicts SEC(".maps");

static __always_inline int judge(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	u8 mac[ETH_ALEN];
	be32 address;

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5)
		return XDP_PASS;
	if (ip->protocol == IPPROTO_UDP) {
		struct udphdr *udp = (void *)(ip + 1);

		return (void *)(udp + 1) <= end && udp->dest == bpf_htons(closed) ? XDP_DROP
										  : XDP_PASS;
	}
	if (ip->protocol == IPPROTO_ICMP) {
		struct icmphdr *icmp = (void *)(ip + 1);

		if ((void *)(icmp + 1) > end || icmp->type != 8)
			return XDP_PASS;
		/* An answer is of type 0, so the sum grows by what the type loses. */
		icmp->type = 0;
		icmp->check += bpf_htons(8 << 8);
		icmp->check += icmp->check < bpf_htons(8 << 8);
		__builtin_memcpy(mac, eth->h_dest, ETH_ALEN);
		__builtin_memcpy(eth->h_dest, eth->h_source, ETH_ALEN);
		__builtin_memcpy(eth->h_source, mac, ETH_ALEN);
		address = ip->saddr;
		ip->saddr = ip->daddr;
		ip->daddr = address;
		return XDP_TX;
	}
	return XDP_PASS;
}

SEC("xdp")
int filter(struct xdp_md *ctx)
{
	u32 verdict = judge(ctx);
	u64 *n = bpf_map_lookup_elem(&verdicts, &verdict);

	if (n)
		++*n;
	return verdict;
}

LICENSE("GPL");
