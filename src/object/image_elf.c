/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file's tables, checked: what comes after may index with what is here. Names and data point into a copy of the file; all
 * else that is kept is in proportion to it. Relocations are of the kind without an addend of their own (SHT_REL): it stands in the bytes that they change.
 */
#include <stdlib.h>
#include <string.h>

#include "object/elfread.h"
#include "object/image_impl.h"

static bool has_prefix(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

static bool has_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), of = strlen(suffix);

	return n >= of && !strcmp(s + n - of, suffix);
}

static bool is_variables(const char *name)
{
	static const char *const names[] = { ".data", ".rodata", ".bss" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t n = strlen(names[i]);

		if (!strncmp(name, names[i], n) && (!name[n] || name[n] == '.'))
			return true;
	}
	return false;
}

static enum image_role section_role(const struct image_section *s)
{
	if (s->sh.sh_type != SHT_PROGBITS && s->sh.sh_type != SHT_NOBITS)
		return IMAGE_ROLE_NONE;
	if (s->sh.sh_flags & SHF_EXECINSTR)
		return s->data && s->sh.sh_size ? IMAGE_ROLE_CODE : IMAGE_ROLE_NONE;
	if (!strcmp(s->name, ".maps"))
		return IMAGE_ROLE_MAPS;
	/* Infrared decoders have theirs beside the programs: "lirc_mode2/maps". */
	if (!strcmp(s->name, "maps") || has_prefix(s->name, "maps/") ||
	    has_suffix(s->name, "/maps"))
		return IMAGE_ROLE_LEGACY;
	return is_variables(s->name) && s->sh.sh_size ? IMAGE_ROLE_DATA : IMAGE_ROLE_NONE;
}

static int read_code(struct image_loader *l, struct image_file *f, struct image_section *s)
{
	size_t size = (size_t)s->sh.sh_size;

	if (size % sizeof(struct bpf_insn))
		return image_error(l, f, s, size, "the code ends within an instruction");
	s->insn_count = (u32)(size / sizeof(struct bpf_insn));
	s->insns = arena_array(l->arena, struct bpf_insn, s->insn_count);
	memcpy(s->insns, s->data, size);
	s->callees = arena_array(l->arena, u32, s->insn_count);
	return 0;
}

static int read_sections(struct image_loader *l, struct image_file *f, const struct elfread *elf)
{
	f->section_count = elf->count;
	f->sections = arena_array(l->arena, struct image_section, elf->count);
	for (u32 i = 0; i < elf->count; i++) {
		struct image_section *s = &f->sections[i];
		const char *name;
		int err;

		s->map = IMAGE_NONE;
		s->name = "";
		s->sh = elfread_section(elf, i);
		if (!i)
			continue;
		err = elfread_name(elf, i, &s->sh, &name);
		if (err)
			return err;
		s->name = name;
		if (s->sh.sh_type != SHT_NOBITS && s->sh.sh_type != SHT_NULL) {
			err = elfread_check(elf, i, &s->sh);
			if (err)
				return err;
			s->data = elf->data + s->sh.sh_offset;
		}
		s->role = section_role(s);
		err = s->role == IMAGE_ROLE_CODE ? read_code(l, f, s) : 0;
		if (err)
			return err;
	}
	return 0;
}

static int read_symbol(struct image_loader *l, struct image_file *f, const struct image_section *s,
		       const struct image_section *strs, u32 i)
{
	struct image_symbol *out = &f->symbols[i];
	Elf64_Sym sym;

	memcpy(&sym, s->data + (size_t)i * sizeof(sym), sizeof(sym));
	if (sym.st_name &&
	    (sym.st_name >= strs->sh.sh_size ||
	     !memchr(strs->data + sym.st_name, 0, (size_t)(strs->sh.sh_size - sym.st_name))))
		return image_error(l, f, s, i * sizeof(sym),
				   "the name of a symbol, at %u, does not end", sym.st_name);
	*out = (struct image_symbol){
		.name = sym.st_name ? (const char *)strs->data + sym.st_name : "",
		.type = ELF64_ST_TYPE(sym.st_info),
		.bind = ELF64_ST_BIND(sym.st_info),
		.visibility = ELF64_ST_VISIBILITY(sym.st_other),
		.section = sym.st_shndx,
		.value = sym.st_value,
		.size = sym.st_size,
		.is_common = sym.st_shndx == SHN_COMMON,
	};
	if (sym.st_shndx >= SHN_LORESERVE)
		out->section = UINT32_MAX;
	if (out->section < f->section_count && out->section &&
	    out->value > f->sections[out->section].sh.sh_size)
		return image_error(l, f, &f->sections[out->section], out->value,
				   "symbol '%s' lies outside its section", out->name);
	if (out->type == STT_SECTION && out->section < f->section_count)
		out->name = f->sections[out->section].name;
	return 0;
}

static int read_symbols(struct image_loader *l, struct image_file *f)
{
	for (u32 i = 1; i < f->section_count; i++) {
		const struct image_section *s = &f->sections[i], *strs;

		if (s->sh.sh_type != SHT_SYMTAB)
			continue;
		if (f->symbols)
			return image_error(l, f, s, 0, "a second table of symbols");
		if (s->sh.sh_entsize != sizeof(Elf64_Sym) || s->sh.sh_size % sizeof(Elf64_Sym))
			return image_error(l, f, s, 0, "symbols of %llu bytes instead of %zu",
					   (unsigned long long)s->sh.sh_entsize, sizeof(Elf64_Sym));
		if (s->sh.sh_link >= f->section_count ||
		    f->sections[s->sh.sh_link].sh.sh_type != SHT_STRTAB)
			return image_error(l, f, s, 0, "section %u has no names of symbols",
					   s->sh.sh_link);
		strs = &f->sections[s->sh.sh_link];
		f->symbol_count = (u32)(s->sh.sh_size / sizeof(Elf64_Sym));
		f->symbols = arena_array(l->arena, struct image_symbol, f->symbol_count);
		for (u32 j = 0; j < f->symbol_count; j++) {
			int err = read_symbol(l, f, s, strs, j);

			if (err)
				return err;
		}
	}
	return 0;
}

static int compare_relocs(const void *a, const void *b)
{
	const struct image_reloc *x = a, *y = b;

	return (x->offset > y->offset) - (x->offset < y->offset);
}

static int read_section_relocs(struct image_loader *l, struct image_file *f,
			       const struct image_section *s)
{
	struct image_section *to;
	u64 n = s->sh.sh_size / sizeof(Elf64_Rel);

	if (s->sh.sh_info >= f->section_count)
		return image_error(l, f, s, 0, "relocates section %u, which does not exist",
				   s->sh.sh_info);
	to = &f->sections[s->sh.sh_info];
	if (s->sh.sh_entsize != sizeof(Elf64_Rel) || s->sh.sh_size % sizeof(Elf64_Rel))
		return image_error(l, f, s, 0, "relocations of %llu bytes instead of %zu",
				   (unsigned long long)s->sh.sh_entsize, sizeof(Elf64_Rel));
	if (to->relocs)
		return image_error(l, f, s, 0, "relocates '%s' a second time", to->name);
	to->relocs = arena_array(l->arena, struct image_reloc, (size_t)n + 1);
	to->reloc_count = (u32)n;
	for (u32 i = 0; i < n; i++) {
		Elf64_Rel r;

		memcpy(&r, s->data + i * sizeof(r), sizeof(r));
		to->relocs[i] = (struct image_reloc){ .offset = r.r_offset,
						      .symbol = (u32)ELF64_R_SYM(r.r_info),
						      .type = (u32)ELF64_R_TYPE(r.r_info) };
		if (to->relocs[i].symbol >= f->symbol_count)
			return image_error(l, f, s, i * sizeof(r), "symbol %u does not exist",
					   to->relocs[i].symbol);
		if (r.r_offset >= to->sh.sh_size)
			return image_error(l, f, s, i * sizeof(r),
					   "relocates '%s' behind its end, at 0x%llx", to->name,
					   (unsigned long long)r.r_offset);
	}
	qsort(to->relocs, to->reloc_count, sizeof(*to->relocs), compare_relocs);
	return 0;
}

static int read_relocs(struct image_loader *l, struct image_file *f)
{
	for (u32 i = 1; i < f->section_count; i++) {
		const struct image_section *s = &f->sections[i];
		int err = 0;

		if (s->sh.sh_type == SHT_REL)
			err = read_section_relocs(l, f, s);
		else if (s->sh.sh_type == SHT_RELA && s->sh.sh_info < f->section_count &&
			 f->sections[s->sh.sh_info].role == IMAGE_ROLE_CODE)
			err = image_error(l, f, s, 0,
					  "relocations with addends, which BPF has not");
		if (err)
			return err;
	}
	return 0;
}

static int compare_funcs(const void *a, const void *b)
{
	const struct image_code *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (int)y->is_global - (int)x->is_global;
}

static int check_func(struct image_loader *l, struct image_file *f, const struct image_section *s,
		      const struct image_symbol *sym)
{
	if (sym->value % sizeof(struct bpf_insn) || sym->size % sizeof(struct bpf_insn))
		return image_error(l, f, s, sym->value,
				   "function '%s' does not begin or end with an instruction",
				   sym->name);
	if (sym->size > s->sh.sh_size - sym->value)
		return image_error(l, f, s, sym->value, "function '%s' ends behind its section",
				   sym->name);
	if (sym->value == s->sh.sh_size)
		return image_error(l, f, s, sym->value, "function '%s' has no code", sym->name);
	return 0;
}

/* Assembled code may have functions without a size: they go on until the next one. Some have several names. */
static int size_funcs(struct image_loader *l, struct image_file *f, struct image_section *s)
{
	struct image_code *at = l->funcs.at + s->first_func;
	u32 next = s->insn_count;

	for (u32 i = s->func_count; i--;) {
		if (i + 1 < s->func_count && at[i + 1].start > at[i].start)
			next = at[i + 1].start;
		if (!at[i].count)
			at[i].count = next - at[i].start;
		if (at[i].count > next - at[i].start)
			return image_error(l, f, s, at[i].start * sizeof(struct bpf_insn),
					   "function '%s' reaches into the next one", at[i].name);
	}
	return 0;
}

/* Assembled code may not say what its functions are: they are the global names then. */
static u8 func_symbols(const struct image_file *f, const u32 *symbols, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		if (f->symbols[symbols[i]].type == STT_FUNC)
			return STT_FUNC;
	}
	return STT_NOTYPE;
}

static int find_funcs(struct image_loader *l, u32 file, u32 section, const u32 *symbols, u32 n)
{
	struct image_file *f = &l->files[file];
	struct image_section *s = &f->sections[section];

	u8 type = func_symbols(f, symbols, n);

	s->first_func = (u32)l->funcs.n;
	for (u32 i = 0; i < n; i++) {
		const struct image_symbol *sym = &f->symbols[symbols[i]];
		int err;

		if (sym->type != type || !*sym->name ||
		    (type == STT_NOTYPE && sym->bind == STB_LOCAL))
			continue;
		err = check_func(l, f, s, sym);
		if (err)
			return err;
		*vec_add(l->arena, &l->funcs) = (struct image_code){
			.name = sym->name,
			.file = file,
			.section = section,
			.symbol = symbols[i],
			.start = (u32)(sym->value / sizeof(struct bpf_insn)),
			.count = (u32)(sym->size / sizeof(struct bpf_insn)),
			.is_global = sym->bind != STB_LOCAL && sym->visibility != STV_HIDDEN &&
				     sym->visibility != STV_INTERNAL,
			.is_local = sym->bind == STB_LOCAL,
			.prog = IMAGE_NONE,
		};
	}
	s->func_count = (u32)l->funcs.n - s->first_func;
	if (!s->func_count)
		return 0;
	qsort(l->funcs.at + s->first_func, s->func_count, sizeof(*l->funcs.at), compare_funcs);
	return size_funcs(l, f, s);
}

/* Symbols are sorted by section first, so that all sections together take one pass. */
static int find_all_funcs(struct image_loader *l, u32 file)
{
	struct image_file *f = &l->files[file];
	u32 *first = arena_array(l->arena, u32, f->section_count + 2);
	u32 *sorted = arena_array(l->arena, u32, f->symbol_count + 1);
	int err = 0;

	for (u32 i = 0; i < f->symbol_count; i++) {
		if (f->symbols[i].section < f->section_count)
			first[f->symbols[i].section + 2]++;
	}
	for (u32 i = 2; i < f->section_count + 2; i++)
		first[i] += first[i - 1];
	for (u32 i = 0; i < f->symbol_count; i++) {
		if (f->symbols[i].section < f->section_count)
			sorted[first[f->symbols[i].section + 1]++] = i;
	}
	for (u32 i = 1; i < f->section_count && !err; i++) {
		if (f->sections[i].role == IMAGE_ROLE_CODE)
			err = find_funcs(l, file, i, sorted + first[i], first[i + 1] - first[i]);
	}
	return err;
}

int image_elf_read(struct image_loader *l, u32 file, const struct image_input *in)
{
	struct image_file *f = &l->files[file];
	struct elfread elf;
	u8 *copy;
	int err;

	f->name = in->name;
	if (in->len > IMAGE_MAX_BYTES)
		return image_error(l, f, NULL, 0, "the object is larger than %d MiB",
				   IMAGE_MAX_BYTES >> 20);
	copy = arena_alloc(l->arena, in->len + 1);
	memcpy(copy, in->elf, in->len);
	err = elfread_open(&elf, f->name, copy, in->len, l->d);
	if (!err)
		err = read_sections(l, f, &elf);
	if (!err)
		err = read_symbols(l, f);
	if (!err)
		err = read_relocs(l, f);
	return err ? err : find_all_funcs(l, file);
}

struct image_section *image_elf_find(const struct image_file *f, const char *name)
{
	for (u32 i = 1; i < f->section_count; i++) {
		if (!strcmp(f->sections[i].name, name) && f->sections[i].data)
			return &f->sections[i];
	}
	return NULL;
}

/* The first function of a section that begins at an instruction or behind it; func_count if there is none. */
static u32 func_from(const struct image_loader *l, const struct image_section *s, u64 insn)
{
	u32 low = 0, high = s->func_count;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (l->funcs.at[s->first_func + middle].start < insn)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

s32 image_elf_func(const struct image_loader *l, const struct image_section *s, u64 insn)
{
	u32 i = func_from(l, s, insn);

	if (i < s->func_count && l->funcs.at[s->first_func + i].start == insn)
		return (s32)(s->first_func + i);
	return IMAGE_NONE;
}

s32 image_elf_func_around(const struct image_loader *l, const struct image_section *s, u64 insn)
{
	u32 i = func_from(l, s, insn + 1);
	const struct image_code *c;

	if (!i)
		return IMAGE_NONE;
	c = &l->funcs.at[s->first_func + i - 1];
	return insn - c->start < c->count ? (s32)(s->first_func + i - 1) : IMAGE_NONE;
}
