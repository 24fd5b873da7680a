/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets past the kernel's network stack: UDP goes to the AF_XDP sockets that skep makes, one for each queue of the interface, as
 * there is an XSKMAP. They are shown, or written to a capture file:
 *
 *	skep run --dev eth0 --pcap udp.pcap af_xdp.bpf.c
 */
#include <skep.bpf.h>

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, u32);
} sockets SEC(".maps");

SEC("xdp")
int to_user(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) > (void *)(long)ctx->data_end || eth->h_proto != bpf_htons(ETH_P_IP) ||
	    ip->protocol != IPPROTO_UDP)
		return XDP_PASS;
	return bpf_redirect_map(&sockets, ctx->rx_queue_index, XDP_PASS);
}

LICENSE("GPL");
