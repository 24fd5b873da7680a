/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drops UDP to a port in a hook of netfilter, and counts by protocol what else passes (Linux 6.4 and newer):
 *
 *	skep run --hook ip:input:-100 --set closed=53 netfilter.bpf.c
 */
#include <skep.bpf.h>

struct sk_buff {
	unsigned char *head;
	u16 network_header;
} CORE;

struct bpf_nf_ctx {
	const void *state;
	struct sk_buff *skb;
} CORE;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, u64);
} passed SEC(".maps");

const volatile u16 closed = 53;
u64 dropped;

SEC("netfilter")
int judge(struct bpf_nf_ctx *ctx)
{
	const unsigned char *at = ctx->skb->head + ctx->skb->network_header;
	struct udphdr udp;
	struct iphdr ip;
	u32 protocol;
	u64 *n;

	if (bpf_probe_read_kernel(&ip, sizeof(ip), at) ||
	    bpf_probe_read_kernel(&udp, sizeof(udp), at + 4 * ip.ihl))
		return NF_ACCEPT;
	if (ip.protocol == IPPROTO_UDP && udp.dest == bpf_htons(closed)) {
		__sync_fetch_and_add(&dropped, 1);
		return NF_DROP;
	}
	protocol = ip.protocol;
	n = bpf_map_lookup_elem(&passed, &protocol);
	if (n)
		__sync_fetch_and_add(n, 1);
	return NF_ACCEPT;
}

LICENSE("GPL");
