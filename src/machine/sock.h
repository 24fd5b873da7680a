/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sockets that programs find: a table that the host gives. Each is there in the forms that programs know:
 *
 *	struct bpf_sock		what look-ups and contexts give; of a sock_common only a part may be read
 *	struct bpf_tcp_sock	what bpf_tcp_sock() makes of it
 *	the kernel's structs	what bpf_skc_to_tcp_sock() and its like make of it: an address to hand on, there is nothing to read
 */
#ifndef MACHINE_SOCK_H
#define MACHINE_SOCK_H

#include <linux/bpf.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"

#define SOCK_MAX 65536

#define SOCKOPT_BUFFER_MAX (2 * 212992)

enum sock_option {
#define SOCKOPT(level, name, number, rule, first, min, max) SOCK_OPTION_##name,
#include "machine/sockopt.def"
	SOCK_OPTIONS
};

struct sock {
	struct bpf_sock view;
	struct bpf_tcp_sock tcp;
	u64 kernel; /* its address is the kernel's struct's */
	u64 cookie, cgroup;
	u32 uid;
	bool is_v6only;
	bool sends_cookies; /* to those who ask by a SYN; when the last one was, in ns */
	u64 last_cookie;
	s32 options[SOCK_OPTIONS];
	char congestion[16];
};

struct socks {
	struct arena *arena;
	vec_of(struct sock) all;
};

/* A new one, of TCP or UDP, which is bound to nothing. */
void sock_init(struct sock *s, bool is_tcp);

/* What a packet says: where it comes from and goes to, and the device. */
struct sock_query {
	u8 protocol, family;
	const void *local, *remote;
	__be16 local_port, remote_port;
	u32 ifindex;
};

/*
 * As the kernel looks it up: connected before listening, its address before any, its device before none, then the first; of those that
 * share a port one by a hash of addresses and ports. NULL: none.
 */
struct sock *sock_find(const struct socks *all, const struct sock_query *q);
/* The socket that listens for one that is being opened (SYN-RECV), the one that was found for its SYN; NULL: there is none. */
struct sock *sock_listener(const struct socks *all, const struct sock *s);
/* Whether all of it is there: it is not about to be opened, nor waits after its end. */
bool sock_is_full(const struct sock *s);
/* The socket with this protocol and these addresses that is bound to the same device; NULL: there is none. */
struct sock *sock_same(const struct socks *all, const struct sock *s);
/* The one that an address in one of its forms belongs to, a sock_common's, bpf_sock's, bpf_tcp_sock's or the kernel's; NULL: none. */
struct sock *sock_at(const struct socks *all, u64 address);

/* Sets a field of bpf_sock or bpf_tcp_sock by its name; false if there is none that may be set so. */
bool sock_set_field(struct sock *s, const char *name, u64 value);
/* The i-th name of those; NULL behind the last. */
const char *sock_field_name(u32 i);
/* "tcp 10.0.0.1:80", and the other end if there is one: as the host's text has it. */
void sock_print(const struct sock *s, struct buf *out);

#endif
