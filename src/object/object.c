/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts the sections together. What refers to what:
 *
 *	code    --R_BPF_64_64-->  map's symbol, .bss variable's symbol, section symbol of .text
 *	        --R_BPF_64_32-->  section symbol of .text (the immediate says where in it)
 *	.maps   one slot a map, at which BTF places its variable
 *	.symtab section symbol of .text, static functions, then programs, maps and the variable
 *
 * This is how clang lays out static functions; libbpf takes no others for callbacks.
 */
#include "object/object.h"

#include <string.h>

#include "object/btfgen.h"
#include "object/core.h"
#include "object/elfgen.h"
#include "object/ext.h"
#include "object/layout.h"
#include "object/script.h"

#define BSS_VARIABLE "skep_bss"

/* The size of a map's definition in .maps: as many pointers as its BTF struct can have members. */
enum { MAP_MEMBERS = 5, MAP_SLOT = MAP_MEMBERS * 8 };

/* Documentation/bpf/llvm_reloc.rst; not every libc's elf.h has them. */
enum { RELOC_64_64 = 1, RELOC_64_32 = 10 };

enum { SYMBOL_TEXT = 1 }; /* the section symbol of .text, when there is a .text */

struct writer {
	const struct object *o;
	struct arena arena;
	struct layout layout;
	struct btfgen btf;
	struct elfgen elf;
	struct buf ext;
	u32 *func_ids;      /* BTF ids */
	u32 *code_sections; /* ELF section of each layout section */
	u32 maps_section, bss_section;
	u32 map_symbols, bss_symbol; /* index of the first map's symbol, and of the variable's */
};

void object_init(struct object *o, struct arena *arena)
{
	*o = (struct object){ .arena = arena, .license = "GPL" };
}

void object_done(struct object *o)
{
	buf_done(&o->script);
}

/*
 * Adds a member that holds a number as the length of an array, unless the number is 0, which is
 * the default.
 */
static void write_map_member(struct btfgen *g, struct btf_member *members, u32 *n, const char *name,
			     u32 value)
{
	u32 array;

	if (!value)
		return;
	array = btfgen_array(g, btfgen_int(g, "int", 4, BTF_INT_SIGNED), value);
	members[*n] = (struct btf_member){
		.name_off = btfgen_str(g, name),
		.type = btfgen_ptr(g, array),
		.offset = *n * 64,
	};
	++*n;
}

static void write_btf_maps(struct writer *w)
{
	const struct object *o = w->o;
	struct btfgen *g = &w->btf;
	struct btf_var_secinfo *vars = arena_array(&w->arena, struct btf_var_secinfo, o->maps.n);

	for (u32 i = 0; i < o->maps.n; i++) {
		const struct object_map *m = &o->maps.at[i];
		struct btf_member members[MAP_MEMBERS];
		u32 n = 0, type;

		write_map_member(g, members, &n, "type", m->type);
		write_map_member(g, members, &n, "key_size", m->key_size);
		write_map_member(g, members, &n, "value_size", m->value_size);
		write_map_member(g, members, &n, "max_entries", m->max_entries);
		write_map_member(g, members, &n, "map_flags", m->flags);
		type = btfgen_record(g, BTF_KIND_STRUCT, NULL, MAP_SLOT, members, n);
		vars[i] = (struct btf_var_secinfo){
			.type = btfgen_var(g, m->name, type),
			.offset = i * MAP_SLOT,
			.size = MAP_SLOT,
		};
	}
	if (o->maps.n)
		btfgen_datasec(g, ".maps", (u32)o->maps.n * MAP_SLOT, vars, (u32)o->maps.n);
}

static void write_btf_bss(struct writer *w)
{
	struct btfgen *g = &w->btf;
	struct btf_var_secinfo var = { .size = w->o->bss_size };
	u32 bytes;

	if (!var.size)
		return;
	bytes = btfgen_array(g, btfgen_int(g, "char", 1, BTF_INT_SIGNED), var.size);
	var.type = btfgen_var(g, BSS_VARIABLE, bytes);
	btfgen_datasec(g, SCRIPT_BSS, var.size, &var, 1);
}

static u32 write_btf_proto(struct btfgen *g, const struct object_func *f)
{
	static const char *const names[] = { "a", "b", "c", "d", "e" };
	u32 ret = btfgen_int(g, "int", 4, BTF_INT_SIGNED);
	struct btf_param params[ARRAY_SIZE(names)];

	if (!layout_is_static(f)) {
		params[0].name_off = btfgen_str(g, "ctx");
		params[0].type = btfgen_ptr(g, 0);
		return btfgen_func_proto(g, ret, params, 1);
	}
	for (u32 i = 0; i < f->param_count; i++) {
		params[i].name_off = btfgen_str(g, names[i]);
		params[i].type = btfgen_int(g, "u64", 8, 0);
	}
	return btfgen_func_proto(g, ret, params, f->param_count);
}

static void write_btf_funcs(struct writer *w)
{
	const struct object *o = w->o;

	w->func_ids = arena_array(&w->arena, u32, o->funcs.n);
	for (u32 i = 0; i < o->funcs.n; i++) {
		const struct object_func *f = &o->funcs.at[i];

		w->func_ids[i] =
			btfgen_func(&w->btf, f->name, write_btf_proto(&w->btf, f),
				    layout_is_static(f) ? BTF_FUNC_STATIC : BTF_FUNC_GLOBAL);
	}
}

/*
 * What the linker adds to the place of a relocation: the immediate that the code carries in the
 * file.
 */
static s32 reloc_addend(const struct writer *w, const struct object_reloc *r)
{
	switch (r->kind) {
	case RELOC_BSS:
		return (s32)r->offset;
	case RELOC_FUNC:
		return (s32)w->layout.offsets[r->index];
	case RELOC_CALL:
		return (s32)(w->layout.offsets[r->index] / sizeof(struct bpf_insn)) - 1;
	case RELOC_MAP:
		break;
	}
	return 0;
}

static void write_code(struct writer *w, const struct layout_section *s)
{
	struct buf *out = w->elf.out;

	for (size_t i = 0; i < s->funcs.n; i++) {
		const struct object_func *f = &w->o->funcs.at[s->funcs.at[i]];
		size_t start = out->len;

		buf_put(out, f->insns.at, f->insns.n * sizeof(struct bpf_insn));
		for (size_t k = 0; k < f->relocs.n; k++) {
			const struct object_reloc *r = &f->relocs.at[k];
			s32 addend = reloc_addend(w, r);
			size_t at = start + r->insn * sizeof(struct bpf_insn);

			memcpy(out->data + at + offsetof(struct bpf_insn, imm), &addend,
			       sizeof(addend));
		}
	}
}

static void write_sections(struct writer *w)
{
	const struct object *o = w->o;
	struct elfgen *g = &w->elf;

	w->code_sections = arena_array(&w->arena, u32, w->layout.sections.n);
	for (size_t i = 0; i < w->layout.sections.n; i++) {
		const struct layout_section *s = &w->layout.sections.at[i];

		w->code_sections[i] =
			elfgen_section(g, s->name, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 8);
		write_code(w, s);
		elfgen_section_end(g);
	}
	if (o->maps.n) {
		w->maps_section =
			elfgen_section(g, ".maps", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 8);
		buf_extend(g->out, o->maps.n * MAP_SLOT);
		elfgen_section_end(g);
	}
	if (o->bss_size) {
		w->bss_section =
			elfgen_section(g, SCRIPT_BSS, SHT_NOBITS, SHF_ALLOC | SHF_WRITE, 8);
		g->sections.at[w->bss_section].sh_size = o->bss_size;
	}
	elfgen_section(g, "license", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 1);
	buf_put(g->out, o->license, strlen(o->license) + 1);
	elfgen_section_end(g);
	elfgen_section(g, ".BTF", SHT_PROGBITS, 0, 4);
	btfgen_write(&w->btf, g->out);
	elfgen_section_end(g);
	elfgen_section(g, ".BTF.ext", SHT_PROGBITS, 0, 4);
	buf_put(g->out, w->ext.data, w->ext.len);
	elfgen_section_end(g);
	if (o->script.len) {
		elfgen_section(g, SCRIPT_SECTION, SHT_PROGBITS, 0, 8);
		buf_put(g->out, o->script.data, o->script.len);
		elfgen_section_end(g);
	}
}

static u32 reloc_symbol(const struct writer *w, const struct object_reloc *r)
{
	switch (r->kind) {
	case RELOC_MAP:
		return w->map_symbols + r->index;
	case RELOC_BSS:
		return w->bss_symbol;
	case RELOC_CALL:
	case RELOC_FUNC:
		break;
	}
	return SYMBOL_TEXT;
}

static void write_relocs(struct writer *w, size_t index, u32 symtab)
{
	const struct layout_section *s = &w->layout.sections.at[index];
	struct elfgen *g = &w->elf;
	Elf64_Shdr *sh;

	elfgen_section(g, arena_printf(&w->arena, ".rel%s", s->name), SHT_REL, SHF_INFO_LINK, 8);
	for (size_t i = 0; i < s->funcs.n; i++) {
		u32 func = s->funcs.at[i];
		const struct object_func *f = &w->o->funcs.at[func];

		for (size_t k = 0; k < f->relocs.n; k++) {
			const struct object_reloc *r = &f->relocs.at[k];
			u32 type = r->kind == RELOC_CALL ? RELOC_64_32 : RELOC_64_64;
			Elf64_Rel rel = {
				.r_offset =
					w->layout.offsets[func] + r->insn * sizeof(struct bpf_insn),
				.r_info = ELF64_R_INFO((u64)reloc_symbol(w, r), type),
			};

			buf_put(g->out, &rel, sizeof(rel));
		}
	}
	elfgen_section_end(g);
	sh = &g->sections.at[g->sections.n - 1];
	sh->sh_link = symtab;
	sh->sh_info = w->code_sections[index];
	sh->sh_entsize = sizeof(Elf64_Rel);
}

static u32 write_symbol(struct writer *w, const char *name, u8 bind, u8 type, u32 section,
			u64 value, u64 size)
{
	Elf64_Sym sym = {
		.st_name = name ? elfgen_name(&w->elf, name) : 0,
		.st_info = (u8)ELF64_ST_INFO(bind, type),
		.st_shndx = (u16)section,
		.st_value = value,
		.st_size = size,
	};
	u32 index = (u32)((w->elf.out->len - w->elf.start -
			   w->elf.sections.at[w->elf.sections.n - 1].sh_offset) /
			  sizeof(sym));

	buf_put(w->elf.out, &sym, sizeof(sym));
	return index;
}

static void write_func_symbols(struct writer *w, size_t index, u8 bind)
{
	const struct layout_section *s = &w->layout.sections.at[index];

	for (size_t i = 0; i < s->funcs.n; i++) {
		u32 func = s->funcs.at[i];
		const struct object_func *f = &w->o->funcs.at[func];

		write_symbol(w, f->name, bind, STT_FUNC, w->code_sections[index],
			     w->layout.offsets[func], f->insns.n * sizeof(struct bpf_insn));
	}
}

/*
 * Local symbols must precede the others; sh_info says how many they are. Returns the section's
 * index.
 */
static u32 write_symtab(struct writer *w)
{
	const struct layout *l = &w->layout;
	const struct object *o = w->o;
	u32 symtab = elfgen_section(&w->elf, ".symtab", SHT_SYMTAB, 0, 8);
	u32 first_global = 1;
	size_t next = 0;

	write_symbol(w, NULL, STB_LOCAL, STT_NOTYPE, SHN_UNDEF, 0, 0);
	if (l->sections.n && !strcmp(l->sections.at[0].name, LAYOUT_TEXT)) {
		write_symbol(w, NULL, STB_LOCAL, STT_SECTION, w->code_sections[0], 0, 0);
		write_func_symbols(w, next++, STB_LOCAL);
		first_global = SYMBOL_TEXT + 1 + (u32)l->sections.at[0].funcs.n;
	}
	for (; next < l->sections.n; next++)
		write_func_symbols(w, next, STB_GLOBAL);
	for (u32 i = 0; i < o->maps.n; i++) {
		u32 at = write_symbol(w, o->maps.at[i].name, STB_GLOBAL, STT_OBJECT,
				      w->maps_section, (u64)i * MAP_SLOT, MAP_SLOT);

		w->map_symbols = at - i;
	}
	if (o->bss_size)
		w->bss_symbol = write_symbol(w, BSS_VARIABLE, STB_GLOBAL, STT_OBJECT,
					     w->bss_section, 0, o->bss_size);
	elfgen_section_end(&w->elf);
	w->elf.sections.at[symtab].sh_info = first_global;
	w->elf.sections.at[symtab].sh_entsize = sizeof(Elf64_Sym);
	return symtab;
}

static void write_elf(struct writer *w, struct buf *out)
{
	u32 symtab;

	elfgen_init(&w->elf, &w->arena, out);
	write_sections(w);
	symtab = write_symtab(w);
	for (size_t i = 0; i < w->layout.sections.n; i++) {
		if (w->layout.sections.at[i].relocs)
			write_relocs(w, i, symtab);
	}
	w->elf.sections.at[symtab].sh_link = (u32)w->elf.sections.n;
	elfgen_finish(&w->elf);
}

int object_write(const struct object *o, struct buf *out, struct diag *d)
{
	struct writer w = { .o = o };
	int err = object_check(o, d);

	if (err)
		return err;
	arena_init(&w.arena);
	layout_make(&w.layout, o, &w.arena);
	btfgen_init(&w.btf, &w.arena);
	write_btf_maps(&w);
	write_btf_bss(&w);
	write_btf_funcs(&w);
	ext_write(o, &w.layout, w.func_ids, &w.btf, &w.ext);
	if (w.btf.strings.len > BTF_MAX_NAME_OFFSET || w.btf.count > BTF_MAX_TYPE)
		err = diag_error(d, LOC_NONE,
				 "the script needs more type information (%u types, %zu bytes of "
				 "names) than BTF can hold",
				 w.btf.count, w.btf.strings.len);
	else
		write_elf(&w, out);
	btfgen_done(&w.btf);
	buf_done(&w.ext);
	arena_done(&w.arena);
	return err;
}
