/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts packets and bytes as they come in, by their protocol; with --egress as they leave:
 *
 *	skep run --dev eth0 tc.bpf.c
 */
#include <skep.bpf.h>

struct traffic {
	u64 packets, bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, u8);
	__type(value, struct traffic);
} protocols SEC(".maps");

SEC("tc")
int count(struct __sk_buff *skb)
{
	struct traffic new = {}, *t;
	u8 protocol;

	if (skb->protocol != bpf_htons(ETH_P_IP) ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct iphdr, protocol), &protocol, 1))
		return TCX_NEXT;
	bpf_map_update_elem(&protocols, &protocol, &new, BPF_NOEXIST);
	t = bpf_map_lookup_elem(&protocols, &protocol);
	if (t) {
		__sync_fetch_and_add(&t->packets, 1);
		__sync_fetch_and_add(&t->bytes, skb->len);
	}
	return TCX_NEXT;
}

LICENSE("GPL");
