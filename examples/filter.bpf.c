/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A socket filter: what it lets through is shown or written to a capture file, as by tcpdump.
 *
 *	skep run --dev eth0 --set port=53 --pcap dns.pcap filter.bpf.c
 */
#include <skep.bpf.h>

const volatile u16 port; /* of UDP; 0: all */

SEC("socket")
int filter(struct __sk_buff *skb)
{
	struct udphdr udp;
	struct iphdr ip;

	if (skb->protocol != bpf_htons(ETH_P_IP) ||
	    bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)) || ip.protocol != IPPROTO_UDP ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + 4 * ip.ihl, &udp, sizeof(udp)))
		return 0;
	if (port && udp.source != bpf_htons(port) && udp.dest != bpf_htons(port))
		return 0;
	return skb->len;
}

LICENSE("GPL");
