/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The insides of structs, unions and enums, and the attributes that give them their size. */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "btf/dump_impl.h"

static void put_line_end(struct dump *d)
{
	buf_putc(&d->text, d->is_line ? ' ' : '\n');
}

static void put_tags(struct dump *d, u32 id, s32 member)
{
	size_t n;
	const struct dump_tag *tags = dump_tags(d, id, member, &n);

	for (size_t i = 0; i < n && !d->is_line; i++) {
		const char *c = tags[i].text;

		while (isprint((u8)*c) && *c != '"' && *c != '\\')
			c++;
		if (!*c && dump_spend(d, strlen(tags[i].text)))
			buf_printf(&d->text, " __attribute__((btf_decl_tag(\"%s\")))",
				   tags[i].text);
	}
}

static void put_member(struct dump *d, u32 id, u32 i, const struct dump_member *m, u32 tabs)
{
	dump_indent(d, tabs);
	dump_declarator(d, m->type, m->name, tabs);
	if (m->bits)
		buf_printf(&d->text, ": %u", m->bits);
	put_tags(d, id, (s32)i);
	buf_putc(&d->text, ';');
	put_line_end(d);
}

/* A union is as large as its largest member; what it has beyond is a member without a name. */
static void put_union_rest(struct dump *d, const struct btf_type *t, struct dump_place p)
{
	u64 most = 0;

	for (u32 i = 0; i < BTF_INFO_VLEN(t->info) && !d->failed; i++) {
		struct dump_member m = dump_member(d, t, i);
		u64 end = m.bits ? m.offset + m.bits : m.offset + dump_layout(d, m.type).size * 8;

		most = end > most ? end : most;
	}
	if ((most + 8 * (u64)p.align - 1) / (8 * (u64)p.align) * p.align >= t->size)
		return;
	dump_indent(d, p.indent);
	buf_puts(&d->text, "struct {\n");
	p.indent++;
	p.at = 0;
	dump_pad(d, &p, (u64)t->size * 8, 1, 0);
	dump_indent(d, p.indent - 1);
	buf_puts(&d->text, "};\n");
}

static void put_record(struct dump *d, u32 id, const struct btf_type *t, u32 tabs)
{
	struct dump_layout l = dump_layout(d, id);
	struct dump_place p = { 0, l.align, tabs + 1, l.is_packed, t->size % d->ptr_size == 0 };
	bool is_union = BTF_INFO_KIND(t->info) == BTF_KIND_UNION;
	u32 n = BTF_INFO_VLEN(t->info);

	buf_putc(&d->text, '{');
	if (n || t->size)
		put_line_end(d);
	for (u32 i = 0; i < n && !d->failed; i++) {
		struct dump_member m = dump_member(d, t, i);
		struct dump_layout inner = dump_layout(d, m.type);

		if (!is_union && !d->is_line)
			dump_pad(d, &p, m.offset, m.bits ? (u32)inner.size : inner.align, m.bits);
		put_member(d, id, i, &m, tabs + 1);
		p.at = m.offset + (m.bits ? m.bits : inner.size * 8);
	}
	if (is_union && !d->is_line)
		put_union_rest(d, t, p);
	else if (!d->is_line)
		dump_pad(d, &p, (u64)t->size * 8, l.align, 0);
	if (n || t->size)
		dump_indent(d, tabs);
	buf_putc(&d->text, '}');
	if (l.is_packed && !d->is_line)
		buf_puts(&d->text, " __attribute__((packed))");
	put_tags(d, id, -1);
}

struct enumerator {
	u32 name_off;
	bool is_signed;
	u64 value; /* sign-extended */
};

static struct enumerator enumerator_at(const struct btf_type *t, u32 i)
{
	struct enumerator e = { .is_signed = BTF_INFO_KFLAG(t->info) };

	if (BTF_INFO_KIND(t->info) == BTF_KIND_ENUM) {
		const struct btf_enum *v = (const struct btf_enum *)(const void *)(t + 1) + i;

		e.name_off = v->name_off;
		e.value = e.is_signed ? (u64)(s64)v->val : (u32)v->val;
	} else {
		const struct btf_enum64 *v = (const struct btf_enum64 *)(const void *)(t + 1) + i;

		e.name_off = v->name_off;
		e.value = (u64)v->val_hi32 << 32 | v->val_lo32;
	}
	return e;
}

static void put_enum_value(struct dump *d, const struct btf_type *t, const struct enumerator *e)
{
	bool is_wide = BTF_INFO_KIND(t->info) == BTF_KIND_ENUM64;

	if (e->is_signed && (s64)e->value == INT64_MIN) /* C has no negative constants */
		buf_puts(&d->text, "(-9223372036854775807LL - 1)");
	else if (e->is_signed)
		buf_printf(&d->text, "%" PRId64 "%s", (s64)e->value, is_wide ? "LL" : "");
	else
		buf_printf(&d->text, "%" PRIu64 "%s", e->value, is_wide ? "ULL" : "");
}

/* Compilers take 4 bytes if that is enough, else 8. */
static void put_enum_mode(struct dump *d, const struct btf_type *t)
{
	bool is_large = false;
	u32 natural;

	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		struct enumerator e = enumerator_at(t, i);

		if (e.is_signed ? (s64)e.value < INT32_MIN || (s64)e.value > INT32_MAX
				: e.value > UINT32_MAX)
			is_large = true;
	}
	natural = is_large ? 8 : 4;
	if (t->size == natural || d->is_line)
		return;
	if (t->size == 1)
		buf_puts(&d->text, " __attribute__((mode(QI)))");
	else if (t->size == 2)
		buf_puts(&d->text, " __attribute__((mode(HI)))");
	else if (t->size == 8)
		buf_puts(&d->text, " __attribute__((mode(DI)))");
}

static void put_enum(struct dump *d, u32 id, const struct btf_type *t, u32 tabs)
{
	size_t before = d->text.len;

	buf_putc(&d->text, '{');
	put_line_end(d);
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info) && !d->failed; i++) {
		struct enumerator e = enumerator_at(t, i);

		dump_indent(d, tabs + 1);
		buf_puts(&d->text, dump_enumerator(d, e.name_off));
		buf_puts(&d->text, " = ");
		put_enum_value(d, t, &e);
		buf_putc(&d->text, ',');
		put_line_end(d);
		dump_spend(d, d->text.len - before);
		before = d->text.len;
	}
	if (!BTF_INFO_VLEN(t->info) && !d->is_line) { /* C has no enums without values */
		dump_indent(d, tabs + 1);
		buf_printf(&d->text, "%s,\n",
			   dump_unknown_value(d, t->name_off ? dump_name(d, id) : ""));
	}
	dump_indent(d, tabs);
	buf_putc(&d->text, '}');
	put_enum_mode(d, t);
	put_tags(d, id, -1);
}

void dump_body(struct dump *d, u32 id, u32 tabs)
{
	const struct btf_type *t = d->types[id];
	u32 kind = BTF_INFO_KIND(t->info);

	buf_puts(&d->text, kind == BTF_KIND_STRUCT  ? "struct "
			   : kind == BTF_KIND_UNION ? "union "
						    : "enum ");
	if (t->name_off)
		buf_printf(&d->text, "%s ", dump_name(d, id));
	if (dump_is_record(kind))
		put_record(d, id, t, tabs);
	else
		put_enum(d, id, t, tabs);
}
