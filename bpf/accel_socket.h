/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who has a socket, who waits for it, and who is in a call on it. What takes the address of another socket than that which the program is
 * run for is not static: so the verifier goes through it once, and not wherever it is called.
 */
#ifndef BPF_ACCEL_SOCKET_H
#define BPF_ACCEL_SOCKET_H

#include "accel_maps.h"

#define MAX_WAITERS 4

static __always_inline __s64 refs_of(struct file *f)
{
	if (bpf_core_field_exists(f->f_ref))
		return glance(struct file, f, f_ref.refcnt.counter) + 1; /* it counts from -1 */
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

static __always_inline struct wait_queue_entry *waiter_at(struct list_head *at)
{
	return (void *)at - bpf_core_field_offset(struct wait_queue_entry, entry);
}

/* Whether anybody may sleep in recv(): not who sleeps in poll(), nor in epoll_wait(), whose entry has no task. */
static __always_inline bool has_sleepers(const struct accel_control *c, struct sock *sk)
{
	struct socket_wq *wq = peek(sk, sk_wq);
	struct list_head *head = &wq->wait.head, *at = peek(head, next);

	for (int i = 0; i < MAX_WAITERS; i++) {
		if (at == head)
			return false;
		if (peek(waiter_at(at), private) &&
		    (__u64)peek(waiter_at(at), func) != c->poll_waker)
			return true;
		at = peek(at, next);
	}
	return true;
}

enum accel_wait {
	WAIT_NONE,
	WAIT_POLL,
	WAIT_RECV,
};

/* Whether who waits there by poll() or select() does so for something to read. */
static __always_inline bool waits_to_read(struct list_head *at)
{
	struct poll_table_entry *e =
		(void *)waiter_at(at) - bpf_core_field_offset(struct poll_table_entry, wait);

	return peek(e, key) & POLLIN;
}

/*
 * What is waited in for something to read, recv() before poll(). Who waits in send() looks like recv(), but is counted; so does who
 * waits in close(), but has shut it down.
 */
static __always_inline enum accel_wait find_wait(struct sock *sk, __u64 recv_waker,
						 __u64 poll_waker)
{
	struct socket_wq *wq = peek(sk, sk_wq);
	struct list_head *head = &wq->wait.head, *at = peek(head, next);
	enum accel_wait in = WAIT_NONE;

	for (int i = 0; i < MAX_WAITERS && at != head; i++) {
		__u64 waker = (__u64)peek(waiter_at(at), func);

		if (waker == recv_waker && !peek(sk, sk_write_pending) &&
		    !(peek(sk, sk_shutdown) & SEND_SHUTDOWN))
			return WAIT_RECV;
		if (waker == poll_waker && waits_to_read(at))
			in = WAIT_POLL;
		at = peek(at, next);
	}
	return in;
}

static __always_inline enum accel_wait waits_in(const struct accel_control *c, struct sock *sk)
{
	return find_wait(sk, c->recv_waker, c->poll_waker);
}

/* The same of another socket. */
__noinline int accel_waits(__u64 addr, __u64 recv_waker, __u64 poll_waker)
{
	return find_wait((void *)(unsigned long)addr, recv_waker, poll_waker);
}

/* The function that wakes who came to wait last; 0: nobody waits. */
static __always_inline __u64 waker_of(struct sock *sk)
{
	struct socket_wq *wq = peek(sk, sk_wq);
	struct list_head *head = &wq->wait.head, *at = peek(head, next);

	return at == head ? 0 : (__u64)peek(waiter_at(at), func);
}

/* So many wait for the socket by poll() or select(), each of which holds its file. */
__noinline int accel_pollers(__u64 addr, __u64 poll_waker)
{
	struct sock *sk = (void *)(unsigned long)addr;
	struct socket_wq *wq = peek(sk, sk_wq);
	struct list_head *head = &wq->wait.head, *at = peek(head, next);
	int n = 0;

	for (int i = 0; i < MAX_WAITERS && at != head && poll_waker; i++) {
		n += (__u64)peek(waiter_at(at), func) == poll_waker;
		at = peek(at, next);
	}
	return n;
}

/* What is waited for by epoll on the socket; 0: nobody does that. Others that wait for it have no epitem of its file. */
__noinline __u32 accel_epoll_events(__u64 addr)
{
	struct sock *sk = (void *)(unsigned long)addr;
	struct socket_wq *wq = peek(sk, sk_wq);
	struct file *f = peek(sk, sk_socket, file);
	struct list_head *head = &wq->wait.head, *at = peek(head, next);
	__u32 events = 0;

	for (int i = 0; i < MAX_WAITERS && f && at != head; i++) {
		struct eppoll_entry *e =
			(void *)waiter_at(at) - bpf_core_field_offset(struct eppoll_entry, wait);
		struct epitem *item = peek(e, base);

		if (peek(item, ffd.file) == f)
			events |= peek(item, event.events);
		at = peek(at, next);
	}
	return events;
}

/* Of a socket that was accepted: others are not known to be. */
__noinline int accel_is_nonblocking(__u64 addr)
{
	struct sock *sk = (void *)(unsigned long)addr;

	return peek(sk, sk_socket, file, f_flags) & O_NONBLOCK;
}

/* The file of a socket that may block; 0: it does not. Should it be closed meanwhile, a redirect fails anyway. */
__noinline __u64 accel_blocking_file(__u64 addr)
{
	struct sock *sk = (void *)(unsigned long)addr;
	struct file *f = peek(sk, sk_socket, file);

	return f && !(peek(f, f_flags) & O_NONBLOCK) ? (__u64)(unsigned long)f : 0;
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
static __always_inline bool sleeps_in_map(const struct accel_control *c, struct sock *sk)
{
	return psock_of(sk) && has_sleepers(c, sk);
}

#endif
