/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One BTF of all files' types: they follow each other, with ids and string offsets moved up.
 *
 *	| header | types of file 0 | types of file 1 | ... | strings of file 0 | strings of file 1 | ... |
 *
 * What compilers leave open is filled in: offsets of variables in their sections, by relocations, and these sections' sizes.
 */
#include <string.h>

#include "base/buf.h"
#include "object/image_impl.h"

enum { STRINGS_LIMIT = 1 << 28 };

/* What follows a type's head, in words of 32 bits: which of them are ids of types, which are names. */
struct words {
	u8 once, each; /* how many there are once, and how many for each member */
	u8 ids, names; /* bits: the first word is 1 */
};

static const struct words type_words[BTF_INFO_KIND(~0u) + 1] = {
	[BTF_KIND_INT] = { .once = 1 },
	[BTF_KIND_VAR] = { .once = 1 },
	[BTF_KIND_DECL_TAG] = { .once = 1 },
	[BTF_KIND_ARRAY] = { .once = 3, .ids = 3 },
	[BTF_KIND_STRUCT] = { .each = 3, .names = 1, .ids = 2 },
	[BTF_KIND_UNION] = { .each = 3, .names = 1, .ids = 2 },
	[BTF_KIND_ENUM] = { .each = 2, .names = 1 },
	[BTF_KIND_ENUM64] = { .each = 3, .names = 1 },
	[BTF_KIND_FUNC_PROTO] = { .each = 2, .names = 1, .ids = 2 },
	[BTF_KIND_DATASEC] = { .each = 3, .ids = 1 },
};

/* The kinds whose head has the id of another type. */
static const u32 referring = RAWBTF_KIND(BTF_KIND_PTR) | RAWBTF_KIND(BTF_KIND_TYPEDEF) |
			     RAWBTF_KIND(BTF_KIND_VOLATILE) | RAWBTF_KIND(BTF_KIND_CONST) |
			     RAWBTF_KIND(BTF_KIND_RESTRICT) | RAWBTF_KIND(BTF_KIND_FUNC) |
			     RAWBTF_KIND(BTF_KIND_FUNC_PROTO) | RAWBTF_KIND(BTF_KIND_VAR) |
			     RAWBTF_KIND(BTF_KIND_DECL_TAG) | RAWBTF_KIND(BTF_KIND_TYPE_TAG);

struct merge {
	struct buf types, strs;
	u32 count; /* of types */
};

static u32 move(u32 v, u32 by)
{
	return v ? v + by : 0;
}

static void move_type(struct merge *m, const struct image_file *f, const struct btf_type *t)
{
	u32 kind = image_type_kind(t);
	const struct words *w = &type_words[kind];
	struct btf_type head = *t;
	const u32 *rest = (const u32 *)(t + 1);
	u32 each = w->each ? w->each : w->once;
	u32 n = w->each ? each * image_type_count(t) : w->once;

	head.name_off = move(head.name_off, f->str_shift);
	if (referring & RAWBTF_KIND(kind))
		head.type = move(head.type, f->type_shift);
	buf_put(&m->types, &head, sizeof(head));
	for (u32 i = 0; i < n; i++) {
		u32 bit = 1u << i % each, v = rest[i];

		if (w->ids & bit)
			v = move(v, f->type_shift);
		else if (w->names & bit)
			v = move(v, f->str_shift);
		buf_u32(&m->types, v);
	}
}

/* Compilers leave a section's size open. */
static void fill_size(struct merge *m, const struct image_file *f, const char *name, size_t at)
{
	for (u32 i = 1; i < f->section_count; i++) {
		const struct image_section *s = &f->sections[i];
		u32 size = (u32)s->sh.sh_size;

		if (s->sh.sh_size > IMAGE_MAX_VALUE || strcmp(s->name, name))
			continue;
		memcpy(m->types.data + at + offsetof(struct btf_type, size), &size, sizeof(size));
		return;
	}
}

static void move_types(struct merge *m, struct image_file *f, const struct rawbtf *b)
{
	struct rawbtf_iter it = { 0 };
	const struct btf_type *t;

	f->type_first = m->count + 1;
	f->type_shift = m->count;
	f->str_shift = (u32)m->strs.len;
	while ((t = rawbtf_next(b, &it)) != NULL) {
		size_t at = m->types.len;

		move_type(m, f, t);
		if (image_type_kind(t) == BTF_KIND_DATASEC && !t->size)
			fill_size(m, f, rawbtf_str(b, t->name_off), at);
		m->count++;
	}
	f->type_end = m->count + 1;
}

/*
 * Relocations of debugging sections are 32 bits: the symbol's value plus what is there. Of old compilers they have the type
 * that calls have in code.
 */
static int relocate(struct image_loader *l, const struct image_file *f,
		    const struct image_section *s, u8 *data)
{
	for (u32 i = 0; i < s->reloc_count; i++) {
		const struct image_reloc *r = &s->relocs[i];
		const struct image_symbol *sym = &f->symbols[r->symbol];
		u32 v;

		if (s->sh.sh_size - r->offset < sizeof(v))
			return image_error(l, f, s, r->offset, "a relocation behind the end");
		if (!sym->section || sym->section >= f->section_count)
			continue;
		memcpy(&v, data + r->offset, sizeof(v));
		v += (u32)sym->value;
		memcpy(data + r->offset, &v, sizeof(v));
	}
	return 0;
}

static int merge_file(struct image_loader *l, struct image_file *f, struct merge *m)
{
	struct image_section *s = image_elf_find(f, ".BTF");
	struct btf_header h;
	struct rawbtf *b;
	int err;

	f->type_first = f->type_end = m->count + 1;
	f->type_shift = m->count;
	if (!s)
		return 0;
	/* The file's copy in the arena is ours to change. */
	err = relocate(l, f, s, (u8 *)(uintptr_t)s->data);
	if (err)
		return err;
	if (rawbtf_from_bytes(s->data, (size_t)s->sh.sh_size, NULL, &b))
		return image_error(l, f, s, 0, "the types are damaged, or newer than is known");
	memcpy(&h, s->data, sizeof(h));
	if (m->strs.len + h.str_len > STRINGS_LIMIT)
		err = image_error(l, f, s, 0, "the types have too many names");
	else
		move_types(m, f, b);
	buf_put(&m->strs, s->data + h.hdr_len + h.str_off, h.str_len);
	rawbtf_free(b);
	return err;
}

static int merge_finish(struct image_loader *l, struct merge *m)
{
	struct btf_header h = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(h),
		.type_len = (u32)m->types.len,
		.str_off = (u32)m->types.len,
		.str_len = (u32)m->strs.len,
	};
	struct buf out = { 0 };
	int err;

	buf_put(&out, &h, sizeof(h));
	buf_put(&out, m->types.data, m->types.len);
	buf_put(&out, m->strs.data, m->strs.len);
	err = rawbtf_from_bytes(out.data, out.len, NULL, &l->btf);
	buf_done(&out);
	if (err)
		return image_error(l, NULL, NULL, 0, "the objects have too many types together");
	l->img->btf = l->btf;
	return 0;
}

int image_btf_merge(struct image_loader *l)
{
	struct merge m = { 0 };
	int err = 0;

	for (u32 i = 0; i < l->file_count && !err; i++)
		err = merge_file(l, &l->files[i], &m);
	if (!err && m.strs.len)
		err = merge_finish(l, &m);
	buf_done(&m.types);
	buf_done(&m.strs);
	return err;
}
