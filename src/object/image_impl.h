/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of image_open() share. A loader goes through its files in this order:
 *
 *	image_elf.c	sections, symbols, relocations of each file, functions in its code
 *	image_btf.c	the types of all files in one BTF; image_ext.c: what .BTF.ext says of the code
 *	image_link.c	global symbols of all files by name
 *	image_map.c	maps, with image_mapdef.c (.maps) and image_legacy.c (maps)
 *	image_extern.c	kernel symbols and, with image_kconfig.c, values of the kernel's configuration
 *	image_core.c	CO-RE relocations, with image_spec.c and image_compat.c
 *	image_refer.c	references of the code to all of these
 *	image_ops.c	which programs are members of structs of operations
 *	image_prog.c	programs, with the functions that they call behind them
 *
 * All but the first two see ids and string offsets of the one BTF.
 */
#ifndef OBJECT_IMAGE_IMPL_H
#define OBJECT_IMAGE_IMPL_H

#include <elf.h>

#include "base/table.h"
#include "object/image.h"

enum {
	IMAGE_MAX_BYTES = 1 << 29,     /* of one file */
	IMAGE_MAX_ALL_INSNS = 4 << 20, /* of all programs together */
	IMAGE_MAX_VALUE = 1 << 30,     /* bytes of a data section: NOBITS takes none of the file */
	IMAGE_MAX_RELOC_STEPS = 1 << 18, /* types looked at for one CO-RE relocation */
	IMAGE_MAX_ALL_STEPS = 1 << 26,   /* and for all */
};

#define IMAGE_NO_CALLEE UINT32_MAX /* of callees: it refers to something else */

enum image_role {
	IMAGE_ROLE_NONE,
	IMAGE_ROLE_CODE,
	IMAGE_ROLE_MAPS,   /* .maps */
	IMAGE_ROLE_LEGACY, /* maps */
	IMAGE_ROLE_DATA,   /* variables, whose map is section.map */
};

struct image_reloc {
	u64 offset;
	u32 symbol, type;
};

/* From .BTF.ext; insn counts from the beginning of the section. */
struct image_ext_func {
	u32 insn, type;
};
struct image_ext_line {
	u32 insn, file, text, line_col;
};
struct image_ext_core {
	u32 insn, type, path, kind;
};

struct image_place {
	u64 offset; /* in the section */
	s32 map;
};

struct image_section {
	const char *name;
	Elf64_Shdr sh;
	const u8 *data; /* NULL: it has no bytes in the file */
	enum image_role role;
	struct image_reloc *relocs; /* those that apply to it */
	u32 reloc_count;
	s32 map;                           /* of IMAGE_ROLE_DATA; IMAGE_NONE while it has none */
	vec_of(struct image_place) places; /* its maps, of the roles with maps */
	/* Of IMAGE_ROLE_CODE: */
	struct bpf_insn *insns; /* a copy that relocations are done in */
	u32 insn_count;
	u32 *callees; /* by instruction: 1 + the function that it refers to; 0: none is known */
	u32 first_func, func_count;              /* of loader.funcs, ascending */
	vec_of(struct image_ext_func) ext_funcs; /* ascending, as the next */
	vec_of(struct image_ext_line) ext_lines;
	vec_of(struct image_ext_core) ext_cores;
	vec_of(struct image_gap) gaps; /* ascending once all are there */
};

struct image_symbol {
	const char *name;
	u8 type, bind, visibility;
	u32 section;    /* 0: undefined; above the count of sections: something else */
	bool is_common; /* a variable that is in no section yet: value is its alignment */
	u64 value, size;
};

struct image_file {
	const char *name; /* for messages; NULL: they have none */
	struct image_section *sections;
	u32 section_count;
	struct image_symbol *symbols;
	u32 symbol_count;
	u32 type_first, type_end; /* its own types in the image's BTF */
	u32 type_shift, str_shift;
};

/* A function in a section. */
struct image_code {
	const char *name;
	u32 file, section;
	u32 start, count; /* instructions of the section */
	u32 symbol;
	bool is_global; /* and visible: the verifier judges it by its prototype */
	bool is_local;
	s32 prog;   /* its index in the image; IMAGE_NONE */
	u32 stamp;  /* of the program that is being made, if it has the function already... */
	u32 placed; /* ...there */
};

/* A variable that older compilers leave to the linker to place, as several files may have it. */
struct image_common {
	u64 align, size;
	u64 offset; /* in the map of commons */
	bool is_placed;
};

/* A global symbol. */
struct image_global {
	u32 file, symbol;
};

struct image_loader {
	struct image *img;
	struct arena *arena;
	struct diag *d;
	const struct image_options *opts;
	struct image_file *files;
	u32 file_count;
	vec_of(struct image_code) funcs;
	struct table globals; /* name → struct image_global */
	struct table maps;    /* name → 1 + index of the global maps of .maps */
	struct table externs; /* name → struct image_extern_place */
	struct table commons; /* name → struct image_common */
	s32 common_map;       /* that has them */
	struct rawbtf *btf;   /* also img->btf */
	u32 stamp;
	u64 insns;         /* of all programs so far */
	bool has_nameless; /* some code calls a function that no symbol tells of */
};

/* Reports "file: section+0x20: ..."; file and section may be NULL. -EINVAL. */
int image_error(const struct image_loader *l, const struct image_file *f,
		const struct image_section *s, u64 offset, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
void image_warning(const struct image_loader *l, const struct image_file *f,
		   const struct image_section *s, u64 offset, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* ---- image_elf.c */
int image_elf_read(struct image_loader *l, u32 file, const struct image_input *in);
/* The first section of a name; NULL. */
struct image_section *image_elf_find(const struct image_file *f, const char *name);
/* The function that begins at an instruction; IMAGE_NONE. */
s32 image_elf_func(const struct image_loader *l, const struct image_section *s, u64 insn);
/* The function that an instruction is one of; IMAGE_NONE. */
s32 image_elf_func_around(const struct image_loader *l, const struct image_section *s, u64 insn);

/* ---- image_btf.c, image_ext.c */
int image_btf_merge(struct image_loader *l);
int image_ext_read(struct image_loader *l, struct image_file *f);

/* ---- image_link.c: what a symbol stands for */
enum image_target_kind {
	IMAGE_TARGET_SECTION, /* a place in a section: code, data, a map */
	IMAGE_TARGET_MAP,     /* a variable in no section: offset into the map index */
	IMAGE_TARGET_EXTERN,  /* a kernel symbol: index */
	IMAGE_TARGET_ABSENT,  /* weak, and nowhere */
};
struct image_target {
	enum image_target_kind kind;
	u32 file;
	struct image_section *section;
	u64 offset;
	u64 size; /* of the symbol */
	s32 index;
	bool is_section; /* the symbol is that of a whole section: the addend says where in it */
};
int image_link_globals(struct image_loader *l);
int image_link_resolve(struct image_loader *l, u32 file, u32 symbol, struct image_target *t);
/* Whether a symbol of its file is the one that its name means, or has been overridden. */
bool image_link_wins(const struct image_loader *l, u32 file, u32 symbol);
/* The map at a place of a section with maps; IMAGE_NONE. */
s32 image_link_map(const struct image_section *s, u64 offset);

/* ---- image_map.c and what it is made of */
int image_map_all(struct image_loader *l);
int image_map_fill_slots(struct image_loader *l); /* once programs are known */
int image_mapdef_read(struct image_loader *l, u32 file, struct image_section *s);
int image_mapdef_slots(struct image_loader *l, u32 file, struct image_section *s);
int image_legacy_read(struct image_loader *l, u32 file, struct image_section *s);
/* A new map; -EINVAL if there are too many. */
int image_map_add(struct image_loader *l, const struct image_map *m, s32 *index);

/* ---- image_extern.c, image_kconfig.c */
struct image_extern_place {
	const char *name;
	u32 type; /* VAR or FUNC in the BTF */
	bool is_weak, is_absent;
	bool is_kconfig;
	u32 offset; /* in the map of kernel configuration */
	s32 index;  /* of the map, or of the extern in the image */
};
int image_extern_all(struct image_loader *l);
/* Fills the data of the externs whose names are those of the kernel's configuration. */
int image_kconfig_fill(struct image_loader *l, struct image_extern_place **externs, u32 count,
		       u8 *data);

/* Notes what is missing at an instruction of a section. */
void image_gap_add(struct image_loader *l, struct image_section *s, u32 insn, const char *text);

/* ---- image_core.c */
int image_core_all(struct image_loader *l);

/* ---- image_refer.c */
int image_refer_all(struct image_loader *l);

/* ---- image_prog.c */
void image_prog_find(struct image_loader *l); /* which functions are programs */
void image_ops_find(struct image_loader *l);  /* image_ops.c: which members of structs they are */
int image_prog_make(struct image_loader *l);

/* ---- image_type.c: questions about types that may be anything */
/* Without const, volatile, typedef and the like; NULL for void and what is no type. id may be NULL. */
const struct btf_type *image_type_skip(const struct rawbtf *b, u32 id, u32 *out_id);
/* Bytes; -1 if it has none. */
s64 image_type_size(const struct rawbtf *b, u32 id);
/* Bits of a member that is a bit-field, else 0; and where it begins. */
u32 image_type_bits(const struct btf_type *t, u32 member);
u32 image_type_bit_offset(const struct btf_type *t, u32 member);
u32 image_type_enumerator(const struct btf_type *t, u32 i); /* its name's offset */
/* The list of a file's variables in a section; 0 if it has none. */
u32 image_type_datasec(const struct rawbtf *b, const struct image_file *f, const char *section);

static inline u32 image_type_kind(const struct btf_type *t)
{
	return BTF_INFO_KIND(t->info);
}

static inline u32 image_type_count(const struct btf_type *t)
{
	return BTF_INFO_VLEN(t->info);
}

static inline bool image_type_is_record(const struct btf_type *t)
{
	return image_type_kind(t) == BTF_KIND_STRUCT || image_type_kind(t) == BTF_KIND_UNION;
}

static inline bool image_type_is_enum(const struct btf_type *t)
{
	return image_type_kind(t) == BTF_KIND_ENUM || image_type_kind(t) == BTF_KIND_ENUM64;
}

static inline const struct btf_array *image_type_array(const struct btf_type *t)
{
	return (const struct btf_array *)(t + 1);
}

/* What BTF_INT_ENCODING() and its like take. */
static inline u32 image_type_int(const struct btf_type *t)
{
	return *(const u32 *)(t + 1);
}

static inline const struct btf_member *image_type_members(const struct btf_type *t)
{
	return (const struct btf_member *)(t + 1);
}

#endif
