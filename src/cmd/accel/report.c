/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As text:
 *
 *	accel is on since 2026-01-31 12:00:00 (3m12s)
 *	  cgroup        /sys/fs/cgroup/system.slice
 *	  limit         8 MiB a direction, 512 MiB a cgroup
 *	  to TCP        one-way streams of writes below 16 KiB
 *	  ...
 *	connections     40 seen, 12 paired; now 6, with 11 directions redirected
 *	handed over     12345 messages, 1.5 GiB
 *	by TCP          17 messages, 512 B
 *	waiting         0 B now, 1.1 MiB the most in one direction
 *	refused         3: its peer is not known to be on this host
 *	back to TCP     1: its reader is slow: the limit of a direction was reached
 */
#include "cmd/accel/report.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "cmd/accel/blind.h"
#include "cmd/accel/lists.h"
#include "cmd/accel/owner.h"

enum { LABEL = 16 };

const char *accel_report_note(size_t i, u32 *bit)
{
	static const struct {
		u32 bit;
		const char *text;
	} notes[] = {
		{ ACCEL_NOTE_FIONREAD, "on this kernel FIONREAD does not count redirected bytes; "
				       "exclude programs that rely on it" },
		{ ACCEL_NOTE_SPLICE, "on this kernel splice from a socket does not see redirected "
				     "bytes; exclude programs that use it" },
	};

	if (i >= ARRAY_SIZE(notes))
		return NULL;
	*bit = notes[i].bit;
	return notes[i].text;
}

static void sum_up(struct accel_report *r)
{
	for (size_t i = 0; i < r->pairs.n; i++) {
		struct accel_pair *p = &r->pairs.at[i];
		const struct accel_end_row *both[] = { p->client, p->server };

		for (size_t k = 0; k < 2; k++) {
			const struct accel_end *end = both[k] ? &both[k]->end : NULL;

			if (!end)
				continue;
			r->redirecting += end->state == ACCEL_REDIRECT && !end->leaving;
			r->memory += end->charged;
			p->rate += (double)(end->bytes + end->tcp_bytes);
		}
	}
	accel_pairs_sort(&r->pairs);
}

int accel_report_collect(const struct accel_view *v, bool owners, struct arena *a,
			 struct accel_report *r, struct diag *d)
{
	struct timespec t;
	int err;

	*r = (struct accel_report){
		.mode = v->control->mode,
		.abi = v->abi,
		.since = v->control->since,
		.now = (u64)time(NULL),
		.notes = v->control->notes,
	};
	clock_gettime(CLOCK_MONOTONIC, &t);
	r->clock = (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
	err = accel_read_totals(v, &r->totals);
	if (!err)
		err = accel_read_ends(v, a, &r->rows);
	if (err)
		return diag_errno(d, -err, "cannot read accel's maps");
	if (owners)
		accel_owner_find(&r->rows, a);
	accel_lists_read(v, a, &r->config);
	accel_pairs_join(&r->rows, a, &r->pairs);
	sum_up(r);
	accel_blind_find(v->cgroup, a, &r->blind);
	return 0;
}

static void text_label(struct out *o, const char *label)
{
	out_printf(o, "%-*s", LABEL, label);
}

static void text_setting(struct out *o, const char *label, const char *value, const char *empty)
{
	char indented[LABEL];

	snprintf(indented, sizeof(indented), "  %s", label);
	text_label(o, indented);
	out_printf(o, "%s\n", *value ? value : empty);
}

static void text_settings(const struct accel_report *r, struct arena *a, struct out *o)
{
	const struct accel_config *c = &r->config;
	struct tm when = { 0 };
	char since[32] = "";
	time_t t = (time_t)r->since;

	if (localtime_r(&t, &when))
		strftime(since, sizeof(since), "%F %T", &when);
	out_printf(o, "accel is %s, since %s (%s)\n", accel_mode_name(r->mode), since,
		   accel_say_age(a, r->now > r->since ? r->now - r->since : 0));
	text_setting(o, "cgroup", c->cgroup, "(gone)");
	text_label(o, "  limit");
	out_printf(o, "%s a direction, %s a cgroup\n", accel_say_bytes(a, c->limit),
		   accel_say_bytes(a, c->budget));
	text_label(o, "  to TCP");
	out_printf(o, "one-way streams of writes below %s\n", accel_say_bytes(a, c->small));
	text_setting(o, "ports", accel_lists_ports(a, c), "all");
	text_setting(o, "addresses", accel_lists_cidrs(a, c), "all");
	text_setting(o, "users", accel_lists_uids(a, c), "all");
	text_setting(o, "sockets", c->blocking == ACCEL_BLOCKING_NO ? "non-blocking ones only" : "",
		     "blocking ones, too");
	text_setting(o, "excluded", accel_lists_excluded(a, c), "no program");
}

static void text_reasons(struct out *o, const char *label, const __u64 *counts)
{
	for (size_t i = 0; i < ACCEL_REASONS; i++) {
		if (!counts[i])
			continue;
		text_label(o, label);
		out_printf(o, "%" PRIu64 ": %s\n", (u64)counts[i], accel_reason_texts[i]);
	}
}

static void text_totals(const struct accel_report *r, struct arena *a, struct out *o)
{
	const __u64 *n = r->totals.counter;

	text_label(o, "connections");
	out_printf(o, "%" PRIu64 " ends seen, %" PRIu64 " connections paired; now %zu, ",
		   (u64)n[ACCEL_COUNT_seen], (u64)n[ACCEL_COUNT_paired], r->pairs.n);
	out_printf(o, "with %u direction%s redirected\n", r->redirecting,
		   r->redirecting == 1 ? "" : "s");
	text_label(o, "handed over");
	out_printf(o, "%" PRIu64 " messages, %s\n", (u64)n[ACCEL_COUNT_messages],
		   accel_say_bytes(a, n[ACCEL_COUNT_bytes]));
	if (n[ACCEL_COUNT_awaited]) {
		text_label(o, "");
		out_printf(o,
			   "%" PRIu64 " of them met their reader copying, %" PRIu64
			   " slept for it\n",
			   (u64)n[ACCEL_COUNT_awaited], (u64)n[ACCEL_COUNT_slept]);
	}
	text_label(o, "by TCP");
	out_printf(o, "%" PRIu64 " messages, %s\n", (u64)n[ACCEL_COUNT_tcp_messages],
		   accel_say_bytes(a, n[ACCEL_COUNT_tcp_bytes]));
	text_label(o, "waiting");
	out_printf(o, "%s now, %s the most in one direction\n", accel_say_bytes(a, r->memory),
		   accel_say_bytes(a, r->totals.backlog_max));
	text_reasons(o, "refused", r->totals.refused);
	text_reasons(o, "back to TCP", r->totals.fallback);
	if (n[ACCEL_COUNT_tap_lost]) {
		text_label(o, "tap lost");
		out_printf(o, "%" PRIu64 " messages\n", (u64)n[ACCEL_COUNT_tap_lost]);
	}
}

/* "-> redirect 10 messages 640 B, at most 1 KiB waiting" */
static void text_direction(const struct accel_end *end, const char *arrow, struct arena *a,
			   struct out *o)
{
	out_printf(o, "  %s %s", arrow, accel_state_name(end));
	if ((end->leaving || end->state != ACCEL_REDIRECT) && end->reason)
		out_printf(o, " (%s)", accel_reason_name(end->reason));
	out_printf(o, " %" PRIu64 " messages %s", (u64)end->messages,
		   accel_say_bytes(a, end->bytes));
	if (end->tcp_messages)
		out_printf(o, " + %" PRIu64 " %s by TCP", (u64)end->tcp_messages,
			   accel_say_bytes(a, end->tcp_bytes));
	out_printf(o, ", at most %s waiting", accel_say_bytes(a, end->backlog_max));
}

static void text_pair(const struct accel_report *r, const struct accel_pair *p, struct arena *a,
		      struct out *o)
{
	const struct accel_end *client = &p->client->end,
			       *server = p->server ? &p->server->end : NULL;
	u64 age = r->clock > client->ns ? (r->clock - client->ns) / 1000000000u : 0;

	out_printf(o, "%s -> %s", accel_say_end(a, p->client),
		   server ? accel_say_end(a, p->server)
			  : accel_say_address(a, client->tuple.remote, client->tuple.remote_port));
	if (server && client->tuple.netns != server->tuple.netns)
		out_printf(o, "  netns %u -> %u", client->tuple.netns, server->tuple.netns);
	out_printf(o, "  %s", accel_say_age(a, age));
	text_direction(client, "->", a, o);
	if (server)
		text_direction(server, "<-", a, o);
	else
		out_puts(o, "  (its peer is not here)");
	out_puts(o, "\n");
}

void accel_report_text(const struct accel_report *r, bool connections, struct arena *a,
		       struct out *o)
{
	const char *note;
	u32 bit = 0;

	text_settings(r, a, o);
	text_totals(r, a, o);
	for (size_t i = 0; (note = accel_report_note(i, &bit)); i++) {
		if (r->notes & bit)
			out_printf(o, "note: %s\n", note);
	}
	for (size_t i = 0; i < r->blind.n; i++)
		out_printf(o, "warning: %s\n", r->blind.at[i].text);
	if (connections && r->pairs.n)
		out_puts(o, "\n");
	for (size_t i = 0; connections && i < r->pairs.n; i++)
		text_pair(r, &r->pairs.at[i], a, o);
}
