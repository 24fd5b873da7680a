/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who sleeps in recv() could be told EAGAIN there: see accel_admit.h. But many programs whose sockets block, and that have
 * threads or handle signals, do not sleep there: they wait in poll() or select() and read what there is, as database servers and
 * their clients do. That is a habit, and shows: when TCP hears from the peer of such a connection, what does its program wait in?
 *
 *	unknown --- seen in poll() POLLS_ENOUGH times ---> polls: its next connections get in
 *	   |                                                  |
 *	   +------ seen in recv() once --> sleeps <-----------+ and the connection leaves with the next thing sent
 *
 * A program is known by its name, its user, its network namespace, and the port that it connects to or listens on.
 */
#ifndef BPF_ACCEL_HABIT_H
#define BPF_ACCEL_HABIT_H

#include "accel_admit.h"

#define POLLS_ENOUGH 8
#define WATCHED_SEGMENTS 256 /* a connection that has sent so many has shown what there is to see */

static const struct accel_habit new_habit;

static __always_inline void name_habit(struct accel_habit_key *key, const char *comm,
				       const struct sock *sk, __u16 port, bool is_active)
{
	__builtin_memcpy(key->comm, comm, ACCEL_COMM);
	key->uid = sk->sk_uid.val;
	key->netns = sk->__sk_common.skc_net.net->ns.inum;
	key->port = port;
	key->is_active = is_active;
}

/* Of the process, whatever its threads are called. */
static __always_inline void leader_comm(char *comm)
{
	struct task_struct *leader = peek(current_task(), group_leader);

	bpf_core_read(comm, ACCEL_COMM, &leader->comm);
}

static __always_inline struct accel_habit *habit_of(const struct accel_habit_key *key)
{
	struct accel_habit *h = bpf_map_lookup_elem(&habits, key);

	if (h)
		return h;
	bpf_map_update_elem(&habits, key, &new_habit, BPF_NOEXIST);
	return bpf_map_lookup_elem(&habits, key);
}

/* Whether it waits in poll(), as far as is known. */
static __always_inline bool only_polls(const struct accel_control *c,
				       const struct accel_habit_key *key)
{
	struct accel_habit *h = c->poll_waker ? bpf_map_lookup_elem(&habits, key) : NULL;

	return h && !h->sleeps && h->polls >= POLLS_ENOUGH;
}

static __always_inline bool is_sleeper(const struct accel_habit_key *key)
{
	struct accel_habit *h = bpf_map_lookup_elem(&habits, key);

	return h && h->sleeps;
}

/* TCP has heard from the peer of a caller's socket. Whether there is nothing more to see; what it waits for once, counts once. */
static __always_inline bool is_watched(const struct accel_control *c, struct accel_caller *caller,
				       struct tcp_sock *tp)
{
	struct accel_habit *h = c->poll_waker ? habit_of(&caller->habit) : NULL;

	if (!h || h->sleeps)
		return true;
	switch (waits_in(c, (struct sock *)tp)) {
	case WAIT_RECV:
		h->sleeps = 1;
		return true;
	case WAIT_POLL:
		if (caller->seen == tp->rcv_nxt)
			return false;
		caller->seen = tp->rcv_nxt;
		return __sync_fetch_and_add(&h->polls, 1) + 1 >= POLLS_ENOUGH;
	default:
		return false;
	}
}

#endif
