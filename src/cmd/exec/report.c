/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/exec/report.h"

#include <inttypes.h>
#include <string.h>

#include "btf/rawvalue.h"
#include "cmd/exec/context.h"
#include "cmd/exec/verdict.h"
#include "cmd/verify/report.h"

#define BYTES_SHOWN 16 /* of packets that differ */

static void json_str(struct out *o, const char *key, const char *s)
{
	out_json_str(o, key, s, strlen(s));
}

static const char *verdict_of(const struct exec_report *r, const struct exec_result *result,
			      struct buf *name)
{
	if (result->outcome == EXEC_RAN)
		exec_verdict_name(exec_prog(r->job)->type, result->ret, name);
	else
		buf_puts(name, result->outcome == EXEC_TRAPPED ? "trapped" : "not run");
	return buf_str(name);
}

static void count(struct exec_report *r, const struct exec_result *result, const char *verdict)
{
	struct exec_count *c;

	r->inputs++;
	r->trapped += result->outcome == EXEC_TRAPPED;
	r->refused += result->outcome == EXEC_REFUSED;
	if (result->outcome == EXEC_RAN) {
		r->ns += result->ns;
		r->ran++;
	}
	for (size_t i = 0; i < r->counts.n; i++) {
		if (!strcmp(r->counts.at[i].verdict, verdict)) {
			r->counts.at[i].n++;
			return;
		}
	}
	c = vec_add(r->job->arena, &r->counts);
	*c = (struct exec_count){ arena_strdup(r->job->arena, verdict), 1 };
}

/* The first byte in which two packets differ; -1: they are the same. */
static s64 first_difference(const u8 *a, u32 a_len, const u8 *b, u32 b_len)
{
	u32 n = a_len < b_len ? a_len : b_len;

	for (u32 i = 0; i < n; i++) {
		if (a[i] != b[i])
			return i;
	}
	return a_len == b_len ? -1 : (s64)n;
}

static s64 changed_from(const struct exec_input *in, const struct exec_result *result)
{
	return result->data ? first_difference(in->data, in->len, result->data, result->len) : -1;
}

/* Contexts without a type are shown as bytes. */
static void put_context(const struct exec_report *r, const struct exec_result *result)
{
	const struct rawbtf *btf;
	u32 type = exec_context_type(r->job, &btf);

	rawvalue_print(r->o, "context", btf, type, result->ctx, result->ctx_len);
}

static bool is_data_changed(const struct exec_input *in, const struct exec_result *result)
{
	if (result->about && result->about_len != in->about.len)
		return true;
	return result->about_len && memcmp(result->about, in->about.data, result->about_len) != 0;
}

static void put_socket(const struct exec_report *r, const struct exec_result *result)
{
	struct buf text = { 0 };

	sock_print(&r->job->socks->all.at[result->socket - 1], &text);
	if (r->o->json)
		json_str(r->o, "socket", buf_str(&text));
	else
		out_printf(r->o, ", %s", buf_str(&text));
	buf_done(&text);
}

static void json_said(const struct exec_report *r, const struct exec_input *in,
		      const struct exec_result *result)
{
	if (result->socket)
		put_socket(r, result);
	if (result->retval)
		out_json_s64(r->o, "retval", result->retval);
	if (result->is_ctx_changed)
		put_context(r, result);
	if (is_data_changed(in, result))
		rawvalue_print_hex(r->o, "data", result->about, result->about_len);
	if (result->sysctl)
		json_str(r->o, "sysctl", result->sysctl);
}

static void text_said(const struct exec_report *r, const struct exec_input *in,
		      const struct exec_result *result)
{
	if (result->is_ctx_changed) {
		out_puts(r->o, "    context: ");
		put_context(r, result);
		out_puts(r->o, "\n");
	}
	if (is_data_changed(in, result)) {
		out_puts(r->o, "    data: ");
		rawvalue_print_hex(r->o, NULL, result->about, result->about_len);
		out_puts(r->o, "\n");
	}
	if (result->sysctl)
		out_printf(r->o, "    written: %s\n", result->sysctl);
}

static void json_input(const struct exec_report *r, const struct exec_input *in,
		       const struct exec_result *result, const char *verdict)
{
	struct out *o = r->o;

	out_json_open(o, NULL, '{');
	json_str(o, "type", "input");
	out_json_u64(o, "input", in->number);
	json_str(o, "verdict", verdict);
	if (result->outcome == EXEC_RAN)
		out_json_s64(o, "return", (s32)result->ret);
	else
		json_str(o, "reason", buf_str(&result->why));
	if (result->line) {
		json_str(o, "file", result->line->file);
		out_json_u64(o, "line", result->line->line);
	}
	if (in->data)
		out_json_u64(o, "length_before", in->len);
	if (result->data) {
		out_json_u64(o, "length", result->len);
		out_json_bool(o, "changed", changed_from(in, result) >= 0);
		if (changed_from(in, result) >= 0)
			rawvalue_print_hex(o, "packet", result->data, result->len);
	}
	if (result->map_name) {
		json_str(o, "redirect_map", result->map_name);
		out_json_u64(o, "redirect_key", result->map_key);
	} else if (result->has_target) {
		out_json_u64(o, "redirect_ifindex", result->ifindex);
	}
	json_said(r, in, result);
	if (result->outcome == EXEC_RAN && r->job->repeat > 1)
		out_json_u64(o, "ns", result->ns);
	out_json_close(o, '}');
	out_json_end(o);
}

static void text_ran(const struct exec_report *r, const struct exec_input *in,
		     const struct exec_result *result)
{
	struct out *o = r->o;
	s64 from = changed_from(in, result);

	if (result->map_name)
		out_printf(o, " to %s[%" PRIu64 "]", result->map_name, result->map_key);
	else if (result->has_target)
		out_printf(o, " to interface %u", result->ifindex);
	if (result->socket)
		put_socket(r, result);
	if (result->retval)
		out_printf(o, ", the call returns %d", result->retval);
	if (result->data && result->len != in->len)
		out_printf(o, ", %u -> %u bytes", in->len, result->len);
	else if (result->data)
		out_printf(o, ", %u bytes", in->len);
	if (from >= 0)
		out_printf(o, ", changed from byte %lld on", (long long)from);
	if (r->job->repeat > 1)
		out_printf(o, ", %" PRIu64 " ns", result->ns);
	out_puts(o, "\n");
	text_said(r, in, result);
	if (from >= 0 && in->is_text) {
		out_puts(o, "    ");
		rawvalue_print_hex(o, NULL, result->data, result->len);
		out_puts(o, "\n");
	}
}

void exec_report_input(struct exec_report *r, const struct exec_input *in,
		       const struct exec_result *result)
{
	struct buf name = { 0 };
	const char *verdict = verdict_of(r, result, &name);

	count(r, result, verdict);
	if (r->quiet && result->outcome == EXEC_RAN) {
		buf_done(&name);
		return;
	}
	if (r->o->json) {
		json_input(r, in, result, verdict);
	} else {
		out_printf(r->o, "#%u  %s", in->number, verdict);
		if (result->outcome == EXEC_RAN) {
			text_ran(r, in, result);
		} else {
			out_printf(r->o, ": %s\n", buf_str(&result->why));
			verify_report_source(r->o, result->line);
		}
	}
	buf_done(&name);
}

/* ---- comparing */

static void put_bytes(struct out *o, const struct exec_result *result, s64 from)
{
	u32 left = result->len - ((u64)from < result->len ? (u32)from : result->len);

	if (left)
		rawvalue_print_hex(o, NULL, result->data + from,
				   left < BYTES_SHOWN ? left : BYTES_SHOWN);
	else
		out_puts(o, "nothing");
}

static void text_packets(struct out *o, const struct exec_result *a, const struct exec_result *b,
			 s64 from)
{
	if (a->len != b->len)
		out_printf(o, "    differs: machine %u bytes, kernel %u\n", a->len, b->len);
	out_printf(o, "    differs: at byte %lld: machine ", (long long)from);
	put_bytes(o, a, from);
	out_puts(o, ", kernel ");
	put_bytes(o, b, from);
	out_puts(o, "\n");
}

static void json_side(const struct exec_report *r, const char *key,
		      const struct exec_result *result)
{
	struct buf name = { 0 };

	out_json_open(r->o, key, '{');
	json_str(r->o, "verdict", verdict_of(r, result, &name));
	if (result->outcome == EXEC_RAN)
		out_json_s64(r->o, "return", (s32)result->ret);
	else
		json_str(r->o, "reason", buf_str(&result->why));
	if (result->data)
		rawvalue_print_hex(r->o, "packet", result->data, result->len);
	out_json_close(r->o, '}');
	buf_done(&name);
}

static void text_verdicts(struct exec_report *r, const struct exec_input *in,
			  const struct exec_result *machine, const struct exec_result *kernel)
{
	const struct exec_result *const results[2] = { machine, kernel };

	if (r->quiet)
		out_printf(r->o, "#%u\n", in->number);
	out_puts(r->o, "    differs:");
	for (int i = 0; i < 2; i++) {
		struct buf name = { 0 };

		out_printf(r->o, "%s %s", i ? ", kernel" : " machine",
			   verdict_of(r, results[i], &name));
		if (results[i]->outcome == EXEC_RAN)
			out_printf(r->o, " (%d)", (s32)results[i]->ret);
		else
			out_printf(r->o, " (%s)", buf_str(&results[i]->why));
		buf_done(&name);
	}
	out_puts(r->o, "\n");
}

void exec_report_compare(struct exec_report *r, const struct exec_input *in,
			 const struct exec_result *machine, const struct exec_result *kernel)
{
	bool verdicts = machine->outcome != kernel->outcome || machine->ret != kernel->ret;
	s64 from = -1;

	if (machine->data && kernel->data)
		from = first_difference(machine->data, machine->len, kernel->data, kernel->len);
	if (!verdicts && from < 0)
		return;
	r->differing++;
	if (r->o->json) {
		out_json_open(r->o, NULL, '{');
		json_str(r->o, "type", "difference");
		out_json_u64(r->o, "input", in->number);
		json_side(r, "machine", machine);
		json_side(r, "kernel", kernel);
		out_json_close(r->o, '}');
		out_json_end(r->o);
		return;
	}
	if (verdicts || r->quiet)
		text_verdicts(r, in, machine, kernel);
	if (from >= 0)
		text_packets(r->o, machine, kernel, from);
}

/* ---- the summary */

static void json_summary(const struct exec_report *r, const struct exec_inputs *in)
{
	struct out *o = r->o;

	out_json_open(o, NULL, '{');
	json_str(o, "type", "summary");
	json_str(o, "program", exec_prog(r->job)->name);
	out_json_u64(o, "inputs", r->inputs);
	out_json_open(o, "verdicts", '{');
	for (size_t i = 0; i < r->counts.n; i++)
		out_json_u64(o, r->counts.at[i].verdict, r->counts.at[i].n);
	out_json_close(o, '}');
	out_json_u64(o, "short_captures", in->short_ones);
	out_json_u64(o, "without_ethernet", in->without_ethernet);
	if (r->job->repeat > 1 && r->ran)
		out_json_u64(o, "ns", r->ns / r->ran);
	if (r->timers) {
		out_json_u64(o, "timers", r->timers);
		out_json_u64(o, "next_timer_ns", r->timer_wait);
	}
	out_json_close(o, '}');
	out_json_end(o);
}

void exec_report_summary(const struct exec_report *r, const struct exec_inputs *in)
{
	struct out *o = r->o;

	if (o->json) {
		json_summary(r, in);
		return;
	}
	out_printf(o, "%s%s, %" PRIu64 " input%s:", r->quiet ? "" : "\n", exec_prog(r->job)->name,
		   r->inputs, r->inputs == 1 ? "" : "s");
	for (size_t i = 0; i < r->counts.n; i++)
		out_printf(o, "%s %" PRIu64 " %s", i ? "," : "", r->counts.at[i].n,
			   r->counts.at[i].verdict);
	out_puts(o, r->counts.n ? "\n" : " none\n");
	if (r->job->repeat > 1 && r->ran)
		out_printf(o, "a run takes %" PRIu64 " ns, on average of %u runs of each input\n",
			   r->ns / r->ran, r->job->repeat);
	if (r->timers)
		out_printf(o, "%u timer%s still run%s, the next is due in %" PRIu64 " ns\n",
			   r->timers, r->timers == 1 ? "" : "s", r->timers == 1 ? "s" : "",
			   r->timer_wait);
	if (in->short_ones)
		out_printf(o,
			   "cut by the capture: %" PRIu64 " of %" PRIu64
			   " packets; the program has "
			   "seen what is there\n",
			   in->short_ones, r->inputs);
	if (in->without_ethernet)
		out_printf(o,
			   "without an Ethernet header: %" PRIu64 " of %" PRIu64 " packets; the "
			   "program has seen them from their first byte\n",
			   in->without_ethernet, r->inputs);
}
