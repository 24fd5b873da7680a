/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time: profile on every CPU, interval on one.
 *
 *	profile:hz:99   interval:s:5   interval:500ms   profile:10000000 (nanoseconds)
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "probe/providers.h"

enum { NS = 1000000000, HZ_MAX = 1000000, PERIOD_MIN = 1000 };
static const char sample_rate[] = "/proc/sys/kernel/perf_event_max_sample_rate";

static const struct {
	const char *name;
	u64 ns; /* 0: a rate */
} units[] = {
	{ "hz", 0 }, { "s", NS }, { "ms", 1000000 }, { "us", 1000 }, { "ns", 1 },
};

/* The kernel refuses to sample faster than it is set to; only high rates are worth asking. */
static int check_sample_rate(u64 hz, struct loc loc, struct diag *d)
{
	char *text;
	u64 limit = 0;

	if (hz < 1000)
		return 0;
	text = text_read_file(sample_rate, 64, NULL);
	if (text) {
		text[strcspn(text, "\n")] = '\0';
		text_u64(text, &limit);
	}
	free(text);
	if (!limit || hz <= limit)
		return 0;
	diag_error(d, loc, "this kernel takes at most %" PRIu64 " samples a second", limit);
	diag_hint(d, "kernel.perf_event_max_sample_rate sets the limit");
	return -EINVAL;
}

static int timer_rate(u64 hz, struct part *p, struct probe_spec *out, struct diag *d)
{
	if (!hz || hz > HZ_MAX)
		return diag_error(d, p->loc, "a rate must be from 1 to %d hz, not %" PRIu64, HZ_MAX,
				  hz);
	if (out->kind == ATTACH_PROFILE) {
		out->is_freq = true;
		out->period = hz;
		return check_sample_rate(hz, p->loc, d);
	}
	out->period = NS / hz;
	return 0;
}

static int timer_period(u64 ns, struct part *p, struct probe_spec *out, struct diag *d)
{
	if (ns < PERIOD_MIN) {
		diag_error(d, p->loc, "a period of %" PRIu64 " ns is too short", ns);
		diag_hint(d, "it must be at least %d ns; a number without a unit is in nanoseconds",
			  PERIOD_MIN);
		return -EINVAL;
	}
	if (ns > INT64_MAX)
		return diag_error(d, p->loc, "period '%s' is too long", p->text);
	out->period = ns;
	return 0;
}

static int timer_unit(struct parts *p, struct probe_spec *out, struct diag *d)
{
	struct part *unit = &p->at[1], *number = &p->at[2];
	u64 n;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(unit->text, units[i].name) != 0)
			continue;
		if (!parts_number(number->text, &n))
			return diag_error(d, number->loc, "'%s' is not a number", number->text);
		out->module = units[i].name;
		if (!units[i].ns)
			return timer_rate(n, number, out, d);
		if (__builtin_mul_overflow(n, units[i].ns, &n))
			return diag_error(d, number->loc, "period '%s' is too long", number->text);
		return timer_period(n, number, out, d);
	}
	diag_error(d, unit->loc, "unknown unit of time '%s'", unit->text);
	diag_hint(d, "the units are hz, s, ms, us and ns");
	return -EINVAL;
}

static int timer_parse(struct probe_context *c, struct parts *p, struct probe_spec *out,
		       struct diag *d)
{
	u64 ns;

	(void)c;
	if (p->n == 3)
		return timer_unit(p, out, d);
	if (p->n != 2 || !parts_duration(p->at[1].text, &ns))
		return provider_form_error(out->kind, p->loc, d);
	return timer_period(ns, &p->at[1], out, d);
}

static int timer_expand(struct collect *col, const struct probe_spec *spec, struct diag *d)
{
	provider_expand_one(col, spec, d);
	if (spec->kind == ATTACH_PROFILE)
		col->targets.at[col->targets.n - 1].pid = col->c->pid;
	return 0;
}

static void timer_list(struct collect *col)
{
	for (size_t i = 0; i < ARRAY_SIZE(units) - 1; i++)
		collect_add(col, (struct probe_target){
					 .name = arena_printf(col->c->arena, "%s:%s:",
							      attach_info(col->kind)->name,
							      units[i].name),
					 .module = units[i].name,
				 });
}

const struct provider timer_provider = {
	.form = "hz:RATE, :s:SECONDS, :ms:N, :us:N, or a time as in :500ms",
	.parse = timer_parse,
	.expand = timer_expand,
	.list = timer_list,
};
