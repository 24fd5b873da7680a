/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kprobe:[MODULE:]FUNCTION[+OFFSET], kprobe:ADDRESS, kretprobe:[MODULE:]FUNCTION.
 *
 * A single name is looked for in BTF first, which is in memory or maps at once, and only then in the long
 * list of symbols: BTF lacks functions whose copies differ.
 */
#include <string.h>
#include <unistd.h>

#include "probe/kernel_symbols.h"
#include "probe/proto.h"
#include "probe/providers.h"
#include "probe/register.h"

static int check_offset(const struct probe_spec *s, const struct part *p, bool has, struct diag *d)
{
	if (has && s->is_wild)
		return diag_error(d, p->loc, "a wildcard cannot have an offset");
	if (s->kind != ATTACH_KRETPROBE || (!has && s->func))
		return 0;
	diag_error(d, p->loc, "kretprobe needs a function, without an offset");
	diag_hint(d, "it fires when a function returns; use kprobe for a place within one");
	return -EINVAL;
}

static int kprobe_parse(struct probe_context *c, struct parts *p, struct probe_spec *out,
			struct diag *d)
{
	struct part *name = &p->at[p->n - 1];
	bool has = false;
	int err;

	(void)c;
	if (p->n > 3)
		return provider_form_error(out->kind, p->loc, d);
	if (p->n == 2 && name->text[0] >= '0' && name->text[0] <= '9') {
		if (!parts_number(name->text, &out->offset))
			return diag_error(d, name->loc, "'%s' is not an address", name->text);
		return check_offset(out, name, false, d);
	}
	err = parts_cut_offset(name, &out->offset, &has, d);
	if (err)
		return err;
	if (!*name->text || (p->n == 3 && !*p->at[1].text))
		return provider_form_error(out->kind, p->loc, d);
	out->module = p->n == 3 ? p->at[1].text : NULL;
	out->func = name->text;
	out->is_wild = text_is_glob(out->func) || (out->module && text_is_glob(out->module));
	return check_offset(out, name, has, d);
}

static bool is_kernel(const char *module)
{
	return !module || !strcmp(module, "vmlinux");
}

static bool add_function(struct collect *col, const struct probe_spec *spec, const char *module,
			 const char *func)
{
	struct arena *a = col->c->arena;
	const char *kind = attach_info(col->kind)->name;
	struct probe_target t = { .func = arena_strdup(a, func), .offset = spec->offset };

	if (!is_kernel(module))
		t.module = arena_strdup(a, module);
	if (spec->module)
		t.name = arena_printf(a, "%s:%s:%s", kind, module, func);
	else
		t.name = arena_printf(a, "%s:%s", kind, func);
	return collect_add(col, t);
}

struct expansion {
	struct collect *col;
	const struct probe_spec *spec;
};

static bool expand_function(void *arg, const char *module, const char *name)
{
	struct expansion *e = arg;

	if (!provider_match(e->spec->module, module) || !text_glob(e->spec->func, name))
		return true;
	return add_function(e->col, e->spec, module, name);
}

static bool module_is_loaded(const char *module)
{
	char path[128];
	int n = snprintf(path, sizeof(path), "/sys/module/%s", module);

	return n > 0 && (size_t)n < sizeof(path) && !access(path, F_OK);
}

static int not_found(struct collect *col, const struct probe_spec *spec, struct diag *d)
{
	const char *kind = attach_info(spec->kind)->name;
	const char *near;

	if (!is_kernel(spec->module) && !module_is_loaded(spec->module)) {
		diag_error(d, spec->loc, "module '%s' is not loaded", spec->module);
		return -ENOENT;
	}
	diag_error(d, spec->loc, "kernel function not found: %s", spec->func);
	near = kernel_symbols_nearest(col->c, spec->func);
	if (near)
		diag_hint(d, "did you mean '%s:%s'?", kind, near);
	return -ENOENT;
}

static int kprobe_expand(struct collect *col, const struct probe_spec *spec, struct diag *d)
{
	struct expansion e = { col, spec };
	struct probe_context *c = col->c;
	struct func_proto proto;

	if (spec->is_wild) {
		kernel_symbols_functions(c, expand_function, &e);
		return 0;
	}
	if (!spec->func)
		return provider_expand_one(col, spec, d);
	if (types_func(c->types, spec->module, spec->func, &proto) &&
	    !kernel_symbols_has_function(c, spec->module, spec->func))
		return not_found(col, spec, d);
	collect_add(col, (struct probe_target){
				 .name = provider_name(c, spec),
				 .module = is_kernel(spec->module) ? NULL : spec->module,
				 .func = spec->func,
				 .offset = spec->offset,
			 });
	return 0;
}

static int kprobe_args(struct probe_context *c, const struct probe_target *t,
		       struct probe_args *out, const char **why)
{
	struct func_proto proto;

	(void)why;
	if (t->kind == ATTACH_KRETPROBE) {
		out->retval = &type_u64;
		out->retval_offset = register_return();
		return 0;
	}
	out->arg_count = REGISTER_ARGS;
	/* Within a function the registers have other uses. */
	if (t->func && !t->offset && !types_func(c->types, t->module, t->func, &proto))
		proto_registers(c, &proto, out);
	return 0;
}

const struct provider kprobe_provider = {
	.form = "[MODULE:]FUNCTION",
	.parse = kprobe_parse,
	.expand = kprobe_expand,
	.args = kprobe_args,
};
