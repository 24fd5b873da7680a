/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What symbols stand for. A global name means the same in all files: the strong definition, or the first weak one; a file that
 * has none of its own refers to that of another, or to the kernel's (image_extern.c).
 */
#include <string.h>

#include "object/image_impl.h"

/* Only names of what programs refer to: each file has a licence of its own under the same name. */
static bool is_shared(const struct image_file *f, const struct image_symbol *sym)
{
	return sym->section && sym->section < f->section_count && sym->bind != STB_LOCAL &&
	       *sym->name && f->sections[sym->section].role != IMAGE_ROLE_NONE;
}

static int add_global(struct image_loader *l, u32 file, u32 symbol)
{
	const struct image_file *f = &l->files[file];
	const struct image_symbol *sym = &f->symbols[symbol], *old;
	struct image_global *g = table_get_str(&l->globals, sym->name);

	if (!g) {
		g = arena_new(l->arena, struct image_global);
		*g = (struct image_global){ file, symbol };
		table_set_str(&l->globals, sym->name, g);
		return 0;
	}
	old = &l->files[g->file].symbols[g->symbol];
	if (sym->bind == STB_WEAK)
		return 0;
	/* Maps that are equal become one, see image_mapdef.c. */
	if (old->bind != STB_WEAK &&
	    (g->file == file || f->sections[sym->section].role != IMAGE_ROLE_MAPS ||
	     l->files[g->file].sections[old->section].role != IMAGE_ROLE_MAPS)) {
		image_error(l, f, &f->sections[sym->section], sym->value, "'%s' is defined twice",
			    sym->name);
		diag_hint(l->d, "the other definition is in %s",
			  l->files[g->file].name ? l->files[g->file].name : "the same object");
		return -EINVAL;
	}
	if (old->bind == STB_WEAK)
		*g = (struct image_global){ file, symbol };
	return 0;
}

int image_link_globals(struct image_loader *l)
{
	table_init(&l->globals, l->arena);
	for (u32 i = 0; i < l->file_count; i++) {
		for (u32 j = 0; j < l->files[i].symbol_count; j++) {
			int err = is_shared(&l->files[i], &l->files[i].symbols[j])
					  ? add_global(l, i, j)
					  : 0;

			if (err)
				return err;
		}
	}
	return 0;
}

bool image_link_wins(const struct image_loader *l, u32 file, u32 symbol)
{
	const struct image_symbol *sym = &l->files[file].symbols[symbol];
	const struct image_global *g;

	if (!is_shared(&l->files[file], sym))
		return true;
	g = table_get_str(&l->globals, sym->name);
	return g && g->file == file && g->symbol == symbol;
}

static int resolve_extern(struct image_loader *l, u32 file, const struct image_symbol *sym,
			  struct image_target *t)
{
	const struct image_extern_place *e = table_get_str(&l->externs, sym->name);
	const struct image_common *c = table_get_str(&l->commons, sym->name);

	if (c) {
		*t = (struct image_target){ .kind = IMAGE_TARGET_MAP,
					    .offset = c->offset,
					    .index = l->common_map };
		return 0;
	}
	if (e && e->is_kconfig) {
		*t = (struct image_target){ .kind = IMAGE_TARGET_MAP,
					    .offset = e->offset,
					    .index = e->index };
		return 0;
	}
	if (e && !e->is_absent) {
		*t = (struct image_target){ .kind = IMAGE_TARGET_EXTERN, .index = e->index };
		return 0;
	}
	if (e || sym->bind == STB_WEAK) {
		*t = (struct image_target){ .kind = IMAGE_TARGET_ABSENT, .index = IMAGE_NONE };
		return 0;
	}
	return image_error(l, &l->files[file], NULL, 0, "'%s' is defined nowhere", sym->name);
}

int image_link_resolve(struct image_loader *l, u32 file, u32 symbol, struct image_target *t)
{
	const struct image_file *f = &l->files[file];
	const struct image_symbol *sym = &f->symbols[symbol];
	struct image_section *s;

	if (sym->bind != STB_LOCAL && *sym->name) {
		const struct image_global *g = table_get_str(&l->globals, sym->name);

		if (g) {
			file = g->file;
			f = &l->files[file];
			sym = &f->symbols[g->symbol];
		}
	}
	if (!sym->section || sym->is_common)
		return resolve_extern(l, file, sym, t);
	if (sym->section >= f->section_count)
		return image_error(l, f, NULL, 0, "symbol '%s' is in no section", sym->name);
	s = &f->sections[sym->section];
	*t = (struct image_target){ .kind = IMAGE_TARGET_SECTION,
				    .file = file,
				    .section = s,
				    .offset = sym->value,
				    .size = sym->size,
				    .is_section = sym->type == STT_SECTION };
	return 0;
}

s32 image_link_map(const struct image_section *s, u64 offset)
{
	for (size_t i = 0; i < s->places.n; i++) {
		if (s->places.at[i].offset == offset)
			return s->places.at[i].map;
	}
	return IMAGE_NONE;
}
