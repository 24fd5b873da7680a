/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has a socket, and who is in a call on it. */
#ifndef BPF_ACCEL_SOCKET_H
#define BPF_ACCEL_SOCKET_H

#include "accel_maps.h"

#define MAX_WAITERS 4

static __always_inline __s64 refs_of(struct file *f)
{
	if (bpf_core_field_exists(f->f_ref))
		return peek(f, f_ref.refcnt.counter) + 1; /* it counts from -1 */
	return peek((struct file___counted *)f, f_count.counter);
}

static __always_inline __s64 file_refs(struct sock *sk)
{
	struct file *f = peek(sk, sk_socket, file);

	return f ? refs_of(f) : -1;
}

/* The same of a socket that the program is run for, which may be read as it is. */
static __always_inline __s64 own_refs(const struct tcp_sock *tp)
{
	const struct file *f = tp->inet_conn.icsk_inet.sk.sk_socket->file;

	if (bpf_core_field_exists(f->f_ref))
		return f->f_ref.refcnt.counter + 1;
	return ((const struct file___counted *)f)->f_count.counter;
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

/* What is waited for by epoll on the socket; 0: nobody does that. Others that wait for it have no epitem of its file. */
static __always_inline __u32 epoll_events(struct sock *sk)
{
	struct socket_wq *wq = peek(sk, sk_wq);
	struct file *f = peek(sk, sk_socket, file);
	struct list_head *head = &wq->wait.head, *at = peek(head, next);
	__u32 events = 0;

	for (int i = 0; i < MAX_WAITERS && f && at != head; i++) {
		struct eppoll_entry *e = (void *)at -
					 bpf_core_field_offset(struct eppoll_entry, wait) -
					 bpf_core_field_offset(struct wait_queue_entry, entry);
		struct epitem *item = peek(e, base);

		if (peek(item, ffd.file) == f)
			events |= peek(item, event.events);
		at = peek(at, next);
	}
	return events;
}

static __always_inline struct sk_psock *psock_of(struct sock *sk)
{
	unsigned long data = (unsigned long)peek(sk, sk_user_data);

	return (void *)(data & ~SK_USER_DATA_FLAGS);
}

static __always_inline bool is_empty(struct sock *sk)
{
	struct sk_psock *psock = psock_of(sk);
	struct list_head *head;

	if (!psock)
		return true;
	head = (void *)psock + bpf_core_field_offset(struct sk_psock, ingress_msg);
	return peek(head, next) == head;
}

/* The threads that are in a call of the map's own; each holds a reference, as the map does. */
static __always_inline __u32 calls_of(struct sock *sk)
{
	return (__u32)peek(psock_of(sk), refcnt.refs.counter) - 1;
}

/*
 * Whether somebody sleeps in the map's own recv(): whatever wakes that one, if it is not data, has it say EAGAIN. It may go on
 * sleeping there after the socket was taken out.
 */
static __always_inline bool sleeps_in_map(struct sock *sk)
{
	return psock_of(sk) && has_sleepers(sk);
}

#endif
