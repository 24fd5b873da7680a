/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All maps of all files: first those that are declared, then a map for each section of variables: an array of one element that
 * is the whole section. Variables that compilers have left without a section share one more.
 */
#include <stdlib.h>
#include <string.h>

#include "object/image_impl.h"

enum { COMMON_MAX_ALIGN = 4096 };

int image_map_add(struct image_loader *l, const struct image_map *m, s32 *index)
{
	if (l->img->maps.n >= IMAGE_MAX_MAPS)
		return image_error(l, NULL, NULL, 0, "more than %d maps", IMAGE_MAX_MAPS);
	*index = (s32)l->img->maps.n;
	*vec_add(l->arena, &l->img->maps) = *m;
	return 0;
}

static bool is_named(const char *name, const char *section)
{
	size_t n = strlen(section);

	return !strncmp(name, section, n) && (!name[n] || name[n] == '.');
}

/* Addresses of variables are not known before the machine has the maps, and no kernel puts them into data either. */
static void warn_pointers(struct image_loader *l, struct image_file *f, struct image_section *s)
{
	if (s->reloc_count)
		image_warning(l, f, s, s->relocs[0].offset,
			      "the address of '%s' is left open here: data cannot point to data",
			      f->symbols[s->relocs[0].symbol].name);
}

static int by_offset(const void *a, const void *b)
{
	const struct image_variable *x = a, *y = b;

	return (x->offset > y->offset) - (x->offset < y->offset);
}

/* Compilers list them in any order. */
static void name_variables(const struct image_loader *l, struct image_map *m)
{
	const struct btf_type *t = rawbtf_type(l->btf, m->value_type);
	const struct btf_var_secinfo *v = (const void *)(t + 1);

	for (u32 i = 0; t && i < image_type_count(t); i++) {
		const struct btf_type *var = rawbtf_type(l->btf, v[i].type);

		if (!var || image_type_kind(var) != BTF_KIND_VAR)
			continue;
		*vec_add(l->arena, &m->variables) = (struct image_variable){
			.name = rawbtf_str(l->btf, var->name_off),
			.offset = v[i].offset,
			.size = v[i].size,
			.type = v[i].type,
		};
	}
	if (m->variables.n)
		qsort(m->variables.at, m->variables.n, sizeof(*m->variables.at), by_offset);
}

static int add_variables(struct image_loader *l, struct image_file *f, struct image_section *s)
{
	struct image_map m = {
		.name = s->name,
		.type = BPF_MAP_TYPE_ARRAY,
		.key_size = sizeof(u32),
		.value_size = (u32)s->sh.sh_size,
		.max_entries = 1,
		.flags = BPF_F_MMAPABLE,
		.inner = IMAGE_NONE,
		.data = s->data,
		.origin = IMAGE_MAP_DATA,
	};

	if (s->sh.sh_size > IMAGE_MAX_VALUE)
		return image_error(l, f, s, 0, "variables of %llu bytes are too many",
				   (unsigned long long)s->sh.sh_size);
	if (is_named(s->name, ".rodata")) {
		m.origin = IMAGE_MAP_RODATA;
		m.flags |= BPF_F_RDONLY_PROG;
	} else if (is_named(s->name, ".bss")) {
		m.origin = IMAGE_MAP_BSS;
	}
	m.value_type = image_type_datasec(l->btf, f, s->name);
	if (m.value_type)
		name_variables(l, &m);
	warn_pointers(l, f, s);
	return image_map_add(l, &m, &s->map);
}

static int each_section(struct image_loader *l, enum image_role role,
			int (*read)(struct image_loader *, u32 file, struct image_section *))
{
	int err = 0;

	for (u32 i = 0; i < l->file_count; i++) {
		struct image_file *f = &l->files[i];

		for (u32 j = 1; j < f->section_count && !err; j++) {
			if (f->sections[j].role == role)
				err = read(l, i, &f->sections[j]);
		}
	}
	return err;
}

static int read_variables(struct image_loader *l, u32 file, struct image_section *s)
{
	return add_variables(l, &l->files[file], s);
}

/* The largest of a name is the one that all its files mean; one that some file defines is not needed. */
static int want_common(struct image_loader *l, const struct image_file *f,
		       const struct image_symbol *sym)
{
	struct image_common *c = table_get_str(&l->commons, sym->name);

	if (sym->size > IMAGE_MAX_VALUE || sym->value > COMMON_MAX_ALIGN)
		return image_error(l, f, NULL, 0, "variable '%s' of %llu bytes is too large",
				   sym->name, (unsigned long long)sym->size);
	if (!c) {
		c = arena_new(l->arena, struct image_common);
		c->align = 1;
		table_set_str(&l->commons, sym->name, c);
	}
	c->size = sym->size > c->size ? sym->size : c->size;
	c->align = sym->value > c->align ? sym->value : c->align;
	return 0;
}

static int place_common(struct image_loader *l, const char *name, u64 *end)
{
	struct image_common *c = table_get_str(&l->commons, name);

	if (c->is_placed)
		return 0;
	c->is_placed = true;
	c->offset = (*end + c->align - 1) / c->align * c->align;
	*end = c->offset + c->size;
	if (*end > IMAGE_MAX_VALUE)
		return image_error(l, NULL, NULL, 0, "variable '%s' is one too many", name);
	return 0;
}

static int each_common(struct image_loader *l, u64 *end)
{
	int err = 0;

	for (u32 i = 0; i < l->file_count; i++) {
		const struct image_file *f = &l->files[i];

		for (u32 j = 0; j < f->symbol_count && !err; j++) {
			const struct image_symbol *sym = &f->symbols[j];

			if (sym->is_common && !table_get_str(&l->globals, sym->name))
				err = end ? place_common(l, sym->name, end)
					  : want_common(l, f, sym);
		}
	}
	return err;
}

static int add_commons(struct image_loader *l)
{
	struct image_map m = {
		.name = ".common",
		.origin = IMAGE_MAP_BSS,
		.type = BPF_MAP_TYPE_ARRAY,
		.key_size = sizeof(u32),
		.max_entries = 1,
		.flags = BPF_F_MMAPABLE,
		.inner = IMAGE_NONE,
	};
	u64 end = 0;
	int err;

	table_init(&l->commons, l->arena);
	err = each_common(l, NULL);
	if (!err)
		err = each_common(l, &end);
	if (err || !l->commons.n)
		return err;
	m.value_size = end ? (u32)end : 1;
	return image_map_add(l, &m, &l->common_map);
}

int image_map_all(struct image_loader *l)
{
	int err = each_section(l, IMAGE_ROLE_LEGACY, image_legacy_read);

	table_init(&l->maps, l->arena);
	if (!err)
		err = each_section(l, IMAGE_ROLE_MAPS, image_mapdef_read);
	if (!err)
		err = each_section(l, IMAGE_ROLE_DATA, read_variables);
	return err ? err : add_commons(l);
}

int image_map_fill_slots(struct image_loader *l)
{
	return each_section(l, IMAGE_ROLE_MAPS, image_mapdef_slots);
}
