/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events that the kernel (software) or the CPU (hardware) counts: software:page-faults:100. */
#include <string.h>

#include "probe/providers.h"

static const struct perf_event {
	enum attach kind;
	const char *name, *brief;
	u64 count;
} events[] = {
#define PERF_EVENT(kind, name, brief, number, count) { ATTACH_##kind, name, brief, count },
#include "probe/perf_event.def"
#undef PERF_EVENT
};

static const struct perf_event *find_event(enum attach kind, const struct part *p, struct diag *d)
{
	struct nearest near = nearest_to(p->text);

	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		const struct perf_event *e = &events[i];

		if (e->kind != kind)
			continue;
		if (!strcmp(p->text, e->name) || (*e->brief && !strcmp(p->text, e->brief)))
			return e;
		nearest_try(&near, e->name);
		nearest_try(&near, e->brief);
	}
	diag_error(d, p->loc, "unknown %s event '%s'", attach_info(kind)->name, p->text);
	if (nearest_name(&near))
		diag_hint(d, "did you mean '%s'?", nearest_name(&near));
	else
		diag_hint(d, "`skep list '%s:*'` has them", attach_info(kind)->name);
	return NULL;
}

static int perf_parse(struct probe_context *c, struct parts *p, struct probe_spec *out,
		      struct diag *d)
{
	const struct perf_event *e;
	struct part *count = &p->at[2];

	(void)c;
	if (p->n > 3 || !*p->at[1].text)
		return provider_form_error(out->kind, p->loc, d);
	e = find_event(out->kind, &p->at[1], d);
	if (!e)
		return -EINVAL;
	out->module = e->name;
	out->period = e->count;
	if (p->n < 3 || !*count->text)
		return 0;
	if (!parts_number(count->text, &out->period))
		return diag_error(d, count->loc, "'%s' is not a number", count->text);
	if (!out->period || out->period > INT64_MAX) {
		diag_error(d, count->loc, "%s %s", count->text,
			   out->period ? "is more than the kernel counts to"
				       : "events between two firings are too few");
		diag_hint(d, "without a number it is %llu", (unsigned long long)e->count);
		return -EINVAL;
	}
	return 0;
}

static int perf_expand(struct collect *col, const struct probe_spec *spec, struct diag *d)
{
	provider_expand_one(col, spec, d);
	col->targets.at[col->targets.n - 1].pid = col->c->pid;
	return 0;
}

static void list_event(struct collect *col, const char *name, u64 count)
{
	collect_add(col, (struct probe_target){
				 .name = arena_printf(col->c->arena,
						      "%s:%s:", attach_info(col->kind)->name, name),
				 .module = name,
				 .period = count,
			 });
}

static void perf_list(struct collect *col)
{
	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		if (events[i].kind != col->kind)
			continue;
		list_event(col, events[i].name, events[i].count);
		if (*events[i].brief)
			list_event(col, events[i].brief, events[i].count);
	}
}

const struct provider perf_provider = {
	.form = "EVENT[:COUNT]",
	.parse = perf_parse,
	.expand = perf_expand,
	.list = perf_list,
};
