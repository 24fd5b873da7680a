/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ends are found by their cookies; a cookie that was read twice counts once. */
#include "cmd/accel/pairs.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"

static const u8 mapped[12] = { [10] = 0xff, [11] = 0xff };

static void add_pair(struct arena *a, accel_pair_list *out, const struct accel_end_row *row,
		     const struct accel_end_row *peer)
{
	bool swap = peer && !row->end.is_active && peer->end.is_active;

	*vec_add(a, out) = (struct accel_pair){
		.client = swap ? peer : row,
		.server = swap ? row : peer,
	};
}

void accel_pairs_join(const accel_rows *rows, struct arena *a, accel_pair_list *out)
{
	struct table known;

	table_init(&known, a);
	for (size_t i = 0; i < rows->n; i++)
		table_set(&known, &rows->at[i].cookie, sizeof(u64), &rows->at[i]);
	for (size_t i = 0; i < rows->n; i++) {
		const struct accel_end_row *row = &rows->at[i], *peer;

		if (table_get(&known, &row->cookie, sizeof(u64)) != row)
			continue;
		peer = row->end.peer ? table_get(&known, &row->end.peer, sizeof(u64)) : NULL;
		if (peer && peer->end.peer != row->cookie)
			peer = NULL;
		/* A pair is met at both of its ends. */
		if (!peer || row->cookie < peer->cookie)
			add_pair(a, out, row, peer);
	}
}

static int compare_rates(const void *a, const void *b)
{
	const struct accel_pair *x = a, *y = b;

	if (x->rate != y->rate)
		return x->rate < y->rate ? 1 : -1;
	return (x->client->cookie > y->client->cookie) - (x->client->cookie < y->client->cookie);
}

void accel_pairs_sort(accel_pair_list *list)
{
	if (list->n)
		qsort(list->at, list->n, sizeof(*list->at), compare_rates);
}

const char *accel_mode_name(u32 mode)
{
	return mode == ACCEL_ON ? "on" : mode == ACCEL_PAUSED ? "paused" : "turning off";
}

const char *accel_state_name(const struct accel_end *end)
{
	return end->leaving ? "leaving" : end->state == ACCEL_REDIRECT ? "redirect" : "tcp";
}

const char *accel_reason_name(u32 reason)
{
	return reason < ACCEL_REASONS ? accel_reason_names[reason] : "?";
}

const char *accel_say_bytes(struct arena *a, u64 n)
{
	static const char units[] = "KMGTPE";
	double v = (double)n / 1024;
	size_t unit = 0;

	if (n < 1024)
		return arena_printf(a, "%" PRIu64 " B", n);
	while (v >= 1023.5 && units[unit + 1]) {
		v /= 1024;
		unit++;
	}
	if (v < 99.95 && v - (double)(u64)v >= 0.05)
		return arena_printf(a, "%.1f %ciB", v, units[unit]);
	return arena_printf(a, "%.0f %ciB", v, units[unit]);
}

const char *accel_say_age(struct arena *a, u64 seconds)
{
	if (seconds < 60)
		return arena_printf(a, "%" PRIu64 "s", seconds);
	if (seconds < 3600)
		return arena_printf(a, "%" PRIu64 "m%" PRIu64 "s", seconds / 60, seconds % 60);
	if (seconds < 86400)
		return arena_printf(a, "%" PRIu64 "h%" PRIu64 "m", seconds / 3600,
				    seconds % 3600 / 60);
	return arena_printf(a, "%" PRIu64 "d%" PRIu64 "h", seconds / 86400, seconds % 86400 / 3600);
}

static bool is_v4(const u8 *addr)
{
	return !memcmp(addr, mapped, sizeof(mapped));
}

const char *accel_say_ip(struct arena *a, const u8 *addr)
{
	char text[INET6_ADDRSTRLEN] = "?";

	if (is_v4(addr))
		inet_ntop(AF_INET, addr + sizeof(mapped), text, sizeof(text));
	else
		inet_ntop(AF_INET6, addr, text, sizeof(text));
	return arena_strdup(a, text);
}

const char *accel_say_address(struct arena *a, const u8 *addr, u32 port)
{
	return arena_printf(a, is_v4(addr) ? "%s:%u" : "[%s]:%u", accel_say_ip(a, addr), port);
}

const char *accel_say_cidr(struct arena *a, const struct accel_cidr *c)
{
	bool v4 = c->bits >= 96 && is_v4(c->addr);

	return arena_printf(a, "%s/%u", accel_say_ip(a, c->addr), v4 ? c->bits - 96 : c->bits);
}

const char *accel_say_end(struct arena *a, const struct accel_end_row *row)
{
	const struct accel_tuple *t;
	const char *address;

	if (!row)
		return "-";
	t = &row->end.tuple;
	address = accel_say_address(a, t->local, t->local_port);
	if (!row->end.pid)
		return arena_printf(a, "- %s", address);
	return arena_printf(a, "%.*s[%u] %s", ACCEL_COMM, row->end.comm, row->end.pid, address);
}
