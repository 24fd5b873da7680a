/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One pass over the functions; a table finds the section of a name. */
#include "object/layout.h"

#include <string.h>

#include "base/table.h"

bool layout_is_static(const struct object_func *f)
{
	return !strcmp(f->section, LAYOUT_TEXT);
}

static void layout_place(struct layout *l, const struct object *o, struct arena *arena,
			 struct table *by_name, u32 func)
{
	const struct object_func *f = &o->funcs.at[func];
	uintptr_t number = (uintptr_t)table_get_str(by_name, f->section);
	struct layout_section *s;

	if (!number) {
		*vec_add(arena, &l->sections) = (struct layout_section){ .name = f->section };
		number = l->sections.n;
		table_set_str(by_name, f->section, (void *)number);
	}
	s = &l->sections.at[number - 1];
	l->offsets[func] = s->size;
	s->size += (u32)(f->insns.n * sizeof(struct bpf_insn));
	s->relocs += (u32)f->relocs.n;
	*vec_add(arena, &s->funcs) = func;
}

void layout_make(struct layout *l, const struct object *o, struct arena *arena)
{
	struct table by_name;

	*l = (struct layout){ .offsets = arena_array(arena, u32, o->funcs.n + 1) };
	table_init(&by_name, arena);
	for (u32 i = 0; i < o->funcs.n; i++) {
		if (layout_is_static(&o->funcs.at[i]))
			layout_place(l, o, arena, &by_name, i);
	}
	for (u32 i = 0; i < o->funcs.n; i++) {
		if (!layout_is_static(&o->funcs.at[i]))
			layout_place(l, o, arena, &by_name, i);
	}
}
