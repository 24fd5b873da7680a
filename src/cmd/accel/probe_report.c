/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line for each thing that was found, the traffic, the verdict; or the same as one JSON object. */
#include "cmd/accel/probe_report.h"

#include <inttypes.h>
#include <string.h>

#include "bpf/accel.h"
#include "net/accel.h"

enum {
	SHORT_CONNECTION = 16, /* messages; as in bpf/accel_admit.h */
	FEW_CONNECTIONS = 8,   /* too few to tell */
	ONE_WAY = 8,           /* so many times more messages one way than the other */
	/* Streams of smaller messages go by TCP, with TCP_NODELAY or without. */
	SMALL_MESSAGE = ACCEL_DEFAULT_SMALL / ACCEL_SMALL_NODELAY,
};

typedef vec_of(const char *) names;

struct printing {
	struct arena *arena;
	const struct probe_report *report;
	struct out *out;
	names guilty; /* what is to be excluded; empty: it is safe */
};

static void name_add(struct printing *p, names *to, const char *name)
{
	for (size_t i = 0; i < to->n; i++)
		if (!strcmp(to->at[i], name))
			return;
	*vec_add(p->arena, to) = name;
}

/* accel knows a program by those of its threads that send or listen. */
static void find_guilty(struct printing *p)
{
	const struct probe_report *r = p->report;

	for (size_t i = 0; i < r->sights.n; i++) {
		const struct probe_sight *s = &r->sights.at[i];

		if (!probe_findings[s->finding].is_unsafe)
			continue;
		name_add(p, &p->guilty, s->comm);
		for (size_t j = 0; j < r->speakers.n; j++)
			if (r->speakers.at[j].pid == s->pid)
				name_add(p, &p->guilty, r->speakers.at[j].comm);
	}
}

/* How often a thing was seen, and by threads of which names. */
static u64 sum_up(struct printing *p, size_t finding, names *by)
{
	u64 count = 0;

	for (size_t i = 0; i < p->report->sights.n; i++) {
		const struct probe_sight *s = &p->report->sights.at[i];

		if (s->finding != finding)
			continue;
		count += s->count;
		name_add(p, by, s->comm);
	}
	return count;
}

static const char *joined(struct printing *p, const names *all)
{
	struct buf b = { 0 };
	const char *text;

	for (size_t i = 0; i < all->n; i++)
		buf_printf(&b, "%s%s", i ? "," : "", all->at[i]);
	text = arena_strdup(p->arena, buf_str(&b));
	buf_done(&b);
	return text;
}

/* What the traffic lets expect; NULL if nothing of note. */
static const char *outlook(const struct probe_traffic *t)
{
	u64 messages = t->sends + t->receives, connections = t->opened + t->accepted;

	if (!messages && !connections)
		return "it used no TCP while it was watched, so nothing is known of how it does";
	if (connections >= FEW_CONNECTIONS && messages / connections < SHORT_CONNECTION)
		return "its connections are short: little to gain; accel leaves frequent ones to "
		       "TCP";
	if (t->sends / ONE_WAY > t->receives && t->sent / t->sends < SMALL_MESSAGE)
		return "it sends many small messages that are hardly answered: nothing to gain; "
		       "accel "
		       "leaves such connections to TCP";
	return NULL;
}

static void print_traffic(const struct probe_traffic *t, struct out *o)
{
	out_printf(o, "traffic: connections: %" PRIu64 " opened, %" PRIu64 " accepted", t->opened,
		   t->accepted);
	out_printf(o, "; %" PRIu64 " sends", t->sends);
	if (t->sends)
		out_printf(o, " of %" PRIu64 " bytes on average", t->sent / t->sends);
	out_printf(o, ", %" PRIu64 " receives", t->receives);
	if (t->receives)
		out_printf(o, " of %" PRIu64, t->received / t->receives);
	out_puts(o, "\n");
}

static void print_text(struct printing *p)
{
	struct out *o = p->out;
	const struct probe_traffic *t = &p->report->traffic;
	const char *exclude = joined(p, &p->guilty);
	const char *mark = strpbrk(exclude, " *?[]()&|;<>'\"\\$`") ? "'" : "";

	for (size_t i = 0; i < probe_finding_count; i++) {
		const struct probe_finding *f = &probe_findings[i];
		names by = { 0 };
		u64 count = sum_up(p, i, &by);

		if (count)
			out_printf(o, "%s: %s (%" PRIu64 " time%s, %s): %s\n",
				   f->is_unsafe ? "unsafe" : "note", f->what, count,
				   count == 1 ? "" : "s", joined(p, &by), f->why);
	}
	if (outlook(t))
		out_printf(o, "note: %s\n", outlook(t));
	print_traffic(t, o);
	if (p->guilty.n)
		out_printf(o, "verdict: not safe: add --exclude-comm %s%s%s\n", mark, exclude,
			   mark);
	else
		out_puts(o, "verdict: safe to accelerate\n");
}

static void json_text(struct out *o, const char *key, const char *text)
{
	out_json_str(o, key, text, strlen(text));
}

static void json_names(struct out *o, const char *key, const names *all)
{
	out_json_open(o, key, '[');
	for (size_t i = 0; i < all->n; i++)
		json_text(o, NULL, all->at[i]);
	out_json_close(o, ']');
}

static void json_findings(struct printing *p, const char *key, bool is_unsafe)
{
	struct out *o = p->out;
	out_json_open(o, key, '[');
	for (size_t i = 0; i < probe_finding_count; i++) {
		const struct probe_finding *f = &probe_findings[i];
		names by = { 0 };
		u64 count = sum_up(p, i, &by);

		if (!count || f->is_unsafe != is_unsafe)
			continue;
		out_json_open(o, NULL, '{');
		json_text(o, "name", f->name);
		out_json_u64(o, "count", count);
		json_names(o, "by", &by);
		json_text(o, "what", f->what);
		json_text(o, "why", f->why);
		out_json_close(o, '}');
	}
	out_json_close(o, ']');
}

static void print_json(struct printing *p)
{
	struct out *o = p->out;
	const struct probe_traffic *t = &p->report->traffic;

	out_json_open(o, NULL, '{');
	out_json_bool(o, "safe", !p->guilty.n);
	json_names(o, "exclude", &p->guilty);
	json_findings(p, "unsafe", true);
	json_findings(p, "notes", false);
	if (outlook(t))
		json_text(o, "outlook", outlook(t));
	out_json_open(o, "traffic", '{');
	out_json_u64(o, "opened", t->opened);
	out_json_u64(o, "accepted", t->accepted);
	out_json_u64(o, "sends", t->sends);
	out_json_u64(o, "sent_bytes", t->sent);
	out_json_u64(o, "receives", t->receives);
	out_json_u64(o, "received_bytes", t->received);
	out_json_close(o, '}');
	out_json_close(o, '}');
	out_json_end(o);
}

bool probe_print(struct arena *a, const struct probe_report *report, struct out *out)
{
	struct printing p = { .arena = a, .report = report, .out = out };

	find_guilty(&p);
	if (out->json)
		print_json(&p);
	else
		print_text(&p);
	return !p.guilty.n;
}
