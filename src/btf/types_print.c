/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types as C. What came from BTF is printed from BTF, which knows typedefs, qualifiers and the names of
 * integers; what the script defined is printed from its fields. Records inside are printed in full only
 * where they have no name.
 *
 * C writes a type around the name that is declared: from the inside out, "x", "*x", "(*x)(int)",
 * "int (*x)(int)". So a declarator is a string that grows on both sides while the types are followed.
 */
#include <string.h>

#include "base/buf.h"
#include "btf/types_impl.h"

enum {
	PRINT_DEPTH =
		12, /* anonymous records, or parameters that are functions, within each other */
	PRINT_MAX = 4 * 1024 *
		    1024, /* bytes of text made on the way, many times what a kernel's need */
};

struct printer {
	struct arena *arena;
	const struct rawbtf *b;
	struct buf *out;
	size_t *budget; /* of PRINT_MAX: contrived types multiply, and end in "..." when it is spent */
};

static bool spend(struct printer *p, size_t n)
{
	n += 32;
	*p->budget = *p->budget > n ? *p->budget - n : 0;
	return *p->budget > 0;
}

static void indent(struct buf *out, u32 depth)
{
	while (depth--)
		buf_putc(out, '\t');
}

static const char *declare(struct printer *p, u32 id, const char *inner, u32 depth);

/* "{ ... }" of a record, closed at the depth it was opened at. */
static void print_members(struct printer *p, const struct btf_type *bt, u32 depth)
{
	const struct btf_member *m = (const void *)(bt + 1);

	buf_puts(p->out, "{\n");
	for (u32 i = 0; i < BTF_INFO_VLEN(bt->info) && *p->budget; i++) {
		u32 bits, bit_size;
		const char *text;

		types_member_bits(p->b, bt, i, &bits, &bit_size);
		text = declare(p, m[i].type, rawbtf_str(p->b, m[i].name_off), depth + 1);
		indent(p->out, depth + 1);
		buf_puts(p->out, text);
		if (bit_size)
			buf_printf(p->out, ": %u", bit_size);
		buf_puts(p->out, ";\n");
	}
	indent(p->out, depth);
	buf_putc(p->out, '}');
}

static void print_values(struct printer *p, const struct btf_type *bt, u32 depth)
{
	bool is_64 = BTF_INFO_KIND(bt->info) == BTF_KIND_ENUM64;
	const struct btf_enum *e = (const void *)(bt + 1);
	const struct btf_enum64 *e64 = (const void *)(bt + 1);

	buf_puts(p->out, "{\n");
	for (u32 i = 0; i < BTF_INFO_VLEN(bt->info); i++) {
		const char *name = rawbtf_str(p->b, is_64 ? e64[i].name_off : e[i].name_off);
		s64 value = types_enum_value(bt, i);

		if (!spend(p, strlen(name)))
			break;
		indent(p->out, depth + 1);
		buf_printf(p->out, "%s = ", name);
		if (BTF_INFO_KFLAG(bt->info))
			buf_printf(p->out, "%lld,\n", (long long)value);
		else
			buf_printf(p->out, "%llu,\n", (unsigned long long)value);
	}
	indent(p->out, depth);
	buf_putc(p->out, '}');
}

/* A record or enum by its name, or in full if it has none. */
static const char *tag_text(struct printer *p, const struct btf_type *bt, u32 depth)
{
	static const char *const words[] = {
		[BTF_KIND_STRUCT] = "struct",
		[BTF_KIND_UNION] = "union",
		[BTF_KIND_ENUM] = "enum",
		[BTF_KIND_ENUM64] = "enum",
	};
	u32 kind = BTF_INFO_KIND(bt->info);
	const char *name = rawbtf_str(p->b, bt->name_off), *text;
	struct buf body = { 0 };
	struct printer inner = { .arena = p->arena, .b = p->b, .out = &body, .budget = p->budget };

	if (kind == BTF_KIND_FWD)
		return arena_printf(p->arena, "%s %s",
				    BTF_INFO_KFLAG(bt->info) ? "union" : "struct", name);
	if (*name)
		return arena_printf(p->arena, "%s %s", words[kind], name);
	if (depth > PRINT_DEPTH)
		return arena_printf(p->arena, "%s { ... }", words[kind]);
	buf_printf(&body, "%s ", words[kind]);
	if (kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION)
		print_members(&inner, bt, depth);
	else
		print_values(&inner, bt, depth);
	text = arena_strndup(p->arena, body.data, body.len);
	buf_done(&body);
	return text;
}

static const char *param_list(struct printer *p, const struct btf_type *proto, u32 depth)
{
	const struct btf_param *param = (const void *)(proto + 1);
	u32 n = BTF_INFO_VLEN(proto->info);
	struct buf list = { 0 };
	const char *text;

	if (!n)
		return "void";
	if (depth > PRINT_DEPTH)
		return "...";
	for (u32 i = 0; i < n && *p->budget; i++) {
		const char *name = rawbtf_str(p->b, param[i].name_off);
		bool is_rest = i == n - 1 && !param[i].type && !*name;

		if (i)
			buf_puts(&list, ", ");
		buf_puts(&list, is_rest ? "..." : declare(p, param[i].type, name, depth + 1));
	}
	text = arena_strndup(p->arena, buf_str(&list), list.len);
	buf_done(&list);
	return text;
}

/* Whether an id is an array or a function, so that a pointer to it needs parentheses. */
static bool binds_tighter(const struct rawbtf *b, u32 id)
{
	for (u32 n = 0; n < TYPES_DEPTH; n++) {
		const struct btf_type *bt = rawbtf_type(b, id);
		u32 kind = bt ? BTF_INFO_KIND(bt->info) : BTF_KIND_UNKN;

		if (kind != BTF_KIND_CONST && kind != BTF_KIND_VOLATILE &&
		    kind != BTF_KIND_RESTRICT && kind != BTF_KIND_TYPE_TAG)
			return kind == BTF_KIND_ARRAY || kind == BTF_KIND_FUNC_PROTO;
		id = bt->type;
	}
	return false;
}

static const char *pointer_to(struct printer *p, u32 id, const char *inner, const char *quals)
{
	bool tight = binds_tighter(p->b, id);
	const char *space = *quals && *inner ? " " : "";

	return arena_printf(p->arena, "%s*%s%s%s%s", tight ? "(" : "", quals, space, inner,
			    tight ? ")" : "");
}

static const char *joined(struct printer *p, const char *quals, const char *base, const char *inner)
{
	if (!spend(p, strlen(base)))
		base = "...";
	return arena_printf(p->arena, "%s%s%s%s%s", quals, *quals ? " " : "", base,
			    *inner ? " " : "", inner);
}

/* "const", "const volatile": in the order that they are met. */
static const char *with_qualifier(struct printer *p, const char *quals, u32 kind)
{
	const char *word = kind == BTF_KIND_CONST      ? "const"
			   : kind == BTF_KIND_VOLATILE ? "volatile"
						       : "restrict";

	return *quals ? arena_printf(p->arena, "%s %s", quals, word) : word;
}

/* What id declares when `inner` is declared with it. */
static const char *declare(struct printer *p, u32 id, const char *inner, u32 depth)
{
	const char *quals = "";

	for (u32 n = 0; n < 4 * TYPES_DEPTH && spend(p, strlen(inner)); n++) {
		const struct btf_type *bt = rawbtf_type(p->b, id);
		const struct btf_array *array;
		u32 kind = bt ? BTF_INFO_KIND(bt->info) : BTF_KIND_UNKN;

		switch (kind) {
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
			quals = with_qualifier(p, quals, kind);
			break;
		case BTF_KIND_TYPE_TAG:
			break;
		case BTF_KIND_PTR:
			inner = pointer_to(p, bt->type, inner, quals);
			quals = "";
			break;
		case BTF_KIND_ARRAY:
			/* Qualifiers stay: they are the elements'. */
			array = (const void *)(bt + 1);
			inner = arena_printf(p->arena, "%s[%u]", inner, array->nelems);
			id = array->type;
			continue;
		case BTF_KIND_FUNC_PROTO:
			inner = arena_printf(p->arena, "%s(%s)", inner, param_list(p, bt, depth));
			quals = "";
			break;
		case BTF_KIND_UNKN:
			return joined(p, quals, "void", inner);
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
		case BTF_KIND_FWD:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
			return joined(p, quals, tag_text(p, bt, depth), inner);
		default:
			return joined(p, quals, rawbtf_str(p->b, bt->name_off), inner);
		}
		id = bt->type;
	}
	return "...";
}

static void print_btf(struct types *t, struct arena *a, const struct type *type, struct buf *out)
{
	const struct rawbtf *b = types_unit(t, type->id >> UNIT_SHIFT);
	const struct btf_type *bt = b ? rawbtf_type(b, type->id & ((1u << UNIT_SHIFT) - 1)) : NULL;
	size_t budget = PRINT_MAX;
	struct printer p = { .arena = a, .b = b, .out = out, .budget = &budget };

	if (!bt)
		return;
	if (type->kind == TYPE_RECORD)
		print_members(&p, bt, 0);
	else
		print_values(&p, bt, 0);
}

/* The script's types are made of few things: integers, pointers, arrays and records. */
static const char *plain_declare(struct arena *a, const struct type *type, const char *inner)
{
	const char *base;

	for (u32 n = 0; n < TYPES_DEPTH; n++, type = type->target) {
		bool tight;

		if (type->kind == TYPE_ARRAY) {
			inner = arena_printf(a, "%s[%u]", inner, type->count);
			continue;
		}
		if (type->kind != TYPE_PTR)
			break;
		tight = type->target->kind == TYPE_ARRAY;
		inner = arena_printf(a, "%s*%s%s", tight ? "(" : "", inner, tight ? ")" : "");
	}
	base = type_name(a, type);
	return *inner ? arena_printf(a, "%s %s", base, inner) : base;
}

static void print_plain(struct types *t, struct arena *a, const struct type *type, struct buf *out,
			u32 depth)
{
	u32 count;
	const struct field *fields = types_fields(t, type, &count);

	buf_puts(out, "{\n");
	for (u32 i = 0; i < count && out->len < PRINT_MAX; i++) {
		const struct field *f = &fields[i];
		const char *name = f->name ? f->name : "";
		bool is_open = f->type->kind == TYPE_RECORD && f->type->name && !*f->type->name;

		indent(out, depth + 1);
		if (is_open && depth < PRINT_DEPTH) {
			buf_puts(out, f->type->is_union ? "union " : "struct ");
			print_plain(t, a, f->type, out, depth + 1);
			buf_printf(out, "%s%s", *name ? " " : "", name);
		} else {
			buf_puts(out, plain_declare(a, f->type, name));
		}
		if (f->bit_size)
			buf_printf(out, ": %u", f->bit_size);
		buf_puts(out, ";\n");
	}
	indent(out, depth);
	buf_putc(out, '}');
}

static void print_value(void *arg, const char *name, s64 value)
{
	buf_printf(arg, "\t%s = %lld,\n", name, (long long)value);
}

/* The definition of a record or enum, whoever defined it. */
static void print_body(struct types *t, struct arena *a, const struct type *type, struct buf *out)
{
	const char *tag = type->kind == TYPE_ENUM ? "enum" : type->is_union ? "union" : "struct";

	buf_printf(out, "%s %s%s", tag, type->name ? type->name : "",
		   type->name && *type->name ? " " : "");
	if (type->id && !(type->id & TYPES_SCRIPT_ID) && !type->enumerators) {
		print_btf(t, a, type, out);
	} else if (type->kind == TYPE_RECORD) {
		print_plain(t, a, type, out, 0);
	} else {
		buf_puts(out, "{\n");
		types_enum_each(t, type, print_value, out);
		buf_putc(out, '}');
	}
	buf_putc(out, ';');
}

const char *types_print(struct types *t, struct arena *a, const struct type *type)
{
	struct buf out = { 0 };
	const struct type *known = type;
	const char *text;

	if (type->kind != TYPE_RECORD && type->kind != TYPE_ENUM)
		return type_name(a, type);
	if (!type->id && !type->fields && !type->enumerators)
		known = types_find(t, type->kind, type->name);
	if (!known || (known->kind == TYPE_RECORD && !known->id && !known->fields))
		return arena_printf(a, "%s;", type_name(a, type));
	print_body(t, a, known, &out);
	text = arena_strndup(a, buf_str(&out), out.len);
	buf_done(&out);
	return text;
}
