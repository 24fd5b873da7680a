/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All maps of all files: first those that are declared, then a map for each section of variables: an array of one element that
 * is the whole section.
 */
#include <string.h>

#include "object/image_impl.h"

int image_map_add(struct image_loader *l, const struct image_map *m, s32 *index)
{
	if (l->img->maps.n >= IMAGE_MAX_MAPS)
		return image_error(l, NULL, NULL, 0, "more than %d maps", IMAGE_MAX_MAPS);
	*index = (s32)l->img->maps.n;
	*vec_add(l->arena, &l->img->maps) = *m;
	return 0;
}

static u32 find_datasec(const struct image_loader *l, const struct image_file *f, const char *name)
{
	for (u32 id = f->type_first; id < f->type_end; id++) {
		const struct btf_type *t = rawbtf_type(l->btf, id);

		if (image_type_kind(t) == BTF_KIND_DATASEC &&
		    !strcmp(rawbtf_str(l->btf, t->name_off), name))
			return id;
	}
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
	m.value_type = find_datasec(l, f, s->name);
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

int image_map_all(struct image_loader *l)
{
	int err = each_section(l, IMAGE_ROLE_LEGACY, image_legacy_read);

	if (!err)
		err = each_section(l, IMAGE_ROLE_MAPS, image_mapdef_read);
	return err ? err : each_section(l, IMAGE_ROLE_DATA, read_variables);
}

int image_map_fill_slots(struct image_loader *l)
{
	return each_section(l, IMAGE_ROLE_MAPS, image_mapdef_slots);
}
