/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/test/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LINE_LENGTH 100 /* beyond this what is expected stands in a line of its own */

static const char *const names[] = { "passed", "FAILED", "skipped" };

static void json_str(struct out *o, const char *key, const char *s)
{
	out_json_str(o, key, s, strlen(s));
}

static void count(struct test_report *r, enum test_result result)
{
	r->passed += result == TEST_PASSED;
	r->failed += result == TEST_FAILED;
	r->skipped += result == TEST_SKIPPED;
}

/* What diagnostics say; malloc'ed. */
static char *render(const struct diag *d)
{
	size_t len = 0;
	char *text = NULL;
	FILE *to = open_memstream(&text, &len);

	if (!to)
		arena_exhausted();
	diag_render(d, to);
	fclose(to);
	return text;
}

static void put_mistakes(struct test_report *r, const struct diag *d)
{
	char *text;

	if (!d->items.n)
		return;
	text = render(d);
	if (r->out->json)
		json_str(r->out, "errors", text);
	else
		out_puts(r->out, text);
	free(text);
}

/* A program may print bytes of packets: they are not for the terminal to obey. */
static void put_plain(struct out *o, const char *text)
{
	for (; *text; text++) {
		u8 c = (u8)*text;

		if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7f)
			out_printf(o, "\\x%02x", c);
		else
			out_write(o, text, 1);
	}
}

static void text_difference(struct out *o, const struct test_plan *p,
			    const struct test_difference *d)
{
	const char *label = d->label ? d->label : "";
	size_t length =
		strlen(p->file->path) + strlen(d->what) + strlen(d->expected) + strlen(d->got);
	bool is_long = length > LINE_LENGTH || strchr(d->got, '\n');

	out_printf(o, "    %s:%u: ", p->file->path, d->line ? d->line->loc.line : p->c->loc.line);
	put_plain(o, d->what);
	if (label[0])
		out_printf(o, " (%s)", label);
	out_puts(o, is_long ? ":\n        expected " : ": expected ");
	put_plain(o, d->expected);
	out_puts(o, is_long ? "\n        got      " : ", got ");
	put_plain(o, d->got);
	if (!d->got[0] || d->got[strlen(d->got) - 1] != '\n')
		out_puts(o, "\n");
}

static void json_difference(struct out *o, const struct test_plan *p,
			    const struct test_difference *d)
{
	out_json_open(o, NULL, '{');
	out_json_u64(o, "line", d->line ? d->line->loc.line : p->c->loc.line);
	json_str(o, "what", d->what);
	if (d->label)
		json_str(o, "engine", d->label);
	json_str(o, "expected", d->expected);
	json_str(o, "got", d->got);
	out_json_close(o, '}');
}

static void json_case(struct test_report *r, const struct test_plan *p,
		      const struct test_outcome *o)
{
	struct out *out = r->out;

	out_json_open(out, NULL, '{');
	json_str(out, "type", "case");
	json_str(out, "file", p->file->path);
	out_json_u64(out, "line", p->c->loc.line);
	json_str(out, "name", p->c->name);
	json_str(out, "result", o->result == TEST_FAILED ? "failed" : names[o->result]);
	if (o->why)
		json_str(out, "reason", o->why);
	if (o->differences.n) {
		out_json_open(out, "differences", '[');
		for (size_t i = 0; i < o->differences.n; i++)
			json_difference(out, p, &o->differences.at[i]);
		out_json_close(out, ']');
	}
	put_mistakes(r, p->d);
	if (p->fib_diag.items.n)
		put_mistakes(r, &p->fib_diag);
	if (p->cgroups_diag.items.n)
		put_mistakes(r, &p->cgroups_diag);
	if (p->socks_diag.items.n)
		put_mistakes(r, &p->socks_diag);
	out_json_close(out, '}');
	out_json_end(out);
}

void test_report_case(struct test_report *r, const struct test_plan *p,
		      const struct test_outcome *o)
{
	count(r, o->result);
	if (r->out->json) {
		json_case(r, p, o);
		return;
	}
	if (o->result == TEST_PASSED && !r->lists_all && !p->d->items.n)
		return;
	out_printf(r->out, "%s %s:%u: %s", names[o->result], p->file->path, p->c->loc.line,
		   p->c->name);
	if (o->why)
		out_printf(r->out, ": %s", o->why);
	out_puts(r->out, "\n");
	for (size_t i = 0; i < o->differences.n; i++)
		text_difference(r->out, p, &o->differences.at[i]);
	put_mistakes(r, p->d);
	put_mistakes(r, &p->fib_diag);
	put_mistakes(r, &p->cgroups_diag);
	put_mistakes(r, &p->socks_diag);
}

void test_report_broken(struct test_report *r, const char *path, const struct diag *d)
{
	count(r, TEST_FAILED);
	if (!r->out->json) {
		out_printf(r->out, "FAILED %s\n", path);
		put_mistakes(r, d);
		return;
	}
	out_json_open(r->out, NULL, '{');
	json_str(r->out, "type", "file");
	json_str(r->out, "file", path);
	json_str(r->out, "result", "failed");
	put_mistakes(r, d);
	out_json_close(r->out, '}');
	out_json_end(r->out);
}

void test_report_end(struct test_report *r)
{
	if (!r->out->json) {
		out_printf(r->out, "%" PRIu64 " passed, %" PRIu64 " failed, %" PRIu64 " skipped\n",
			   r->passed, r->failed, r->skipped);
		return;
	}
	out_json_open(r->out, NULL, '{');
	json_str(r->out, "type", "summary");
	out_json_u64(r->out, "passed", r->passed);
	out_json_u64(r->out, "failed", r->failed);
	out_json_u64(r->out, "skipped", r->skipped);
	out_json_close(r->out, '}');
	out_json_end(r->out);
}
