/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A congestion control of TCP that does what is least: members that the kernel asks for, of its struct those that are set here. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct sock;

struct tcp_sock {
	__u32 snd_cwnd;
} __attribute__((preserve_access_index));

struct tcp_congestion_ops {
	char name[16];
	__u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	__u32 (*undo_cwnd)(struct sock *sk);
};

SEC("struct_ops/ssthresh")
__u32 ssthresh(unsigned long long *ctx)
{
	return 2;
}

SEC("struct_ops/cong_avoid")
void cong_avoid(unsigned long long *ctx)
{
}

SEC("struct_ops/undo_cwnd")
__u32 undo_cwnd(unsigned long long *ctx)
{
	return ((struct tcp_sock *)ctx[0])->snd_cwnd;
}

SEC(".struct_ops")
struct tcp_congestion_ops skep_test = {
	.name = "skep_test",
	.ssthresh = (void *)ssthresh,
	.cong_avoid = (void *)cong_avoid,
	.undo_cwnd = (void *)undo_cwnd,
};

char _license[] SEC("license") = "GPL";
