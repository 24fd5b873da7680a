/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BTF says where each member is, C derives it: from the order, the types' alignments and what attributes say. So it is worked out
 * where C would put things, and where BTF differs, unnamed bit-fields fill the gap, or the whole struct is packed. Alignment that
 * was asked for explicitly is in no BTF; it shows as gaps.
 */
#include "btf/dump_impl.h"

enum { MAX_ALIGN = 16, BITS = 8, LARGE_GAP = 16 /* bytes: only explicit alignment makes such */ };

static u64 round_up(u64 n, u64 to)
{
	return to ? (n + to - 1) / to * to : n;
}

struct dump_member dump_member(struct dump *d, const struct btf_type *t, u32 i)
{
	const struct btf_member *m = (const struct btf_member *)(const void *)(t + 1) + i;
	struct dump_member out = { dump_clean(d, m->name_off), m->type, m->offset, 0 };
	const struct btf_type *target;

	if (BTF_INFO_KFLAG(t->info)) {
		out.offset = BTF_MEMBER_BIT_OFFSET(m->offset);
		out.bits = BTF_MEMBER_BITFIELD_SIZE(m->offset);
		return out;
	}
	target = m->type < d->end ? d->types[m->type] : NULL;
	if (!target || BTF_INFO_KIND(target->info) != BTF_KIND_INT) {
		u32 id = m->type;

		target = rawbtf_skip(d->btf, &id, NULL);
	}
	/* Before there were bit-fields in members there were integers of less bits than their size. */
	if (target && BTF_INFO_KIND(target->info) == BTF_KIND_INT) {
		u32 word = *(const u32 *)(const void *)(target + 1);

		if (BTF_INT_OFFSET(word) || BTF_INT_BITS(word) < target->size * BITS) {
			out.bits = BTF_INT_BITS(word);
			out.offset += BTF_INT_OFFSET(word);
		}
	}
	return out;
}

/* Whether C can have a member where BTF has it without the struct being packed. */
static bool is_natural(const struct dump_member *m, const struct dump_layout *l)
{
	u64 unit = l->size * BITS;

	if (!m->bits)
		return m->offset % ((u64)l->align * BITS) == 0;
	return unit && m->offset / unit == (m->offset + m->bits - 1) / unit;
}

static struct dump_layout record_layout(struct dump *d, u32 id, const struct btf_type *t)
{
	struct dump_layout out = { t->size, 1, false };
	bool is_packed = false;

	for (u32 i = 0; i < BTF_INFO_VLEN(t->info) && !d->failed; i++) {
		struct dump_member m = dump_member(d, t, i);
		struct dump_layout l = dump_layout(d, m.type);

		is_packed = is_packed || !is_natural(&m, &l);
		if (l.align > out.align)
			out.align = l.align;
	}
	out.is_packed = is_packed || out.size % out.align;
	if (out.is_packed)
		out.align = 1;
	d->layouts[id] = out;
	return out;
}

static struct dump_layout layout_of(struct dump *d, u32 id, const struct btf_type *t)
{
	const struct btf_array *array = (const void *)(t + 1);
	struct dump_layout out = { t->size, 1, false };

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		out.align = t->size > MAX_ALIGN ? MAX_ALIGN : t->size;
		if (!out.align || (out.align & (out.align - 1)))
			out.align = 1;
		return out;
	case BTF_KIND_PTR:
		return (struct dump_layout){ d->ptr_size, d->ptr_size, false };
	case BTF_KIND_ARRAY:
		out = dump_layout(d, array->type);
		out.size *= array->nelems;
		return out;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return record_layout(d, id, t);
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		return dump_layout(d, t->type);
	default:
		return (struct dump_layout){ 0, 1, false };
	}
}

struct dump_layout dump_layout(struct dump *d, u32 id)
{
	struct dump_layout out = { 0, 1, false };
	const struct btf_type *t;

	id = id < d->end ? dump_full(d, id) : id;
	if (id < d->end && d->layouts[id].align)
		return d->layouts[id];
	t = dump_type(d, id);
	if (!t || !dump_descend(d, id))
		return out;
	if (d->states[id] & DUMP_MEASURING) {
		dump_fail(d, "type [%u] '%s' contains itself", id, rawbtf_str(d->btf, t->name_off));
	} else {
		d->states[id] |= DUMP_MEASURING;
		out = layout_of(d, id, t);
		d->states[id] &= (u8)~DUMP_MEASURING;
		d->layouts[id] = out;
	}
	d->depth--;
	return out;
}

/* ---- padding */

/* Where C puts what comes next. */
static u64 next_place(const struct dump_place *p, u64 at, u32 align, u32 bits)
{
	u64 unit = (u64)align * BITS;

	if (p->is_packed)
		return bits ? at : round_up(at, BITS);
	if (bits && at / unit == (at + bits - 1) / unit)
		return at;
	return round_up(at, unit);
}

static void put_pad(struct dump *d, struct dump_place *p, const char *type, u64 bits)
{
	if (!dump_spend(d, 16))
		return;
	dump_indent(d, p->indent);
	buf_printf(&d->text, "%s: %llu;\n", type, (unsigned long long)bits);
}

/* Bytes of the largest unit that may be used. A long in a struct of less alignment could raise that, by the rules of some machines. */
static u32 largest_unit(const struct dump *d, const struct dump_place *p, u64 to)
{
	if (p->is_packed || (p->is_even && to - p->at >= LARGE_GAP * BITS))
		return d->ptr_size;
	return p->align < d->ptr_size ? p->align : d->ptr_size;
}

/* The largest whole unit that does not go beyond `to`, or else bits up to the next byte. */
static void pad_once(struct dump *d, struct dump_place *p, u64 to, u32 largest)
{
	static const struct {
		const char *name;
		u32 size;
	} units[] = { { "long", 8 }, { "int", 4 }, { "short", 2 }, { "char", 1 } };
	u64 end = round_up(p->at + 1, BITS);

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		u64 unit = units[i].size * BITS;
		u64 begin = p->is_packed ? p->at : round_up(p->at, unit);

		if (units[i].size > largest || begin + unit > to)
			continue;
		put_pad(d, p, units[i].name, unit);
		p->at = begin + unit;
		return;
	}
	if (end > to)
		end = to;
	put_pad(d, p, "char", end - p->at);
	p->at = end;
}

void dump_pad(struct dump *d, struct dump_place *p, u64 to, u32 align, u32 bits)
{
	u32 largest = largest_unit(d, p, to);

	while (!d->failed && p->at < to && next_place(p, p->at, align, bits) != to)
		pad_once(d, p, to, largest);
}
