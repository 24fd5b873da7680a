/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A walk down the type with the text beside it. A window is where the bytes of the value go that is read: nothing is written
 * outside, whatever the type says.
 */
#include "btf/literal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "btf/literal_scan.h"
#include "btf/rawvalue.h"

#define MAX_STEPS                                                                                  \
	(1u << 20) /* looking for members: only a type that is made to be slow takes more */

struct window {
	u8 *out, *mask;
	u64 size;
	u32 depth; /* that is left */
};

static int value(struct literal *l, u32 type, struct window w);

static char peek(const struct literal *l)
{
	return l->at < l->end ? l->text[l->at] : '\0';
}

static const struct btf_type *type_at(const struct literal *l, u32 type)
{
	return l->btf ? rawbtf_type(l->btf, rawvalue_resolve(l->btf, type)) : NULL;
}

static u32 kind_of(const struct btf_type *t)
{
	return t ? BTF_INFO_KIND(t->info) : BTF_KIND_UNKN;
}

static void put(const struct window *w, const void *bytes, u64 n)
{
	memcpy(w->out, bytes, n);
	memset(w->mask, 0xff, n);
}

/* ---- leaves */

/* What is between two quotes as a text of its own; false if nothing that begins here is one without backslashes. */
static bool inside_quotes(const struct literal *l, struct literal *inner)
{
	const char *close;

	if (peek(l) != '"')
		return false;
	close = memchr(l->text + l->at + 1, '"', l->end - l->at - 1);
	if (!close || memchr(l->text + l->at, '\\', (size_t)(close - l->text) - l->at))
		return false;
	*inner = *l;
	inner->at++;
	inner->end = (u32)(close - l->text);
	return true;
}

static bool fits(const struct literal_number *n, u32 bits)
{
	if (bits >= 64)
		return true;
	if (n->is_negative)
		return bits && -n->value <= 1ull << (bits - 1);
	return n->value >> bits == 0;
}

static int number(struct literal *l, const struct btf_type *t, u32 bits, u64 *out)
{
	bool is_enum = kind_of(t) == BTF_KIND_ENUM || kind_of(t) == BTF_KIND_ENUM64;
	struct literal_number n;
	struct literal inner;

	/* JSON has quotes around what it has no word for. */
	if (inside_quotes(l, &inner)) {
		if (number(&inner, t, bits, out))
			return -EINVAL;
		if (literal_skip(&inner))
			return literal_expected(&inner, "the end of the number");
		l->at = inner.end + 1;
		return 0;
	}
	if (literal_scan_number(l, is_enum ? t : NULL, &n))
		return -EINVAL;
	/* As the compiler puts them there: bit fields may be too small for some. */
	if (!n.is_own && !fits(&n, bits))
		return diag_error(l->d, n.loc, "this does not fit into %u bit%s", bits,
				  bits == 1 ? "" : "s");
	*out = n.value;
	return 0;
}

static int small(struct literal *l, const struct btf_type *t, const struct window *w)
{
	u64 v;

	if (number(l, t, (u32)w->size * 8, &v))
		return -EINVAL;
	put(w, &v, w->size);
	return 0;
}

/* Numbers that are too large for one of ours, in decimal if they are not. */
static int large(struct literal *l, const struct window *w)
{
	struct literal_number n;

	if (literal_sees(l, "0x")) {
		if (literal_scan_memory(l, w->out, (u32)w->size))
			return -EINVAL;
		memset(w->mask, 0xff, w->size);
		return 0;
	}
	if (w->size <= 8)
		return small(l, NULL, w);
	if (literal_scan_number(l, NULL, &n))
		return -EINVAL;
	memset(w->out, n.is_negative ? 0xff : 0, w->size);
	memcpy(w->out, &n.value, 8);
	memset(w->mask, 0xff, w->size);
	return 0;
}

/* Which NaN it is, is not in the text: one that another member of a union has put there stays. */
static int real(struct literal *l, const struct window *w)
{
	double wide = 0, has_wide = 0;
	float narrow, has_narrow = 0;

	if (w->size != 4 && w->size != 8)
		return large(l, w);
	if (literal_scan_float(l, &wide))
		return -EINVAL;
	memcpy(&has_wide, w->out, w->size == 8 ? 8 : 0);
	memcpy(&has_narrow, w->out, w->size == 4 ? 4 : 0);
	if (w->size == 8 &&
	    !(isnan(wide) && isnan(has_wide) && !signbit(wide) == !signbit(has_wide)))
		memcpy(w->out, &wide, 8);
	narrow = (float)wide;
	if (w->size == 4 &&
	    !(isnan(narrow) && isnan(has_narrow) && !signbit(narrow) == !signbit(has_narrow)))
		memcpy(w->out, &narrow, 4);
	memset(w->mask, 0xff, w->size);
	return 0;
}

static int bit_field(struct literal *l, const struct rawvalue_place *p, const struct window *w)
{
	u64 v;

	if (p->bits > 64 || (p->bit + p->bits + 7) / 8 > w->size)
		return diag_error(l->d, literal_loc(l, 1),
				  "the type has this bit field beyond its end");
	if (number(l, type_at(l, p->type), p->bits, &v))
		return -EINVAL;
	for (u32 i = 0; i < p->bits; i++) {
		u64 bit = p->bit + i;
		u8 one = (u8)(1u << bit % 8);

		w->mask[bit / 8] |= one;
		w->out[bit / 8] = (u8)((w->out[bit / 8] & ~one) | (v >> i & 1 ? one : 0));
	}
	return 0;
}

/* ---- arrays */

static const struct btf_array *array_of(const struct btf_type *t)
{
	return (const struct btf_array *)(const void *)(t + 1);
}

static bool is_bytes(const struct literal *l, const struct btf_array *a)
{
	const struct btf_type *element = type_at(l, a->type);

	return rawvalue_is_char(l->btf, element) || rawvalue_is_byte(element);
}

static int element(struct literal *l, const struct btf_array *a, u64 index, const struct window *w)
{
	u64 size = rawvalue_size(l->btf, a->type);
	struct window part = *w;

	if (!size || index >= a->nelems || index >= w->size / size)
		return diag_error(l->d, literal_loc(l, 1),
				  "there is no element %llu: the array has %u",
				  (unsigned long long)index, a->nelems);
	part.out += index * size;
	part.mask += index * size;
	part.size = size;
	return value(l, a->type, part);
}

/* Whether `[N] =` comes, which is passed up to the sign. */
static bool take_index(struct literal *l, u64 *index)
{
	struct literal tried = *l;
	struct literal_number n;
	struct diag silent;
	struct arena a;
	bool is_one;

	if (!literal_take(&tried, '['))
		return false;
	arena_init(&a);
	diag_init(&silent, &a);
	tried.d = &silent;
	is_one = !literal_scan_number(&tried, NULL, &n) && !n.is_negative &&
		 literal_take(&tried, ']') && literal_take(&tried, '=');
	arena_done(&a);
	if (!is_one)
		return false;
	tried.d = l->d;
	*l = tried;
	*index = n.value;
	return true;
}

static int elements(struct literal *l, const struct btf_array *a, const struct window *w)
{
	bool is_braced = literal_take(l, '{');
	char close = is_braced ? '}' : ']';
	u64 index = 0;

	if (!is_braced && !literal_take(l, '['))
		return literal_expected(l, "an array like [1, 2]");
	for (; !literal_take(l, close); index++) {
		if (is_braced)
			take_index(l, &index);
		literal_skip(l);
		if (element(l, a, index, w))
			return -EINVAL;
		if (!literal_take(l, ',')) {
			if (literal_take(l, close))
				break;
			return literal_expected(l, is_braced ? "',' or '}'" : "',' or ']'");
		}
	}
	return 0;
}

static int array(struct literal *l, const struct btf_type *t, const struct window *w)
{
	const struct btf_array *a = array_of(t);
	u32 n = 0;

	if (!is_bytes(l, a) || peek(l) == '{' || peek(l) == '[')
		return elements(l, a, w);
	if (peek(l) != '"') {
		if (!literal_sees(l, "0x"))
			return literal_expected(l, "a string, or bytes like 0x0102");
		if (literal_scan_memory(l, w->out, (u32)w->size))
			return -EINVAL;
		memset(w->mask, 0xff, w->size);
		return 0;
	}
	if (literal_scan_string(l, w->out, (u32)w->size, &n))
		return -EINVAL;
	if (n < w->size)
		w->out[n++] = '\0';
	memset(w->mask, 0xff, n);
	return 0;
}

/* ---- structs */

/* A member by name, or with name NULL by its number among all that have one. */
struct search {
	struct literal *l;
	const char *name;
	u32 length, number;
	u32 seen; /* with names; in the end the number of the one that was found */
	struct nearest near;
	struct rawvalue_place found;
};

static bool is_it(struct search *s, const char *name)
{
	if (!s->name)
		return s->seen == s->number;
	nearest_try(&s->near, name);
	return strlen(name) == s->length && !memcmp(name, s->name, s->length);
}

static bool search_members(struct search *s, const struct btf_type *t, u64 bit, u32 depth)
{
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info) && s->l->steps < MAX_STEPS; i++) {
		const struct btf_member *m = (const struct btf_member *)(const void *)(t + 1) + i;
		const char *name = rawbtf_str(s->l->btf, m->name_off);
		struct rawvalue_place p = rawvalue_place(s->l->btf, t, i);
		const struct btf_type *of = type_at(s->l, p.type);

		s->l->steps++;
		p.bit += bit;
		if (!name[0]) {
			bool has_members =
				kind_of(of) == BTF_KIND_STRUCT || kind_of(of) == BTF_KIND_UNION;

			if (depth && has_members && search_members(s, of, p.bit, depth - 1))
				return true;
			continue;
		}
		if (is_it(s, name)) {
			s->found = p;
			return true;
		}
		s->seen++;
	}
	return false;
}

static bool search_variables(struct search *s, const struct btf_type *t)
{
	const struct btf_var_secinfo *v = (const void *)(t + 1);

	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++, s->seen++) {
		const struct btf_type *var = rawbtf_type(s->l->btf, v[i].type);

		if (!var || !is_it(s, rawbtf_str(s->l->btf, var->name_off)))
			continue;
		s->found = (struct rawvalue_place){ v[i].type, (u64)v[i].offset * 8, 0 };
		return true;
	}
	return false;
}

static bool search_in(struct search *s, const struct btf_type *t)
{
	return kind_of(t) == BTF_KIND_DATASEC ? search_variables(s, t)
					      : search_members(s, t, 0, RAWVALUE_MAX_DEPTH);
}

static int no_member(struct search *s, const struct btf_type *t)
{
	struct literal *l = s->l;
	const char *name = rawbtf_str(l->btf, t->name_off);

	if (!s->name)
		return diag_error(l->d, literal_loc(l, 1), "there are only %u members", s->seen);
	diag_error(l->d, literal_loc(l, s->length), "%s%s has no member '%.*s'",
		   name[0] && kind_of(t) == BTF_KIND_STRUCT ? "struct " : "",
		   name[0] ? name : "this struct", s->length < 64 ? (int)s->length : 64, s->name);
	if (nearest_name(&s->near))
		diag_hint(l->d, "did you mean '%s'?", nearest_name(&s->near));
	return -EINVAL;
}

/* The member that has the name of this length here; its number among its like in *number. */
static int member_called(struct literal *l, const struct btf_type *t, u32 length, u32 *number_of,
			 struct rawvalue_place *p)
{
	char name[128];
	struct search s = { .l = l, .length = length };

	memcpy(name, l->text + l->at, s.length < sizeof(name) ? s.length : sizeof(name) - 1);
	name[s.length < sizeof(name) ? s.length : sizeof(name) - 1] = '\0';
	s.name = l->text + l->at;
	s.near = nearest_to(name);
	if (!search_in(&s, t))
		return no_member(&s, t);
	l->at += s.length;
	*number_of = s.seen;
	*p = s.found;
	return 0;
}

/* The same for the name behind a dot. */
static int named_member(struct literal *l, const struct btf_type *t, u32 *number_of,
			struct rawvalue_place *p)
{
	u32 length = literal_name(l, false);

	if (!length)
		return literal_expected(l, "the name of a member");
	return member_called(l, t, length, number_of, p);
}

/* JSON's `"name":`, whose name is passed; "" is the first nameless struct or union. 1, 0 if it is none, -EINVAL. */
static int json_member(struct literal *l, const struct btf_type *t, u32 *number_of,
		       struct rawvalue_place *p)
{
	struct literal inner, behind;
	u32 length;

	if (!inside_quotes(l, &inner))
		return 0;
	behind = *l;
	behind.at = inner.end + 1;
	if (!literal_take(&behind, ':'))
		return 0;
	length = inner.end - inner.at;
	l->at++;
	if (length) {
		if (member_called(l, t, length, number_of, p))
			return -EINVAL;
		*l = behind;
		return 1;
	}
	*l = behind;
	for (u32 i = 0; kind_of(t) != BTF_KIND_DATASEC && i < BTF_INFO_VLEN(t->info); i++) {
		const struct btf_member *m = (const struct btf_member *)(const void *)(t + 1) + i;

		*p = rawvalue_place(l->btf, t, i);
		if (!rawbtf_str(l->btf, m->name_off)[0] && rawbtf_is_record(type_at(l, p->type)))
			return 1;
	}
	return diag_error(l->d, literal_loc(&inner, 1), "there is no nameless member");
}

/* A part of a part: `.a.b`, `.a[3]`. */
static int further(struct literal *l, struct rawvalue_place *p)
{
	const struct btf_type *t = type_at(l, p->type);
	struct literal_number n;
	u64 bit = p->bit, size;
	u32 ignored;

	if (kind_of(t) == BTF_KIND_ARRAY && literal_take(l, '[')) {
		size = rawvalue_size(l->btf, array_of(t)->type);
		if (literal_scan_number(l, NULL, &n))
			return -EINVAL;
		if (n.is_negative || n.value >= array_of(t)->nelems || n.value > UINT32_MAX)
			return diag_error(l->d, n.loc, "the array has %u elements",
					  array_of(t)->nelems);
		if (!literal_take(l, ']'))
			return literal_expected(l, "']'");
		*p = (struct rawvalue_place){ array_of(t)->type, bit + n.value * size * 8, 0 };
		return 0;
	}
	if ((kind_of(t) == BTF_KIND_STRUCT || kind_of(t) == BTF_KIND_UNION) &&
	    literal_take(l, '.')) {
		if (named_member(l, t, &ignored, p))
			return -EINVAL;
		p->bit += bit;
		return 0;
	}
	return literal_expected(l, "'='");
}

static int member(struct literal *l, const struct btf_type *t, u32 *next, const struct window *w)
{
	struct search s = { .l = l, .number = *next };
	struct rawvalue_place p;
	struct window part = *w;
	int is_json = json_member(l, t, next, &p);

	if (is_json < 0)
		return is_json;
	if (is_json) {
		l->steps++;
	} else if (literal_take(l, '.')) {
		if (named_member(l, t, next, &p))
			return -EINVAL;
		while (!literal_take(l, '=')) {
			if (further(l, &p))
				return -EINVAL;
		}
	} else if (search_in(&s, t)) {
		p = s.found;
	} else {
		return no_member(&s, t);
	}
	++*next;
	literal_skip(l);
	if (p.bits)
		return bit_field(l, &p, w);
	if (p.bit % 8 || p.bit / 8 > w->size)
		return diag_error(l->d, literal_loc(l, 1),
				  "the type has this member beyond its end");
	part.out += p.bit / 8;
	part.mask += p.bit / 8;
	part.size -= p.bit / 8;
	return value(l, p.type, part);
}

static int members(struct literal *l, const struct btf_type *t, const struct window *w)
{
	u32 next = 0;

	if (!literal_take(l, '{'))
		return literal_expected(l, "a struct like { .a = 1 }");
	while (!literal_take(l, '}')) {
		literal_skip(l);
		if (member(l, t, &next, w))
			return -EINVAL;
		if (!literal_take(l, ',')) {
			if (literal_take(l, '}'))
				break;
			return literal_expected(l, "',' or '}'");
		}
	}
	return 0;
}

/* ---- any */

/* x:01 02, as many as the value has. */
static int bytes(struct literal *l, const struct window *w)
{
	struct loc loc = literal_loc(l, 2);
	u8 *out, *mask;
	struct arena a;
	u32 n;
	int err;

	l->at += 2;
	arena_init(&a);
	err = literal_hex(l, &a, (u32)w->size, &out, &mask, &n);
	if (!err && n != w->size)
		err = diag_error(l->d, loc, "these are %u bytes, but the value has %llu", n,
				 (unsigned long long)w->size);
	if (!err) {
		memcpy(w->out, out, n);
		memcpy(w->mask, mask, n);
	}
	arena_done(&a);
	return err;
}

/* An address in quotes, where no text goes. */
static bool quoted_address(struct literal *l, const struct btf_type *t, const struct window *w)
{
	const struct btf_type *e =
		kind_of(t) == BTF_KIND_ARRAY ? type_at(l, array_of(t)->type) : NULL;
	struct literal inner;
	struct diag silent;
	struct arena a;
	u8 bytes[16];
	bool is_one;

	if (rawvalue_is_char(l->btf, e) || w->size > 16 || !inside_quotes(l, &inner))
		return false;
	arena_init(&a);
	diag_init(&silent, &a);
	inner.d = &silent;
	is_one = literal_scan_address(&inner, bytes, (u32)w->size) > 0 && inner.at == inner.end;
	arena_done(&a);
	if (!is_one)
		return false;
	put(w, bytes, w->size);
	l->at = inner.end + 1;
	return true;
}

static int value(struct literal *l, u32 type, struct window w)
{
	const struct btf_type *t = type_at(l, type);
	u64 size = l->btf ? rawvalue_size(l->btf, type) : 0;
	int got;

	literal_skip(l);
	if (!w.depth--)
		return diag_error(l->d, literal_loc(l, 1), "this is nested too deep");
	if (size > w.size)
		return diag_error(l->d, literal_loc(l, 1),
				  "the type has %llu bytes here, but there is room for %llu",
				  (unsigned long long)size, (unsigned long long)w.size);
	w.size = size ? size : kind_of(t) == BTF_KIND_ARRAY ? 0 : w.size;
	if (literal_sees(l, "x:"))
		return bytes(l, &w);
	if (literal_sees(l, "..."))
		return diag_error(l->d, literal_loc(l, 3), "what '...' stands for has to be there");
	if (quoted_address(l, t, &w))
		return 0;
	got = w.size <= UINT32_MAX ? literal_scan_address(l, w.out, (u32)w.size) : 0;
	if (got > 0)
		memset(w.mask, 0xff, w.size);
	if (got)
		return got < 0 ? got : 0;
	switch (kind_of(t)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
		return members(l, t, &w);
	case BTF_KIND_ARRAY:
		return array(l, t, &w);
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return size && size <= 8 ? small(l, t, &w) : large(l, &w);
	case BTF_KIND_PTR:
		return small(l, t, &w);
	case BTF_KIND_FLOAT:
		return real(l, &w);
	default:
		return large(l, &w);
	}
}

int literal_value(struct literal *l, u32 type, void *out, void *mask, u32 size)
{
	u8 *own = mask ? NULL : calloc(1, (size_t)size + 1);
	struct window w = { out, mask ? mask : own, size, RAWVALUE_MAX_DEPTH };
	int err;

	if (!w.mask)
		arena_exhausted();
	memset(out, 0, size);
	memset(w.mask, 0, size);
	l->steps = 0;
	err = value(l, type, w);
	free(own);
	return err;
}
