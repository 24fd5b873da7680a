/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One walk down the type; whatever depends on it alone is decided here. */
#include "btf/form.h"

#include <string.h>

#include "btf/form_address.h"
#include "btf/form_impl.h"
#include "btf/rawvalue.h"

struct maker {
	struct form *f;
	struct arena *a;
	u32 size;
};

/* What leads to a part: its name, NULL: it has none; the number of parts that are before it. */
struct lead {
	const char *name;
	u32 before;
	u32 depth; /* that is left */
};

static void value(struct maker *m, u32 type, u64 offset, const char *name, struct lead lead);

static const char *quoted(struct arena *a, const char *name)
{
	struct out o;
	const char *text;

	out_init(&o, -1, true);
	out_json_str(&o, NULL, name, strlen(name));
	text = arena_printf(a, "%s: ", buf_str(&o.buf));
	buf_done(&o.buf);
	return text;
}

static struct form_step *add(struct maker *m, enum form_kind kind, u64 offset, u64 size,
			     const struct lead *lead)
{
	struct form_step *s = vec_add(m->a, &m->f->steps);

	*s = (struct form_step){ .kind = kind, .offset = (u32)offset, .size = (u32)size };
	if (!lead->name)
		return s;
	s->name = lead->name;
	s->lead = m->f->style & FORM_JSON
			  ? quoted(m->a, lead->name)
			  : arena_printf(m->a, "%s.%s = ", lead->before ? ", " : "", lead->name);
	s->lead_len = (u32)strlen(s->lead);
	return s;
}

/* Whether any part came to be in what began with this step; else it is undone. */
static bool close_parts(struct maker *m, size_t at)
{
	struct form *f = m->f;

	if (f->style & FORM_TOTAL && f->steps.n == at + 1) {
		f->steps.n = at;
		return false;
	}
	f->steps.at[at].end = (u32)f->steps.n;
	return true;
}

/* ---- leaves */

static void bit_field(struct maker *m, const struct rawvalue_place *p, u64 bit,
		      const struct lead *lead)
{
	const struct btf_type *t = rawbtf_type(m->f->btf, rawvalue_resolve(m->f->btf, p->type));
	u64 offset = bit / 8, last = (bit + p->bits + 7) / 8;
	u32 kind = t ? BTF_INFO_KIND(t->info) : BTF_KIND_UNKN;
	struct form_step *s;

	if (m->f->style & FORM_TOTAL)
		return;
	if (!t || p->bits > 64 || last > m->size) {
		add(m, FORM_MISSING, 0, 0, lead);
		return;
	}
	s = add(m, FORM_BITS, offset, last - offset, lead);
	s->bit = (u8)(bit % 8);
	s->bits = (u8)p->bits;
	s->is_signed =
		kind == BTF_KIND_INT
			? BTF_INT_ENCODING(*(const u32 *)(const void *)(t + 1)) & BTF_INT_SIGNED
			: BTF_INFO_KFLAG(t->info);
	if (kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64)
		s->enums = t;
}

static void integer(struct maker *m, const struct btf_type *t, u64 offset, u64 size,
		    const struct lead *lead)
{
	u32 encoding = BTF_INT_ENCODING(*(const u32 *)(const void *)(t + 1));
	bool is_sum = m->f->style & FORM_TOTAL;

	if (is_sum && (size > 8 || encoding & BTF_INT_BOOL || rawvalue_is_char(m->f->btf, t)))
		return;
	if (size > 8)
		add(m, FORM_WIDE, offset, size, lead);
	else if (encoding & BTF_INT_BOOL)
		add(m, FORM_BOOL, offset, size, lead);
	else
		add(m, encoding & BTF_INT_SIGNED ? FORM_SIGNED : FORM_UNSIGNED, offset, size, lead);
}

static void leaf(struct maker *m, const struct btf_type *t, u64 offset, u64 size,
		 const struct lead *lead)
{
	u32 kind = t ? BTF_INFO_KIND(t->info) : BTF_KIND_UNKN;
	struct form_step *s;

	if (kind == BTF_KIND_INT) {
		integer(m, t, offset, size, lead);
		return;
	}
	if (m->f->style & FORM_TOTAL)
		return;
	if ((kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64) && size <= 8) {
		s = add(m, FORM_ENUM, offset, size, lead);
		s->enums = t;
		s->is_signed = BTF_INFO_KFLAG(t->info);
	} else if (kind == BTF_KIND_PTR) {
		add(m, FORM_POINTER, offset, 8, lead);
	} else if (kind == BTF_KIND_FLOAT && (size == 4 || size == 8)) {
		add(m, FORM_FLOAT, offset, size, lead);
	} else {
		add(m, FORM_MEMORY, offset, size, lead);
	}
}

/* ---- what has parts */

static void array(struct maker *m, const struct btf_type *t, u64 offset, u64 size,
		  const struct lead *lead, const char *name)
{
	const struct btf_array *a = (const void *)(t + 1);
	const struct btf_type *e = rawbtf_type(m->f->btf, rawvalue_resolve(m->f->btf, a->type));
	struct lead inner = { NULL, 0, lead->depth };
	u64 stride = rawvalue_size(m->f->btf, a->type);
	size_t at = m->f->steps.n;
	struct form_step *s;

	if (m->f->style & FORM_TOTAL && rawvalue_is_byte(e))
		return;
	if (rawvalue_is_char(m->f->btf, e) || (!(m->f->style & FORM_JSON) && rawvalue_is_byte(e))) {
		if (!(m->f->style & FORM_TOTAL))
			add(m, rawvalue_is_char(m->f->btf, e) ? FORM_STRING : FORM_MEMORY, offset,
			    size, lead);
		return;
	}
	s = add(m, FORM_ARRAY, offset, size, lead);
	s->count = stride ? a->nelems : 0;
	s->stride = (u32)stride;
	/* Of elements only the first is looked at: it fits as all do. */
	if (s->count)
		value(m, a->type, offset, name, inner);
	close_parts(m, at);
}

static void section(struct maker *m, const struct btf_type *t, u64 offset, const struct lead *lead)
{
	const struct btf_var_secinfo *v = (const void *)(t + 1);
	const char *name = rawbtf_str(m->f->btf, t->name_off);
	bool is_json = m->f->style & FORM_JSON;
	size_t at = m->f->steps.n, list = at + 1;
	u32 n = 0;

	add(m, FORM_RECORD, offset, 0, lead);
	if (is_json)
		add(m, FORM_LIST, offset, 0, &(struct lead){ name, 0, 0 });
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		const struct btf_type *var = rawbtf_type(m->f->btf, v[i].type);
		const char *of = var ? rawbtf_str(m->f->btf, var->name_off) : "";
		size_t one = m->f->steps.n;

		if (is_json)
			add(m, FORM_RECORD, offset, 0, &(struct lead){ 0 });
		value(m, v[i].type, offset + v[i].offset, of,
		      (struct lead){ of, is_json ? 0 : n, lead->depth });
		if (is_json)
			close_parts(m, one);
		n += m->f->steps.n > one;
	}
	if (is_json)
		close_parts(m, list);
	close_parts(m, at);
}

static bool has_members(const struct btf_type *t)
{
	return t && (BTF_INFO_KIND(t->info) == BTF_KIND_STRUCT ||
		     BTF_INFO_KIND(t->info) == BTF_KIND_UNION);
}

/* In text members of nameless members stand among the others, as in C. n counts what was put. */
static void members(struct maker *m, const struct btf_type *t, u64 offset, u32 depth, u32 *n)
{
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		const struct btf_member *member = (const struct btf_member *)(t + 1) + i;
		const char *name = rawbtf_str(m->f->btf, member->name_off);
		struct rawvalue_place p = rawvalue_place(m->f->btf, t, i);
		const struct btf_type *of =
			rawbtf_type(m->f->btf, rawvalue_resolve(m->f->btf, p.type));
		struct lead lead = { name, m->f->style & FORM_JSON ? 0 : *n, depth };
		size_t before = m->f->steps.n;

		if (!name[0] && !has_members(of))
			continue; /* padding */
		if (!name[0] && !(m->f->style & FORM_JSON)) {
			if (depth && p.bit % 8 == 0)
				members(m, of, offset + p.bit / 8, depth - 1, n);
			continue;
		}
		if (p.bits)
			bit_field(m, &p, offset * 8 + p.bit, &lead);
		else
			value(m, p.type, offset + p.bit / 8, name, lead);
		*n += m->f->steps.n > before;
	}
}

/* An address where it is one, if the style has them. */
static bool address(struct maker *m, u32 type, u64 offset, u64 size, const char *name,
		    const struct lead *lead)
{
	enum form_kind kind = form_address(m->f->btf, type, size, name);

	if (kind == FORM_MISSING)
		return false;
	if (m->f->style & FORM_TOTAL)
		return true; /* which has no sum */
	if ((m->f->style & (FORM_JSON | FORM_ADDRESSES)) == FORM_JSON)
		return false;
	add(m, kind, offset, size, lead);
	return true;
}

static void value(struct maker *m, u32 type, u64 offset, const char *name, struct lead lead)
{
	const struct btf_type *t = rawbtf_type(m->f->btf, rawvalue_resolve(m->f->btf, type));
	u64 size = rawvalue_size(m->f->btf, type);
	u32 n = 0, kind = t ? BTF_INFO_KIND(t->info) : BTF_KIND_UNKN;
	size_t at = m->f->steps.n;

	if (offset > m->size || size > m->size - offset) {
		if (!(m->f->style & FORM_TOTAL))
			add(m, FORM_MISSING, 0, 0, &lead);
		return;
	}
	if (!lead.depth-- || at >= FORM_MAX_STEPS) {
		if (!(m->f->style & FORM_TOTAL))
			add(m, FORM_MEMORY, offset, size, &lead);
		return;
	}
	if (address(m, type, offset, size, name, &lead))
		return;
	if (kind == BTF_KIND_ARRAY) {
		array(m, t, offset, size, &lead, name);
	} else if (kind == BTF_KIND_DATASEC) {
		section(m, t, offset, &lead);
	} else if (has_members(t)) {
		add(m, FORM_RECORD, offset, size, &lead);
		members(m, t, offset, lead.depth, &n);
		close_parts(m, at);
	} else {
		leaf(m, t, offset, size, &lead);
	}
}

struct form *form_new(struct arena *a, const struct rawbtf *b, u32 type, u32 size, u32 style)
{
	struct form *f = arena_new(a, struct form);
	struct maker m = { f, a, size };

	f->btf = b;
	f->style = style;
	if (b && rawvalue_size(b, type))
		value(&m, type, 0, "", (struct lead){ NULL, 0, FORM_MAX_DEPTH });
	return f->steps.n ? f : NULL;
}

bool form_is_record(const struct form *f)
{
	return f->steps.at[0].kind == FORM_RECORD;
}

/* ---- numbers */

static const char *path_of(struct arena *a, const char *of, const char *name)
{
	if (!name || !*name)
		return of;
	return *of ? arena_printf(a, "%s.%s", of, name) : name;
}

u32 form_numbers(const struct form *f, struct arena *a, struct form_number *out, u32 max)
{
	struct {
		const char *name;
		size_t end;
	} records[FORM_MAX_DEPTH + 1] = { { "", f->steps.n } };
	u32 depth = 0, n = 0;

	for (size_t i = 0; i < f->steps.n && n < max; i++) {
		const struct form_step *s = &f->steps.at[i];
		const char *name;

		while (depth && i >= records[depth].end)
			depth--;
		name = path_of(a, records[depth].name, s->name);
		if (s->kind == FORM_RECORD && depth < FORM_MAX_DEPTH) {
			records[++depth].name = name;
			records[depth].end = s->end;
		} else if (s->kind == FORM_UNSIGNED || s->kind == FORM_SIGNED) {
			out[n++] = (struct form_number){ name, s->offset, s->size,
							 s->kind == FORM_SIGNED };
		} else if (s->end > i) {
			i = s->end - 1;
		}
	}
	return n;
}
