/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A congestion control of TCP that does nothing: its map is attached, not its programs. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct sock;

struct tcp_congestion_ops {
	__u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	__u32 (*undo_cwnd)(struct sock *sk);
	char name[16];
};

SEC("struct_ops/ssthresh")
__u32 BPF_PROG(still_ssthresh, struct sock *sk)
{
	return 10;
}

SEC("struct_ops/cong_avoid")
void BPF_PROG(still_cong_avoid, struct sock *sk, __u32 ack, __u32 acked)
{
}

SEC("struct_ops/undo_cwnd")
__u32 BPF_PROG(still_undo_cwnd, struct sock *sk)
{
	return 10;
}

SEC(".struct_ops")
struct tcp_congestion_ops still = {
	.ssthresh = (void *)still_ssthresh,
	.cong_avoid = (void *)still_cong_avoid,
	.undo_cwnd = (void *)still_undo_cwnd,
	.name = "skep_still",
};

char licence[] SEC("license") = "GPL";
