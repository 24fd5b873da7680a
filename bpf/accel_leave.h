/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leaving. A socket that is taken out of the map while a message waits for it loses that message, so nobody is taken out
 * before it is certain that none waits or is on its way. Once a connection's ends are leaving, which their sends obey:
 *
 *	past	all that was redirected before is read, and the socket's lock was seen free: the decisions made before have
 *		been carried out that far that the peer's struct sock is held for those that redirect
 *	still	the peer's past, and nobody holds this socket: no message is on its way to it
 *	empty	nothing is in the queue. Nothing can come any more.
 *
 * The janitor does that in a timer's callback. Those that leave are in a queue. It goes round all ends, which takes its time,
 * only for those that wait for a peer, to see what is charged still, and when accel is turned off.
 */
#ifndef BPF_ACCEL_LEAVE_H
#define BPF_ACCEL_LEAVE_H

#include "accel_send.h"

#define ROUND_NS 10000000ull /* between rounds */
#define ROUND_SHARE 50       /* rounds may take 1/50 of the time */
#define LEAVERS_AT_ONCE 1024
#define IDLE_ROUND_NS                                                                              \
	100000000ull /* if it only looks for those left alone, or at what is charged */

struct bpf_map;

struct round {
	__u64 now; /* when it began */
	struct accel_control *control;
	struct clock *clock;
	bool leaving, waiting, charged;
};

static __always_inline __u32 timer_refs(struct tcp_sock *tp)
{
	struct inet_connection_sock *icsk = &tp->inet_conn;
	__u32 n = !!peek(tp, inet_conn.icsk_inet.sk.sk_timer.entry.pprev);

	n += !!peek(icsk, icsk_retransmit_timer.entry.pprev);
	n += !!peek(icsk, icsk_delack_timer.entry.pprev);
	n += peek(tp, pacing_timer.state) & HRTIMER_ENQUEUED;
	n += peek(tp, compressed_ack_timer.state) & HRTIMER_ENQUEUED;
	return n;
}

static __always_inline bool is_held(struct accel_control *c, struct tcp_sock *tp)
{
	__u32 refs = (__u32)peek(tp, inet_conn.icsk_inet.sk.__sk_common.skc_refcnt.refs.counter);

	return refs > c->quiet_refs + timer_refs(tp);
}

/* Whether this end can be taken out: a step further each round, as far as it goes. */
static __always_inline bool quiet(struct accel_control *c, struct accel_end *end,
				  const struct accel_end *peer)
{
	struct tcp_sock *tp = (void *)(unsigned long)end->sk;
	struct sock *sk = (struct sock *)tp;

	if (!end->is_past)
		end->is_past = !peek(sk, sk_lock.owned) && (!peer || has_ended(end));
	if (!end->is_still)
		end->is_still = (!peer || peer->is_past) && !is_held(c, tp);
	return end->is_past && end->is_still && is_empty(sk);
}

/* Those that find no room are seen in the next round. */
static __always_inline void begin_leaving(struct accel_end *end, __u64 cookie,
					  enum accel_reason why, struct round *r)
{
	end->reason = why;
	end->leaving = 1;
	add_leaver(r->clock, cookie);
	r->clock->pause = FIRST_PAUSE_NS;
}

static __always_inline void give_up_waiting(struct accel_end *end, __u64 cookie, struct round *r)
{
	struct accel_service *s;

	s = service_of(&end->tuple);
	if (s) {
		s->is_local = 0;
		s->banned_until = bpf_ktime_get_ns() + BAN_NS;
	}
	begin_leaving(end, cookie, ACCEL_REASON_UNPAIRED, r);
	refuse(ACCEL_REASON_UNPAIRED);
}

/* False: it has to wait yet. */
static __always_inline bool take_out(struct accel_control *c, struct accel_end *end, __u64 cookie)
{
	struct accel_end *peer = bpf_map_lookup_elem(&ends, &end->peer);

	if (!quiet(c, end, peer))
		return false;
	bpf_map_delete_elem(&socks, &cookie);
	retire(end, cookie);
	return true;
}

/*
 * It sends no more. When that is acknowledged the kernel wakes all that sleep on the socket, and a recv() of the map's would say
 * EAGAIN. So one that blocks is taken out here, before its program can sleep: at once if nothing redirected is unread or on its
 * way, else by the janitor.
 */
static __noinline void finished(struct bpf_sock_ops *ops)
{
	__u64 cookie = bpf_get_socket_cookie(ops), other;
	struct accel_end *end = bpf_map_lookup_elem(&ends, &cookie), *peer;
	struct accel_control *c = get_control();
	struct sock *sk;

	if (!c || !end || end->leaving)
		return;
	sk = (void *)(unsigned long)end->sk;
	/* close() has taken it out already. */
	if (!psock_of(sk) || is_nonblocking(sk))
		return;
	other = end->peer;
	peer = bpf_map_lookup_elem(&ends, &other);
	end->leaving = 1;
	count(left, 1);
	/* In this order, with a barrier: who sends holds its lock, looks whether it leaves, and then holds this socket. */
	if (peer) {
		struct sock *sender = (void *)(unsigned long)peer->sk;

		__sync_lock_test_and_set(&peer->leaving, 1);
		if (!peer->is_past && is_empty(sk))
			peer->is_past = !peek(sender, sk_lock.owned);
	}
	if ((!peer || peer->is_past) && !is_held(c, (struct tcp_sock *)sk) && is_empty(sk)) {
		bpf_map_delete_elem(&socks, &cookie);
		retire(end, cookie);
	}
	show_out(cookie, other);
}

/* Its close was not seen: the cgroup is gone, or was left by force. */
static __always_inline bool is_gone(const struct accel_end *end, __u64 cookie)
{
	return !is_socket((void *)(unsigned long)end->sk, cookie);
}

static long visit_leaver(__u32 i, struct round *r)
{
	struct accel_end *end;
	__u64 cookie;

	if (bpf_map_pop_elem(&leavers, &cookie))
		return 1;
	__sync_fetch_and_add(&r->clock->leavers, -1);
	end = bpf_map_lookup_elem(&ends, &cookie);
	/* One that does not leave has the cookie of its former life. */
	if (!end || !end->leaving)
		return 0;
	if (is_gone(end, cookie))
		retire(end, cookie);
	else if (!take_out(r->control, end, cookie) && !add_leaver(r->clock, cookie))
		look_at_all(r->clock, 0);
	return 0;
}

static long visit(struct bpf_map *map, const __u64 *key, struct accel_end *end, struct round *r)
{
	struct accel_control *c = r->control;
	__u64 cookie = *key;

	if (is_gone(end, cookie)) {
		retire(end, cookie);
		return 0;
	}
	if (!end->peer && !end->leaving) {
		if (r->now - end->ns > UNPAIRED_NS)
			give_up_waiting(end, cookie, r);
		else
			r->waiting = true;
	}
	if (c->mode == ACCEL_OFF && !end->leaving)
		begin_leaving(end, cookie, ACCEL_REASON_MODE, r);
	if (end->charged) {
		__s64 bytes = backlog(end);

		charge(end, bytes < CHARGE_STEP ? 0 : (__u64)bytes);
		r->charged |= !!end->charged;
	}
	if (end->leaving && !take_out(c, end, cookie))
		r->leaving = true;
	return 0;
}

/* So that rounds take their share of the time and no more. */
static __always_inline __u64 pause_after(const struct round *r, __u64 least)
{
	__u64 took = bpf_ktime_get_ns() - r->now;

	return least > took * ROUND_SHARE ? least : took * ROUND_SHARE;
}

static __always_inline void go_round(struct round *r)
{
	r->clock->all_at = NEVER;
	bpf_for_each_map_elem(&ends, visit, r, 0);
	if (r->leaving || r->waiting || r->charged)
		look_at_all(r->clock,
			    r->now + pause_after(r, r->leaving ? ROUND_NS : IDLE_ROUND_NS));
}

/* ns until the next round of those that leave. Who sends all the time is seldom seen quiet, and TCP in the map is slow. */
static __always_inline __u64 look_at_leavers(struct round *r)
{
	struct clock *c = r->clock;
	__u32 n = c->leavers;

	if (n)
		bpf_loop(n < LEAVERS_AT_ONCE ? n : LEAVERS_AT_ONCE, visit_leaver, r, 0);
	if (!c->leavers)
		return NEVER;
	/* First often, later not so often. */
	if (c->pause < ROUND_NS)
		c->pause += c->pause / 8;
	return pause_after(r, c->pause);
}

static int janitor(void *map, int *key, struct clock *clock)
{
	struct round r = { .control = get_control(), .clock = clock };
	__u64 pause, now;

	if (!r.control)
		return 0;
	clock->is_armed = 0;
	r.now = bpf_ktime_get_ns();
	if (clock->all_at <= r.now)
		go_round(&r);
	r.now = bpf_ktime_get_ns();
	pause = look_at_leavers(&r);
	now = bpf_ktime_get_ns();
	if (clock->all_at < now)
		pause = 0;
	else if (clock->all_at != NEVER && pause > clock->all_at - now)
		pause = clock->all_at - now;
	if (pause != NEVER && !__sync_lock_test_and_set(&clock->is_armed, 1))
		bpf_timer_start(&clock->timer, pause, 0);
	return 0;
}

static __always_inline void employ_janitor(void)
{
	struct clock *c = bpf_map_lookup_elem(&clocks, &zero);

	if (!c || c->is_made)
		return;
	if (!bpf_timer_init(&c->timer, &clocks, 1 /* CLOCK_MONOTONIC */)) {
		bpf_timer_set_callback(&c->timer, janitor);
		c->is_made = 1;
	}
}

#endif
