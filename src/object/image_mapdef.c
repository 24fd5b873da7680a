/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps that are declared by their types (.maps): each variable is a struct whose members say what the map is like.
 *
 *	struct { int (*type)[BPF_MAP_TYPE_HASH]; int (*max_entries)[64]; u32 *key; struct value *value; } counts;
 *
 * A number is the length of an array pointed to; a key or value is a type pointed to. `values`, which comes last, is an array
 * of pointers: to a struct of the same kind, which an outer map's inner maps are like, or to functions. What is put into it
 * stands in relocations.
 */
#include <string.h>

#include "object/image_impl.h"

enum { POINTER_BYTES = 8 };

struct mapdef {
	struct image_loader *l;
	struct image_file *f;
	struct image_section *section;
	const char *name; /* of the variable */
	u64 at;           /* its place in the section */
};

static int bad(const struct mapdef *d, const char *text, const char *member)
{
	return image_error(d->l, d->f, d->section, d->at, "map '%s': %s '%s'", d->name, text,
			   member);
}

/* What a member points to; NULL if it is no pointer. */
static const struct btf_type *pointed(const struct mapdef *d, const struct btf_member *m, u32 *id)
{
	const struct btf_type *t = image_type_skip(d->l->btf, m->type, NULL);

	if (!t || image_type_kind(t) != BTF_KIND_PTR)
		return NULL;
	*id = t->type;
	return image_type_skip(d->l->btf, t->type, NULL);
}

static int read_number(const struct mapdef *d, const struct btf_member *m, const char *member,
		       u32 *out)
{
	u32 id;
	const struct btf_type *t = pointed(d, m, &id);

	if (!t || image_type_kind(t) != BTF_KIND_ARRAY)
		return bad(d, "no number is given by", member);
	*out = image_type_array(t)->nelems;
	return 0;
}

/* A number of 64 bits: the only value of an enum. False if it is given otherwise. */
static bool read_wide(const struct mapdef *d, const struct btf_member *m, u64 *out)
{
	const struct btf_type *t = image_type_skip(d->l->btf, m->type, NULL);
	u32 kind = t ? image_type_kind(t) : 0;

	if (!t || BTF_INFO_VLEN(t->info) != 1)
		return false;
	if (kind == BTF_KIND_ENUM64) {
		const struct btf_enum64 *e = (const void *)(t + 1);
		*out = (u64)e->val_hi32 << 32 | e->val_lo32;
	} else if (kind == BTF_KIND_ENUM) {
		*out = (u32)((const struct btf_enum *)(const void *)(t + 1))->val;
	}
	return kind == BTF_KIND_ENUM64 || kind == BTF_KIND_ENUM;
}

static int read_type(const struct mapdef *d, const struct btf_member *m, const char *member,
		     u32 *type, u32 *size)
{
	u32 id;
	s64 bytes = -1;

	if (pointed(d, m, &id))
		bytes = image_type_size(d->l->btf, id);
	if (bytes < 0)
		return bad(d, "no type with a size is given by", member);
	if (*size && *size != bytes)
		return image_error(d->l, d->f, d->section, d->at,
				   "map '%s': '%s' has %lld bytes, but is said to have %u", d->name,
				   member, (long long)bytes, *size);
	*type = id;
	*size = (u32)bytes;
	return 0;
}

static int read_size(const struct mapdef *d, const struct btf_member *m, const char *member,
		     u32 *size)
{
	u32 n = 0;
	int err = read_number(d, m, member, &n);

	if (err)
		return err;
	if (*size && *size != n)
		return bad(d, "the type of the key or value does not have the size given by",
			   member);
	*size = n;
	return 0;
}

static int read_pinning(const struct mapdef *d, const struct btf_member *m, struct image_map *map)
{
	u32 n = 0;
	int err = read_number(d, m, "pinning", &n);

	if (err)
		return err;
	if (n > 1)
		return bad(d, "an unknown way of", "pinning");
	map->is_pinned = n == 1;
	return 0;
}

static bool is_outer(u32 type)
{
	return type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

/* The struct or function prototype that the elements of `values` point to. */
static const struct btf_type *values_element(const struct mapdef *d, const struct btf_member *m)
{
	const struct btf_type *t = image_type_skip(d->l->btf, m->type, NULL);

	if (!t || image_type_kind(t) != BTF_KIND_ARRAY)
		return NULL;
	t = image_type_skip(d->l->btf, image_type_array(t)->type, NULL);
	if (!t || image_type_kind(t) != BTF_KIND_PTR)
		return NULL;
	return image_type_skip(d->l->btf, t->type, NULL);
}

static int read_values(const struct mapdef *d, const struct btf_member *m, struct image_map *map,
		       const struct btf_type **inner)
{
	const struct btf_type *t = values_element(d, m);

	if (!inner)
		return bad(d, "an inner map cannot have", "values");
	if (t && is_outer(map->type) && image_type_kind(t) == BTF_KIND_STRUCT) {
		*inner = t;
	} else if (!t || map->type != BPF_MAP_TYPE_PROG_ARRAY ||
		   image_type_kind(t) != BTF_KIND_FUNC_PROTO) {
		return bad(d, "neither maps nor programs are the elements of", "values");
	}
	if (map->value_size && map->value_size != sizeof(u32))
		return bad(d, "values of other than 4 bytes with", "values");
	map->value_size = sizeof(u32);
	return 0;
}

static int read_member(const struct mapdef *d, const struct btf_member *m, struct image_map *map,
		       const struct btf_type **inner)
{
	const char *name = rawbtf_str(d->l->btf, m->name_off);
	u32 n = 0;
	int err;

	if (!strcmp(name, "type")) {
		err = read_number(d, m, name, &n);
		map->type = n;
		return err;
	}
	if (!strcmp(name, "max_entries"))
		return read_number(d, m, name, &map->max_entries);
	if (!strcmp(name, "map_flags"))
		return read_number(d, m, name, &map->flags);
	if (!strcmp(name, "numa_node"))
		return read_number(d, m, name, &n);
	if (!strcmp(name, "map_extra")) {
		if (read_wide(d, m, &map->extra))
			return 0;
		err = read_number(d, m, name, &n);
		map->extra = n;
		return err;
	}
	if (!strcmp(name, "key_size"))
		return read_size(d, m, name, &map->key_size);
	if (!strcmp(name, "value_size"))
		return read_size(d, m, name, &map->value_size);
	if (!strcmp(name, "key"))
		return read_type(d, m, name, &map->key_type, &map->key_size);
	if (!strcmp(name, "value"))
		return read_type(d, m, name, &map->value_type, &map->value_size);
	if (!strcmp(name, "pinning"))
		return read_pinning(d, m, map);
	if (!strcmp(name, "values"))
		return read_values(d, m, map, inner);
	return bad(d, "unknown attribute", name);
}

static int read_members(const struct mapdef *d, const struct btf_type *t, struct image_map *map,
			const struct btf_type **inner)
{
	const struct btf_member *m = image_type_members(t);

	for (u32 i = 0; i < image_type_count(t); i++) {
		int err = read_member(d, &m[i], map, inner);

		if (err)
			return err;
	}
	if (!map->type)
		return bad(d, "there is no", "type");
	return 0;
}

/* The map that an outer map's inner maps are like is one more map, "outer.inner", as libbpf calls it too. */
static int add_inner(const struct mapdef *d, const struct btf_type *t, s32 outer)
{
	struct mapdef in = *d;
	s32 index;
	struct image_map map = { .inner = IMAGE_NONE };
	int err;

	in.name = arena_printf(d->l->arena, "%.255s.inner", d->name);
	map.name = in.name;
	err = read_members(&in, t, &map, NULL);
	if (!err)
		err = image_map_add(d->l, &map, &index);
	if (!err)
		d->l->img->maps.at[outer].inner = index;
	return err;
}

static bool is_equal(const struct image_map *a, const struct image_map *b)
{
	return a->type == b->type && a->key_size == b->key_size && a->value_size == b->value_size &&
	       a->max_entries == b->max_entries && a->flags == b->flags && a->extra == b->extra &&
	       a->is_pinned == b->is_pinned;
}

/* Global maps of the same name are one, which all files have to declare alike. */
static int add_map(const struct mapdef *d, const struct btf_type *t, bool is_global)
{
	struct image_map map = { .name = d->name, .inner = IMAGE_NONE };
	const struct btf_type *inner = NULL;
	struct image_place place = { .offset = d->at };
	uintptr_t number = is_global ? (uintptr_t)table_get_str(&d->l->maps, d->name) : 0;
	int err = read_members(d, t, &map, &inner);

	if (err)
		return err;
	if (number) {
		place.map = (s32)number - 1;
		if (!is_equal(&d->l->img->maps.at[place.map], &map))
			return bad(d, "another object declares otherwise", d->name);
	} else {
		err = image_map_add(d->l, &map, &place.map);
		if (!err && inner)
			err = add_inner(d, inner, place.map);
		if (is_global)
			table_set_str(&d->l->maps, d->name, (void *)((uintptr_t)place.map + 1));
	}
	*vec_add(d->l->arena, &d->section->places) = place;
	return err;
}

static int read_variable(struct mapdef *d, const struct btf_var_secinfo *info)
{
	const struct rawbtf *b = d->l->btf;
	const struct btf_type *var = rawbtf_type(b, info->type), *t;
	u32 linkage;

	d->at = info->offset;
	d->name = "";
	if (!var || image_type_kind(var) != BTF_KIND_VAR)
		return image_error(d->l, d->f, d->section, d->at, "type %u is no variable",
				   info->type);
	d->name = rawbtf_str(b, var->name_off);
	linkage = ((const struct btf_var *)(var + 1))->linkage;
	if (linkage == BTF_VAR_GLOBAL_EXTERN)
		return 0;
	t = image_type_skip(b, var->type, NULL);
	if (!t || image_type_kind(t) != BTF_KIND_STRUCT || !*d->name)
		return bad(d, "no struct with a name:", d->name);
	return add_map(d, t, linkage == BTF_VAR_GLOBAL_ALLOCATED);
}

/* The list of a file's variables in .maps; NULL. */
static const struct btf_type *variables_of(struct image_loader *l, const struct image_file *f,
					   const struct image_section *s)
{
	u32 id = l->btf ? image_type_datasec(l->btf, f, s->name) : 0;

	return id ? rawbtf_type(l->btf, id) : NULL;
}

int image_mapdef_read(struct image_loader *l, u32 file, struct image_section *s)
{
	struct mapdef d = { .l = l, .f = &l->files[file], .section = s };
	const struct btf_type *list = variables_of(l, d.f, s);
	int err = 0;

	if (!list)
		return image_error(l, d.f, s, 0, "there are no types that say what its maps are");
	for (u32 i = 0; i < image_type_count(list) && !err; i++)
		err = read_variable(&d, (const struct btf_var_secinfo *)(list + 1) + i);
	return err;
}

static int add_slot(struct image_loader *l, u32 file, struct image_section *s,
		    const struct image_reloc *r, struct image_map *map, u64 key)
{
	struct image_file *f = &l->files[file];
	struct image_target t;
	struct image_slot slot = { .key = (u32)key, .index = IMAGE_NONE };
	int err = image_link_resolve(l, file, r->symbol, &t);
	u64 offset;

	if (err)
		return err;
	if (t.kind == IMAGE_TARGET_ABSENT)
		return 0;
	memcpy(&offset, s->data + r->offset, sizeof(offset));
	if (t.kind == IMAGE_TARGET_SECTION && t.section->role == IMAGE_ROLE_CODE &&
	    map->type == BPF_MAP_TYPE_PROG_ARRAY) {
		s32 func =
			image_elf_func(l, t.section, (t.offset + offset) / sizeof(struct bpf_insn));

		slot.index = func == IMAGE_NONE ? IMAGE_NONE : l->funcs.at[func].prog;
	} else if (t.kind == IMAGE_TARGET_SECTION && is_outer(map->type)) {
		slot.index = image_link_map(t.section, t.offset + offset);
	}
	if (slot.index == IMAGE_NONE)
		return image_error(l, f, s, r->offset, "'%s' cannot be in map '%s'",
				   f->symbols[r->symbol].name, map->name);
	*vec_add(l->arena, &map->slots) = slot;
	return 0;
}

/* The variable that an offset lies in: the last that begins at or before it. */
static const struct image_place *find_place(const struct image_section *s, u64 offset)
{
	const struct image_place *best = NULL;

	for (size_t i = 0; i < s->places.n; i++) {
		const struct image_place *p = &s->places.at[i];

		if (p->offset <= offset && (!best || p->offset > best->offset))
			best = p;
	}
	return best;
}

/* Where in its struct a map has its values; 0 if it has none. */
static u64 values_offset(struct image_loader *l, const struct btf_type *list, u64 at)
{
	const struct btf_type *t;
	const struct btf_var_secinfo *v = (const struct btf_var_secinfo *)(list + 1);

	for (u32 i = 0; i < image_type_count(list); i++) {
		const struct btf_type *var = rawbtf_type(l->btf, v[i].type);

		if (v[i].offset != at || !var)
			continue;
		t = image_type_skip(l->btf, var->type, NULL);
		if (t && image_type_kind(t) == BTF_KIND_STRUCT && image_type_count(t)) {
			u32 last = image_type_count(t) - 1;

			if (!strcmp(rawbtf_str(l->btf, image_type_members(t)[last].name_off),
				    "values"))
				return image_type_bit_offset(t, last) / 8;
		}
	}
	return 0;
}

int image_mapdef_slots(struct image_loader *l, u32 file, struct image_section *s)
{
	struct image_file *f = &l->files[file];
	const struct btf_type *list = variables_of(l, f, s);

	for (u32 i = 0; i < s->reloc_count; i++) {
		const struct image_reloc *r = &s->relocs[i];
		const struct image_place *p = find_place(s, r->offset);
		u64 first;
		int err;

		if (!p || !s->data || s->sh.sh_size - r->offset < POINTER_BYTES)
			return image_error(l, f, s, r->offset, "no map has a value here");
		first = p->offset + values_offset(l, list, p->offset);
		if (first == p->offset || r->offset < first || (r->offset - first) % POINTER_BYTES)
			return image_error(l, f, s, r->offset, "map '%s' has no value here",
					   l->img->maps.at[p->map].name);
		err = add_slot(l, file, s, r, &l->img->maps.at[p->map],
			       (r->offset - first) / POINTER_BYTES);
		if (err)
			return err;
	}
	return 0;
}
