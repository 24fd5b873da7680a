/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What came of a test case, beside what was expected. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "btf/rawvalue.h"
#include "cmd/exec/context.h"
#include "cmd/exec/maps.h"
#include "cmd/exec/verdict.h"
#include "cmd/test/run.h"
#include "isa/map_type.h"

#define BYTES_SHOWN 16 /* of packets that differ */
#define ITEMS_SHOWN 8  /* of what was printed or sent */
#define PERF_PADDING 8 /* the kernel adds fewer bytes than this to records of perf events */

static bool is_same(const struct test_difference *a, const struct test_difference *b)
{
	return a->line == b->line && !strcmp(a->what, b->what) &&
	       !strcmp(a->expected, b->expected) && !strcmp(a->got, b->got);
}

static u32 line_of(const struct test_difference *d)
{
	return d->line ? d->line->loc.line : UINT32_MAX;
}

/* What two ways of running show alike is told once; all in the order of the lines. */
void test_differ(struct test_plan *p, struct test_outcome *out, const struct test_difference *d)
{
	size_t at;

	for (size_t i = 0; i < out->differences.n; i++) {
		if (!is_same(&out->differences.at[i], d))
			continue;
		out->differences.at[i].label = NULL;
		return;
	}
	vec_add(p->arena, &out->differences);
	for (at = out->differences.n - 1;
	     at > 0 && line_of(&out->differences.at[at - 1]) > line_of(d); at--)
		out->differences.at[at] = out->differences.at[at - 1];
	out->differences.at[at] = *d;
}

struct expecting {
	struct test_plan *p;
	struct test_run *run;
	struct test_outcome *out;
};

static void differ(const struct expecting *x, const struct test_line *line, const char *what,
		   const char *expected, const char *got)
{
	test_differ(x->p, x->out,
		    &(struct test_difference){ line, x->run->is_only ? NULL : x->run->label, what,
					       expected, got });
}

static char *take_text(struct arena *a, struct out *o)
{
	char *text = arena_strndup(a, buf_str(&o->buf), o->buf.len);

	out_done(o);
	return text;
}

static const char *value_text(const struct test_plan *p, u32 type, const void *data, size_t len)
{
	struct out o;

	out_init(&o, -1, false);
	rawvalue_print(&o, NULL, p->job.img->btf, type, data, len);
	return take_text(p->arena, &o);
}

static bool matches(const struct test_bytes *b, const u8 *data)
{
	for (u32 i = 0; i < b->len; i++) {
		u8 mask = b->mask ? b->mask[i] : 0xff;

		if ((b->at[i] ^ data[i]) & mask)
			return false;
	}
	return true;
}

/* ---- steps */

static const char *outcome_text(const struct test_plan *p, const struct test_seen *seen)
{
	struct buf name = { 0 };
	const char *text;

	if (seen->r.outcome == EXEC_RAN)
		exec_verdict_name(exec_prog(&p->job)->type, seen->r.ret, &name);
	else
		buf_printf(&name, "%s: %s", seen->r.outcome == EXEC_TRAPPED ? "trapped" : "not run",
			   seen->why);
	text = arena_strdup(p->arena, buf_str(&name));
	buf_done(&name);
	return text;
}

/* Bytes from one on, `..` where any would do. */
static const char *bytes_text(struct arena *a, const u8 *at, const u8 *mask, u32 len, u32 from)
{
	struct buf b = { 0 };
	const char *text;

	for (u32 i = from; i < len && i - from < BYTES_SHOWN; i++) {
		if (mask && !mask[i])
			buf_puts(&b, "..");
		else
			buf_printf(&b, "%02x", at[i]);
	}
	if (len > from && len - from > BYTES_SHOWN)
		buf_puts(&b, "...");
	text = arena_strdup(a, len <= from ? "nothing" : buf_str(&b));
	buf_done(&b);
	return text;
}

static void compare_packets(const struct expecting *x, const struct test_line *line,
			    const char *name, const struct test_bytes *want, const u8 *data,
			    u32 len)
{
	struct arena *a = x->p->arena;
	u32 least = want->len < len ? want->len : len, i = 0;

	while (i < least && !((want->at[i] ^ data[i]) & (want->mask ? want->mask[i] : 0xff)))
		i++;
	if (i < least)
		differ(x, line, arena_printf(a, "%s, from byte %u on", name, i),
		       bytes_text(a, want->at, want->mask, want->len, i),
		       bytes_text(a, data, NULL, len, i));
	if (want->len != len)
		differ(x, line, arena_printf(a, "%s, bytes", name),
		       arena_printf(a, "%u", want->len), arena_printf(a, "%u", len));
}

static const char *socket_text(const struct test_plan *p, u32 socket)
{
	struct buf b = { 0 };
	const char *text;

	if (!socket)
		return "none";
	sock_print(&p->socks.all.at[socket - 1], &b);
	text = arena_strdup(p->arena, buf_str(&b));
	buf_done(&b);
	return text;
}

static const char *context_text(const struct test_plan *p, const struct exec_result *r)
{
	const struct rawbtf *btf;
	u32 type = exec_context_type(&p->job, &btf);
	struct out o;

	out_init(&o, -1, false);
	rawvalue_print(&o, NULL, btf, type, r->ctx, r->ctx_len);
	return take_text(p->arena, &o);
}

/* What became of the context, and of what belongs to it. */
static void expect_about(const struct expecting *x, const struct test_step *step,
			 const struct exec_result *r, const char *of)
{
	struct arena *a = x->p->arena;
	const struct test_line *line = step->expected[TEST_EXPECT_SOCKET];
	const char *got;

	if (line && step->socket != r->socket)
		differ(x, line, arena_printf(a, "socket of %s", of),
		       socket_text(x->p, step->socket), socket_text(x->p, r->socket));
	line = step->expected[TEST_EXPECT_CTX];
	if (line && !matches(&step->ctx_after, r->ctx))
		differ(x, line, arena_printf(a, "context of %s", of),
		       test_text(x->p->file, line, a), context_text(x->p, r));
	line = step->expected[TEST_EXPECT_DATA];
	if (line)
		compare_packets(x, line, arena_printf(a, "data of %s", of), &step->data, r->about,
				r->about_len);
	line = step->expected[TEST_EXPECT_SYSCTL];
	got = r->sysctl ? r->sysctl : "nothing";
	if (line && strcmp(test_text(x->p->file, line, a), got) != 0)
		differ(x, line, arena_printf(a, "written by %s", of),
		       test_text(x->p->file, line, a), got);
	line = step->expected[TEST_EXPECT_RETVAL];
	if (line && step->retval != r->retval)
		differ(x, line, arena_printf(a, "retval of %s", of), test_text(x->p->file, line, a),
		       arena_printf(a, "%d", r->retval));
}

static const char *target_text(struct arena *a, const struct exec_result *r)
{
	if (r->map_name)
		return arena_printf(a, "%s[%" PRIu64 "]", r->map_name, r->map_key);
	return r->has_target ? arena_printf(a, "%u", r->ifindex) : "no redirect";
}

static void expect_step(const struct expecting *x, const struct test_step *step,
			const struct test_seen *seen)
{
	struct arena *a = x->p->arena;
	const struct test_line *verdict = step->expected[TEST_EXPECT_VERDICT],
			       *packet = step->expected[TEST_EXPECT_PACKET],
			       *redirect = step->expected[TEST_EXPECT_REDIRECT];
	const char *to = redirect ? test_text(x->p->file, redirect, a) : "";
	bool is_packet = step->in.data, is_trap = seen->r.outcome == EXEC_TRAPPED && x->p->trap;
	/* For what the kernel does not take the whole case is skipped. */
	bool is_expected =
		is_trap || (seen->r.outcome == EXEC_REFUSED && x->run->engine.ops == &exec_kernel);
	const char *of = arena_printf(a, "%s %u", is_packet ? "packet" : "run", step->in.number);

	if (seen->r.outcome != EXEC_RAN && !is_expected) {
		differ(x, verdict ? verdict : step->line,
		       step->now ? "timers" : arena_printf(a, "verdict of %s", of),
		       verdict ? step->verdict_text : "an end", outcome_text(x->p, seen));
		return;
	}
	if (seen->r.outcome != EXEC_RAN)
		return;
	if (verdict && step->verdict != seen->r.ret)
		differ(x, verdict, arena_printf(a, "verdict of %s", of), step->verdict_text,
		       outcome_text(x->p, seen));
	if (packet)
		compare_packets(x, packet, of, &step->packet, seen->r.data, seen->r.len);
	if (redirect && strcmp(to, target_text(a, &seen->r)) != 0)
		differ(x, redirect, arena_printf(a, "redirect of %s", of), to,
		       target_text(a, &seen->r));
	expect_about(x, step, &seen->r, of);
}

static void expect_trap(const struct expecting *x)
{
	const char *text = test_text(x->p->file, x->p->trap, x->p->arena), *got = "no trap";

	for (size_t i = 0; i < x->p->steps.n; i++) {
		if (x->run->seen[i].r.outcome != EXEC_TRAPPED)
			continue;
		if (strstr(x->run->seen[i].why, text))
			return;
		got = x->run->seen[i].why;
	}
	differ(x, x->p->trap, "trap", text[0] ? text : "any", got);
}

/* The packets that live on, in turn. */
static void expect_capture(const struct expecting *x)
{
	struct arena *a = x->p->arena;
	u32 n = 0;

	for (size_t i = 0; i < x->p->steps.n; i++) {
		const struct test_seen *seen = &x->run->seen[i];
		u32 len = seen->r.len;

		if (!x->p->steps.at[i].in.data || seen->r.outcome != EXEC_RAN ||
		    !exec_verdict_passes(exec_prog(&x->p->job)->type, seen->r.ret, &len))
			continue;
		if (n < x->p->pcap_packets.n)
			compare_packets(x, x->p->pcap,
					arena_printf(a, "packet %u of those that pass", n + 1),
					&x->p->pcap_packets.at[n], seen->r.data, len);
		n++;
	}
	if (n != x->p->pcap_packets.n)
		differ(x, x->p->pcap, "packets that pass",
		       arena_printf(a, "%zu", x->p->pcap_packets.n), arena_printf(a, "%u", n));
}

/* ---- maps */

/* The value of the CPU that the case runs on. NULL: there is none. */
static u8 *read_value(const struct expecting *x, const struct test_value *v)
{
	const struct image_map *m = v->of;
	const struct map_type_info *info = map_type_info(m->type);
	bool is_per_cpu = info && info->traits & MAP_TRAIT_PER_CPU;
	u32 stride = is_per_cpu ? (m->value_size + 7) & ~7u : 0;
	u8 *value = arena_alloc(x->p->arena,
				is_per_cpu ? (size_t)stride * x->p->job.cpus : m->value_size + 1u);
	struct exec_engine *e = &x->run->engine;
	int err;

	if (v->inner_key)
		err = e->ops->read_inner(e, v->map, v->key, v->inner_key, value);
	else
		err = m->key_size ? e->ops->read(e, v->map, v->key, value)
				  : e->ops->take(e, v->map, value);

	return err ? NULL : value + (size_t)stride * x->p->job.cpu;
}

static const char *item_text(const struct expecting *x, const struct test_value *v, u64 item)
{
	if (!item)
		return "no such key";
	return v->of->type == BPF_MAP_TYPE_CGROUP_ARRAY
		       ? arena_printf(x->p->arena, "%" PRIu64, item)
		       : socket_text(x->p, (u32)item);
}

/* Of maps of sockets and cgroups. item 0: that there is nothing. */
static void expect_item(const struct expecting *x, const struct test_value *v, u64 item)
{
	u64 got = x->run->engine.ops->item(&x->run->engine, v->map, v->key);

	if (got != item)
		differ(x, v->line, arena_printf(x->p->arena, "map %s", v->name),
		       item ? v->literal : "no such key", item_text(x, v, got));
}

static void expect_map(const struct expecting *x, const struct test_value *v)
{
	const struct image_map *m = v->of;
	const char *what = arena_printf(x->p->arena, "map %s", v->name);
	const u8 *value;

	if (test_has_items(m)) {
		expect_item(x, v, v->item);
		return;
	}
	value = read_value(x, v);
	if (!value)
		differ(x, v->line, what, v->literal,
		       m->key_size ? "no such key" : "nothing is left in it");
	else if (!matches(&v->bytes, value))
		differ(x, v->line, what, v->literal,
		       value_text(x->p, m->value_type, value, m->value_size));
}

static void expect_no_key(const struct expecting *x, const struct test_value *v)
{
	const struct image_map *m = v->of;
	struct exec_engine *e = &x->run->engine;
	const u8 *value;

	if (test_has_items(m)) {
		expect_item(x, v, 0);
		return;
	}
	if (m->inner >= 0) { /* the maps in it are looked for */
		if (!e->ops->read_inner(e, v->map, v->key, NULL, NULL))
			differ(x, v->line, arena_printf(x->p->arena, "map %s", v->name), "no map",
			       "there is one");
		return;
	}
	value = read_value(x, v);
	if (value)
		differ(x, v->line, arena_printf(x->p->arena, "map %s", v->name), "no such key",
		       value_text(x->p, m->value_type, value, m->value_size));
}

static void expect_variable(const struct expecting *x, struct test_value *v)
{
	u32 zero = 0;
	const u8 *value;

	v->key = (u8 *)&zero;
	value = read_value(x, v);
	v->key = NULL;
	if (!value || !matches(&v->bytes, value + v->offset))
		differ(x, v->line, v->name, v->literal,
		       value ? value_text(x->p, v->type, value + v->offset, v->bytes.len)
			     : "it cannot be read");
}

/* ---- what was printed and sent */

static const char *items_text(const struct test_plan *p, const struct exec_log *log, s64 map,
			      u32 type)
{
	u32 shown = 0;
	struct out o;

	out_init(&o, -1, false);
	for (size_t i = 0; i < log->items.n; i++) {
		const struct exec_log_item *item = &log->items.at[i];
		s64 of = item->map ? item->map - p->job.img->maps.at : -1;

		if (of != map)
			continue;
		if (shown++ >= ITEMS_SHOWN) {
			out_puts(&o, ", ...");
			break;
		}
		out_puts(&o, shown > 1 ? ", " : "");
		if (map < 0)
			out_printf(&o, "'%.*s'", (int)item->len, (const char *)item->data);
		else
			rawvalue_print(&o, NULL, p->job.img->btf,
				       rawvalue_size(p->job.img->btf, type) <= item->len ? type : 0,
				       item->data, item->len);
	}
	if (!shown)
		out_puts(&o, "nothing");
	return take_text(p->arena, &o);
}

static void expect_printed(const struct expecting *x)
{
	const struct exec_log *log = &x->run->log;
	size_t at = 0;

	for (size_t i = 0; i < x->p->printed.n; i++) {
		const char *text = test_text(x->p->file, x->p->printed.at[i], x->p->arena);
		size_t k = at;

		while (k < log->items.n &&
		       (log->items.at[k].map || log->items.at[k].len != strlen(text) ||
			memcmp(log->items.at[k].data, text, strlen(text)) != 0))
			k++;
		if (k == log->items.n)
			differ(x, x->p->printed.at[i], "printed",
			       arena_printf(x->p->arena, "'%s'", text),
			       items_text(x->p, log, -1, 0));
		else
			at = k + 1;
	}
}

static bool is_record(const struct test_plan *p, const struct test_value *v,
		      const struct exec_log_item *item)
{
	const struct image_map *m = &p->job.img->maps.at[v->map];
	u32 more = m->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY ? PERF_PADDING - 1 : 0;

	return item->map == m && item->len >= v->bytes.len && item->len - v->bytes.len <= more &&
	       matches(&v->bytes, item->data);
}

static void expect_records(const struct expecting *x)
{
	const struct exec_log *log = &x->run->log;
	size_t at = 0;

	for (size_t i = 0; i < x->p->records.n; i++) {
		const struct test_value *v = &x->p->records.at[i];
		size_t k = at;

		while (k < log->items.n && !is_record(x->p, v, &log->items.at[k]))
			k++;
		if (k == log->items.n)
			differ(x, v->line, arena_printf(x->p->arena, "sent by %s", v->name),
			       v->literal, items_text(x->p, log, v->map, v->type));
		else
			at = k + 1;
	}
}

void test_expect(struct test_plan *p, struct test_run *run, struct test_outcome *out)
{
	const struct expecting x = { p, run, out };

	for (size_t i = 0; i < p->steps.n; i++)
		expect_step(&x, &p->steps.at[i], &run->seen[i]);
	if (p->trap)
		expect_trap(&x);
	if (p->pcap)
		expect_capture(&x);
	for (size_t i = 0; i < p->expect_maps.n; i++)
		expect_map(&x, &p->expect_maps.at[i]);
	for (size_t i = 0; i < p->expect_no_keys.n; i++)
		expect_no_key(&x, &p->expect_no_keys.at[i]);
	for (size_t i = 0; i < p->expect_variables.n; i++)
		expect_variable(&x, &p->expect_variables.at[i]);
	expect_printed(&x);
	expect_records(&x);
}

/* ---- two ways of running it */

static void agree_steps(struct test_plan *p, const struct test_run *a, const struct test_run *b,
			struct test_outcome *out)
{
	for (size_t i = 0; i < p->steps.n; i++) {
		const struct exec_result *x = &a->seen[i].r, *y = &b->seen[i].r;
		bool same_end = x->outcome == y->outcome && x->ret == y->ret;
		bool same_bytes = x->len == y->len &&
				  (!x->data || !y->data || !memcmp(x->data, y->data, x->len));
		const char *what = arena_printf(p->arena, "engines differ at step %zu, %s", i + 1,
						same_end ? "the packet" : "the verdict");

		if (same_end && same_bytes)
			continue;
		test_differ(p, out,
			    &(struct test_difference){
				    p->steps.at[i].line, "jit beside checked", what,
				    same_end ? bytes_text(p->arena, x->data, NULL, x->len, 0)
					     : outcome_text(p, &a->seen[i]),
				    same_end ? bytes_text(p->arena, y->data, NULL, y->len, 0)
					     : outcome_text(p, &b->seen[i]) });
	}
}

static void agree_logs(struct test_plan *p, const struct test_run *a, const struct test_run *b,
		       struct test_outcome *out)
{
	bool is_same_log = a->log.items.n == b->log.items.n;

	for (size_t i = 0; is_same_log && i < a->log.items.n; i++) {
		const struct exec_log_item *x = &a->log.items.at[i], *y = &b->log.items.at[i];

		is_same_log =
			x->map == y->map && x->len == y->len && !memcmp(x->data, y->data, x->len);
	}
	if (!is_same_log)
		test_differ(p, out,
			    &(struct test_difference){ NULL, "jit beside checked",
						       "engines differ in what is printed or sent",
						       items_text(p, &a->log, -1, 0),
						       items_text(p, &b->log, -1, 0) });
}

void test_agree(struct test_plan *p, struct test_run *a, struct test_run *b,
		struct test_outcome *out)
{
	const char *text;
	struct out o;

	agree_steps(p, a, b, out);
	agree_logs(p, a, b, out);
	out_init(&o, -1, false);
	if (exec_maps_compare(&a->engine, &b->engine, &o)) {
		text = take_text(p->arena, &o);
		test_differ(p, out,
			    &(struct test_difference){ NULL, "jit beside checked",
						       "engines differ in maps", "the same",
						       text });
		return;
	}
	out_done(&o);
}
