/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep btf dump: as C by btf/dump.h, or as it lies there. */
#include <string.h>

#include "base/text.h"
#include "btf/dump.h"
#include "cmd/btf/impl.h"
#include "cmd/btf/source.h"

enum { OPT_BASE, OPT_ROOT, OPT_FOLLOW, OPT_KFUNCS };

static const struct opt options[] = {
	{ 'B', "base-btf", "FILE", "what the BTF continues (modules: the running kernel's)" },
	{ 0, "root", "[KIND:]NAME", "only this type and what it needs, as C; may be repeated" },
	{ 0, "follow", "N", "with roots: define what pointers lead to, too, N steps far" },
	{ 0, "kfuncs", NULL, "as C: declare the kernel functions that programs may call, too" },
};

struct dump_args {
	const char *base_path;
	vec_of(const char *) roots;
	vec_of(u32) ids; /* of roots */
	u32 follow;
	bool kfuncs;
	bool is_c, is_raw; /* said explicitly */
	struct arena *arena;
};

static int take_option(struct noun_args *a, int i, const char *value)
{
	struct dump_args *o = a->own;
	u64 n;

	switch (i) {
	case OPT_BASE:
		o->base_path = value;
		break;
	case OPT_ROOT:
		*vec_add(a->arena, &o->roots) = value;
		break;
	case OPT_FOLLOW:
		if (!text_u64(value, &n) || n > UINT32_MAX)
			return noun_usage(a, "--follow takes a number of steps, not '%s'", value);
		o->follow = (u32)n;
		break;
	case OPT_KFUNCS:
		o->kfuncs = true;
		break;
	}
	return 0;
}

/* Behind the source: format and root_id, in any order. */
static int take_words(struct noun_args *a, struct dump_args *o)
{
	while (noun_peek(a)) {
		const char *word = "";
		u64 id;
		int err = 0;

		if (noun_take(a, "format")) {
			err = noun_need(a, "the format", &word);
			o->is_c = !strcmp(word, "c");
			o->is_raw = !strcmp(word, "raw");
			if (!err && !o->is_c && !o->is_raw)
				return noun_usage(a, "the format is c or raw, not '%s'", word);
		} else if (noun_take(a, "root_id")) {
			err = noun_need_u64(a, "the type's id", UINT32_MAX, &id);
			if (!err)
				*vec_add(a->arena, &o->ids) = (u32)id;
		} else {
			return noun_end(a);
		}
		if (err)
			return err;
	}
	return 0;
}

static int add_id(void *arg, u32 id)
{
	struct dump_args *o = arg;

	*vec_add(o->arena, &o->ids) = id;
	return 0;
}

/* All roots as ids that exist. */
static int resolve_roots(struct noun_args *a, struct dump_args *o, const struct btf_source *s)
{
	const struct rawbtf *b = s->file.btf;

	o->arena = a->arena;
	for (u32 i = 0; i < s->n_roots; i++)
		add_id(o, s->roots[i]);
	for (size_t i = 0; i < o->roots.n; i++) {
		int err = btf_find_each(a, b, o->roots.at[i], add_id, o);

		if (err == -ENOENT)
			btf_find_hint(a, s, o->roots.at[i]);
		if (err)
			return err;
	}
	for (size_t i = 0; i < o->ids.n; i++)
		if (!rawbtf_type(b, o->ids.at[i]))
			return diag_error(a->diag, LOC_NONE, "there is no type with id %u",
					  o->ids.at[i]);
	return 0;
}

static void print_raw(struct noun_args *a, const struct dump_args *o, const struct rawbtf *b)
{
	if (a->out->json) {
		out_json_open(a->out, NULL, '{');
		out_json_open(a->out, "types", '[');
	}
	for (size_t i = 0; i < o->ids.n; i++)
		btf_raw_print(a->out, b, o->ids.at[i], rawbtf_type(b, o->ids.at[i]));
	if (!o->ids.n)
		btf_raw_all(a->out, b);
	if (a->out->json) {
		out_json_close(a->out, ']');
		out_json_close(a->out, '}');
		out_json_end(a->out);
	}
}

static int print_c(struct noun_args *a, const struct dump_args *o, const struct rawbtf *b)
{
	struct dump *d = dump_new(b, a->out, a->diag);
	int err = 0;

	dump_begin(d);
	for (size_t i = 0; i < o->ids.n && !err; i++)
		err = dump_root(d, o->ids.at[i]);
	if (!o->ids.n)
		err = dump_all(d);
	if (!err && o->follow)
		err = dump_follow(d, o->follow);
	if (!err && o->kfuncs)
		err = dump_kfuncs(d);
	if (!err)
		dump_end(d);
	dump_free(d);
	return err;
}

static int run_dump(struct noun_args *a)
{
	struct dump_args *o = a->own;
	struct btf_source s;
	bool is_c;
	int err = btf_source_take(a, &s);

	if (!err)
		err = take_words(a, o);
	if (err)
		return err;
	is_c = o->is_c || (!o->is_raw && (o->roots.n || o->follow || o->kfuncs));
	if (is_c && a->out->json)
		return noun_usage(a, "there is no JSON of C: 'format raw' has one");
	if (!is_c && (o->follow || o->kfuncs))
		return noun_usage(a, "--follow and --kfuncs are for C, not for 'format raw'");
	a->out->flush = OUT_FLUSH_FULL;
	err = btf_source_open(a, &s, o->base_path);
	if (!err)
		err = resolve_roots(a, o, &s);
	if (!err && is_c)
		err = print_c(a, o, s.file.btf);
	else if (!err)
		print_raw(a, o, s.file.btf);
	btf_source_close(&s);
	return err;
}

const struct noun_verb btf_dump_verb = {
	.name = "dump",
	.args = "SOURCE [format raw|c] [root_id ID]...",
	.help = "All types of a source: as they lie there, or as a C header that compiles.\n\n"
		"SOURCE is\n"
		"  id N                           what was loaded into the kernel, by its id\n"
		"  prog PROG                      of a program: id, name, tag or pin\n"
		"  map MAP [key|value|kv|all]     of a map: only the types of its keys, values, "
		"both (as is\n"
		"                                 usual), or all that it was made with\n"
		"  file PATH                      BTF, or an ELF file with some: an object, "
		"vmlinux, a module\n"
		"A path or a module's name by itself will do, and without any it is the running "
		"kernel.\n",
	.opts = options,
	.n = ARRAY_SIZE(options),
	.own_size = sizeof(struct dump_args),
	.take = take_option,
	.run = run_dump,
};
