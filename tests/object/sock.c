/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks up the socket that the packet asks for, and puts what it is into its place. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

struct answer {
	__u64 cookie;
	__u32 found, family, type, protocol, mark, src_ip4, src_ip6[4], src_port, dst_port, dst_ip4,
		state, bound_dev_if;
	__u32 is_full, is_tcp, listens, assigned;
};

struct question {
	__u16 size;
	__u8 is_udp, is_common;
	__s32 netns;
	__u64 flags;
	struct bpf_sock_tuple tuple;
	__u32 padding;
	struct answer answer;
};

static __always_inline void tell(struct __sk_buff *skb, struct bpf_sock *sk, struct answer *a)
{
	struct bpf_sock *full;

	a->found = 1;
	a->family = sk->family;
	a->src_ip4 = sk->src_ip4;
	if (sk->family == 10)
		__builtin_memcpy(a->src_ip6, sk->src_ip6, sizeof(a->src_ip6));
	a->src_port = sk->src_port;
	a->dst_port = sk->dst_port;
	a->dst_ip4 = sk->dst_ip4;
	a->state = sk->state;
	a->bound_dev_if = sk->bound_dev_if;
	a->is_tcp = !!bpf_tcp_sock(sk);
	a->listens = !!bpf_get_listener_sock(sk);
	full = bpf_sk_fullsock(sk);
	if (full) {
		a->is_full = 1;
		a->type = full->type;
		a->protocol = full->protocol;
		a->mark = full->mark;
	}
}

/* A common part and a whole socket are different pointers, so each has a program. */
static __always_inline int look_up(struct __sk_buff *skb, int is_common)
{
	struct question *q = (void *)(long)skb->data;
	struct bpf_sock_tuple t;
	struct answer a = {};
	struct bpf_sock *sk;
	__u32 size;

	if ((void *)(q + 1) > (void *)(long)skb->data_end)
		return TC_ACT_SHOT;
	t = q->tuple;
	size = q->size == sizeof(t.ipv4) ? sizeof(t.ipv4) : sizeof(t.ipv6);
	if (is_common)
		sk = bpf_skc_lookup_tcp(skb, &t, size, q->netns, q->flags);
	else if (q->is_udp)
		sk = bpf_sk_lookup_udp(skb, &t, size, q->netns, q->flags);
	else
		sk = bpf_sk_lookup_tcp(skb, &t, size, q->netns, q->flags);
	if (sk) {
		tell(skb, sk, &a);
		a.assigned = bpf_sk_assign(skb, sk, 0);
		bpf_sk_release(sk);
		a.cookie = bpf_get_socket_cookie(skb);
	}
	q = (void *)(long)skb->data;
	if ((void *)(q + 1) > (void *)(long)skb->data_end)
		return TC_ACT_SHOT;
	q->answer = a;
	return TC_ACT_OK;
}

SEC("tc")
int ask(struct __sk_buff *skb)
{
	return look_up(skb, 0);
}

SEC("tc")
int ask_common(struct __sk_buff *skb)
{
	return look_up(skb, 1);
}

char LICENSE[] SEC("license") = "GPL";
