/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the provider of a probe and does what all of them have in common. */
#include "probe/probe.h"

#include <stdlib.h>
#include <string.h>

#include "probe/proto.h"
#include "probe/providers.h"

static const struct provider *const providers[ATTACH_COUNT] = {
	[ATTACH_BEGIN] = &special_provider,
	[ATTACH_END] = &special_provider,
	[ATTACH_SELF] = &self_provider,
	[ATTACH_INTERVAL] = &timer_provider,
	[ATTACH_TRACEPOINT] = &tracepoint_provider,
	[ATTACH_RAWTRACEPOINT] = &rawtracepoint_provider,
	[ATTACH_KPROBE] = &kprobe_provider,
	[ATTACH_KRETPROBE] = &kprobe_provider,
	[ATTACH_FENTRY] = &fentry_provider,
	[ATTACH_FEXIT] = &fentry_provider,
	[ATTACH_UPROBE] = &uprobe_provider,
	[ATTACH_URETPROBE] = &uprobe_provider,
	[ATTACH_PROFILE] = &timer_provider,
	[ATTACH_SOFTWARE] = &perf_provider,
	[ATTACH_HARDWARE] = &perf_provider,
};

/* Kinds of bpftrace's that are not there yet, with their short names. */
static const struct {
	const char *name, *brief;
} later[] = {
	{ "usdt", "U" },   { "iter", "it" }, { "watchpoint", "w" }, { "asyncwatchpoint", "aw" },
	{ "bench", NULL }, { "test", NULL },
};

const struct provider *provider_of(enum attach kind)
{
	return providers[kind];
}

void probe_init(struct probe_context *c, struct arena *arena, struct types *types)
{
	*c = (struct probe_context){ .arena = arena, .types = types };
	c->cache = arena_new(arena, struct probe_cache);
	*c->cache = (struct probe_cache){
		.arena = arena,
		.kallsyms = "/proc/kallsyms",
		.blacklist = "/sys/kernel/debug/kprobes/blacklist",
	};
	table_init(&c->cache->blacklisted, arena);
}

void probe_done(struct probe_context *c)
{
	c->cache = NULL;
}

int provider_form_error(enum attach kind, struct loc loc, struct diag *d)
{
	const char *name = attach_info(kind)->name;
	const char *form = providers[kind]->form;

	return diag_error(d, loc, "%s probes are written %s%s%s", name, name, form ? ":" : "",
			  form ? form : "");
}

void provider_nearest(struct arena *a, struct nearest *n, const char *candidate)
{
	nearest_try(n, candidate);
	if (n->best == candidate)
		n->best = arena_strdup(a, candidate);
}

bool provider_match(const char *pattern, const char *name)
{
	return !pattern || text_glob(pattern, name);
}

int provider_unknown_kind(const char *kind, struct loc loc, struct diag *d)
{
	struct nearest near = nearest_to(kind);

	for (size_t i = 0; i < ARRAY_SIZE(later); i++) {
		if (!strcmp(kind, later[i].name) ||
		    (later[i].brief && !strcmp(kind, later[i].brief)))
			return diag_error(d, loc, "%s probes are not supported yet", later[i].name);
		nearest_try(&near, later[i].name);
	}
	for (int i = 0; i < ATTACH_COUNT; i++) {
		nearest_try(&near, attach_info((enum attach)i)->name);
		nearest_try(&near, attach_info((enum attach)i)->old);
	}
	diag_error(d, loc, "unknown kind of probe '%s'", kind);
	if (nearest_name(&near))
		diag_hint(d, "did you mean '%s'?", nearest_name(&near));
	else
		diag_hint(d, "a probe is written KIND:TARGET, as in kprobe:vfs_read or "
			     "tracepoint:syscalls:sys_enter_openat");
	return -EINVAL;
}

int probe_parse(struct probe_context *c, const char *text, struct loc loc, struct probe_spec *out,
		struct diag *d)
{
	struct probe_spec spec = { .loc = loc, .text = arena_strdup(c->arena, text) };
	const struct provider *p;
	struct parts parts;
	int kind, err;

	err = parts_split(c->arena, text, loc, &parts, d);
	if (err)
		return err;
	kind = attach_find(parts.at[0].text);
	if (kind < 0)
		return provider_unknown_kind(parts.at[0].text, parts.at[0].loc, d);
	spec.kind = (enum attach)kind;
	p = providers[kind];
	if ((parts.n > 1) != (p->form != NULL))
		return provider_form_error(spec.kind, loc, d);
	err = p->parse(c, &parts, &spec, d);
	if (err)
		return err;
	*out = spec;
	return 0;
}

const char *provider_name(struct probe_context *c, const struct probe_spec *spec)
{
	const char *rest = strchr(spec->text, ':');

	return arena_printf(c->arena, "%s%s", attach_info(spec->kind)->name, rest ? rest : "");
}

int provider_expand_one(struct collect *col, const struct probe_spec *spec, struct diag *d)
{
	(void)d;
	collect_add(col, (struct probe_target){
				 .name = provider_name(col->c, spec),
				 .module = spec->module,
				 .func = spec->func,
				 .offset = spec->offset,
				 .period = spec->period,
				 .is_freq = spec->is_freq,
				 .signal = spec->signal,
			 });
	return 0;
}

bool collect_add(struct collect *col, struct probe_target t)
{
	if (col->targets.n >= col->max) {
		col->full = true;
		return false;
	}
	t.kind = col->kind;
	*vec_add(col->c->arena, &col->targets) = t;
	return true;
}

static int compare_targets(const void *a, const void *b)
{
	const struct probe_target *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (order)
		return order;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

void collect_sort(struct collect *col)
{
	struct probe_target *t = col->targets.at;
	size_t kept = 0;

	if (!col->targets.n)
		return;
	qsort(t, col->targets.n, sizeof(*t), compare_targets);
	for (size_t i = 0; i < col->targets.n; i++) {
		if (!kept || strcmp(t[kept - 1].name, t[i].name) != 0)
			t[kept++] = t[i];
	}
	col->targets.n = kept;
}

int probe_expand(struct probe_context *c, const struct probe_spec *spec, probe_targets *out,
		 struct diag *d)
{
	struct collect col = { .c = c, .kind = spec->kind, .max = PROBE_MAX_TARGETS };
	int err = providers[spec->kind]->expand(&col, spec, d);

	if (err)
		return err;
	if (col.full) {
		diag_error(d, spec->loc, "'%s' matches more than %d targets", spec->text,
			   PROBE_MAX_TARGETS);
		diag_hint(d, "narrow the wildcard");
		return -E2BIG;
	}
	if (!col.targets.n) {
		diag_error(d, spec->loc, "nothing that can be probed matches '%s'", spec->text);
		return -ENOENT;
	}
	if (spec->is_wild)
		collect_sort(&col);
	for (size_t i = 0; i < col.targets.n; i++)
		*vec_add(c->arena, out) = col.targets.at[i];
	return 0;
}

int probe_args(struct probe_context *c, const struct probe_target *t, struct probe_args *out,
	       const char **why)
{
	const struct provider *p = providers[t->kind];
	const char *reason = NULL;
	int err;

	*out = (struct probe_args){ 0 };
	err = p->args ? p->args(c, t, out, &reason) : -ENOENT;
	if (err && why)
		*why = reason ? reason
			      : arena_printf(c->arena, "%s probes have no arguments",
					     attach_info(t->kind)->name);
	return err;
}

int probe_declare_args(struct probe_context *c, const struct probe_target *t,
		       void (*fn)(void *arg, const char *decl), void *arg)
{
	const struct provider *p = providers[t->kind];
	struct probe_args args;
	int err;

	if (p->declare)
		return p->declare(c, t, fn, arg);
	err = probe_args(c, t, &args, NULL);
	if (err || !args.args)
		return err;
	for (u32 i = 0; i < args.args->field_count; i++) {
		const struct field *f = &args.args->fields[i];

		fn(arg, proto_declare_as(c->arena, f->type, f->declared, f->name));
	}
	if (args.retval)
		fn(arg, proto_declare_as(c->arena, args.retval, args.retval_declared, "retval"));
	return 0;
}
