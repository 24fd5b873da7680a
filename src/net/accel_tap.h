/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies of what accelerated connections carry, whether it was redirected or went by TCP. The kernel half copies messages
 * of the sockets in map `tapped` until the time in control->tap_until, which is set anew all the time: what a tap
 * that was killed leaves behind costs nothing two seconds later.
 *
 *	start -> { consume when the descriptor is readable, renew every TAP_RENEW_NS } -> free
 *
 * One tap at a time, as there is one ring. Of a new connection what it carries until the next renewal is not seen.
 */
#ifndef NET_ACCEL_TAP_H
#define NET_ACCEL_TAP_H

#include "net/accel.h"

#define TAP_RENEW_NS 200000000ull

/* An end is taken if it agrees with each list that is not empty; the ends of a connection are taken together. */
struct accel_tap_filter {
	vec_of(u16) ports; /* its own or its peer's */
	vec_of(u32) pids;
	vec_of(const char *) comms;
};
bool accel_tap_matches(const struct accel_tap_filter *f, const struct accel_end *end);

struct accel_tap_message {
	u64 ns;      /* since 1970 */
	u8 from[16]; /* IPv4 addresses are mapped; both directions have those that the */
	u8 to[16];   /* connecting end knows */
	u16 from_port, to_port;
	u32 pid; /* of the sender; 0: not known */
	char comm[ACCEL_COMM];
	u32 seq, ack; /* as in TCP, each direction beginning at 1 when the ends were paired */
	u32 size;
	u32 captured; /* bytes of it in data */
	const u8 *data;
	bool redirected;
};
/* Non-zero to stop: what is left in the ring is for the next call. */
typedef int (*accel_tap_fn)(void *arg, const struct accel_tap_message *m);

struct accel_tap;
/* The filter and arg have to stay. 0 or -errno, reported: -ENOENT if accel is not on, -EBUSY if there is a tap. */
int accel_tap_start(const struct accel_tap_filter *f, accel_tap_fn fn, void *arg,
		    struct accel_tap **out, struct diag *d);
int accel_tap_fd(const struct accel_tap *t); /* readable when messages wait */
/* Hands over what waits, or a part of it if there is much; 1 if fn wanted to stop. */
int accel_tap_consume(struct accel_tap *t);
/* Looks for new connections. -ENOENT: accel is being turned off, and the tap has to let go of it. */
int accel_tap_renew(struct accel_tap *t);
u64 accel_tap_lost(
	const struct accel_tap *t); /* messages that there was no room for, since it began */
void accel_tap_free(struct accel_tap *t);

#endif
