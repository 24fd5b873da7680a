/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * accel in the kernel: TCP between sockets of one host goes from the sender's send() into the reader's queue.
 *
 *	accel_socket.h	what can be seen of a socket
 *	accel_admit.h	which connections may
 *	accel_habit.h	how programs wait whose sockets block
 *	accel_pair.h	finding the two ends of one
 *	accel_room.h	how much may wait for a reader
 *	accel_send.h	each direction's state, and what happens to a message
 *	accel_leave.h	giving sockets back without losing what they have not read
 */
#include "accel_leave.h"

char _license[] SEC("license") = "GPL";

SEC("sockops")
int accel_sockops(struct bpf_sock_ops *ops)
{
	struct accel_control *c;
	enum accel_reason why;
	struct tcp_sock *tp;
	__u32 op = ops->op;

	if (op != BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB && op != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB &&
	    op != BPF_SOCK_OPS_STATE_CB && op != BPF_SOCK_OPS_TCP_LISTEN_CB &&
	    op != BPF_SOCK_OPS_TCP_CONNECT_CB && op != BPF_SOCK_OPS_RTT_CB)
		return 1;
	if (op == BPF_SOCK_OPS_STATE_CB) {
		if (ops->args[1] == BPF_TCP_CLOSE)
			closed(ops);
		else if (ops->args[1] == BPF_TCP_FIN_WAIT1)
			finished(ops);
		return 1;
	}
	c = get_control();
	if (!c || !ops->sk || (ops->family != AF_INET && ops->family != AF_INET6))
		return 1;
	tp = (struct tcp_sock *)bpf_skc_to_tcp_sock(ops->sk);
	if (!tp)
		return 1;
	if (op == BPF_SOCK_OPS_TCP_LISTEN_CB) {
		listening(ops, tp);
		return 1;
	}
	if (op == BPF_SOCK_OPS_TCP_CONNECT_CB) {
		connecting(ops, tp);
		return 1;
	}
	if (op == BPF_SOCK_OPS_RTT_CB) {
		acknowledged(ops, tp, c);
		return 1;
	}
	employ_janitor();
	count(seen, 1);
	why = op == BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB ? connected(ops, tp, c)
						       : accepted(ops, tp, c);
	if (why)
		refuse(why);
	return 1;
}

SEC("sk_msg")
int accel_send(struct sk_msg_md *msg)
{
	struct accel_control *c = get_control();
	struct bpf_sock *sk = msg->sk;
	struct accel_end *end;
	struct tcp_sock *tp;
	__u64 cookie;

	if (!c || !sk)
		return SK_PASS;
	tp = (struct tcp_sock *)bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return SK_PASS;
	cookie = (__u64)tp->inet_conn.icsk_inet.sk.__sk_common.skc_cookie.counter;
	end = bpf_map_lookup_elem(&ends, &cookie);
	if (end)
		send(msg, c, end, tp, cookie);
	return SK_PASS;
}

/* The cookie where no helper gives it and no pointer arithmetic is allowed: out of a copy of the socket's beginning. */
static __always_inline __u64 cookie_of(const void *sk)
{
	__u64 words[32] = {};
	__u32 at = bpf_core_field_offset(struct sock_common, skc_cookie) / sizeof(*words);

	if (bpf_probe_read_kernel(words, sizeof(words), sk) || at >= 32)
		return 0;
	return words[at];
}

/* What would not work on a socket in the map is refused, as by a kernel without it; programs then do without. */
SEC("cgroup/setsockopt")
int accel_setsockopt(struct bpf_sockopt *ctx)
{
	const void *sk = ctx->sk;
	bool is_ulp = ctx->level == 6 /* SOL_TCP */ && ctx->optname == 31 /* TCP_ULP */;
	bool is_zerocopy = ctx->level == 1 /* SOL_SOCKET */ && ctx->optname == 60 /* SO_ZEROCOPY */;
	bool is_peek = ctx->level == 1 && ctx->optname == 42 /* SO_PEEK_OFF */;
	__u64 cookie;

	/* Else the kernel would copy the option's value back, for nothing. */
	ctx->optlen = 0;
	if ((!is_ulp && !is_zerocopy && !is_peek) || !sk)
		return 1;
	cookie = cookie_of(sk);
	if (!bpf_map_lookup_elem(&ends, &cookie))
		return 1;
	bpf_set_retval(is_ulp ? -2 /* ENOENT */ : -95 /* EOPNOTSUPP */);
	return 0;
}

/*
 * Run by the host in each network namespace, when all have left: those that have sent nothing since have still what
 * bound_unsent() gave them. They are known by what they wait for to put it back.
 */
SEC("iter/tcp")
int accel_restore(struct bpf_iter__tcp *ctx)
{
	struct sock_common *sk = ctx->sk_common;
	struct tcp_sock *tp = sk ? bpf_skc_to_tcp_sock(sk) : NULL;
	struct accel_control *c = get_control();

	if (c && tp && tp->bpf_sock_ops_cb_flags & BPF_SOCK_OPS_RTT_CB_FLAG)
		free_unsent(tp, c, tp);
	return 0;
}

/* Run by the host to have the janitor look around now. */
SEC("syscall")
int accel_kick(void *ctx)
{
	wake_janitor(0);
	return 0;
}

/* Run by the host: what it wants to know of a socket that is its own. */
SEC("syscall")
int accel_inspect(struct accel_inspect *ctx)
{
	__u64 cookie = ctx->cookie;
	struct accel_end *end = bpf_map_lookup_elem(&ends, &cookie);
	struct tcp_sock *tp;

	if (!end)
		return 1;
	tp = (void *)(unsigned long)end->sk;
	ctx->refs = (__u32)peek(tp, inet_conn.icsk_inet.sk.__sk_common.skc_refcnt.refs.counter);
	ctx->timer_refs = timer_refs(tp);
	ctx->unread = (__u32)peek(tp, inet_conn.icsk_inet.sk.sk_backlog.rmem_alloc.counter);
	ctx->calls = calls_of((struct sock *)tp);
	ctx->is_empty = is_empty((struct sock *)tp);
	ctx->waker = waker_of((struct sock *)tp);
	return 0;
}
