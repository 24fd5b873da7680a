/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A TCP congestion control, for sockets that ask for "skep_reno" (setsockopt TCP_CONGESTION) as long as this runs: what Reno does,
 * by the kernel's own functions, and counted.
 *
 *	skep run congestion.bpf.c
 */
#include <skep.bpf.h>

struct sock {
} CORE;
struct tcp_congestion_ops {
	char name[16];
	void (*init)(struct sock *sk);
	u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, u32 ack, u32 acked);
	u32 (*undo_cwnd)(struct sock *sk);
};

extern u32 tcp_reno_ssthresh(struct sock *sk) __ksym;
extern void tcp_reno_cong_avoid(struct sock *sk, u32 ack, u32 acked) __ksym;
extern u32 tcp_reno_undo_cwnd(struct sock *sk) __ksym;

u64 sockets, acks;

SEC("struct_ops/init")
void BPF_PROG(init, struct sock *sk)
{
	__sync_fetch_and_add(&sockets, 1);
}

SEC("struct_ops/ssthresh")
u32 BPF_PROG(ssthresh, struct sock *sk)
{
	return tcp_reno_ssthresh(sk);
}

SEC("struct_ops/cong_avoid")
void BPF_PROG(cong_avoid, struct sock *sk, u32 ack, u32 acked)
{
	__sync_fetch_and_add(&acks, 1);
	tcp_reno_cong_avoid(sk, ack, acked);
}

SEC("struct_ops/undo_cwnd")
u32 BPF_PROG(undo_cwnd, struct sock *sk)
{
	return tcp_reno_undo_cwnd(sk);
}

SEC(".struct_ops.link")
struct tcp_congestion_ops skep_reno = {
	.name = "skep_reno",
	.init = (void *)init,
	.ssthresh = (void *)ssthresh,
	.cong_avoid = (void *)cong_avoid,
	.undo_cwnd = (void *)undo_cwnd,
};

LICENSE("GPL");
