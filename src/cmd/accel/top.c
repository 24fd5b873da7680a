/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `skep accel top`: rates between two readings, of the connections that move most first.
 *
 *	accel is on: 3 connections, 5 directions redirected, 0 B waiting
 *	handed over 10240 messages/s, 1.5 GiB/s; by TCP 12 messages/s, 3 KiB/s
 *
 *	  MSGS/S     MB/S WAITING STATE     MSGS/S     MB/S WAITING STATE    CLIENT -> SERVER
 *	    5120    512.0    64 K redirect    5120      0.3     0 B redirect app[12] 127.0.0.1:4711 -> db[10] 127.0.0.1:5432
 */
#include "cmd/accel/verb.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/out.h"
#include "base/table.h"
#include "base/text.h"
#include "cmd/accel/pairs.h"
#include "cmd/live.h"

enum {
	HEADER = 5, /* lines that are no connections: heads, an empty one, what is left out */
};

static const struct opt options[] = {
	{ 'i', "interval", "SECONDS", "between tables (1)" },
	{ 'n', "count", "COUNT", "end after so many (goes on)" },
	{ 0, "once", NULL, "one table; the same as -n 1" },
};

/* One reading, with its memory. */
struct reading {
	struct arena arena;
	accel_rows rows;
	struct table ends; /* cookie to struct accel_end_row */
	struct accel_totals totals;
	double at; /* s */
};

struct top {
	struct accel_args *args;
	struct accel_view view;
	struct live live;
	struct out out;
	struct reading readings[2];
	unsigned newest;
};

struct rate {
	double messages, bytes;
};

static int take(struct accel_args *a, int i, const char *value)
{
	u64 n = 1;

	if (i < 2 && (!text_u64(value, &n) || !n || n > (i ? LIVE_MAX_COUNT : LIVE_MAX_SECONDS)))
		return diag_error(a->diag, LOC_NONE, "'%s' is not a number from 1 to %d", value,
				  i ? LIVE_MAX_COUNT : LIVE_MAX_SECONDS);
	if (i == 0)
		a->interval_ms = (u32)n * 1000;
	else
		a->count = (u32)n;
	return 0;
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int read_now(struct top *t)
{
	struct reading *r = &t->readings[!t->newest];
	int err;

	arena_done(&r->arena);
	r->rows = (accel_rows){ 0 };
	table_init(&r->ends, &r->arena);
	err = accel_read_totals(&t->view, &r->totals);
	if (!err)
		err = accel_read_ends(&t->view, &r->arena, &r->rows);
	if (err)
		return diag_errno(t->args->diag, -err, "cannot read accel's maps");
	r->at = now_s();
	for (size_t i = 0; i < r->rows.n; i++)
		table_set(&r->ends, &r->rows.at[i].cookie, sizeof(u64), &r->rows.at[i]);
	t->newest = !t->newest;
	return 0;
}

/* Of one direction since the reading before; since the beginning of one that was not there then. */
static struct rate rate_of(const struct top *t, const struct accel_end_row *row)
{
	const struct reading *now = &t->readings[t->newest], *before = &t->readings[!t->newest];
	const struct accel_end_row *old = table_get(&before->ends, &row->cookie, sizeof(u64));
	double messages = (double)(row->end.messages + row->end.tcp_messages);
	double bytes = (double)(row->end.bytes + row->end.tcp_bytes), passed = now->at - before->at;

	if (old) {
		messages -= (double)(old->end.messages + old->end.tcp_messages);
		bytes -= (double)(old->end.bytes + old->end.tcp_bytes);
	}
	if (passed <= 0)
		return (struct rate){ 0 };
	return (struct rate){ messages / passed, bytes / passed };
}

/* An end that goes away between two looks is missed in one: that is not a negative rate. */
static double total_rate(const struct top *t, enum accel_counter which)
{
	const struct reading *now = &t->readings[t->newest], *before = &t->readings[!t->newest];
	double passed = now->at - before->at;
	double n = (double)now->totals.counter[which] - (double)before->totals.counter[which];

	return passed > 0 && n > 0 ? n / passed : 0;
}

static const char *per_second(struct arena *a, double bytes)
{
	return arena_printf(a, "%s/s", accel_say_bytes(a, bytes > 0 ? (u64)bytes : 0));
}

static void write_head(struct top *t, struct arena *a, const accel_pair_list *pairs)
{
	u32 redirecting = 0;
	u64 memory = 0;

	for (size_t i = 0; i < pairs->n; i++) {
		const struct accel_end_row *both[] = { pairs->at[i].client, pairs->at[i].server };

		for (size_t k = 0; k < 2 && both[k]; k++) {
			redirecting +=
				both[k]->end.state == ACCEL_REDIRECT && !both[k]->end.leaving;
			memory += both[k]->end.charged;
		}
	}
	out_printf(&t->out,
		   "accel is %s: %zu connection%s, %u direction%s redirected, %s waiting\n",
		   accel_mode_name(t->view.control->mode), pairs->n, pairs->n == 1 ? "" : "s",
		   redirecting, redirecting == 1 ? "" : "s", accel_say_bytes(a, memory));
	out_printf(&t->out, "handed over %.0f messages/s, %s; by TCP %.0f messages/s, %s\n\n",
		   total_rate(t, ACCEL_COUNT_messages),
		   per_second(a, total_rate(t, ACCEL_COUNT_bytes)),
		   total_rate(t, ACCEL_COUNT_tcp_messages),
		   per_second(a, total_rate(t, ACCEL_COUNT_tcp_bytes)));
}

static void write_direction(struct top *t, struct arena *a, const struct accel_end_row *row)
{
	struct rate r;

	if (!row) {
		out_printf(&t->out, "%9s %8s %8s %-9s", "-", "-", "-", "-");
		return;
	}
	r = rate_of(t, row);
	out_printf(&t->out, "%9.0f %8.1f %8s %-9s", r.messages, r.bytes / 1e6,
		   accel_say_bytes(a, row->end.charged), accel_state_name(&row->end));
}

static void write_pair(struct top *t, struct arena *a, const struct accel_pair *p, size_t width)
{
	enum { NUMBERS = 2 * (9 + 1 + 8 + 1 + 8 + 1 + 9) + 1 };
	const char *who = arena_printf(a, "%s -> %s", accel_say_end(a, p->client),
				       accel_say_end(a, p->server));
	int room = width > NUMBERS ? (int)(width - NUMBERS) : width ? 0 : (int)strlen(who);

	write_direction(t, a, p->client);
	out_puts(&t->out, " ");
	write_direction(t, a, p->server);
	out_printf(&t->out, "%.*s\n", room, who);
}

static void write_table(struct top *t)
{
	const struct reading *now = &t->readings[t->newest];
	accel_pair_list pairs = { 0 };
	struct arena a;
	size_t width, rows = live_rows(&t->live, HEADER, &width);

	arena_init(&a);
	accel_pairs_join(&now->rows, &a, &pairs);
	for (size_t i = 0; i < pairs.n; i++) {
		struct accel_pair *p = &pairs.at[i];

		p->rate = rate_of(t, p->client).bytes;
		if (p->server)
			p->rate += rate_of(t, p->server).bytes;
	}
	accel_pairs_sort(&pairs);
	live_begin(&t->live);
	write_head(t, &a, &pairs);
	out_printf(&t->out, "%9s %8s %8s %-9s ", "->MSGS/S", "MB/S", "WAITING", "STATE");
	out_printf(&t->out, "%9s %8s %8s %-9s%s\n", "<-MSGS/S", "MB/S", "WAITING", "STATE",
		   "CLIENT -> SERVER");
	for (size_t i = 0; i < pairs.n && i < rows; i++)
		write_pair(t, &a, &pairs.at[i], width);
	if (pairs.n > rows)
		out_printf(&t->out, "and %zu more\n", pairs.n - rows);
	arena_done(&a);
}

/* The maps stay readable for those who have opened them, so the pin tells whether it still is on. */
static int tick(void *arg)
{
	struct top *t = arg;
	int err;

	if (access(ACCEL_DIR "/control", F_OK))
		return diag_error(t->args->diag, LOC_NONE, "accel was turned off");
	err = read_now(t);
	if (!err)
		write_table(t);
	return err;
}

static int run(struct accel_args *a)
{
	struct top t = { .args = a };
	int err = accel_verb_open(&t.view, a->diag);

	if (err)
		return err;
	if (!a->interval_ms)
		a->interval_ms = 1000;
	arena_init(&t.readings[0].arena);
	arena_init(&t.readings[1].arena);
	table_init(&t.readings[0].ends, &t.readings[0].arena);
	table_init(&t.readings[1].ends, &t.readings[1].arena);
	out_init(&t.out, STDOUT_FILENO, false);
	t.live = (struct live){ .diag = a->diag,
				.out = &t.out,
				.interval_ms = a->interval_ms,
				.count = a->count,
				.tick = tick,
				.arg = &t };
	err = read_now(&t);
	if (!err)
		err = live_run(&t.live);
	out_done(&t.out);
	arena_done(&t.readings[0].arena);
	arena_done(&t.readings[1].arena);
	accel_done(&t.view);
	return err;
}

const struct accel_verb accel_top_verb = {
	.name = "top",
	.args = "[-i SECONDS] [-n COUNT]",
	.help = "Shows each second which connections move how much, until q or Ctrl-C.\n",
	.opts = options,
	.n = ARRAY_SIZE(options),
	.take = take,
	.run = run,
};
