/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which connections may be redirected at all: decided when they become established, and never
 * afterwards, because being in the map costs those that do not use it.
 */
#ifndef BPF_ACCEL_ADMIT_H
#define BPF_ACCEL_ADMIT_H

#include <bpf/bpf_endian.h>

#include "accel_socket.h"

#define SHORT_MESSAGES 16 /* fewer do not repay the cost of pairing */
#define SHORT_CLOSES 8    /* connections that have to have been so */
#define SHORT_GAP_US 5000 /* and that often, or the cost does not matter */
#define SHORT_SAMPLE 32   /* one of so many is let in to see */
#define ACTION_WORDS 4    /* a struct k_sigaction has */
#define ACTIONS_AT_ONCE 4
#define AF_INET 2
#define AF_INET6 10

static __always_inline void map_v4(__u8 *to, __u32 addr)
{
	__u32 *words = (__u32 *)to;

	words[0] = words[1] = 0;
	words[2] = bpf_htonl(0xffff);
	words[3] = addr;
}

/* The context is read by words of 32 bits, which volatile keeps the compiler from joining. */
static __always_inline void map_v6(__u8 *to, const volatile __u32 *from)
{
	__u32 *words = (__u32 *)to;

	for (int i = 0; i < 4; i++)
		words[i] = from[i];
}

static __always_inline bool same_address(const __u8 *a, const __u8 *b)
{
	const __u64 *x = (const __u64 *)a, *y = (const __u64 *)b;

	return x[0] == y[0] && x[1] == y[1];
}

/* In dual-stack sockets an IPv4 peer has an address that is mapped already. */
static __always_inline void fill_tuple(struct accel_tuple *t, struct bpf_sock_ops *ops,
				       struct tcp_sock *tp)
{
	if (ops->family == AF_INET) {
		map_v4(t->local, ops->local_ip4);
		map_v4(t->remote, ops->remote_ip4);
	} else {
		map_v6(t->local, ops->local_ip6);
		map_v6(t->remote, ops->remote_ip6);
	}
	t->local_port = (__u16)ops->local_port;
	t->remote_port = (__u16)bpf_ntohl(ops->remote_port);
	t->netns = tp->inet_conn.icsk_inet.sk.__sk_common.skc_net.net->ns.inum;
}

static __always_inline bool port_listed(const struct accel_tuple *t)
{
	__u16 local = t->local_port, remote = t->remote_port;

	return bpf_map_lookup_elem(&ports, &remote) || bpf_map_lookup_elem(&ports, &local);
}

static __always_inline bool cidr_listed(const struct accel_tuple *t)
{
	struct accel_cidr key = { .bits = 128 };

	__builtin_memcpy(key.addr, t->local, 16);
	if (bpf_map_lookup_elem(&cidrs, &key))
		return true;
	__builtin_memcpy(key.addr, t->remote, 16);
	return bpf_map_lookup_elem(&cidrs, &key);
}

/* Who runs now; the helpers for it are not to be had in all programs of older kernels. */
static __always_inline struct task_struct *current_task(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

static __always_inline __u32 current_pid(void)
{
	return (__u32)peek(current_task(), tgid);
}

static __always_inline bool comm_excluded(char *comm)
{
	bpf_core_read(comm, ACCEL_COMM, &current_task()->comm);
	return bpf_map_lookup_elem(&excluded, comm);
}

/*
 * A reader that sleeps in recv() on a socket in the map is told EAGAIN if anything but data wakes it: a signal that TCP would
 * restart the call after, or another thread that waits for room to send. So only those may sleep there who
 * have one thread and handle no signal; all others must have told the socket not to block. That has to be known before a
 * socket enters, so connect() and listen() are looked at, which run in the process itself.
 */
static __always_inline bool is_threaded(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task_btf();

	return task->files->count.counter > 1;
}

/* Some at a time, as many as the stack has room for: a read costs more than what is read. */
static __always_inline bool handles_signals(void)
{
	const __u32 stride = bpf_core_type_size(struct k_sigaction);
	const __u32 at = bpf_core_field_offset(struct k_sigaction, sa.sa_handler);
	struct task_struct *task = (struct task_struct *)bpf_get_current_task_btf();
	void *first = (void *)task->sighand + bpf_core_field_offset(struct sighand_struct, action);
	__u64 words[ACTIONS_AT_ONCE * ACTION_WORDS] = {};

	if (stride > ACTION_WORDS * 8 || stride % 8)
		return true;
	for (__u32 i = 0; i < 64; i += ACTIONS_AT_ONCE) {
		if (bpf_probe_read_kernel(words, ACTIONS_AT_ONCE * stride, first + i * stride))
			return true;
		for (__u32 k = 0; k < ACTIONS_AT_ONCE; k++) {
			__u32 word = (k * stride + at) / 8;

			if (word < ACTIONS_AT_ONCE * ACTION_WORDS && words[word] > SIG_IGN &&
			    !(ACCEL_OWN_SIGNALS >> (i + k) & 1))
				return true;
		}
	}
	return false;
}

static __always_inline bool may_block(void)
{
	return !is_threaded() && !handles_signals();
}

/* Whether who turned accel on wants blocking sockets in it at all. */
static __always_inline bool takes_blocking(const struct accel_control *c)
{
	return !(c->lists & ACCEL_LIST_NONBLOCKING);
}

static __always_inline bool is_nonblocking(struct sock *sk)
{
	return peek(sk, sk_socket, file, f_flags) & O_NONBLOCK;
}

static __always_inline bool has_zerocopy(struct sock *sk)
{
	return peek(sk, __sk_common.skc_flags) >>
		       bpf_core_enum_value(enum sock_flags, SOCK_ZEROCOPY) &
	       1;
}

/* What keeps a socket out whoever its peer is. */
static __always_inline enum accel_reason socket_reason(struct accel_control *c, struct tcp_sock *tp,
						       const struct accel_tuple *t)
{
	struct sock *sk = &tp->inet_conn.icsk_inet.sk;
	__u32 uid;

	if (c->mode != ACCEL_ON)
		return ACCEL_REASON_MODE;
	if (c->lists & ACCEL_LIST_PORT && !port_listed(t))
		return ACCEL_REASON_PORT;
	if (c->lists & ACCEL_LIST_CIDR && !cidr_listed(t))
		return ACCEL_REASON_CIDR;
	uid = sk->sk_uid.val;
	if (c->lists & ACCEL_LIST_UID && !bpf_map_lookup_elem(&uids, &uid))
		return ACCEL_REASON_UID;
	if (bpf_core_field_exists(tp->is_mptcp) && tp->is_mptcp)
		return ACCEL_REASON_MPTCP;
	if (tp->inet_conn.icsk_ulp_ops)
		return ACCEL_REASON_KTLS;
	if (has_zerocopy(sk))
		return ACCEL_REASON_ZEROCOPY;
	if (sk->sk_rcvlowat > 1)
		return ACCEL_REASON_LOWAT;
	if (sk->sk_peek_off >= 0)
		return ACCEL_REASON_PEEK;
	return ACCEL_REASON_NONE;
}

static __always_inline void service_key(struct accel_service_key *key, const struct accel_tuple *t)
{
	__builtin_memset(key, 0, sizeof(*key));
	__builtin_memcpy(key->addr, t->remote, 16);
	key->netns = t->netns;
	key->port = t->remote_port;
}

/* What is known of the service that a tuple's end connects to; NULL: nothing. */
static __always_inline struct accel_service *service_of(const struct accel_tuple *t)
{
	struct accel_service_key key;

	service_key(&key, t);
	return bpf_map_lookup_elem(&services, &key);
}

/* Whether the peer is on this host, as far as can be known before it has answered. */
static __always_inline bool is_local(struct sock *sk, const struct accel_tuple *t,
				     const struct accel_service *s)
{
	struct net_device *dev = peek(sk, sk_dst_cache, dev);

	if (peek(dev, flags) & IFF_LOOPBACK)
		return true;
	return s->is_local || bpf_map_lookup_elem(&locals, t->remote);
}

/* Whether a service's connections are too short and too many to be worth it, but for one now and then to see. */
static __always_inline bool is_short(const struct accel_service *s)
{
	return s->closes >= SHORT_CLOSES && s->messages < SHORT_MESSAGES &&
	       s->gap_us <= SHORT_GAP_US && s->skipped < SHORT_SAMPLE;
}

/* One more connection to it. */
static __always_inline void note_connection(struct accel_service *s, __u64 now)
{
	__u64 gap = (now - s->last_ns) / 1000;

	if (gap > 1000000)
		gap = 1000000;
	s->gap_us = (s->gap_us * 7 + (__u32)gap) / 8;
	s->last_ns = now;
}

#endif
