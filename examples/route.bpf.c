/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs of a route: packets that take it are counted on their way out, and those longer than a limit dropped. The route is added,
 * and goes in the end:
 *
 *	skep run --dev eth0 --route 10.1.0.0/16 --set longest=500 route.bpf.c
 */
#include <skep.bpf.h>

const volatile u32 longest = 1500; /* with their IP header */
u64 sent, bytes, dropped;

SEC("lwt_out")
int limit(struct __sk_buff *skb)
{
	if (skb->len <= longest)
		return BPF_OK;
	__sync_fetch_and_add(&dropped, 1);
	return BPF_DROP;
}

SEC("lwt_xmit")
int count(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&sent, 1);
	__sync_fetch_and_add(&bytes, skb->len);
	return BPF_OK;
}

LICENSE("GPL");
