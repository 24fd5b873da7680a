/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which member of which struct of operations a program is: the section has the struct, and a relocation where the member lies.
 *
 *	.struct_ops.link	struct tcp_congestion_ops mine = { .ssthresh = f }	a relocation at 80, to f
 */
#include <string.h>

#include "object/image_impl.h"

#define SECTION ".struct_ops"
enum { INSN_BYTES = sizeof(struct bpf_insn) };

static bool is_ops(const struct image_section *s)
{
	const char *name = s->name[0] == '?' ? s->name + 1 : s->name;

	return s->data && !strncmp(name, SECTION, strlen(SECTION));
}

/* The program whose address stands there; NULL if it is something else. */
static struct image_prog *find_prog(struct image_loader *l, u32 file, const struct image_section *s,
				    const struct image_reloc *r)
{
	const struct image_file *f = &l->files[file];
	const struct image_symbol *sym = &f->symbols[r->symbol];
	u64 addend = 0;

	if (!sym->section || sym->section >= f->section_count ||
	    s->sh.sh_size - r->offset < sizeof(addend))
		return NULL;
	const struct image_section *code = &f->sections[sym->section];
	memcpy(&addend, s->data + r->offset, sizeof(addend));
	if (code->role != IMAGE_ROLE_CODE)
		return NULL;
	s32 func = image_elf_func(l, code, (sym->value + addend) / INSN_BYTES);
	s32 prog = func == IMAGE_NONE ? IMAGE_NONE : l->funcs.at[func].prog;
	return prog == IMAGE_NONE ? NULL : &l->img->progs.at[prog];
}

static void name_member(struct image_loader *l, struct image_prog *p, u32 id, u64 offset)
{
	const struct btf_type *t = image_type_skip(l->btf, id, NULL);

	if (!t || image_type_kind(t) != BTF_KIND_STRUCT || p->ops)
		return;
	const struct btf_member *m = image_type_members(t);
	for (u32 i = 0; i < image_type_count(t); i++) {
		if (image_type_bit_offset(t, i) != offset * 8)
			continue;
		p->ops = rawbtf_str(l->btf, t->name_off);
		p->member = rawbtf_str(l->btf, m[i].name_off);
	}
}

static void find_in(struct image_loader *l, u32 file, const struct image_section *s)
{
	u32 id = image_type_datasec(l->btf, &l->files[file], s->name);
	const struct btf_type *t = id ? rawbtf_type(l->btf, id) : NULL;
	const struct btf_var_secinfo *v = (const void *)(t + 1);

	for (u32 i = 0; t && i < s->reloc_count; i++) {
		const struct image_reloc *r = &s->relocs[i];
		struct image_prog *p = find_prog(l, file, s, r);
		for (u32 k = 0; p && k < image_type_count(t); k++) {
			const struct btf_type *var = rawbtf_type(l->btf, v[k].type);
			if (var && r->offset >= v[k].offset && r->offset - v[k].offset < v[k].size)
				name_member(l, p, var->type, r->offset - v[k].offset);
		}
	}
}

void image_ops_find(struct image_loader *l)
{
	for (u32 i = 0; l->btf && i < l->file_count; i++) {
		for (u32 k = 1; k < l->files[i].section_count; k++) {
			if (is_ops(&l->files[i].sections[k]))
				find_in(l, i, &l->files[i].sections[k]);
		}
	}
}
