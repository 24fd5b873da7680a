/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * References in the code are resolved where it lies, before programs are made of it: maps, variables and kernel symbols get their
 * final form; of functions it is noted which one is meant. Addends stand in the instructions:
 *
 *	call	distance - 1 in instructions, from the symbol: -1 for the function that the symbol is
 *	load	bytes, from the symbol
 */
#include <string.h>

#include "isa/insn.h"
#include "object/image_impl.h"

enum {
	RELOC_LD64 = 1,  /* R_BPF_64_64 */
	RELOC_CALL = 10, /* R_BPF_64_32 */
	INSN_BYTES = sizeof(struct bpf_insn),
};

struct place {
	struct image_loader *l;
	u32 file;
	struct image_section *section;
	u32 insn;
};

static int bad(const struct place *p, const char *text, const char *name)
{
	return image_error(p->l, &p->l->files[p->file], p->section, (u64)p->insn * INSN_BYTES,
			   "%s '%s'", text, name);
}

static const char *symbol_name(const struct place *p, u32 symbol)
{
	return p->l->files[p->file].symbols[symbol].name;
}

/* A function that code refers to; where it is one of another file's that overrides it, that one was resolved already. */
static int refer_func(const struct place *p, const struct image_section *s, u64 insn,
		      const char *name)
{
	s32 func = image_elf_func(p->l, s, insn);

	if (func == IMAGE_NONE)
		return image_error(p->l, &p->l->files[p->file], p->section,
				   (u64)p->insn * INSN_BYTES,
				   "refers to '%s' at instruction %lld, where no function begins",
				   *name ? name : s->name, (long long)insn);
	p->section->callees[p->insn] = (u32)func + 1;
	return 0;
}

static int refer_call(const struct place *p, u32 symbol)
{
	struct bpf_insn *insn = &p->section->insns[p->insn];
	struct image_target t;
	s64 to;
	int err = image_link_resolve(p->l, p->file, symbol, &t);

	if (err)
		return err;
	if (insn->code != (BPF_JMP | BPF_CALL))
		return bad(p, "no call refers to", symbol_name(p, symbol));
	if (t.kind == IMAGE_TARGET_EXTERN) {
		*insn = insn_make(insn->code, 0, BPF_PSEUDO_KFUNC_CALL, 0, t.index);
		return p->l->img->externs.at[t.index].is_func
			       ? 0
			       : bad(p, "calls what is no function:", symbol_name(p, symbol));
	}
	if (t.kind == IMAGE_TARGET_ABSENT) {
		*insn = insn_call(IMAGE_GAP_FUNC);
		image_gap_add(p->l, p->section, p->insn,
			      arena_printf(p->l->arena, "the kernel has no '%s'",
					   symbol_name(p, symbol)));
		return 0;
	}
	if (t.kind != IMAGE_TARGET_SECTION || t.section->role != IMAGE_ROLE_CODE)
		return bad(p, "calls what is no function:", symbol_name(p, symbol));
	/* Distances count from the next instruction: that to a function's own symbol is -1. */
	to = (s64)(t.offset / INSN_BYTES) + insn->imm + 1;
	insn->src_reg = BPF_PSEUDO_CALL;
	return refer_func(p, t.section, (u64)to, symbol_name(p, symbol));
}

static int refer_data(const struct place *p, u32 symbol, struct bpf_insn *insn, s32 map, u64 offset)
{
	const struct image_map *m = &p->l->img->maps.at[map];

	/* One past the end is a place that code may name. */
	if (offset > m->value_size)
		return bad(p, "refers behind the section of", symbol_name(p, symbol));
	insn[0].src_reg = BPF_PSEUDO_MAP_IDX_VALUE;
	insn[0].imm = map;
	insn[1].imm = (s32)offset;
	return 0;
}

/*
 * Infrared decoders, by v4l-utils' loader: what stands for a variable's address is its value, so that one decoder does for many
 * protocols. libbpf does not know sections of such names.
 */
static bool is_parameter(const struct place *p, const struct image_target *t)
{
	const struct image_file *f = &p->l->files[p->file];
	bool decodes = false;

	for (u32 i = 1; i < f->section_count; i++)
		decodes |= !strncmp(f->sections[i].name, "lirc_mode2/", 11);
	return decodes && t->size == sizeof(s32) && t->section->sh.sh_size - t->offset >= t->size;
}

static int refer_parameter(struct bpf_insn *insn, const struct image_target *t)
{
	insn[0].imm = 0; /* as in .bss */
	if (t->section->data)
		memcpy(&insn[0].imm, t->section->data + t->offset, sizeof(insn[0].imm));
	insn[1].imm = 0;
	return 0;
}

/*
 * What is added to a symbol's place. The GNU assembler once put the place itself into the instruction as well; such a number is
 * told by leading out of the symbol as it is, but not without its place.
 */
static s64 addend(const struct image_target *t, s32 imm)
{
	s64 place = (s64)t->offset, size = (s64)t->size;

	if (!t->is_section && (imm < 0 || imm > size) && imm >= place && imm - place <= size)
		return imm - place;
	return imm;
}

static int refer_section(const struct place *p, u32 symbol, struct bpf_insn *insn,
			 const struct image_target *t)
{
	u64 offset = t->offset + (u64)addend(t, insn[0].imm);
	s32 map;

	switch (t->section->role) {
	case IMAGE_ROLE_DATA:
		if (is_parameter(p, t))
			return refer_parameter(insn, t);
		return refer_data(p, symbol, insn, t->section->map, offset);
	case IMAGE_ROLE_MAPS:
	case IMAGE_ROLE_LEGACY:
		/* The symbol of a map is the map. */
		map = image_link_map(t->section, t->is_section ? offset : t->offset);
		if (map == IMAGE_NONE)
			return bad(p, "refers to no map by", symbol_name(p, symbol));
		insn[0].src_reg = BPF_PSEUDO_MAP_IDX;
		insn[0].imm = map;
		insn[1].imm = 0;
		return 0;
	case IMAGE_ROLE_CODE:
		insn[0].src_reg = BPF_PSEUDO_FUNC;
		insn[1].imm = 0;
		if (offset % INSN_BYTES)
			return bad(p, "refers into an instruction of", symbol_name(p, symbol));
		return refer_func(p, t->section, offset / INSN_BYTES, symbol_name(p, symbol));
	case IMAGE_ROLE_NONE:
		break;
	}
	return bad(p, "refers to neither data nor code by", symbol_name(p, symbol));
}

static int refer_ld64(const struct place *p, u32 symbol)
{
	struct bpf_insn *insn = &p->section->insns[p->insn];
	struct image_target t;
	int err = image_link_resolve(p->l, p->file, symbol, &t);

	if (err)
		return err;
	if (!insn_is_ld_imm64(insn) || p->insn + 1 >= p->section->insn_count)
		return bad(p, "no 64-bit load refers to", symbol_name(p, symbol));
	switch (t.kind) {
	case IMAGE_TARGET_SECTION:
		return refer_section(p, symbol, insn, &t);
	case IMAGE_TARGET_MAP:
		return refer_data(p, symbol, insn, t.index, t.offset + (u64)(s64)insn[0].imm);
	case IMAGE_TARGET_EXTERN:
		insn[0].src_reg = BPF_PSEUDO_BTF_ID;
		insn[0].imm = t.index;
		insn[1].imm = 0;
		return 0;
	case IMAGE_TARGET_ABSENT:
		insn[0].src_reg = 0;
		insn[0].imm = insn[1].imm = 0;
		return 0;
	}
	return -EINVAL;
}

static int refer_reloc(struct place *p, const struct image_reloc *r)
{
	if (r->offset % INSN_BYTES)
		return image_error(p->l, &p->l->files[p->file], p->section, r->offset,
				   "a relocation within an instruction");
	p->insn = (u32)(r->offset / INSN_BYTES);
	p->section->callees[p->insn] = IMAGE_NO_CALLEE;
	if (r->type == RELOC_LD64)
		return refer_ld64(p, r->symbol);
	if (r->type == RELOC_CALL)
		return refer_call(p, r->symbol);
	return image_error(p->l, &p->l->files[p->file], p->section, r->offset,
			   "a relocation of unknown type %u", r->type);
}

/*
 * A call whose distance the assembler knows. Assembled code may have functions that no symbol tells of, behind one that it does:
 * they are a part of that one, and placed with it, so that a call from within it keeps its distance.
 */
static int refer_near_call(const struct place *p, s32 distance)
{
	const struct image_section *s = p->section;
	s32 func = image_elf_func_around(p->l, s, p->insn);
	s64 to = (s64)p->insn + distance + 1;

	if (func != IMAGE_NONE && to > p->l->funcs.at[func].start &&
	    to - p->l->funcs.at[func].start < p->l->funcs.at[func].count) {
		p->l->has_nameless = true;
		return 0;
	}
	return refer_func(p, s, (u64)to, "");
}

/*
 * What no relocation has told: calls within a section. All else that refers to something would do so by numbers that mean nothing
 * here.
 */
static int refer_near(struct place *p)
{
	struct image_section *s = p->section;

	for (p->insn = 0; p->insn < s->insn_count; p->insn++) {
		const struct bpf_insn *insn = &s->insns[p->insn];
		bool is_call = insn->code == (BPF_JMP | BPF_CALL);
		int err = 0;

		if (s->callees[p->insn] || !insn->src_reg)
			continue;
		if (is_call && insn->src_reg == BPF_PSEUDO_CALL)
			err = refer_near_call(p, insn->imm);
		else if (is_call || insn_is_ld_imm64(insn))
			err = bad(p, "a reference that no relocation explains, in", s->name);
		if (err)
			return err;
	}
	return 0;
}

int image_refer_all(struct image_loader *l)
{
	for (u32 i = 0; i < l->file_count; i++) {
		for (u32 j = 1; j < l->files[i].section_count; j++) {
			struct place p = { .l = l, .file = i, .section = &l->files[i].sections[j] };
			int err = 0;

			if (p.section->role != IMAGE_ROLE_CODE)
				continue;
			for (u32 k = 0; k < p.section->reloc_count && !err; k++)
				err = refer_reloc(&p, &p.section->relocs[k]);
			if (!err)
				err = refer_near(&p);
			if (err)
				return err;
		}
	}
	return 0;
}
