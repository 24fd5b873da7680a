// SPDX-License-Identifier: GPL-2.0-or-later
/* A program for each end of a netkit, which leave all to the next. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("netkit/primary") int at_primary(struct __sk_buff *skb)
{
	return -1;
}

SEC("netkit/peer") int at_peer(struct __sk_buff *skb)
{
	return -1;
}

char _license[] SEC("license") = "GPL";
