/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rawtracepoint:[vmlinux:]NAME: the hooks that tracepoints are made of, with their raw arguments.
 * BTF has a typedef for each. Without BTF the trace events stand in: most are named like their hook, but for
 * system calls', which all share raw_syscalls' two.
 */
#include <string.h>

#include "probe/events.h"
#include "probe/proto.h"
#include "probe/providers.h"

static int rawtracepoint_parse(struct probe_context *c, struct parts *p, struct probe_spec *out,
			       struct diag *d)
{
	const struct part *name = &p->at[p->n - 1];

	(void)c;
	if (p->n > 3 || !*name->text)
		return provider_form_error(ATTACH_RAWTRACEPOINT, p->loc, d);
	if (p->n == 3)
		out->module = p->at[1].text;
	out->func = name->text;
	out->is_wild = text_is_glob(out->func) || (out->module && text_is_glob(out->module));
	return 0;
}

static bool add_hook(struct collect *col, const struct probe_spec *spec, const char *name)
{
	struct arena *a = col->c->arena;
	const char *full =
		arena_printf(a, "rawtracepoint:%s%s", spec->module ? "vmlinux:" : "", name);

	return collect_add(col, (struct probe_target){
					.name = full,
					.func = full + strlen(full) - strlen(name),
				});
}

struct hooks {
	struct probe_context *c;
	bool (*fn)(void *arg, const char *name);
	void *arg;
};

static bool event_hook(void *arg, const char *category, const char *event)
{
	struct hooks *h = arg;

	if (!strcmp(category, "syscalls") || !strcmp(category, "ftrace"))
		return true;
	return h->fn(h->arg, event);
}

/* Each hook's name, from BTF or the trace events; some may come twice. */
static void each_hook(struct probe_context *c, bool (*fn)(void *arg, const char *name), void *arg)
{
	struct hooks h = { c, fn, arg };

	if (types_have_kernel(c->types))
		types_each_raw_tracepoint(c->types, fn, arg);
	else
		events_each(c, event_hook, &h);
}

struct expansion {
	struct collect *col;
	const struct probe_spec *spec;
};

static bool expand_hook(void *arg, const char *name)
{
	struct expansion *e = arg;

	return !text_glob(e->spec->func, name) || add_hook(e->col, e->spec, name);
}

struct search {
	struct arena *arena;
	struct nearest near;
	const char *name;
	bool found;
};

static bool search_hook(void *arg, const char *name)
{
	struct search *s = arg;

	provider_nearest(s->arena, &s->near, name);
	s->found |= !strcmp(name, s->name);
	return true;
}

static int rawtracepoint_expand(struct collect *col, const struct probe_spec *spec, struct diag *d)
{
	struct search s = { col->c->arena, nearest_to(spec->func), spec->func, false };
	struct expansion e = { col, spec };
	struct func_proto proto;

	if (spec->module && !text_glob(spec->module, "vmlinux")) {
		diag_error(d, spec->loc, "raw tracepoints of modules are not supported yet");
		diag_hint(d, "leave out '%s:' if the kernel itself has it", spec->module);
		return -ENOENT;
	}
	if (spec->is_wild) {
		each_hook(col->c, expand_hook, &e);
		return 0;
	}
	if (!types_raw_tracepoint(col->c->types, spec->func, &proto)) {
		add_hook(col, spec, spec->func);
		return 0;
	}
	each_hook(col->c, search_hook, &s);
	if (s.found) {
		add_hook(col, spec, spec->func);
		return 0;
	}
	diag_error(d, spec->loc, "raw tracepoint not found: %s", spec->func);
	if (nearest_name(&s.near))
		diag_hint(d, "did you mean 'rawtracepoint:%s'?", nearest_name(&s.near));
	return -ENOENT;
}

static int rawtracepoint_args(struct probe_context *c, const struct probe_target *t,
			      struct probe_args *out, const char **why)
{
	struct func_proto proto;
	u32 slots;
	int err = types_raw_tracepoint(c->types, t->func, &proto);

	if (!err)
		err = proto_slots(c, &proto, out, &slots);
	if (!err)
		return 0;
	*why = "the kernel's BTF does not tell its arguments";
	out->arg_count = PROTO_MAX_SLOTS;
	return -ENOENT;
}

const struct provider rawtracepoint_provider = {
	.form = "NAME",
	.parse = rawtracepoint_parse,
	.expand = rawtracepoint_expand,
	.args = rawtracepoint_args,
};
