/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A report as one JSON object: {"mode": "on", ..., "totals": {...}, "refused": {...}, "fallback": {...}, "connections":
 * [{"client": {...}, "server": {...} or null}], "warnings": [...]}. Numbers are bytes, nanoseconds or counts as they are.
 */
#include "cmd/accel/report.h"

#include <string.h>

static void json_text(struct out *o, const char *key, const char *text)
{
	out_json_str(o, key, text, strlen(text));
}

static void json_settings(const struct accel_report *r, struct arena *a, struct out *o)
{
	const struct accel_config *c = &r->config;

	json_text(o, "mode", r->mode == ACCEL_OFF ? "turning-off" : accel_mode_name(r->mode));
	out_json_u64(o, "abi", r->abi);
	out_json_u64(o, "since", r->since);
	json_text(o, "cgroup", c->cgroup);
	out_json_bool(o, "blocking", c->blocking != ACCEL_BLOCKING_NO);
	out_json_u64(o, "limit", c->limit);
	out_json_u64(o, "budget", c->budget);
	out_json_u64(o, "small", c->small);
	out_json_open(o, "ports", '[');
	for (size_t i = 0; i < c->ports.n; i++)
		out_json_u64(o, NULL, c->ports.at[i]);
	out_json_close(o, ']');
	out_json_open(o, "cidrs", '[');
	for (size_t i = 0; i < c->cidrs.n; i++)
		json_text(o, NULL, accel_say_cidr(a, &c->cidrs.at[i]));
	out_json_close(o, ']');
	out_json_open(o, "uids", '[');
	for (size_t i = 0; i < c->uids.n; i++)
		out_json_u64(o, NULL, c->uids.at[i]);
	out_json_close(o, ']');
	out_json_open(o, "excluded", '[');
	for (size_t i = 0; i < c->excluded.n; i++)
		json_text(o, NULL, c->excluded.at[i]);
	out_json_close(o, ']');
}

static void json_reasons(const char *key, const __u64 *counts, struct out *o)
{
	out_json_open(o, key, '{');
	for (size_t i = ACCEL_REASON_NONE + 1; i < ACCEL_REASONS; i++)
		out_json_u64(o, accel_reason_names[i], counts[i]);
	out_json_close(o, '}');
}

static void json_totals(const struct accel_report *r, struct out *o)
{
	out_json_open(o, "totals", '{');
	for (size_t i = 0; i < ACCEL_COUNTERS; i++)
		out_json_u64(o, accel_counter_names[i], r->totals.counter[i]);
	out_json_u64(o, "backlog_max", r->totals.backlog_max);
	out_json_u64(o, "memory", r->memory);
	out_json_u64(o, "redirecting", r->redirecting);
	out_json_close(o, '}');
	json_reasons("refused", r->totals.refused, o);
	json_reasons("fallback", r->totals.fallback, o);
}

static void json_end(const char *key, const struct accel_end_row *row, struct arena *a,
		     struct out *o)
{
	const struct accel_end *e = &row->end;

	out_json_open(o, key, '{');
	out_json_u64(o, "cookie", row->cookie);
	out_json_u64(o, "pid", e->pid);
	out_json_str(o, "comm", e->comm, strnlen(e->comm, sizeof(e->comm)));
	out_json_u64(o, "uid", e->uid);
	out_json_u64(o, "netns", e->tuple.netns);
	out_json_u64(o, "cgroup", e->cgroup);
	json_text(o, "local_address", accel_say_ip(a, e->tuple.local));
	out_json_u64(o, "local_port", e->tuple.local_port);
	json_text(o, "remote_address", accel_say_ip(a, e->tuple.remote));
	out_json_u64(o, "remote_port", e->tuple.remote_port);
	json_text(o, "state", accel_state_name(e));
	json_text(o, "reason", accel_reason_name(e->reason));
	out_json_u64(o, "messages", e->messages);
	out_json_u64(o, "bytes", e->bytes);
	out_json_u64(o, "tcp_messages", e->tcp_messages);
	out_json_u64(o, "tcp_bytes", e->tcp_bytes);
	out_json_u64(o, "backlog_max", e->backlog_max);
	out_json_u64(o, "starts", e->starts);
	out_json_close(o, '}');
}

static void json_null(struct out *o, const char *key)
{
	out_json_key(o, key, strlen(key));
	out_puts(o, "null");
	o->comma = true;
}

static void json_connections(const struct accel_report *r, struct arena *a, struct out *o)
{
	out_json_open(o, "connections", '[');
	for (size_t i = 0; i < r->pairs.n; i++) {
		const struct accel_pair *p = &r->pairs.at[i];
		u64 ns = p->client->end.ns;

		out_json_open(o, NULL, '{');
		out_json_u64(o, "age_ns", r->clock > ns ? r->clock - ns : 0);
		json_end("client", p->client, a, o);
		if (p->server)
			json_end("server", p->server, a, o);
		else
			json_null(o, "server");
		out_json_close(o, '}');
	}
	out_json_close(o, ']');
}

void accel_report_json(const struct accel_report *r, struct arena *a, struct out *o)
{
	const char *note;
	u32 bit = 0;

	out_json_open(o, NULL, '{');
	json_settings(r, a, o);
	json_totals(r, o);
	json_connections(r, a, o);
	out_json_open(o, "notes", '[');
	for (size_t i = 0; (note = accel_report_note(i, &bit)); i++) {
		if (r->notes & bit)
			json_text(o, NULL, note);
	}
	out_json_close(o, ']');
	out_json_open(o, "warnings", '[');
	for (size_t i = 0; i < r->blind.n; i++) {
		out_json_open(o, NULL, '{');
		json_text(o, "kind", r->blind.at[i].kind);
		json_text(o, "text", r->blind.at[i].text);
		out_json_close(o, '}');
	}
	out_json_close(o, ']');
	out_json_close(o, '}');
	out_json_end(o);
}
