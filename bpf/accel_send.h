/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sending. Each direction of a pair is in one of two states, and only its own sends move it:
 *
 *	          nothing is in flight or unread, and nobody sleeps in TCP's own recv()
 *	   TCP ---------------------------------------------------------------------> REDIRECT
 *	       <---------------------------------------------------------------------
 *	          the reader is slow, memory is short, paused, the peer has closed
 *
 * To TCP it may go at any time: a reader takes redirected messages before TCP's bytes, which are younger. Back it may
 * go only when the reader has read all of TCP's, else younger bytes would be read first. And as a reader that sleeps in
 * TCP's own recv() (it waits for more bytes with MSG_WAITALL, say) is not woken by redirected ones, there has to be proof
 * that there is none. One of two:
 *
 *	by the peer	When it sent last, its thread was the only one that could use the socket, and all that had come
 *			by TCP was read. Nothing has come by TCP since, so nobody can have gone into TCP's recv() since.
 *	by looking	All is read, so nobody goes into TCP's recv() from now on; and of those who did before: nobody
 *			in a process of several threads is in a system call on the socket (its file has one
 *			reference), and nobody else holds its lock or sleeps on it.
 */
#ifndef BPF_ACCEL_SEND_H
#define BPF_ACCEL_SEND_H

#include "accel_pair.h"

#define MESSAGE_COST 1024 /* memory that a message takes beside its bytes: struct sk_msg */
#define CHARGE_STEP 65536 /* a budget is brought up to date in such steps */
#define LOOK_EVERY 64     /* messages until a direction's shape is judged */
#define SMALL_MESSAGE 4096
#define ALONE_NS 1000000ull /* so long a peer may take to turn up once there is something to send */
#define MAX_WAITERS 4

/* The peer's end of things, read from afar. */
static __always_inline bool is_socket(struct sock *sk, __u64 cookie)
{
	return (__u64)peek(sk, __sk_common.skc_cookie.counter) == cookie;
}

static __always_inline __s64 file_refs(struct sock *sk)
{
	struct file *f = peek(sk, sk_socket, file);

	if (!f)
		return -1;
	if (bpf_core_field_exists(f->f_ref))
		return peek(f, f_ref.refcnt.counter) + 1; /* it counts from -1 */
	return peek((struct file___counted *)f, f_count.counter);
}

/* Whether anybody may sleep in recv(); those that only poll by epoll have no task in their entry. */
static __always_inline bool has_sleepers(struct sock *sk)
{
	struct socket_wq *wq = peek(sk, sk_wq);
	struct list_head *head = &wq->wait.head, *at = peek(head, next);

	for (int i = 0; i < MAX_WAITERS; i++) {
		struct wait_queue_entry *w;

		if (at == head)
			return false;
		w = (void *)at - bpf_core_field_offset(struct wait_queue_entry, entry);
		if (peek(w, private))
			return true;
		at = peek(at, next);
	}
	return true;
}

/* This thread is sending: is it the only one that can be inside a call on the socket? */
static __always_inline bool is_alone(struct sock *sk)
{
	bool is_threaded = peek(current_task(), files, count.counter) > 1;

	/* A call takes a reference of its own only where other threads could close the file meanwhile. */
	return file_refs(sk) == 1 + is_threaded;
}

static __always_inline bool has_read_all(struct tcp_sock *tp)
{
	return peek(tp, copied_seq) == peek(tp, rcv_nxt);
}

/* The proof by the peer, given for the other direction. */
static __always_inline void prove(struct accel_end *end, struct tcp_sock *tp)
{
	__u64 ready = PROVEN | peek(tp, rcv_nxt);

	if (end->ready != ready && has_read_all(tp) && is_alone((struct sock *)tp))
		end->ready = ready;
}

/* The proof by looking. It looks in this order because what is ruled out once stays so. */
static __always_inline bool nobody_reads(const struct accel_end *end, __u32 seq)
{
	struct tcp_sock *peer = (void *)(unsigned long)end->peer_sk;
	struct sock *sk = (struct sock *)peer;

	return peek(peer, rcv_nxt) == seq && peek(peer, copied_seq) == seq && file_refs(sk) == 1 &&
	       peek(peer, write_seq) == peek(peer, snd_una) && !peek(sk, sk_lock.owned) &&
	       !has_sleepers(sk) && peek(sk, sk_rcvlowat) <= 1 && is_socket(sk, end->peer);
}

static __always_inline bool may_redirect(struct accel_end *end, struct tcp_sock *tp)
{
	struct accel_end *peer;
	__u32 seq = peek(tp, write_seq);

	if (peek(tp, snd_una) != seq || !end->peer)
		return false;
	peer = bpf_map_lookup_elem(&ends, &end->peer);
	if (!peer || peer->state == ACCEL_LEAVING)
		return false;
	if (peer->ready == (PROVEN | seq))
		return true;
	/* Only of one whose program is known. */
	return peer->ready && nobody_reads(end, seq);
}

static __always_inline void fall_back(struct accel_end *end, enum accel_reason why)
{
	struct accel_totals *t = totals();

	end->state = ACCEL_TCP;
	end->reason = why;
	if (t)
		__sync_fetch_and_add(&t->fallback[why], 1);
}

/* The whole connection goes back to TCP for good, as soon as it is quiet. */
static __always_inline void leave(struct accel_end *end, enum accel_reason why)
{
	struct accel_end *peer = bpf_map_lookup_elem(&ends, &end->peer);

	if (end->state == ACCEL_LEAVING)
		return;
	fall_back(end, why);
	end->state = ACCEL_LEAVING;
	if (peer && peer->state != ACCEL_LEAVING) {
		peer->reason = why;
		peer->state = ACCEL_LEAVING;
	}
	count(left, 1);
	wake_janitor(0);
}

/* The bytes of memory that the unread messages take; -1: the peer has closed. */
static __always_inline __s64 backlog(struct accel_end *end)
{
	struct sock *sk = (void *)(unsigned long)end->peer_sk;
	__u64 bytes = (__u32)peek(sk, sk_backlog.rmem_alloc.counter);

	if (!is_socket(sk, end->peer))
		return -1;
	return (__s64)(bytes + bytes / (end->average | 1) * MESSAGE_COST);
}

/* Whether there is room for another message. */
static __always_inline enum accel_reason room(struct accel_control *c, struct accel_end *end,
					      __u32 size)
{
	__s64 bytes = backlog(end);
	struct accel_totals *t;

	if (bytes < 0)
		return ACCEL_REASON_GONE;
	if (bytes > (__s64)end->backlog_max) {
		end->backlog_max = (__u64)bytes;
		t = totals();
		if (t && (__u64)bytes > t->backlog_max)
			t->backlog_max = (__u64)bytes;
	}
	bytes += size;
	if (bytes > (__s64)c->limit && bytes > size)
		return ACCEL_REASON_LIMIT;
	if (bytes > (__s64)end->charged + CHARGE_STEP ||
	    bytes + CHARGE_STEP < (__s64)end->charged) {
		if (charge(end, (__u64)bytes) > (__s64)c->budget)
			return ACCEL_REASON_BUDGET;
		wake_janitor(100000000);
	}
	return ACCEL_REASON_NONE;
}

/* A stream of small messages that nobody answers is faster by TCP, which puts them together. */
static __always_inline bool is_small_stream(struct accel_end *end, __u32 size)
{
	struct accel_end *peer;
	__u64 seen, bytes;

	end->run_bytes += size;
	if (++end->run < LOOK_EVERY)
		return false;
	bytes = end->run_bytes;
	end->run = 0;
	end->run_bytes = 0;
	peer = bpf_map_lookup_elem(&ends, &end->peer);
	if (!peer)
		return false;
	seen = peer->messages + peer->tcp_messages;
	if (seen != end->peer_seen) {
		end->peer_seen = seen;
		return false;
	}
	/* Across namespaces TCP has a longer way to go. */
	return peer->tuple.netns == end->tuple.netns && bytes < (__u64)SMALL_MESSAGE * LOOK_EVERY;
}

static __always_inline void mirror_message(struct accel_control *c, struct sk_msg_md *msg,
					   struct accel_end *end, __u64 cookie, bool redirected)
{
	__u32 size = msg->size, want = size < ACCEL_TAP_BYTES ? size : ACCEL_TAP_BYTES;
	struct {
		struct accel_tapped head;
		__u8 bytes[ACCEL_TAP_BYTES];
	} * to;
	__u64 now = bpf_ktime_get_ns();

	if (now > c->tap_until || !bpf_map_lookup_elem(&tapped, &cookie))
		return;
	to = bpf_ringbuf_reserve(&tap_ring, sizeof(*to), 0);
	if (!to) {
		count(tap_lost, 1);
		return;
	}
	to->head.ns = now;
	to->head.cookie = cookie;
	to->head.before = end->bytes + end->tcp_bytes;
	to->head.tuple = end->tuple;
	to->head.size = size;
	to->head.redirected = redirected;
	to->head.captured = 0;
	if (want && !bpf_msg_pull_data(msg, 0, want, 0)) {
		void *data = msg->data;
		__u64 there = (__u64)((long)msg->data_end - (long)data);

		if (want > there)
			want = (__u32)there;
		if (want <= ACCEL_TAP_BYTES && !bpf_probe_read_kernel(to->bytes, want, data))
			to->head.captured = want;
	}
	bpf_ringbuf_submit(to, 0);
}

/* The first send tells the program, which may be an excluded one. */
static __always_inline bool introduce(struct accel_end *end)
{
	end->pid = current_pid();
	return !comm_excluded(end->comm);
}

/* What the socket's owner has turned on since it entered. */
static __always_inline enum accel_reason hindrance(struct accel_end *end, struct tcp_sock *tp)
{
	struct sock *peer = (void *)(unsigned long)end->peer_sk;

	if (has_zerocopy((struct sock *)tp))
		return ACCEL_REASON_ZEROCOPY;
	if (peek(tp, inet_conn.icsk_ulp_ops))
		return ACCEL_REASON_KTLS;
	if (end->peer && peek(peer, sk_rcvlowat) > 1)
		return ACCEL_REASON_LOWAT;
	return ACCEL_REASON_NONE;
}

/* Whether this message is to be redirected; moves the direction's state. */
static __always_inline bool decide(struct accel_control *c, struct accel_end *end,
				   struct tcp_sock *tp, __u32 size)
{
	enum accel_reason why;

	if (end->state == ACCEL_LEAVING)
		return false;
	if (!end->pid && !introduce(end)) {
		leave(end, ACCEL_REASON_COMM);
		return false;
	}
	if (!end->peer) {
		if (bpf_ktime_get_ns() - end->ns > ALONE_NS)
			leave(end, ACCEL_REASON_UNPAIRED);
		return false;
	}
	prove(end, tp);
	if (c->mode != ACCEL_ON) {
		if (end->state == ACCEL_REDIRECT)
			fall_back(end, ACCEL_REASON_MODE);
		return false;
	}
	why = hindrance(end, tp);
	if (why) {
		leave(end, why);
		return false;
	}
	if (end->state == ACCEL_TCP) {
		if (!may_redirect(end, tp))
			return false;
		end->state = ACCEL_REDIRECT;
		if (end->starts++)
			count(returns, 1);
		else
			count(starts, 1);
	}
	if (is_small_stream(end, size)) {
		leave(end, ACCEL_REASON_SMALL);
		return false;
	}
	why = room(c, end, size);
	if (why)
		fall_back(end, why);
	return !why;
}

static __always_inline void send(struct sk_msg_md *msg, struct accel_control *c,
				 struct accel_end *end, struct tcp_sock *tp, __u64 cookie)
{
	__u32 size = msg->size;
	bool redirected = decide(c, end, tp, size);

	end->average += (size >> 3) - (end->average >> 3);
	if (redirected &&
	    bpf_msg_redirect_hash(msg, &socks, &end->peer, BPF_F_INGRESS) != SK_PASS) {
		fall_back(end, ACCEL_REASON_GONE);
		redirected = false;
	}
	if (c->tap_until)
		mirror_message(c, msg, end, cookie, redirected);
	if (redirected) {
		end->messages++;
		end->bytes += size;
		count(messages, 1);
		count(bytes, size);
	} else if (end->peer) {
		end->tcp_messages++;
		end->tcp_bytes += size;
		count(tcp_messages, 1);
		count(tcp_bytes, size);
	}
}

#endif
