/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names that no file defines. Types tell what they are: variables in .kconfig are filled in and make up one map; variables and
 * functions in .ksyms are the kernel's, listed for whoever runs the programs. Weak ones that the kernel's types lack are absent.
 */
#include <string.h>

#include "object/image_impl.h"

enum { KCONFIG_MAX_BYTES = 1 << 16 };

typedef vec_of(struct image_extern_place *) extern_vec;

struct externs {
	struct image_loader *l;
	extern_vec kconfig, kernel;
	struct table undefined; /* of the file that is looked at: name → struct image_symbol */
};

static void add_extern(struct externs *e, u32 id, bool is_kconfig)
{
	const struct rawbtf *b = e->l->btf;
	const struct btf_type *t = rawbtf_type(b, id);
	struct image_extern_place *p;
	const struct image_symbol *sym;
	const char *name;
	bool weak;

	if (!t || (image_type_kind(t) != BTF_KIND_VAR && image_type_kind(t) != BTF_KIND_FUNC))
		return;
	name = rawbtf_str(b, t->name_off);
	sym = table_get_str(&e->undefined, name);
	weak = sym && sym->bind == STB_WEAK;
	p = table_get_str(&e->l->externs, name);
	if (p) {
		p->is_weak = p->is_weak && weak;
		return;
	}
	p = arena_new(e->l->arena, struct image_extern_place);
	*p = (struct image_extern_place){
		.name = name, .type = id, .is_weak = weak, .is_kconfig = is_kconfig
	};
	table_set_str(&e->l->externs, name, p);
	*vec_add(e->l->arena, is_kconfig ? &e->kconfig : &e->kernel) = p;
}

static void find_externs(struct externs *e, const struct image_file *f)
{
	const struct rawbtf *b = e->l->btf;

	table_init(&e->undefined, e->l->arena);
	for (u32 i = 1; i < f->symbol_count; i++) {
		if (!f->symbols[i].section)
			table_set_str(&e->undefined, f->symbols[i].name, &f->symbols[i]);
	}
	for (u32 id = f->type_first; id < f->type_end; id++) {
		const struct btf_type *t = rawbtf_type(b, id);
		const struct btf_var_secinfo *v = (const struct btf_var_secinfo *)(t + 1);
		const char *name;
		bool is_kconfig;

		if (image_type_kind(t) != BTF_KIND_DATASEC)
			continue;
		name = rawbtf_str(b, t->name_off);
		is_kconfig = !strcmp(name, ".kconfig");
		if (!is_kconfig && strcmp(name, ".ksyms"))
			continue;
		for (u32 i = 0; i < image_type_count(t); i++)
			add_extern(e, v[i].type, is_kconfig);
	}
}

/* Each at a place aligned to its size, or to 8. */
static int make_kconfig(struct externs *e)
{
	struct image_loader *l = e->l;
	struct image_map m = {
		.name = ".kconfig",
		.origin = IMAGE_MAP_KCONFIG,
		.type = BPF_MAP_TYPE_ARRAY,
		.key_size = sizeof(u32),
		.max_entries = 1,
		.flags = BPF_F_RDONLY_PROG | BPF_F_MMAPABLE,
		.inner = IMAGE_NONE,
	};
	u32 end = 0;
	s32 map;
	u8 *data;
	int err;

	if (!e->kconfig.n)
		return 0;
	for (size_t i = 0; i < e->kconfig.n; i++) {
		struct image_extern_place *p = e->kconfig.at[i];
		s64 size = image_type_size(l->btf, p->type);
		u32 align = size >= 8 ? 8 : size >= 4 ? 4 : size >= 2 ? 2 : 1;

		if (size <= 0 || size > KCONFIG_MAX_BYTES || end > KCONFIG_MAX_BYTES)
			return image_error(l, NULL, NULL, 0,
					   "'%s' of the kernel's configuration has no proper size",
					   p->name);
		p->offset = (end + align - 1) / align * align;
		end = p->offset + (u32)size;
		*vec_add(l->arena, &m.variables) = (struct image_variable){
			.name = p->name, .offset = p->offset, .size = (u32)size, .type = p->type
		};
	}
	data = arena_alloc(l->arena, end);
	err = image_kconfig_fill(l, e->kconfig.at, (u32)e->kconfig.n, data);
	m.value_size = end;
	m.data = data;
	if (!err)
		err = image_map_add(l, &m, &map);
	for (size_t i = 0; i < e->kconfig.n && !err; i++)
		e->kconfig.at[i]->index = map;
	return err;
}

/* Which of the names the kernel's types have; all of them are looked for in one pass. */
static void look_up(struct externs *e)
{
	const struct rawbtf *kernel = e->l->opts->kernel;
	struct rawbtf_iter it = { 0 };
	const struct btf_type *t;

	if (!kernel || !e->kernel.n)
		return;
	for (size_t i = 0; i < e->kernel.n; i++) {
		const struct btf_type *own = rawbtf_type(e->l->btf, e->kernel.at[i]->type);

		/* Of variables without a type, addresses are asked for, which types do not tell. */
		e->kernel.at[i]->is_absent = image_type_kind(own) == BTF_KIND_FUNC ||
					     image_type_skip(e->l->btf, own->type, NULL);
	}
	while ((t = rawbtf_next(kernel, &it)) != NULL) {
		struct image_extern_place *p;

		if (image_type_kind(t) != BTF_KIND_VAR && image_type_kind(t) != BTF_KIND_FUNC)
			continue;
		p = table_get_str(&e->l->externs, rawbtf_str(kernel, t->name_off));
		if (p && !p->is_kconfig &&
		    image_type_kind(rawbtf_type(e->l->btf, p->type)) == image_type_kind(t))
			p->is_absent = false;
	}
}

static void list_kernel(struct externs *e)
{
	struct image_loader *l = e->l;

	look_up(e);
	for (size_t i = 0; i < e->kernel.n; i++) {
		struct image_extern_place *p = e->kernel.at[i];
		const struct btf_type *t = rawbtf_type(l->btf, p->type);

		if (p->is_absent && p->is_weak)
			continue;
		if (p->is_absent)
			image_warning(l, NULL, NULL, 0, "the kernel has no '%s'", p->name);
		p->is_absent = false;
		p->index = (s32)l->img->externs.n;
		*vec_add(l->arena, &l->img->externs) = (struct image_extern){
			.name = p->name,
			.is_func = image_type_kind(t) == BTF_KIND_FUNC,
			.is_weak = p->is_weak,
			.type = p->type,
		};
	}
}

int image_extern_all(struct image_loader *l)
{
	struct externs e = { .l = l };
	int err;

	table_init(&l->externs, l->arena);
	if (!l->btf)
		return 0;
	for (u32 i = 0; i < l->file_count; i++)
		find_externs(&e, &l->files[i]);
	err = make_kconfig(&e);
	if (!err)
		list_kernel(&e);
	return err;
}
