/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections as people see them: both ends of each in one, and the words for what is shown of them. */
#ifndef CMD_ACCEL_PAIRS_H
#define CMD_ACCEL_PAIRS_H

#include "net/accel.h"

struct accel_pair {
	const struct accel_end_row *client; /* the end that connected, as far as that is known */
	const struct accel_end_row *server; /* NULL: it has not turned up, or is gone already */
	double rate;                        /* for the caller: what to sort by */
};
typedef vec_of(struct accel_pair) accel_pair_list;

/* Joins ends by their peers. The rows have to outlive the list. */
void accel_pairs_join(const accel_rows *rows, struct arena *a, accel_pair_list *out);
/* Highest rate first. */
void accel_pairs_sort(accel_pair_list *list);

/* "on", "paused", "turning off" */
const char *accel_mode_name(u32 mode);
/* What becomes of what is sent from there: "tcp", "redirect", "leaving". */
const char *accel_state_name(const struct accel_end *end);
/* Of an enum accel_reason that came from a map. */
const char *accel_reason_name(u32 reason);

/* All in the arena. */
const char *accel_say_bytes(struct arena *a, u64 n);     /* "1.5 MiB" */
const char *accel_say_age(struct arena *a, u64 seconds); /* "3m12s" */
const char *accel_say_address(struct arena *a, const u8 *addr,
			      u32 port); /* "[::1]:80"; IPv4 by itself */
const char *accel_say_ip(struct arena *a, const u8 *addr);
const char *accel_say_cidr(struct arena *a, const struct accel_cidr *c); /* "10.0.0.0/8" */
/* "redis-cli[123] 127.0.0.1:6379"; "-" for a program that is not known, and for an end that is NULL. */
const char *accel_say_end(struct arena *a, const struct accel_end_row *row);

#endif
