/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions and raw tracepoints. A raw tracepoint's arguments are those of a typedef that the kernel
 * makes for each, without names:
 *
 *	typedef void (*btf_trace_sched_switch)(void *, bool, struct task_struct *, ...);
 *
 * Their names come from a function of the tracepoint's, if one has the same parameters.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "btf/types_impl.h"

#define TYPES_MAX_STARS 8
#define TYPES_MAX_PEEL 32 /* BTF from outside may go in circles */

static const char trace_prefix[] = "btf_trace_";

static const struct btf_param *params_of(const struct btf_type *proto)
{
	return (const struct btf_param *)(const void *)(proto + 1);
}

/* Whether bt is a FUNC_PROTO; NULL is none. */
static bool is_proto(const struct btf_type *bt)
{
	return bt && BTF_INFO_KIND(bt->info) == BTF_KIND_FUNC_PROTO;
}

/* "loff_t *" where a typedef is pointed to, NULL where there is none; const and the like are passed over. */
static const char *declared(struct types *t, const struct rawbtf *b, u32 id)
{
	char stars[TYPES_MAX_STARS + 2] = " ";
	u32 n = 0;

	for (u32 steps = 0; steps < TYPES_MAX_PEEL; steps++) {
		const struct btf_type *bt = rawbtf_type(b, id);
		u32 kind = bt ? BTF_INFO_KIND(bt->info) : BTF_KIND_UNKN;
		if (kind == BTF_KIND_TYPEDEF)
			return arena_printf(t->arena, "%s%s", rawbtf_str(b, bt->name_off),
					    n ? stars : "");
		if (kind == BTF_KIND_PTR && n < TYPES_MAX_STARS)
			stars[++n] = '*';
		else if (kind != BTF_KIND_CONST && kind != BTF_KIND_VOLATILE &&
			 kind != BTF_KIND_RESTRICT)
			return NULL;
		id = bt->type;
	}
	return NULL;
}

/* The prototype that the unit's type `id` is, without its first `skip` parameters. names: a prototype
 * with as many parameters that has their names. */
static const struct func_proto *make_proto(struct types *t, u32 unit, const struct btf_type *bt,
					   const struct btf_type *names, u32 skip)
{
	const struct rawbtf *b = types_unit(t, unit);
	const struct btf_param *p = params_of(bt), *named = params_of(names);
	struct func_proto *proto = arena_new(t->arena, struct func_proto);
	u32 n = BTF_INFO_VLEN(bt->info);
	struct field *params;

	/* `...` is a last parameter of type void. */
	if (n && !p[n - 1].type && !p[n - 1].name_off)
		n--;
	n = n > skip ? n - skip : 0;
	params = arena_array(t->arena, struct field, n);
	for (u32 i = 0; i < n; i++) {
		const char *name = rawbtf_str(b, named[i + skip].name_off);

		params[i].name =
			*name ? arena_strdup(t->arena, name) : arena_printf(t->arena, "arg%u", i);
		params[i].type = types_make(t, unit, p[i + skip].type);
		params[i].declared = declared(t, b, p[i + skip].type);
		params[i].offset = 8 * i;
	}
	*proto = (struct func_proto){
		.ret = types_make(t, unit, bt->type),
		.ret_declared = declared(t, b, bt->type),
		.params = params,
		.param_count = n,
	};
	return proto;
}

int types_func(struct types *t, const char *module, const char *name, struct func_proto *out)
{
	int unit = types_find_unit(t, module);
	const struct btf_type *bt;
	struct rawbtf *b;
	struct made *m;
	u32 id;

	if (unit < 0)
		return unit;
	b = types_unit(t, (u32)unit);
	id = rawbtf_find(b, RAWBTF_KIND(BTF_KIND_FUNC), name);
	if (!id)
		return -ENOENT;
	bt = rawbtf_type(b, id);
	id = bt->type;
	bt = rawbtf_type(b, id);
	if (!is_proto(bt))
		return -EINVAL;
	m = types_made(t, types_id(b, (u32)unit, id));
	if (!m->proto)
		m->proto = make_proto(t, (u32)unit, bt, bt, 0);
	*out = *m->proto;
	return 0;
}

static bool same_params(const struct btf_type *a, const struct btf_type *b)
{
	u32 n = BTF_INFO_VLEN(a->info);

	if (n != BTF_INFO_VLEN(b->info))
		return false;
	for (u32 i = 0; i < n; i++) {
		if (params_of(a)[i].type != params_of(b)[i].type)
			return false;
	}
	return true;
}

/* The prototype of prefix + name, if there is such a function with the parameters of proto. */
static const struct btf_type *named_like(struct rawbtf *b, const struct btf_type *proto,
					 const char *prefix, const char *name)
{
	const struct btf_type *bt;
	char full[256];
	int n = snprintf(full, sizeof(full), "%s%s", prefix, name);
	u32 id;

	if (n < 0 || (size_t)n >= sizeof(full))
		return NULL;
	id = rawbtf_find(b, RAWBTF_KIND(BTF_KIND_FUNC), full);
	bt = id ? rawbtf_type(b, rawbtf_type(b, id)->type) : NULL;
	return is_proto(bt) && same_params(bt, proto) ? bt : NULL;
}

int types_raw_tracepoint(struct types *t, const char *name, struct func_proto *out)
{
	const struct btf_type *bt, *names;
	struct rawbtf *b = types_unit(t, 0);
	struct made *m;
	char full[256];
	int n = snprintf(full, sizeof(full), "%s%s", trace_prefix, name);
	u32 own, id;

	if (!b || n < 0 || (size_t)n >= sizeof(full))
		return -ENOENT;
	own = rawbtf_find(b, RAWBTF_KIND(BTF_KIND_TYPEDEF), full);
	if (!own)
		return -ENOENT;
	/* Kept by the typedef's id: tracepoints may share a prototype and differ in their names. */
	m = types_made(t, own);
	if (!m->proto) {
		id = own;
		bt = types_resolve(b, &id, NULL);
		if (!bt || BTF_INFO_KIND(bt->info) != BTF_KIND_PTR)
			return -EINVAL;
		id = bt->type;
		bt = types_resolve(b, &id, NULL);
		if (!is_proto(bt))
			return -EINVAL;
		names = named_like(b, bt, "__bpf_trace_", name);
		if (!names)
			names = named_like(b, bt, "__traceiter_", name);
		m->proto = make_proto(t, 0, bt, names ? names : bt, 1);
	}
	*out = *m->proto;
	return 0;
}

static bool unit_funcs(struct types *t, u32 unit, bool (*fn)(void *, const char *, const char *),
		       void *arg)
{
	const struct rawbtf *b = types_unit(t, unit);
	struct rawbtf_iter it = { 0 };
	const struct btf_type *bt;

	while (b && (bt = rawbtf_next(b, &it)) != NULL) {
		if (BTF_INFO_KIND(bt->info) == BTF_KIND_FUNC &&
		    !fn(arg, t->units.at[unit].name, rawbtf_str(b, bt->name_off)))
			return false;
	}
	return true;
}

static void all_module_funcs(struct types *t, bool (*fn)(void *, const char *, const char *),
			     void *arg)
{
	DIR *dir = opendir("/sys/kernel/btf");
	const struct dirent *e;

	bool go_on = true;

	while (dir && go_on && (e = readdir(dir)) != NULL) {
		int unit = e->d_name[0] == '.' ? 0 : types_find_unit(t, e->d_name);

		if (unit <= 0)
			continue;
		go_on = unit_funcs(t, (u32)unit, fn, arg);
		types_close_unit(t, (u32)unit);
	}
	if (dir)
		closedir(dir);
}

void types_each_func(struct types *t, const char *module,
		     bool (*fn)(void *arg, const char *module, const char *name), void *arg)
{
	bool all = module && !strcmp(module, "*");
	int unit = types_find_unit(t, all ? NULL : module);

	if (unit >= 0 && !unit_funcs(t, (u32)unit, fn, arg))
		return;
	if (all && !t->is_own)
		all_module_funcs(t, fn, arg);
}

void types_each_raw_tracepoint(struct types *t, bool (*fn)(void *arg, const char *name), void *arg)
{
	const struct rawbtf *b = types_unit(t, 0);
	struct rawbtf_iter it = { 0 };
	const struct btf_type *bt;

	while (b && (bt = rawbtf_next(b, &it)) != NULL) {
		const char *name = rawbtf_str(b, bt->name_off);

		if (BTF_INFO_KIND(bt->info) == BTF_KIND_TYPEDEF &&
		    !strncmp(name, trace_prefix, sizeof(trace_prefix) - 1) &&
		    !fn(arg, name + sizeof(trace_prefix) - 1))
			return;
	}
}
