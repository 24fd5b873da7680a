/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sending. Each direction of a pair is in one of two states, and only its own sends move it:
 *
 *	          nothing is in flight or unread, and nobody sleeps in TCP's own recv()
 *	   TCP ---------------------------------------------------------------------> REDIRECT
 *	       <---------------------------------------------------------------------
 *	          the reader is slow, memory is short, paused, the peer has closed
 *
 * To TCP it may go at any time: a reader takes redirected messages before TCP's bytes, which are younger. But see
 * goes_on(): it does not while there are any, unless the reader is slow or memory short. Back it may
 * go only when the reader has read all of TCP's, else younger bytes would be read first. And as a reader that sleeps in
 * TCP's own recv() (it waits for more bytes with MSG_WAITALL, say) is not woken by redirected ones, there has to be proof
 * that there is none. One of two:
 *
 *	by the peer	When it sent last, its thread was the only one that could use the socket, and all that had come
 *			by TCP was read. Nothing has come by TCP since, so nobody can have gone into TCP's recv() since.
 *	by looking	All is read, so nobody goes into TCP's recv() from now on. As the socket's file has one reference
 *			beside those of poll(), a process of several threads has none of them in a call on the socket, and
 *			one of a single thread has that at most. It is in the map's own recv() or send(), or neither
 *			holds the socket's lock nor sleeps on it.
 */
#ifndef BPF_ACCEL_SEND_H
#define BPF_ACCEL_SEND_H

#include "accel_pair.h"
#include "accel_room.h"

#define LOOK_EVERY 64 /* messages until a direction's shape is judged */
#define ALONE_NS                                                                                   \
	20000000ull /* so long a peer may take to turn up once there is something to send */
#define STUCK_BYTES                                                                                \
	(64ull << 20) /* without a return: TCP by itself is faster than TCP in the map */
#define TRACKED_NS 10000000000ull /* below the time-outs that are set for connection tracking */
#define BUSY_NS                                                                                    \
	1000000000ull /* who sends again so soon is busy, and the time is asked for at each eighth message */
#define AWAKE_NS 20000     /* so long a sleep and two wake-ups may take */
#define AWAKE_LOOKS 100000 /* at a lock: more than there is time for */
#define MAX_DOZES 1023
#define EPOLL_SHARERS 16 /* messages that epoll_wait() is taken for a second process at most */
#define AWAIT_MORE 1024  /* bytes: a copy of fewer is over before it is looked at */

/* This thread is sending: is it the only one that can be inside a call on the socket? */
static __always_inline bool is_alone(struct sock *sk)
{
	/* A call takes a reference of its own only where other threads could close the file meanwhile. */
	return file_refs(sk) == 1 + is_threaded();
}

static __always_inline bool has_read_all(struct tcp_sock *tp)
{
	return tp->copied_seq == tp->rcv_nxt;
}

/* The proof by the peer, given for the other direction. */
static __always_inline void prove(struct accel_end *end, struct tcp_sock *tp)
{
	__u64 ready = PROVEN | tp->rcv_nxt;

	if (end->ready != ready && has_read_all(tp) && is_alone((struct sock *)tp))
		end->ready = ready;
}

/* The proof by looking. It looks in this order because what is ruled out once stays so. */
static __always_inline bool nobody_reads(const struct accel_control *c, const struct accel_end *end,
					 __u32 seq)
{
	struct tcp_sock *peer = (void *)(unsigned long)end->peer_sk;
	struct sock *sk = (struct sock *)peer;
	__u32 calls, pollers = accel_pollers(end->peer_sk, c->poll_waker);

	if (peek(peer, rcv_nxt) != seq || peek(peer, copied_seq) != seq ||
	    file_refs(sk) - pollers != 1)
		return false;
	calls = calls_of(sk);
	/* Somebody else who sends from here may be the one. */
	if (calls && calls_of((struct sock *)(unsigned long)end->sk) != 1)
		return false;
	/* A sleeper that wakes up and sleeps on again could be missed; only room to send would wake it. */
	if (calls != 1 && (calls || peek(peer, write_seq) != peek(peer, snd_una) ||
			   peek(sk, sk_lock.owned) || has_sleepers(c, sk)))
		return false;
	return peek(sk, sk_rcvlowat) <= 1 && is_socket(sk, end->peer);
}

/* That the peer's program is a known one, and what sleeping it may do is harmless. */
static __always_inline bool is_fit(const struct accel_end *peer)
{
	return peer->is_known && (peer->may_block || peer->polls || accel_is_nonblocking(peer->sk));
}

/* A reader that was taken for one that only polls sleeps in recv(): it will not be taken for that again. */
static __always_inline bool breaks_habit(const struct accel_control *c, struct accel_end *end)
{
	struct accel_end *peer;
	struct accel_habit *h;

	if (!end->peer_polls ||
	    accel_waits(end->peer_sk, c->recv_waker, c->poll_waker) != WAIT_RECV)
		return false;
	/* Who is about to wait in send(), or no longer does, holds the lock. */
	if (glance(struct sock, end->peer_sk, sk_lock.owned))
		return false;
	peer = bpf_map_lookup_elem(&ends, &end->peer);
	h = peer ? bpf_map_lookup_elem(&habits, &peer->habit) : NULL;
	if (h)
		h->sleeps = 1;
	return true;
}

/* References to the file of a socket, but for those of whoever waits for it by poll() or select(). */
static __always_inline __s64 users_of(const struct accel_control *c, __u64 sk, __u64 file)
{
	return refs_of((void *)(unsigned long)file) - accel_pollers(sk, c->poll_waker);
}

/*
 * Processes that share a socket that blocks would wake each other. That has to be seen twice in a row, as who begins to wait in poll()
 * looks like it for a moment; and some times more if the socket is waited for by epoll, as epoll_wait() holds the file,
 * too, while it looks at it (since 6.10).
 */
static __always_inline bool is_shared(const struct accel_control *c, struct accel_end *end)
{
	if (!end->peer_file || users_of(c, end->peer_sk, end->peer_file) <= 1) {
		end->sharers = 0;
		return false;
	}
	return ++end->sharers > EPOLL_SHARERS ||
	       (end->sharers > 1 && !accel_epoll_events(end->peer_sk));
}

/* How the peer waits: what is to be looked at with each message from now on. */
static __always_inline void see_peer(struct accel_end *end, const struct accel_end *peer)
{
	end->peer_polls = peer->polls;
	end->peer_file = peer->polls ? 0 : accel_blocking_file(peer->sk);
}

static __always_inline bool may_redirect(const struct accel_control *c, struct accel_end *end,
					 struct tcp_sock *tp)
{
	struct accel_end *peer;
	__u32 seq = tp->write_seq;

	if (tp->snd_una != seq || !end->peer)
		return false;
	/* Somebody else waits for room in the middle of a message, the rest of which goes by TCP, too. */
	if (tp->inet_conn.icsk_inet.sk.sk_write_pending)
		return false;
	peer = bpf_map_lookup_elem(&ends, &end->peer);
	if (!peer || peer->leaving || !is_fit(peer))
		return false;
	see_peer(end, peer);
	if (end->peer_file && users_of(c, peer->sk, end->peer_file) > 1)
		return false;
	return peer->ready == (PROVEN | seq) || nobody_reads(c, end, seq);
}

static __always_inline void note_fallback(struct accel_end *end, enum accel_reason why)
{
	struct accel_totals *t = totals();

	end->reason = why;
	if (t && why < ACCEL_REASONS)
		__sync_fetch_and_add(&t->fallback[why], 1);
}

static __always_inline void fall_back(struct accel_end *end, enum accel_reason why)
{
	note_fallback(end, why);
	end->state = ACCEL_TCP;
	end_credit(end);
	if (why != ACCEL_REASON_MEMORY)
		end->stuck = 0;
}

/* Nothing that was redirected is unread. */
static __always_inline bool has_ended(const struct accel_end *end)
{
	return end->state == ACCEL_TCP || is_empty((struct sock *)(unsigned long)end->peer_sk);
}

/* The whole connection goes back to TCP for good, as soon as it is quiet. */
static __always_inline void leave(struct accel_end *end, enum accel_reason why)
{
	struct accel_end *peer = bpf_map_lookup_elem(&ends, &end->peer);
	struct sock *sk = (void *)(unsigned long)end->sk;

	note_fallback(end, why);
	end->leaving = 1;
	if (peer) {
		peer->reason = why;
		peer->leaving = 1;
	}
	count(left, 1);
	show_out((__u64)peek(sk, __sk_common.skc_cookie.counter), end->peer);
}

/*
 * A stream of small messages that nobody answers is faster by TCP, which puts them together; much less so where
 * TCP_NODELAY keeps it from that.
 */
static __always_inline bool is_small_stream(const struct accel_control *c, struct accel_end *end,
					    const struct accel_end *peer, struct tcp_sock *tp)
{
	__u64 seen = peer->messages + peer->tcp_messages;
	__u64 small = c->small;

	if (seen != end->peer_seen) {
		end->peer_seen = seen;
		return false;
	}
	if (BPF_CORE_READ_BITFIELD_PROBED(tp, nonagle) & TCP_NAGLE_OFF)
		small /= ACCEL_SMALL_NODELAY;
	/* Across namespaces TCP has a longer way to go. */
	return peer->tuple.netns == end->tuple.netns && end->run_bytes < small * LOOK_EVERY;
}

static __noinline void mirror_message(struct accel_control *c, struct sk_msg_md *msg,
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

/*
 * A socket that blocks, though it did not when it was connected, or its listener does not. Whether its program only polls; if that is not
 * known it is watched once it has left.
 */
static __noinline bool is_poller(const struct accel_control *c, struct accel_end *end,
				 struct sock *sk)
{
	struct accel_caller caller = {};
	struct accel_listener *l;
	struct accel_end *peer;
	char comm[ACCEL_COMM];
	__u64 cookie;

	if (end->is_active) {
		leader_comm(comm);
		name_habit(&caller.habit, comm, sk, end->tuple.remote_port, true);
	} else {
		l = listener_of(&end->tuple);
		if (!l)
			return false;
		name_habit(&caller.habit, l->comm, sk, end->tuple.local_port, false);
	}
	if (!only_polls(c, &caller.habit)) {
		cookie = (__u64)sk->__sk_common.skc_cookie.counter;
		bpf_map_update_elem(&callers, &cookie, &caller, BPF_ANY);
		return false;
	}
	end->habit = caller.habit;
	end->polls = 1;
	peer = bpf_map_lookup_elem(&ends, &end->peer);
	if (peer)
		peer->peer_polls = 1;
	return true;
}

/* The first send tells the program: why it is not fit, if so. */
static __always_inline enum accel_reason introduce(const struct accel_control *c,
						   struct accel_end *end, struct sock *sk)
{
	end->pid = current_pid();
	if (comm_excluded(end->comm))
		return ACCEL_REASON_COMM;
	end->is_known = 1;
	end->may_block = takes_blocking(c) && may_block();
	if (end->may_block || end->polls || is_nonblocking(sk) ||
	    (takes_blocking(c) && is_poller(c, end, sk)))
		return ACCEL_REASON_NONE;
	if (!end->is_active) {
		struct accel_listener *l = listener_of(&end->tuple);

		if (l)
			l->blocks = 1;
	}
	return ACCEL_REASON_BLOCKING;
}

/* What an owner has turned on since the socket entered. */
static __always_inline enum accel_reason hindrance(struct accel_end *end, struct tcp_sock *tp)
{
	struct sock *peer = (void *)(unsigned long)end->peer_sk;

	if (has_zerocopy(&tp->inet_conn.icsk_inet.sk))
		return ACCEL_REASON_ZEROCOPY;
	if (tp->inet_conn.icsk_ulp_ops)
		return ACCEL_REASON_KTLS;
	if (peek(peer, sk_rcvlowat) > 1)
		return ACCEL_REASON_LOWAT;
	return ACCEL_REASON_NONE;
}

/* What makes a redirected direction leave, looked for now and then. */
static __always_inline enum accel_reason look(struct accel_control *c, struct accel_end *end,
					      struct tcp_sock *tp, __u32 size)
{
	enum accel_reason why = ACCEL_REASON_NONE;
	struct accel_end *peer;

	end->run_bytes += size;
	if (++end->run < LOOK_EVERY)
		return ACCEL_REASON_NONE;
	end->may_block = end->may_block && may_block();
	end->limit = limit_of(c, end);
	end_credit(end);
	peer = bpf_map_lookup_elem(&ends, &end->peer);
	if (!peer)
		why = ACCEL_REASON_NONE;
	else if (is_small_stream(c, end, peer, tp))
		why = ACCEL_REASON_SMALL;
	else if (!is_fit(peer))
		why = ACCEL_REASON_BLOCKING;
	else
		why = hindrance(end, tp);
	if (peer)
		see_peer(end, peer);
	end->run = 0;
	end->run_bytes = 0;
	return why;
}

/* Bytes by TCP though it is in the map. */
static __always_inline void note_stuck(struct accel_end *end, __u32 size)
{
	end->stuck += size;
	if (end->stuck > STUCK_BYTES)
		leave(end, ACCEL_REASON_STUCK);
}

static __always_inline bool begin(struct accel_control *c, struct accel_end *end,
				  struct tcp_sock *tp)
{
	enum accel_reason why;

	if (!may_redirect(c, end, tp))
		return false;
	why = hindrance(end, tp);
	if (why) {
		leave(end, why);
		return false;
	}
	end->limit = limit_of(c, end);
	end->state = ACCEL_REDIRECT;
	if (end->starts++)
		count(returns, 1);
	else
		count(starts, 1);
	return true;
}

/* Not paired, or nobody knows yet who sends. */
static __always_inline bool is_ready(const struct accel_control *c, struct accel_end *end,
				     struct sock *sk)
{
	enum accel_reason why = end->pid ? ACCEL_REASON_NONE : introduce(c, end, sk);

	if (why) {
		leave(end, why);
		return false;
	}
	if (end->peer)
		return true;
	if (bpf_ktime_get_ns() - end->ns > ALONE_NS)
		leave(end, ACCEL_REASON_UNPAIRED);
	return false;
}

/*
 * A direction that is to end goes on while redirected bytes are unread, if there is room. For a recv() does not go on from them to
 * TCP's, and a reader that waits for edges takes less than it asked for as all there is: see epoll(7). TCP's bytes would have
 * had their edge before, and lie there until more come.
 */
static __always_inline bool goes_on(struct accel_control *c, struct accel_end *end, __u32 size)
{
	return !end->is_past && !has_ended(end) && !accel_room(c, end, size);
}

/* The same of a connection that leaves. */
static __always_inline bool ends_for_good(struct accel_control *c, struct accel_end *end,
					  __u32 size)
{
	if (goes_on(c, end, size))
		return true;
	end->state = ACCEL_TCP;
	end->is_past = 1; /* this socket's sends come one after the other */
	return false;
}

/* Whether it can be told without asking what time it is that conntrack knows of it. */
static __always_inline bool is_minded(const struct accel_end *end)
{
	return !end->is_tracked || (end->is_busy && end->messages & 7);
}

/*
 * Connection tracking sees nothing of what is redirected. When it has forgotten a connection, addresses are not translated any
 * more, and rules do not know what belongs to it: TCP's next segment, or the end, would not get through.
 */
static __always_inline bool is_due(struct accel_end *end)
{
	__u64 now;

	if (is_minded(end))
		return false;
	now = bpf_ktime_get_coarse_ns();
	end->is_busy = now < end->looked + BUSY_NS;
	end->looked = now;
	if (now < end->tracked + TRACKED_NS ||
	    !is_empty((struct sock *)(unsigned long)end->peer_sk))
		return false;
	end->tracked = now;
	return true;
}

/*
 * What nearly all messages are: one more of a direction that goes on as it did. Each test here is one that decide() makes, which
 * is asked where one fails; this is what a message costs.
 */
static __always_inline bool goes_as_before(const struct accel_control *c, struct accel_end *end,
					   const struct tcp_sock *tp, __u32 size)
{
	if (end->state != ACCEL_REDIRECT || end->leaving || c->mode != ACCEL_ON ||
	    end->ready != (PROVEN | tp->rcv_nxt) || end->run + 1 >= LOOK_EVERY || end->peer_polls ||
	    !is_minded(end) || tp->inet_conn.icsk_inet.sk.sk_shutdown & SEND_SHUTDOWN)
		return false;
	/* A file with one reference is a single thread's. */
	if (end->may_block && own_refs(tp) != 1)
		return false;
	if (end->peer_file && refs_of((void *)(unsigned long)end->peer_file) != 1)
		return false;
	if (!take_credit(end, size))
		return false;
	end->sharers = 0;
	end->run_bytes += size;
	end->run++;
	return true;
}

/*
 * Whether this message is to be redirected; moves the direction's state. Out of line, so that what goes_as_before() is near
 * together in memory.
 */
static __noinline bool decide(struct accel_control *c, struct accel_end *end, struct tcp_sock *tp,
			      __u32 size)
{
	enum accel_reason why;

	/* TCP says what sending after shutdown() leads to. */
	if (tp->inet_conn.icsk_inet.sk.sk_shutdown & SEND_SHUTDOWN)
		return false;
	if (end->leaving)
		return ends_for_good(c, end, size);
	if ((!end->pid || !end->peer) && !is_ready(c, end, (struct sock *)tp))
		return false;
	/* Threads may have been started since. */
	if (end->may_block && is_threaded()) {
		end->may_block = 0;
		if (!is_nonblocking((struct sock *)tp) &&
		    !(takes_blocking(c) && is_poller(c, end, (struct sock *)tp))) {
			leave(end, ACCEL_REASON_BLOCKING);
			return ends_for_good(c, end, size);
		}
	}
	prove(end, tp);
	if (c->mode != ACCEL_ON) {
		if (goes_on(c, end, size))
			return true;
		if (end->state == ACCEL_REDIRECT)
			fall_back(end, ACCEL_REASON_MODE);
		return false;
	}
	if (is_shared(c, end) || breaks_habit(c, end)) {
		leave(end, ACCEL_REASON_BLOCKING);
		return ends_for_good(c, end, size);
	}
	if (end->state == ACCEL_TCP && !begin(c, end, tp)) {
		note_stuck(end, size);
		return false;
	}
	why = look(c, end, tp, size);
	if (why) {
		leave(end, why);
		return ends_for_good(c, end, size);
	}
	why = accel_room(c, end, size);
	if (!why && end->is_edged) {
		leave(end, ACCEL_REASON_EDGE);
		return true;
	}
	if (!why && is_due(end))
		why = ACCEL_REASON_TRACKED;
	if (why)
		fall_back(end, why);
	if (why == ACCEL_REASON_MEMORY)
		note_stuck(end, size);
	return !why;
}

struct await {
	__u64 sk;    /* the reader's struct sock */
	__u64 until; /* CLOCK_MONOTONIC, ns */
	const struct accel_end *peer;
	__u32 is_over; /* the lock was seen free, or waiting cannot free it */
};

static long await_lock(__u32 i, struct await *a)
{
	struct sock *sk = (void *)(unsigned long)a->sk;

	if (!peek(sk, sk_lock.owned) || a->peer->is_awaiting)
		a->is_over = 1;
	return a->is_over || (!(i & 7) && bpf_ktime_get_ns() > a->until);
}

/*
 * A redirect takes the lock of the peer's socket, which recv() holds while it copies. To sleep until it is free would cost
 * more than most copies take; the two ends of a stream would do little else, and work in turns where they could at the same
 * time. So it is awaited awake, but for no longer than the sleep would cost. Where that was in vain (the reader
 * was preempted, its memory is slow) as many messages go without it, twice as many each time.
 *
 * Two that send to each other hold what the other one awaits until they get on.
 */
static __noinline void await_reader(struct accel_end *end)
{
	struct await a = { .sk = end->peer_sk };

	if (end->dozes) {
		end->dozes--;
		return;
	}
	a.peer = bpf_map_lookup_elem(&ends, &end->peer);
	if (!a.peer)
		return;
	a.until = bpf_ktime_get_ns() + AWAKE_NS;
	end->is_awaiting = 1;
	bpf_loop(AWAKE_LOOKS, await_lock, &a, 0);
	end->is_awaiting = 0;
	count(awaited, 1);
	if (a.is_over) {
		end->doze = 0;
		return;
	}
	count(slept, 1);
	end->doze = end->doze < MAX_DOZES ? end->doze * 2 + 1 : MAX_DOZES;
	end->dozes = end->doze;
}

static __always_inline void send(struct sk_msg_md *msg, struct accel_control *c,
				 struct accel_end *end, struct tcp_sock *tp, __u64 cookie)
{
	__u32 size = msg->size;
	bool redirected = goes_as_before(c, end, tp, size) || decide(c, end, tp, size);
	__u64 peer = end->peer;

	/* The memory of an end that was removed may be another socket's by now. */
	if (end->sk != (__u64)(unsigned long)tp)
		return;
	end->average += (size >> 3) - (end->average >> 3);
	if (redirected && bpf_msg_redirect_hash(msg, &socks, &peer, BPF_F_INGRESS) != SK_PASS) {
		fall_back(end, ACCEL_REASON_GONE);
		redirected = false;
	}
	if (c->tap_until)
		mirror_message(c, msg, end, cookie, redirected);
	if (redirected) {
		end->messages++;
		end->bytes += size;
	} else if (end->peer) {
		end->tcp_messages++;
		end->tcp_bytes += size;
	}
	/* At the very end: who copies in a loop has the lock again in no time. */
	if (redirected && end->average > AWAIT_MORE &&
	    glance(struct sock, end->peer_sk, sk_lock.owned))
		await_reader(end);
}

#endif
