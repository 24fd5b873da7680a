/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pairing. The end that connects knows its (snd_nxt, rcv_nxt) before the one that accepts does, and leaves them in
 * `halves`; the other finds them there by its own, mirrored. The two numbers are 64 bits that the two kernels chose
 * for this connection, so no address, namespace or translation can confuse them; that one end's address is
 * seen by the other as well keeps out a relay that answers with numbers of its choice.
 *
 * A socket is put into the map only at this moment: the kernel allows no other.
 */
#ifndef BPF_ACCEL_PAIR_H
#define BPF_ACCEL_PAIR_H

#include "accel_habit.h"

#define HALF_NS 2000000000ull    /* a half is good for so long */
#define UNPAIRED_NS 300000000ull /* so long may a socket be in the map alone */
#define PROVEN (1ull << 32)
#define UNSENT_BYTES (512 << 10)
#define BAN_NS 10000000000ull /* a service whose connections do not get in is left alone so long */
#define JUDGED_SEGMENTS 8 /* a program that has sent so many has made its socket what it will be */

static const struct accel_end new_end;
static const struct accel_service new_service = { .gap_us = 1000000 };

static __always_inline __u64 mirror(__u32 ours, __u32 theirs)
{
	return (__u64)ours << 32 | theirs;
}

/*
 * When a direction falls back because its reader is slow, all that its sender gets rid of by TCP has to be read before it can be
 * redirected again, and megabytes fit into TCP's send buffer. So it is given less room there as long as it is in the map.
 */
static __always_inline void bound_unsent(struct bpf_sock_ops *ops, struct tcp_sock *tp)
{
	int most = UNSENT_BYTES;

	if (!tp->notsent_lowat)
		bpf_setsockopt(ops, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most, sizeof(most));
}

/*
 * Back to what is usual, but not while that would wake somebody who is not to be woken: false then. A program that has set it
 * itself keeps what it has set.
 */
static __always_inline bool free_unsent(void *ctx, const struct accel_control *c,
					struct tcp_sock *tp)
{
	int usual = 0;

	if (tp->notsent_lowat != UNSENT_BYTES)
		return true;
	if (sleeps_in_map(c, (struct sock *)tp))
		return false;
	bpf_setsockopt(ctx, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &usual, sizeof(usual));
	return true;
}

static __always_inline struct accel_listener *listener_of(const struct accel_tuple *t)
{
	struct accel_listener_key key = { .netns = t->netns, .port = t->local_port };

	return bpf_map_lookup_elem(&listeners, &key);
}

/*
 * A connection that is not in the map, as its socket blocks, or its listener does and so it might. Many programs make what they
 * accept non-blocking before they use it: of these the next ones are let in. Others turn out to wait in poll().
 * False: it is too early to say.
 */
static __always_inline bool is_judged(struct bpf_sock_ops *ops, const struct accel_control *c,
				      struct tcp_sock *tp, __u64 cookie)
{
	struct accel_tuple tuple = {};
	struct accel_listener *l;

	if (!is_nonblocking((struct sock *)tp)) {
		struct accel_caller *caller = bpf_map_lookup_elem(&callers, &cookie);

		return caller ? is_watched(c, caller, tp) || ops->data_segs_out >= WATCHED_SEGMENTS
			      : ops->data_segs_out >= JUDGED_SEGMENTS;
	}
	fill_tuple(&tuple, ops, tp);
	l = listener_of(&tuple);
	if (l)
		l->unblocks = 1;
	return true;
}

/* TCP's bytes were acknowledged. Of a connection that is TCP for good all has to be as it was, sooner or later. */
static __noinline void acknowledged(struct bpf_sock_ops *ops, struct tcp_sock *tp,
				    const struct accel_control *c)
{
	__u64 cookie = bpf_get_socket_cookie(ops);
	struct accel_end *end = bpf_map_lookup_elem(&ends, &cookie);

	if (end && !end->leaving && c->mode != ACCEL_OFF)
		return;
	if (!free_unsent(ops, c, tp) || !is_judged(ops, c, tp, cookie))
		return;
	bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags & ~BPF_SOCK_OPS_RTT_CB_FLAG);
}

/* Into the map, with an end filled in; NULL if that cannot be. */
static __always_inline struct accel_end *enter(struct bpf_sock_ops *ops, struct tcp_sock *tp,
					       __u64 cookie, const struct accel_tuple *t, __u64 now)
{
	struct sock *sk = (struct sock *)tp;
	struct accel_end *end;

	if (psock_of(sk))
		return NULL;
	if (bpf_map_update_elem(&ends, &cookie, &new_end, BPF_ANY))
		return NULL;
	end = bpf_map_lookup_elem(&ends, &cookie);
	if (!end)
		return NULL;
	end->sk = (__u64)(unsigned long)tp;
	end->ns = now;
	end->tuple = *t;
	end->uid = peek(sk, sk_uid.val);
	end->cgroup = peek(sk, sk_cgrp_data.cgroup, kn, id);
	if (bpf_sock_hash_update(ops, &socks, &cookie, BPF_ANY)) {
		bpf_map_delete_elem(&ends, &cookie);
		return NULL;
	}
	bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags | BPF_SOCK_OPS_STATE_CB_FLAG |
					       BPF_SOCK_OPS_RTT_CB_FLAG);
	bound_unsent(ops, tp);
	count(entered, 1);
	return end;
}

/* It stays out, as its socket blocks, and is to show whether that matters. */
static __always_inline void watch(struct bpf_sock_ops *ops)
{
	bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags | BPF_SOCK_OPS_RTT_CB_FLAG);
}

static __noinline enum accel_reason connected(struct bpf_sock_ops *ops, struct tcp_sock *tp,
					      struct accel_control *c)
{
	struct accel_half half = {};
	struct accel_caller *caller = NULL;
	struct accel_service_key key;
	struct accel_service *s;
	struct accel_end *end;
	enum accel_reason why;
	bool local, polls = false;
	__u64 id = mirror(ops->snd_nxt, ops->rcv_nxt);
	__u64 now = bpf_ktime_get_ns();

	fill_tuple(&half.tuple, ops, tp);
	service_key(&key, &half.tuple);
	s = bpf_map_lookup_elem(&services, &key);
	if (s) {
		note_connection(s, now);
		if (is_short(s)) {
			s->skipped++;
			return ACCEL_REASON_SHORT;
		}
		s->skipped = 0;
	}
	why = socket_reason(c, tp, &half.tuple);
	if (why)
		return why;
	if (!s) {
		bpf_map_update_elem(&services, &key, &new_service, BPF_NOEXIST);
		s = bpf_map_lookup_elem(&services, &key);
		if (!s)
			return ACCEL_REASON_FULL;
	}
	local = is_local((struct sock *)tp, &half.tuple, s);
	half.cookie = bpf_get_socket_cookie(ops);
	if (!is_nonblocking((struct sock *)tp)) {
		caller = takes_blocking(c) ? bpf_map_lookup_elem(&callers, &half.cookie) : NULL;
		if (!caller)
			return ACCEL_REASON_BLOCKING;
		polls = !caller->may_block && only_polls(c, &caller->habit);
		if (!caller->may_block && !polls) {
			why = ACCEL_REASON_BLOCKING;
			if (local)
				watch(ops);
		}
	}
	half.sk = (__u64)(unsigned long)tp;
	half.ns = now;
	if (!why && now < s->banned_until)
		why = ACCEL_REASON_BANNED;
	if (!why && !local)
		why = ACCEL_REASON_REMOTE;
	if (!why) {
		end = enter(ops, tp, half.cookie, &half.tuple, now);
		if (!end)
			return ACCEL_REASON_FULL;
		end->is_active = 1;
		if (polls) {
			end->polls = 1;
			end->habit = caller->habit;
		}
		half.entered = 1;
		wake_janitor(UNPAIRED_NS);
	}
	/* Also of one that stays out: that its peer turns up teaches where the service is, and what it is like. */
	bpf_map_update_elem(&halves, &id, &half, BPF_ANY);
	return why;
}

/* Whether one end is seen by the other as it sees itself. */
static __always_inline bool is_seen(const struct accel_tuple *end, const struct accel_tuple *by)
{
	return end->local_port == by->remote_port && same_address(end->local, by->remote);
}

static __always_inline bool is_plausible(const struct accel_tuple *a, const struct accel_tuple *b)
{
	return is_seen(a, b) || is_seen(b, a);
}

/* Nothing between them translates addresses, or tracks connections from one namespace to the other. */
static __always_inline bool is_plain(const struct accel_tuple *a, const struct accel_tuple *b)
{
	return a->netns == b->netns && is_seen(a, b) && is_seen(b, a);
}

/* That the client's service is here, for its next connections, and so is the address, for those of others. */
static __always_inline struct accel_service *learn(const struct accel_half *half,
						   const struct accel_tuple *server)
{
	struct accel_service *s;
	__u32 yes = 1;

	s = service_of(&half->tuple);
	if (s)
		s->is_local = 1;
	if (!half->entered)
		bpf_map_update_elem(&locals, server->local, &yes, BPF_ANY);
	return s;
}

/* What is not accepted yet is known by who listens. */
static __always_inline enum accel_reason listener_reason(const struct accel_control *c,
							 const struct accel_listener *l, bool polls)
{
	struct sock *sk;

	if (!l)
		return ACCEL_REASON_LISTENER;
	if (l->is_denied)
		return ACCEL_REASON_COMM;
	if ((l->may_block && takes_blocking(c)) || polls)
		return ACCEL_REASON_NONE;
	if (l->blocks)
		return ACCEL_REASON_BLOCKING;
	sk = (void *)(unsigned long)l->sk;
	if (l->unblocks ||
	    (l->sk && is_socket(sk, l->cookie) ? is_nonblocking(sk) : l->is_nonblocking))
		return ACCEL_REASON_NONE;
	return ACCEL_REASON_BLOCKING;
}

/* The end that accepts does not get in: nor need the one that connected wait for it, or the next ones to that service. */
static __always_inline void turn_away(const struct accel_half *half, struct accel_service *s,
				      enum accel_reason why)
{
	struct accel_end *end = bpf_map_lookup_elem(&ends, &half->cookie);

	if (s && why != ACCEL_REASON_MODE)
		s->banned_until = bpf_ktime_get_ns() + BAN_NS;
	if (end) {
		end->reason = why;
		end->leaving = 1;
		refuse(why);
		show_out(half->cookie, 0);
	}
}

static __noinline enum accel_reason accepted(struct bpf_sock_ops *ops, struct tcp_sock *tp,
					     struct accel_control *c)
{
	struct accel_tuple tuple = {};
	struct accel_caller caller = {};
	struct accel_half *half;
	struct accel_listener *listener;
	struct accel_service *s;
	struct accel_end *end, *peer;
	enum accel_reason why;
	bool polls = false;
	__u64 id = mirror(ops->rcv_nxt, ops->snd_nxt), cookie, now;

	half = bpf_map_lookup_elem(&halves, &id);
	if (!half)
		return ACCEL_REASON_REMOTE;
	now = bpf_ktime_get_ns();
	fill_tuple(&tuple, ops, tp);
	if (now - half->ns > HALF_NS)
		return ACCEL_REASON_REMOTE;
	if (!is_plausible(&half->tuple, &tuple))
		return ACCEL_REASON_IMPLAUSIBLE;
	s = learn(half, &tuple);
	listener = listener_of(&tuple);
	if (listener && takes_blocking(c) && !listener->may_block) {
		name_habit(&caller.habit, listener->comm, (struct sock *)tp, tuple.local_port,
			   false);
		polls = only_polls(c, &caller.habit);
	}
	cookie = bpf_get_socket_cookie(ops);
	why = socket_reason(c, tp, &tuple);
	if (!why)
		why = listener_reason(c, listener, polls);
	if (why || !listener) {
		turn_away(half, s, why);
		if (why == ACCEL_REASON_BLOCKING) {
			if (takes_blocking(c))
				bpf_map_update_elem(&callers, &cookie, &caller, BPF_ANY);
			watch(ops);
		}
		return why;
	}
	if (s)
		s->banned_until = 0;
	if (!half->entered)
		return ACCEL_REASON_REMOTE;
	if (cookie == half->cookie)
		return ACCEL_REASON_IMPLAUSIBLE;
	end = enter(ops, tp, cookie, &tuple, now);
	if (!end)
		return ACCEL_REASON_FULL;
	end->is_known = 1;
	end->may_block = listener->may_block && takes_blocking(c);
	end->polls = polls;
	end->habit = caller.habit;
	end->ready = PROVEN | ops->rcv_nxt; /* nobody can read it yet */
	end->is_tracked = !is_plain(&half->tuple, &tuple);
	end->tracked = now;
	end->peer_sk = half->sk;
	end->peer = half->cookie;
	peer = bpf_map_lookup_elem(&ends, &end->peer);
	if (peer) {
		peer->peer_sk = (__u64)(unsigned long)tp;
		peer->peer_cgroup = end->cgroup;
		peer->peer_polls = end->polls;
		end->peer_polls = peer->polls;
		end->peer_cgroup = peer->cgroup;
		peer->is_tracked = end->is_tracked;
		peer->tracked = now;
		peer->peer = cookie;
		count(paired, 1);
	}
	bpf_map_delete_elem(&halves, &id);
	return ACCEL_REASON_NONE;
}

/* What a connection was like, for those to come. */
static __always_inline void judge_service(const struct accel_end *end)
{
	struct accel_service *s;
	__u64 messages = end->messages * 2; /* the other end's are about as many */

	s = service_of(&end->tuple);
	if (!s)
		return;
	if (messages > 1024)
		messages = 1024;
	s->messages = s->closes ? (s->messages * 7 + (__u32)messages + 7) / 8 : (__u32)messages;
	s->closes++;
}

/* An end goes away: what it counted joins the totals, which hold only what is over. */
static __always_inline void retire(struct accel_end *end, __u64 cookie)
{
	if (end->peer && end->is_active)
		judge_service(end);
	count(messages, end->messages);
	count(bytes, end->bytes);
	count(tcp_messages, end->tcp_messages);
	count(tcp_bytes, end->tcp_bytes);
	charge(end, 0);
	bpf_map_delete_elem(&ends, &cookie);
}

/*
 * A socket that is used anew: it was disconnected, and what it had not read of its former life is nobody's. Nor does a peer of that
 * time, who may not have heard of it yet, find it any more.
 */
static __always_inline void forget(struct bpf_sock_ops *ops, struct tcp_sock *tp)
{
	struct accel_end *end;
	__u64 cookie;

	if (!psock_of((struct sock *)tp))
		return;
	cookie = bpf_get_socket_cookie(ops);
	bpf_map_delete_elem(&socks, &cookie);
	end = bpf_map_lookup_elem(&ends, &cookie);
	if (end)
		retire(end, cookie);
}

/* Whoever listens on the port already, at another address or beside it: what one of them may not, none may. */
static __always_inline void heed_other(struct accel_listener *l, const struct accel_listener *other)
{
	struct sock *sk = (void *)(unsigned long)other->sk;

	if (!sk || other->cookie == l->cookie || !is_socket(sk, other->cookie) ||
	    peek(sk, __sk_common.skc_state) != TCP_LISTEN)
		return;
	l->is_denied |= other->is_denied;
	l->may_block &= other->may_block;
	l->blocks |= other->blocks;
}

/* The process that listens is the one here; those that accept are taken to be the same program. */
static __noinline void listening(struct bpf_sock_ops *ops, struct tcp_sock *tp)
{
	struct accel_listener_key key = {};
	struct accel_listener l = {}, *other;

	forget(ops, tp);
	key.netns = tp->inet_conn.icsk_inet.sk.__sk_common.skc_net.net->ns.inum;
	key.port = (__u16)ops->local_port;
	l.cookie = bpf_get_socket_cookie(ops);
	l.sk = (__u64)(unsigned long)tp;
	l.pid = current_pid();
	/* A socket without a file is the kernel's own, which may have a use for sk_user_data that is not ours. */
	l.is_denied = comm_excluded(l.comm) || !peek((struct sock *)tp, sk_socket, file);
	l.may_block = may_block();
	other = bpf_map_lookup_elem(&listeners, &key);
	if (other)
		heed_other(&l, other);
	bpf_map_update_elem(&listeners, &key, &l, BPF_ANY);
}

/* So is the one that connects; what its socket will be like is known only once that is established. */
static __noinline void connecting(struct bpf_sock_ops *ops, struct tcp_sock *tp)
{
	struct accel_tuple tuple = {};
	struct accel_caller caller = {};
	struct accel_service *s;
	char comm[ACCEL_COMM];
	__u64 cookie;

	forget(ops, tp);
	if (is_nonblocking((struct sock *)tp))
		return;
	fill_tuple(&tuple, ops, tp);
	s = service_of(&tuple);
	if (s && is_short(s))
		return;
	caller.may_block = may_block();
	if (!caller.may_block) {
		leader_comm(comm);
		name_habit(&caller.habit, comm, (struct sock *)tp, tuple.remote_port, true);
		if (is_sleeper(&caller.habit))
			return;
	}
	cookie = bpf_get_socket_cookie(ops);
	bpf_map_update_elem(&callers, &cookie, &caller, BPF_ANY);
}

/*
 * A connection is over. By close() the kernel has taken its socket out of socks; after a reset, say, the program has that yet, and
 * may read what came before: then the janitor waits for it.
 */
static __noinline void closed(struct bpf_sock_ops *ops)
{
	__u64 cookie = bpf_get_socket_cookie(ops);
	struct accel_end *end = bpf_map_lookup_elem(&ends, &cookie), *peer;
	struct sock *sk;

	if (!end)
		return;
	/* Its cookie stays the same, should it be connected anew. */
	peer = bpf_map_lookup_elem(&ends, &end->peer);
	if (peer)
		peer->leaving = 1;
	if (end->peer && end->is_active)
		count(closed, 1);
	sk = (void *)(unsigned long)end->sk;
	if (!is_empty(sk)) {
		end->leaving = 1;
		show_out(cookie, end->peer);
		return;
	}
	if (psock_of(sk))
		bpf_map_delete_elem(&socks, &cookie);
	retire(end, cookie);
}

#endif
