/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order. dump_need() is asked for a type before whatever refers to it is written, and sees to it that it may be: what must be
 * known in whole (a member's type, an array's element) is defined first, what only a pointer leads to is declared. Going along
 * members ends, as no C type contains itself; going along pointers ends at the first struct, union or enum with a name.
 */
#include <string.h>

#include "btf/dump_impl.h"

static bool is_enum(u32 kind)
{
	return kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64;
}

/* ---- pieces of the header */

void dump_finish(struct dump *d, const char *end)
{
	if (!d->failed) {
		buf_puts(&d->text, end);
		out_write(d->out, d->text.data, d->text.len);
	}
	buf_clear(&d->text);
}

/* Since C23 these words are the language's own. */
static bool is_c23_word(const char *s)
{
	return !strcmp(s, "bool") || !strcmp(s, "true") || !strcmp(s, "false");
}

static bool is_guarded(struct dump *d, const struct btf_type *t)
{
	const struct btf_enum *e = (const void *)(t + 1);

	if (t->name_off)
		return !is_enum(BTF_INFO_KIND(t->info)) &&
		       is_c23_word(rawbtf_str(d->btf, t->name_off));
	return BTF_INFO_KIND(t->info) == BTF_KIND_ENUM && BTF_INFO_VLEN(t->info) == 2 &&
	       is_c23_word(rawbtf_str(d->btf, e[0].name_off)) &&
	       is_c23_word(rawbtf_str(d->btf, e[1].name_off));
}

static void begin_guard(struct dump *d, const struct btf_type *t)
{
	if (is_guarded(d, t))
		buf_puts(&d->text,
			 "#if !defined(__STDC_VERSION__) || __STDC_VERSION__ < 202311L\n");
}

static void finish_guarded(struct dump *d, const struct btf_type *t)
{
	dump_finish(d, is_guarded(d, t) ? ";\n#endif\n\n" : ";\n\n");
}

static void declare(struct dump *d, u32 id)
{
	const struct btf_type *t = d->types[id];
	u32 kind = BTF_INFO_KIND(t->info);
	bool is_union = kind == BTF_KIND_FWD ? BTF_INFO_KFLAG(t->info) : kind == BTF_KIND_UNION;

	d->states[id] |= DUMP_DECLARED;
	buf_printf(&d->text, "%s %s", is_union ? "union" : "struct", dump_name(d, id));
	dump_finish(d, ";\n\n");
}

void dump_define(struct dump *d, u32 id)
{
	if (d->states[id] & DUMP_DEFINED)
		return;
	d->states[id] |= DUMP_DEFINED;
	begin_guard(d, d->types[id]);
	dump_body(d, id, 0);
	finish_guarded(d, d->types[id]);
}

/*
 * Compilers bring a type for lists of arguments along, and each machine has its own: for BPF it must be written as that of the
 * machine whose BTF this is.
 */
static void put_builtin_typedef(struct dump *d, u32 id, const struct btf_type *builtin)
{
	if (builtin->type) {
		buf_puts(&d->text, "#ifdef __bpf__\ntypedef ");
		dump_declarator(d, builtin->type, dump_name(d, id), 0);
		buf_puts(&d->text, ";\n#else\n");
	}
	buf_printf(&d->text, "typedef __builtin_va_list %s", dump_name(d, id));
	dump_finish(d, builtin->type ? ";\n#endif\n\n" : ";\n\n");
}

static void put_typedef(struct dump *d, u32 id, const struct btf_type *t)
{
	const struct btf_type *target = dump_type(d, t->type);
	size_t n;
	const struct dump_tag *tags = dump_tags(d, id, -1, &n);

	if (target && dump_is_builtin(d, target)) {
		put_builtin_typedef(d, id, target);
		return;
	}
	begin_guard(d, t);
	buf_puts(&d->text, "typedef ");
	/* Some compilers say that it is void. */
	if (!t->type && !strcmp(rawbtf_str(d->btf, t->name_off), "__gnuc_va_list"))
		buf_printf(&d->text, "__builtin_va_list %s", dump_name(d, id));
	else
		dump_declarator(d, t->type, dump_name(d, id), 0);
	for (size_t i = 0; i < n; i++)
		if (!strpbrk(tags[i].text, "\"\\\n"))
			buf_printf(&d->text, " __attribute__((btf_decl_tag(\"%s\")))",
				   tags[i].text);
	finish_guarded(d, t);
}

/* A number that C has no word for, by what is as large. */
static void put_number(struct dump *d, u32 id, const struct btf_type *t)
{
	u32 word = BTF_INFO_KIND(t->info) == BTF_KIND_INT ? *(const u32 *)(const void *)(t + 1) : 0;
	const char *sign = BTF_INT_ENCODING(word) & BTF_INT_SIGNED ? "" : "unsigned ";
	const char *base = t->size == 1   ? "char"
			   : t->size == 2 ? "short"
			   : t->size == 4 ? "int"
			   : t->size == 8 ? "long long"
					  : "__int128";

	if (t->size == 1 && !*sign)
		sign = "signed ";
	begin_guard(d, t);
	if (BTF_INFO_KIND(t->info) == BTF_KIND_FLOAT)
		buf_printf(&d->text, "typedef %s %s",
			   t->size == 4   ? "float"
			   : t->size == 8 ? "double"
					  : "long double",
			   dump_name(d, id));
	else if (BTF_INT_ENCODING(word) & BTF_INT_BOOL)
		buf_printf(&d->text, "typedef _Bool %s", dump_name(d, id));
	else
		buf_printf(&d->text, "typedef %s%s %s", sign, base, dump_name(d, id));
	finish_guarded(d, t);
}

/* ---- the order */

static void need_members(struct dump *d, const struct btf_type *t)
{
	const struct btf_member *m = (const void *)(t + 1);

	for (u32 i = 0; i < BTF_INFO_VLEN(t->info) && !d->failed; i++)
		dump_need(d, m[i].type, true);
}

static void need_record(struct dump *d, u32 id, const struct btf_type *t, bool whole)
{
	u32 owner = d->owner;

	if (d->states[id] & DUMP_DEFINED)
		return;
	if (!whole || (d->states[id] & DUMP_BUSY)) {
		if (id == owner || (d->states[id] & DUMP_DECLARED))
			return;
		*vec_add(&d->arena, &d->pointed) = id;
		declare(d, id);
		return;
	}
	dump_layout(d, id); /* from here on it does not contain itself */
	d->states[id] |= DUMP_BUSY;
	d->owner = id;
	need_members(d, t);
	d->owner = owner;
	if (!d->failed)
		dump_define(d, id);
}

static void need_typedef(struct dump *d, u32 id, const struct btf_type *t, bool whole)
{
	u32 owner = d->owner;

	if (dump_is_builtin(d, t)) {
		if (t->type)
			dump_need(d, t->type, true);
		return;
	}
	d->owner = 0;
	if (whole && !(d->states[id] & DUMP_TRIED)) {
		d->states[id] |= DUMP_TRIED;
		dump_need(d, t->type, true);
	}
	if (!(d->states[id] & DUMP_DEFINED)) {
		if (d->states[id] & DUMP_BUSY)
			dump_fail(d, "type [%u] '%s' is made of itself", id,
				  rawbtf_str(d->btf, t->name_off));
		d->states[id] |= DUMP_BUSY;
		dump_need(d, t->type, false);
		d->states[id] |= DUMP_DEFINED;
		if (!d->failed)
			put_typedef(d, id, t);
	}
	d->owner = owner;
}

static void need_proto(struct dump *d, const struct btf_type *t)
{
	const struct btf_param *p = (const void *)(t + 1);

	dump_need(d, t->type, false);
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info) && !d->failed; i++)
		dump_need(d, p[i].type, false);
}

static void need_by_kind(struct dump *d, u32 id, const struct btf_type *t, bool whole)
{
	u32 kind = BTF_INFO_KIND(t->info);

	switch (kind) {
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
		if (dump_is_known(d, t) || (d->states[id] & DUMP_DEFINED))
			break;
		d->states[id] |= DUMP_DEFINED;
		put_number(d, id, t);
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		if (t->name_off)
			dump_define(d, id);
		break;
	case BTF_KIND_FWD:
		if (!(d->states[id] & DUMP_DECLARED))
			declare(d, id);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		if (t->name_off)
			need_record(d, id, t, whole);
		else
			need_members(d, t);
		break;
	case BTF_KIND_TYPEDEF:
		need_typedef(d, id, t, whole);
		break;
	case BTF_KIND_PTR:
		dump_need(d, t->type, false);
		break;
	case BTF_KIND_ARRAY:
		dump_need(d, ((const struct btf_array *)(const void *)(t + 1))->type, true);
		break;
	case BTF_KIND_FUNC_PROTO:
		need_proto(d, t);
		break;
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		dump_need(d, t->type, whole);
		break;
	}
}

void dump_need(struct dump *d, u32 id, bool whole)
{
	const struct btf_type *t = dump_type(d, id);

	if (!t)
		return;
	id = dump_full(d, id);
	if (!dump_descend(d, id))
		return;
	need_by_kind(d, id, d->types[id], whole);
	d->depth--;
}
