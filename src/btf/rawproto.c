/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A declaration reads from the inside out: what is around the name is made first, "*name" of a pointer, "(*name)[4]" of one to an array,
 * and then put behind the innermost type.
 */
#include "btf/rawproto.h"

#include <stdio.h>
#include <string.h>

enum { MAX_DEPTH = 16, MAX_TEXT = 1024 };

const char *rawproto_name(const struct rawbtf *b, u32 func)
{
	const struct btf_type *t = rawbtf_type(b, func);

	return t && BTF_INFO_KIND(t->info) == BTF_KIND_FUNC ? rawbtf_str(b, t->name_off) : "";
}

static void declare(struct buf *out, const struct rawbtf *b, u32 type, const char *name, int depth);

static void print_params(struct buf *out, const struct rawbtf *b, const struct btf_type *proto,
			 int depth)
{
	const struct btf_param *p = (const void *)(proto + 1);
	u32 n = BTF_INFO_VLEN(proto->info);

	buf_putc(out, '(');
	for (u32 i = 0; i < n; i++) {
		if (i)
			buf_puts(out, ", ");
		if (!p[i].type && i == n - 1)
			buf_puts(out, "...");
		else
			declare(out, b, p[i].type, rawbtf_str(b, p[i].name_off), depth + 1);
	}
	buf_puts(out, n ? ")" : "void)");
}

static void named(struct buf *out, const char *word, const char *type, const char *name)
{
	buf_printf(out, "%s%s%s%s", word, *type ? type : "(anon)", *name && *name != '[' ? " " : "",
		   name);
}

/* What is around the name of a pointer; parentheses where an array or a function is behind it. */
static void around_pointer(char around[MAX_TEXT], const struct rawbtf *b, u32 target,
			   const char *name)
{
	const struct btf_type *t = rawbtf_type(b, target);
	u32 kind = t ? BTF_INFO_KIND(t->info) : BTF_KIND_UNKN;
	bool binds = kind == BTF_KIND_ARRAY || kind == BTF_KIND_FUNC_PROTO;

	snprintf(around, MAX_TEXT, binds ? "(*%s)" : "*%s", name);
}

/* const, volatile, restrict, of what they are written in front of. */
static void qualified(struct buf *out, const struct rawbtf *b, const struct btf_type *t,
		      const char *word, const char *name, int depth)
{
	const struct btf_type *of = rawbtf_type(b, t->type);
	char around[MAX_TEXT];

	if (of && BTF_INFO_KIND(of->info) == BTF_KIND_PTR) {
		snprintf(around, sizeof(around), "%s%s%s", word, *name ? " " : "", name);
		declare(out, b, t->type, around, depth + 1);
		return;
	}
	buf_printf(out, "%s ", word);
	declare(out, b, t->type, name, depth + 1);
}

static void declare(struct buf *out, const struct rawbtf *b, u32 type, const char *name, int depth)
{
	const struct btf_type *t = rawbtf_type(b, type);
	const char *text = t ? rawbtf_str(b, t->name_off) : "void";
	const struct btf_array *array = (const void *)(t + 1);
	char around[MAX_TEXT];
	struct buf params = { 0 };

	if (depth > MAX_DEPTH) {
		buf_puts(out, "...");
		return;
	}
	switch (t ? BTF_INFO_KIND(t->info) : BTF_KIND_INT) {
	case BTF_KIND_PTR:
		around_pointer(around, b, t->type, name);
		declare(out, b, t->type, around, depth + 1);
		break;
	case BTF_KIND_ARRAY:
		snprintf(around, sizeof(around), "%s[%u]", name, array->nelems);
		declare(out, b, array->type, around, depth + 1);
		break;
	case BTF_KIND_CONST:
		qualified(out, b, t, "const", name, depth);
		break;
	case BTF_KIND_VOLATILE:
		qualified(out, b, t, "volatile", name, depth);
		break;
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		declare(out, b, t->type, name, depth + 1);
		break;
	case BTF_KIND_STRUCT:
		named(out, "struct ", text, name);
		break;
	case BTF_KIND_FWD:
		named(out, BTF_INFO_KFLAG(t->info) ? "union " : "struct ", text, name);
		break;
	case BTF_KIND_UNION:
		named(out, "union ", text, name);
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		named(out, "enum ", text, name);
		break;
	case BTF_KIND_FUNC_PROTO:
		print_params(&params, b, t, depth);
		snprintf(around, sizeof(around), "%s%s", name, buf_str(&params));
		buf_done(&params);
		declare(out, b, t->type, around, depth + 1);
		break;
	default: /* integers, floats, typedefs */
		named(out, "", text, name);
	}
}

void rawproto_print(struct buf *out, const struct rawbtf *b, u32 func)
{
	const struct btf_type *t = rawbtf_type(b, func);

	if (t && BTF_INFO_KIND(t->info) == BTF_KIND_FUNC)
		declare(out, b, t->type, rawbtf_str(b, t->name_off), 0);
}
