/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fentry:[MODULE:]FUNCTION and fexit: trampolines of kernel functions, whose arguments BTF tells.
 *
 * A wildcard's functions are those of BTF that ftrace can also patch: BTF's come first, into a table, then
 * available_filter_functions (if it may be read) marks those that are in it.
 */
#include <string.h>

#include "probe/events.h"
#include "probe/kernel_symbols.h"
#include "probe/proto.h"
#include "probe/providers.h"

static int fentry_parse(struct probe_context *c, struct parts *p, struct probe_spec *out,
			struct diag *d)
{
	const struct part *name = &p->at[p->n - 1];

	(void)c;
	if (p->n >= 3 && !strcmp(p->at[1].text, "bpf"))
		return diag_error(d, p->loc, "%s probes of BPF programs are not supported yet",
				  attach_info(out->kind)->name);
	if (p->n > 3 || !*name->text || (p->n == 3 && !*p->at[1].text))
		return provider_form_error(out->kind, p->loc, d);
	if (p->n == 3)
		out->module = p->at[1].text;
	out->func = name->text;
	out->is_wild = text_is_glob(out->func) || (out->module && text_is_glob(out->module));
	return 0;
}

static bool add_function(struct collect *col, const char *module, const char *func)
{
	struct arena *a = col->c->arena;
	const char *name = arena_printf(a, "%s:%s:%s", attach_info(col->kind)->name, module, func);
	bool is_kernel = !strcmp(module, "vmlinux");

	return collect_add(col, (struct probe_target){
					.name = name,
					.module = is_kernel ? NULL : arena_strdup(a, module),
					.func = name + strlen(name) - strlen(func),
				});
}

/* The functions that match, "module:name", each with whether it is known to be traceable. */
struct expansion {
	struct collect *col;
	const struct probe_spec *spec;
	struct table functions;
	char *state; /* values for the table: state + 0 as seen in BTF, state + 1 when traceable */
	size_t listed;
};

static const char *function_key(char *to, size_t size, const char *module, const char *name)
{
	int n = snprintf(to, size, "%s:%s", module, name);

	return n > 0 && (size_t)n < size ? to : NULL;
}

static bool in_btf(void *arg, const char *module, const char *name)
{
	struct expansion *e = arg;
	char key[512];

	if (!provider_match(e->spec->module, module) || !text_glob(e->spec->func, name) ||
	    !kernel_symbols_safe(e->col->c, name) || !function_key(key, sizeof(key), module, name))
		return true;
	table_set_str(&e->functions, key, &e->state[0]);
	return true;
}

static bool in_ftrace(void *arg, const char *module, const char *name)
{
	struct expansion *e = arg;
	char key[512];

	e->listed++;
	if (function_key(key, sizeof(key), module, name) && table_get_str(&e->functions, key))
		table_set_str(&e->functions, key, &e->state[1]);
	return true;
}

static void expand_wild(struct collect *col, const struct probe_spec *spec)
{
	char state[2] = { 0 };
	struct expansion e = { .col = col, .spec = spec, .state = state };
	bool one_module = spec->module && !text_is_glob(spec->module);
	size_t pos = 0, len;
	const void *key;
	void *value;

	table_init(&e.functions, col->c->arena);
	types_each_func(col->c->types, one_module ? spec->module : "*", in_btf, &e);
	if (!e.functions.n)
		return;
	kernel_symbols_traceable(col->c, in_ftrace, &e);
	while (table_next(&e.functions, &pos, &key, &len, &value)) {
		const char *colon = strchr(key, ':');
		const char *module =
			arena_strndup(col->c->arena, key, (size_t)(colon - (const char *)key));

		if (e.listed && value != &state[1])
			continue;
		if (!add_function(col, module, colon + 1))
			return;
	}
}

struct search {
	struct arena *arena;
	struct nearest near;
	const char *name;
	const char *module; /* one that has the function */
};

static bool search_function(void *arg, const char *module, const char *name)
{
	struct search *s = arg;

	provider_nearest(s->arena, &s->near, name);
	if (!strcmp(name, s->name))
		s->module = arena_strdup(s->arena, module);
	return !s->module;
}

static int not_found(struct probe_context *c, const struct probe_spec *spec, const struct search *s,
		     struct diag *d)
{
	const char *kind = attach_info(spec->kind)->name;

	if (!types_have_kernel(c->types)) {
		diag_error(d, spec->loc, "%s probes need the kernel's BTF, which is not here",
			   kind);
		diag_hint(d, "use a kprobe");
		return -ENOENT;
	}
	diag_error(d, spec->loc, "no function '%s' in the BTF of %s", spec->func,
		   spec->module ? spec->module : "the kernel");
	if (nearest_name(&s->near) && strcmp(nearest_name(&s->near), spec->func) != 0)
		diag_hint(d, "did you mean '%s:%s'?", kind, nearest_name(&s->near));
	else if (s->module)
		diag_hint(d, "did you mean '%s:%s:%s'?", kind, s->module, spec->func);
	return -ENOENT;
}

static int fentry_expand(struct collect *col, const struct probe_spec *spec, struct diag *d)
{
	struct search s = { .arena = col->c->arena, .name = spec->func };
	struct func_proto proto;

	if (spec->is_wild) {
		expand_wild(col, spec);
		return 0;
	}
	if (types_func(col->c->types, spec->module, spec->func, &proto) != -ENOENT) {
		add_function(col, spec->module ? spec->module : "vmlinux", spec->func);
		return 0;
	}
	s.near = nearest_to(spec->func);
	types_each_func(col->c->types, "*", search_function, &s);
	if (spec->module || !s.module)
		return not_found(col->c, spec, &s, d);
	add_function(col, s.module, spec->func);
	return 0;
}

static int fentry_args(struct probe_context *c, const struct probe_target *t,
		       struct probe_args *out, const char **why)
{
	struct func_proto proto;
	u32 slots;
	int err = types_func(c->types, t->module, t->func, &proto);

	if (err) {
		*why = "the kernel's BTF does not tell its arguments";
		return err;
	}
	err = proto_slots(c, &proto, out, &slots);
	if (err) {
		*why = "it has more or larger arguments than the kernel hands over";
		return err;
	}
	if (t->kind == ATTACH_FEXIT && proto.ret->kind != TYPE_NONE) {
		out->retval = proto.ret;
		out->retval_declared = proto.ret_declared;
		out->retval_offset = 8 * slots;
	}
	return 0;
}

const struct provider fentry_provider = {
	.form = "[MODULE:]FUNCTION",
	.parse = fentry_parse,
	.expand = fentry_expand,
	.args = fentry_args,
};
