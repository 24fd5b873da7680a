/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Declarations in C are read from the inside out, so what belongs to a type is written in two parts around the name:
 *
 *	pointer to array of 3 int, named p:	int (*p)[3]
 *						^^^^^^ ^^^^
 *	type			left of the name			right of it
 *	pointer			target's left, "(" if needed, "*"	")" if needed, target's right
 *	array			element's left				"[n]", element's right
 *	function		result's left				"(parameters)", result's right
 *	any other		its name
 */
#include <ctype.h>
#include <string.h>

#include "btf/dump_impl.h"

enum { CONST = 1, VOLATILE = 2, RESTRICT = 4 };

/* What follows a type of kind ARRAY. */
static const struct btf_array *array_of(const struct btf_type *t)
{
	return (const void *)(t + 1);
}

static void put_left(struct dump *d, u32 id, u32 qualifiers, u32 tabs);
static void put_right(struct dump *d, u32 id, u32 tabs);

void dump_indent(struct dump *d, u32 tabs)
{
	while (!d->is_line && tabs--)
		buf_putc(&d->text, '\t');
}

/* A space, unless what is there ends in something that needs none. */
static void put_space(struct dump *d)
{
	char last = d->text.len ? d->text.data[d->text.len - 1] : '(';

	if (last != '*' && last != '(')
		buf_putc(&d->text, ' ');
}

static void put_words(struct dump *d, u32 qualifiers, const char *before, const char *after)
{
	if (qualifiers & CONST)
		buf_printf(&d->text, "%sconst%s", before, after);
	if (qualifiers & VOLATILE)
		buf_printf(&d->text, "%svolatile%s", before, after);
	if (qualifiers & RESTRICT)
		buf_printf(&d->text, "%srestrict%s", before, after);
}

static u32 qualifier_of(u32 kind)
{
	return kind == BTF_KIND_CONST      ? CONST
	       : kind == BTF_KIND_VOLATILE ? VOLATILE
	       : kind == BTF_KIND_RESTRICT ? RESTRICT
					   : 0;
}

/* Whether a pointer to it needs brackets: an array or function, whatever qualifies it. */
static bool is_wrapped(struct dump *d, u32 id)
{
	for (u32 i = 0; i < DUMP_MAX_DEPTH; i++) {
		const struct btf_type *t = dump_type(d, id);
		u32 kind = t ? BTF_INFO_KIND(t->info) : BTF_KIND_UNKN;

		if (!dump_is_qualifier(kind) && kind != BTF_KIND_TYPE_TAG)
			return kind == BTF_KIND_ARRAY || kind == BTF_KIND_FUNC_PROTO;
		id = t->type;
	}
	return false;
}

/* What a tag says may be anything; what would end its string is left out. */
static void put_type_tag(struct dump *d, const struct btf_type *t)
{
	const char *text = rawbtf_str(d->btf, t->name_off);

	for (const char *c = text; *c; c++)
		if (!isprint((u8)*c) || *c == '"' || *c == '\\')
			return;
	if (!dump_spend(d, strlen(text)))
		return;
	if (BTF_INFO_KFLAG(t->info))
		buf_printf(&d->text, " __attribute__((%s))", text);
	else
		buf_printf(&d->text, " __attribute__((btf_type_tag(\"%s\")))", text);
}

static void put_pointer(struct dump *d, const struct btf_type *t, u32 qualifiers, u32 tabs)
{
	put_left(d, t->type, 0, tabs);
	if (is_wrapped(d, t->type))
		buf_puts(&d->text, " (");
	put_space(d);
	buf_putc(&d->text, '*');
	put_words(d, qualifiers, " ", "");
}

static const char *word_of(u32 kind, const struct btf_type *t)
{
	if (kind == BTF_KIND_FWD)
		return BTF_INFO_KFLAG(t->info) ? "union " : "struct ";
	return kind == BTF_KIND_STRUCT                            ? "struct "
	       : kind == BTF_KIND_UNION                           ? "union "
	       : kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64 ? "enum "
								  : "";
}

static void put_named(struct dump *d, u32 id, const struct btf_type *t, u32 qualifiers, u32 tabs)
{
	u32 kind = BTF_INFO_KIND(t->info);

	put_words(d, qualifiers & ~(u32)RESTRICT, "", " ");
	if (!t->name_off && *word_of(kind, t) && kind != BTF_KIND_FWD) {
		dump_body(d, id, tabs);
		return;
	}
	buf_puts(&d->text, word_of(kind, t));
	buf_puts(&d->text, dump_name(d, id));
}

static void put_left(struct dump *d, u32 id, u32 qualifiers, u32 tabs)
{
	const struct btf_type *t = dump_type(d, id);
	u32 kind = t ? BTF_INFO_KIND(t->info) : BTF_KIND_UNKN;

	if (!dump_descend(d, id))
		return;
	switch (kind) {
	case BTF_KIND_UNKN:
		put_words(d, qualifiers & ~(u32)RESTRICT, "", " ");
		buf_puts(&d->text, "void");
		break;
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
		put_left(d, t->type, qualifiers | qualifier_of(kind), tabs);
		break;
	case BTF_KIND_TYPE_TAG:
		put_left(d, t->type, qualifiers, tabs);
		if (!is_wrapped(d, t->type))
			put_type_tag(d, t);
		break;
	case BTF_KIND_PTR:
		put_pointer(d, t, qualifiers, tabs);
		break;
	case BTF_KIND_ARRAY: /* what qualifies an array qualifies its elements */
		put_left(d, array_of(t)->type, qualifiers, tabs);
		break;
	case BTF_KIND_FUNC_PROTO:
		put_left(d, t->type, 0, tabs);
		break;
	case BTF_KIND_FUNC:
	case BTF_KIND_VAR:
	case BTF_KIND_DATASEC:
	case BTF_KIND_DECL_TAG:
		dump_fail(d, "type [%u] is used as the type of a value and is none", id);
		break;
	default:
		put_named(d, id, t, qualifiers, tabs);
	}
	d->depth--;
}

static void put_params(struct dump *d, const struct btf_type *t, u32 tabs)
{
	const struct btf_param *p = (const void *)(t + 1);
	u32 n = BTF_INFO_VLEN(t->info);

	buf_putc(&d->text, '(');
	if (!n || (n == 1 && !p->type))
		buf_puts(&d->text, "void");
	else
		for (u32 i = 0; i < n && !d->failed; i++) {
			if (i)
				buf_puts(&d->text, ", ");
			if (!p[i].type && !p[i].name_off && i == n - 1)
				buf_puts(&d->text, "...");
			else
				dump_declarator(d, p[i].type, dump_clean(d, p[i].name_off), tabs);
		}
	buf_putc(&d->text, ')');
}

static void put_right(struct dump *d, u32 id, u32 tabs)
{
	const struct btf_type *t = dump_type(d, id);

	if (!t || !dump_descend(d, id))
		return;
	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		put_right(d, t->type, tabs);
		break;
	case BTF_KIND_PTR:
		if (is_wrapped(d, t->type))
			buf_putc(&d->text, ')');
		put_right(d, t->type, tabs);
		break;
	case BTF_KIND_ARRAY:
		buf_printf(&d->text, "[%u]", array_of(t)->nelems);
		put_right(d, array_of(t)->type, tabs);
		break;
	case BTF_KIND_FUNC_PROTO:
		put_params(d, t, tabs);
		put_right(d, t->type, tabs);
		break;
	}
	d->depth--;
}

void dump_declarator(struct dump *d, u32 id, const char *name, u32 tabs)
{
	size_t before = d->text.len;

	put_left(d, id, 0, tabs);
	if (*name) {
		put_space(d);
		buf_puts(&d->text, name);
	}
	put_right(d, id, tabs);
	dump_spend(d, d->text.len - before);
}
