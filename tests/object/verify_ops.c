// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programs that are members of a congestion control. A name begins with what the verifier has to say, "ok" or the category. The running
 * kernel's verifier judges all of them alike.
 */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct sock {
	unsigned long sk_pacing_rate;
} __attribute__((preserve_access_index));
struct inet_connection_sock {
	__u64 icsk_ca_priv[13];
} __attribute__((preserve_access_index));
struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u32 snd_cwnd, snd_ssthresh, rcv_nxt;
} __attribute__((preserve_access_index));

struct tcp_congestion_ops {
	__u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	__u32 (*undo_cwnd)(struct sock *sk);
	void (*init)(struct sock *sk);
	void (*release)(struct sock *sk);
	char name[16];
};

SEC("struct_ops/ssthresh") __u32 ok__field_of_the_tcp_socket(__u64 *ctx)
{
	return ((struct tcp_sock *)ctx[0])->snd_cwnd;
}

SEC("struct_ops/cong_avoid") void ok__field_that_may_be_written(__u64 *ctx)
{
	((struct tcp_sock *)ctx[0])->snd_cwnd = ctx[2];
}

SEC("struct_ops/init") void ok__nothing_is_returned(__u64 *ctx)
{
}

SEC("struct_ops/release") void ok__room_of_its_own(__u64 *ctx)
{
	struct tcp_sock *tp = (struct tcp_sock *)ctx[0];
	__u32 *own = (void *)tp->inet_conn.icsk_ca_priv;

	own[25] = 1;
}

SEC("struct_ops/ssthresh") __u32 context_access__argument_that_is_not_there(__u64 *ctx)
{
	return ctx[1];
}

SEC("struct_ops/cong_avoid") void bad_access__field_that_is_only_read(__u64 *ctx)
{
	((struct tcp_sock *)ctx[0])->rcv_nxt = 7;
}

SEC("struct_ops/release") void bad_access__behind_its_room(__u64 *ctx)
{
	struct tcp_sock *tp = (struct tcp_sock *)ctx[0];
	__u32 *own = (void *)tp->inet_conn.icsk_ca_priv;

	own[26] = 1;
}

SEC("struct_ops/undo_cwnd") __attribute__((naked)) int uninitialized__no_result(void)
{
	asm volatile("exit");
}

SEC(".struct_ops")
struct tcp_congestion_ops first = {
	.ssthresh = (void *)ok__field_of_the_tcp_socket,
	.cong_avoid = (void *)ok__field_that_may_be_written,
	.undo_cwnd = (void *)uninitialized__no_result,
	.init = (void *)ok__nothing_is_returned,
	.release = (void *)ok__room_of_its_own,
	.name = "skep_first",
};

SEC(".struct_ops")
struct tcp_congestion_ops second = {
	.ssthresh = (void *)context_access__argument_that_is_not_there,
	.cong_avoid = (void *)bad_access__field_that_is_only_read,
	.release = (void *)bad_access__behind_its_room,
	.name = "skep_second",
};

char _license[] SEC("license") = "GPL";
