/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One program for each protocol, called through a program array by the one that is attached:
 *
 *	skep run --dev eth0 tail_call.bpf.c
 *
 * What stands in a program array is not attached by itself.
 */
#include <skep.bpf.h>

int on_icmp(struct xdp_md *ctx);
int on_udp(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 256);
	__uint(key_size, sizeof(u32));
	__array(values, int(struct xdp_md *));
} by_protocol SEC(".maps") = {
	.values = { [IPPROTO_ICMP] = (void *)&on_icmp, [IPPROTO_UDP] = (void *)&on_udp },
};

u64 icmp, udp, others;

SEC("xdp")
int on_icmp(struct xdp_md *ctx)
{
	__sync_fetch_and_add(&icmp, 1);
	return XDP_PASS;
}

SEC("xdp")
int on_udp(struct xdp_md *ctx)
{
	__sync_fetch_and_add(&udp, 1);
	return XDP_PASS;
}

SEC("xdp")
int dispatch(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) > (void *)(long)ctx->data_end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	bpf_tail_call(ctx, &by_protocol, ip->protocol);
	/* Only if there is no such program. */
	__sync_fetch_and_add(&others, 1);
	return XDP_PASS;
}

LICENSE("GPL");
