/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets as text, a line each, as `ss -Hntuae` prints them:
 *
 *	tcp LISTEN 0 128 0.0.0.0:80 0.0.0.0:* uid:33 ino:1234 sk:1f cgroup:/ <->
 *	tcp 10.0.0.1:80 10.0.0.2:40000		# without a state: ESTAB, as there is another end
 *	udp *:53 dev:3 mark:7			# * is any address of IPv6, and so of IPv4, too
 *	udp [2001:db8::1]:53 v6only:1
 *	tcp 10.0.0.1:80 10.0.0.3:40000 snd_cwnd:10 srtt_us:8000
 *
 * Behind the addresses: uid, sk (the cookie, hexadecimal; the number of the line if it is not given), v6only, dev (an index or a
 * device that is here), fwmark, cgroup (its number), and the fields of struct bpf_sock and bpf_tcp_sock by their names. The lengths
 * of queues, ino, timer, users and a cgroup's path are of no concern to programs and passed over.
 */
#ifndef SOURCE_SOCKETS_H
#define SOURCE_SOCKETS_H

#include "base/diag.h"
#include "machine/sock.h"

/* Adds what the text has. 0, or -EINVAL with a message at the line; d's lines have the name of the text already. */
int sockets_parse(struct socks *s, const char *text, size_t len, struct diag *d);
/* The one socket that the text is about: one that is there already with these addresses, else it is added. */
int sockets_parse_one(struct socks *s, const char *text, size_t len, struct diag *d, u32 *index);

#endif
