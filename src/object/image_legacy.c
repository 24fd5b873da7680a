/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps as older objects declare them: each symbol in the section `maps` (or `maps/NAME`, `TYPE/maps`) is a struct of 32-bit
 * numbers,
 *
 *	type, key size, value size, entries, flags
 *
 * that several projects have gone on with in their own ways, told apart by its length:
 *
 *	28 bytes	the kernel's samples: index of the inner map, NUMA node
 *	36 bytes	iproute2: identity, pinning, identity of the inner map, index in the outer one
 *	others		must have zeroes only
 */
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "object/image_impl.h"

enum {
	LEGACY_BYTES = 20,
	LEGACY_SAMPLES = 28,
	LEGACY_IPROUTE = 36,
	LEGACY_LEAST = 16, /* the oldest have no flags */
};

struct legacy {
	u64 at, size;
	const char *name;
	u32 id, inner; /* iproute2's identities; of samples: 1 + index in the section */
	s32 map;
};

static int compare_places(const void *a, const void *b)
{
	const struct legacy *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* What comes behind the five numbers. */
static int read_rest(struct image_loader *l, u32 file, struct image_section *s, struct reader *r,
		     struct legacy *e, struct image_map *m)
{
	bool is_outer =
		m->type == BPF_MAP_TYPE_ARRAY_OF_MAPS || m->type == BPF_MAP_TYPE_HASH_OF_MAPS;

	if (e->size == LEGACY_SAMPLES) {
		u32 inner = reader_u32(r);

		e->inner = is_outer ? inner + 1 : 0;
		reader_u32(r);
		return 0;
	}
	if (e->size == LEGACY_IPROUTE) {
		e->id = reader_u32(r);
		m->is_pinned = reader_u32(r) != 0;
		e->inner = reader_u32(r);
		reader_u32(r);
		return 0;
	}
	while (reader_left(r)) {
		if (reader_u8(r))
			return image_error(l, &l->files[file], s, e->at + r->pos - 1,
					   "map '%s': what stands here is not known", e->name);
	}
	return 0;
}

/* Some say the types in a struct of their own, ____btf_map_NAME { key; value }, as libbpf once had it. */
static void find_types(struct image_loader *l, struct image_map *m)
{
	const char *name = arena_printf(l->arena, "____btf_map_%.255s", m->name);
	u32 id = l->btf ? rawbtf_find(l->btf, RAWBTF_KIND(BTF_KIND_STRUCT), name) : 0;
	const struct btf_type *t = id ? rawbtf_type(l->btf, id) : NULL;
	const struct btf_member *members;

	if (!t || image_type_count(t) != 2)
		return;
	members = image_type_members(t);
	if (image_type_size(l->btf, members[0].type) == m->key_size)
		m->key_type = members[0].type;
	if (image_type_size(l->btf, members[1].type) == m->value_size)
		m->value_type = members[1].type;
}

static int add_map(struct image_loader *l, u32 file, struct image_section *s, struct legacy *e)
{
	struct image_map m = { .name = e->name, .origin = IMAGE_MAP_LEGACY, .inner = IMAGE_NONE };
	struct reader r;
	int err;

	if (e->size < LEGACY_LEAST)
		return image_error(l, &l->files[file], s, e->at,
				   "map '%s': a definition of %llu bytes instead of %d", e->name,
				   (unsigned long long)e->size, LEGACY_BYTES);
	reader_init(&r, s->data + e->at, (size_t)e->size);
	m.type = reader_u32(&r);
	m.key_size = reader_u32(&r);
	m.value_size = reader_u32(&r);
	m.max_entries = reader_u32(&r);
	m.flags = e->size >= LEGACY_BYTES ? reader_u32(&r) : 0;
	find_types(l, &m);
	err = read_rest(l, file, s, &r, e, &m);
	if (!err)
		err = image_map_add(l, &m, &e->map);
	if (!err)
		*vec_add(l->arena, &s->places) = (struct image_place){ e->at, e->map };
	return err;
}

static s32 find_inner(const struct legacy *all, u32 n, const struct legacy *outer)
{
	if (outer->size == LEGACY_SAMPLES)
		return outer->inner <= n ? all[outer->inner - 1].map : IMAGE_NONE;
	for (u32 i = 0; i < n; i++) {
		if (all[i].id == outer->inner)
			return all[i].map;
	}
	return IMAGE_NONE;
}

static int find_inners(struct image_loader *l, u32 file, struct image_section *s,
		       const struct legacy *all, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		struct image_map *m = &l->img->maps.at[all[i].map];

		if (!all[i].inner ||
		    (m->type != BPF_MAP_TYPE_ARRAY_OF_MAPS && m->type != BPF_MAP_TYPE_HASH_OF_MAPS))
			continue;
		m->inner = find_inner(all, n, &all[i]);
		if (m->inner == IMAGE_NONE)
			return image_error(l, &l->files[file], s, all[i].at,
					   "map '%s': there is no inner map %u", all[i].name,
					   all[i].inner);
	}
	return 0;
}

int image_legacy_read(struct image_loader *l, u32 file, struct image_section *s)
{
	struct image_file *f = &l->files[file];
	u32 section = (u32)(s - f->sections), n = 0;
	struct legacy *all = arena_array(l->arena, struct legacy, f->symbol_count + 1);
	int err = 0;

	if (!s->data)
		return image_error(l, f, s, 0, "the section of maps has no bytes");
	for (u32 i = 0; i < f->symbol_count; i++) {
		const struct image_symbol *sym = &f->symbols[i];

		if (sym->section == section && sym->type != STT_SECTION && *sym->name)
			all[n++] = (struct legacy){ .at = sym->value, .name = sym->name };
	}
	if (n > IMAGE_MAX_MAPS)
		return image_error(l, f, s, 0, "more than %d maps", IMAGE_MAX_MAPS);
	if (n)
		qsort(all, n, sizeof(*all), compare_places);
	for (u32 i = 0; i < n && !err; i++) {
		all[i].size = (i + 1 < n ? all[i + 1].at : s->sh.sh_size) - all[i].at;
		err = add_map(l, file, s, &all[i]);
	}
	return err ? err : find_inners(l, file, s, all, n);
}
