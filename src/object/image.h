/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A BPF object read for our own machine: any ELF file that clang or gcc made, ours included, or several of them linked.
 * What is handed out is whole: each program's code has the functions that it calls behind it, and no relocation is left.
 *
 *	ELF bytes ──image_open()──► sections, symbols, BTF ──► maps, externs ──► programs
 *
 * References are in the encodings that the kernel takes, with indices of this image where the kernel has descriptors:
 *
 *	ld_imm64, src BPF_PSEUDO_MAP_IDX	imm: index of a map
 *	ld_imm64, src BPF_PSEUDO_MAP_IDX_VALUE	imm: index of a map, next imm: offset into its (only) value, at most its end
 *	ld_imm64, src BPF_PSEUDO_FUNC		imm: distance to a function, from the next instruction
 *	ld_imm64, src BPF_PSEUDO_BTF_ID		imm: index of an extern (a kernel symbol)
 *	call, src BPF_PSEUDO_CALL		imm: distance to a function, from the next instruction
 *	call, src BPF_PSEUDO_KFUNC_CALL		imm: index of an extern (a kernel function), off: 0
 *
 * What the kernel has nothing for, a field or a weak function, fails only if it is reached: such instructions are calls of
 * helpers that cannot be, by the numbers that libbpf takes, and image_gap() says what is missing.
 */
#ifndef OBJECT_IMAGE_H
#define OBJECT_IMAGE_H

#include <linux/bpf.h>

#include "base/diag.h"
#include "base/vec.h"
#include "btf/rawbtf.h"

#define IMAGE_MAX_INSNS 1000000
#define IMAGE_MAX_MAPS 4096
#define IMAGE_NONE (-1)
#define IMAGE_GAP_FIELD 0xbad2310 /* call, imm: a CO-RE relocation that found nothing */
#define IMAGE_GAP_FUNC 2002000000 /* call, imm: a weak kernel function that is not there */

/* What a map is made of. */
enum image_map_origin {
	IMAGE_MAP_BTF,     /* .maps */
	IMAGE_MAP_LEGACY,  /* maps: struct bpf_map_def, as older objects have them */
	IMAGE_MAP_DATA,    /* .data, .data.*: variables */
	IMAGE_MAP_RODATA,  /* .rodata, .rodata.*: constants */
	IMAGE_MAP_BSS,     /* .bss, .bss.* */
	IMAGE_MAP_KCONFIG, /* .kconfig externs, filled in */
};

/* An entry that the object declares: a map of an outer map, a program of a program array. */
struct image_slot {
	u32 key;
	s32 index; /* of the map or program */
};

struct image_variable {
	const char *name;
	u32 offset, size; /* in the map's value */
	u32 type;         /* VAR in the image's BTF */
};

struct image_map {
	const char *name;
	enum image_map_origin origin;
	enum bpf_map_type type;
	u32 key_size, value_size, max_entries, flags;
	u64 extra;
	u32 key_type, value_type; /* in the image's BTF; 0: not known */
	s32 inner;      /* of maps of maps: the map that shows what they have, else IMAGE_NONE */
	const u8 *data; /* the first contents, value_size bytes; NULL: zeroes */
	vec_of(struct image_slot) slots;
	vec_of(struct image_variable) variables; /* of data, as far as BTF names them; ascending */
	bool is_pinned;                          /* by name */
};

struct image_extern {
	const char *name;
	bool is_func; /* a kfunc, else a variable or kernel symbol */
	bool is_weak;
	u32 type; /* FUNC or VAR in the image's BTF; 0: not known */
};

struct image_line {
	u32 insn;         /* from here on */
	u32 line, col;    /* from 1 */
	const char *file; /* never NULL */
	const char *text; /* of the source line; "" if not known */
};

/* An instruction that cannot be run, as the kernel lacks what it refers to. */
struct image_gap {
	u32 insn;
	const char *text; /* "the kernel has no 'task_struct.state'" */
};

struct image_func {
	const char *name;
	u32 start, count; /* in instructions of the program */
	u32 type;         /* FUNC in the image's BTF; 0: not known */
	bool is_global;   /* verified by itself, by its prototype */
};

struct image_prog {
	const char *name, *section;
	const char *
		target; /* of the section's name, behind what says the type: "sched/sched_switch"; "" if none */
	const char *ops,
		*member; /* of struct_ops: of which struct it is which member; NULL if not known */
	enum bpf_prog_type type;
	u32 attach; /* enum bpf_attach_type, as the section says */
	bool is_sleepable;
	bool is_known; /* the section's name says what it is; else type is BPF_PROG_TYPE_UNSPEC */
	u32 flags;     /* BPF_F_... that it is loaded with: BPF_F_XDP_HAS_FRAGS, ... */
	const struct bpf_insn *insns;
	u32 count;
	vec_of(struct image_func) funcs; /* ascending; the first is the program */
	vec_of(struct image_line) lines; /* ascending */
	vec_of(struct image_gap) gaps;   /* ascending */
};

struct image {
	struct arena *arena;
	const char *license; /* "" if none */
	u32 version;
	const struct rawbtf *btf; /* of the object; NULL if it has none */
	vec_of(struct image_map) maps;
	vec_of(struct image_extern) externs;
	vec_of(struct image_prog) progs;
};

struct image_options {
	const char *name; /* of image_open()'s file, for messages; NULL: they have none */
	/* What CO-RE relocations and .ksyms are resolved by; NULL: they are left as compiled, with a warning. */
	const struct rawbtf *kernel;
	const char *
		kconfig; /* path of the kernel's configuration; NULL: of the running one, if there is one */
	bool no_kconfig; /* its values are left zero: nothing is going to run */
	struct image_min *
		min; /* what collects the kernel's types that relocations look at; NULL: nobody asks */
};

/*
 * Reads an object. Everything lives in the arena, but the BTF, which image_done() frees; the bytes may go afterwards. What
 * is wrong is told with section and offset ("maps+0x20"). 0 or -EINVAL.
 */
int image_open(struct image *img, struct arena *arena, const void *elf, size_t len,
	       const struct image_options *opts, struct diag *d);
/*
 * Several objects as one, as `skep link` does; names are for messages. Each keeps maps of its own for its variables, so there may
 * be several .data. Variables that compilers have left to the linker (-fcommon) are in a map ".common".
 */
struct image_input {
	const char *name;
	const void *elf;
	size_t len;
};
int image_open_all(struct image *img, struct arena *arena, const struct image_input *in, size_t n,
		   const struct image_options *opts, struct diag *d);
void image_done(struct image *img);

/* A program of one function made of bare instructions, without an object: for tests and tools. The code is not copied. */
void image_of_insns(struct image *img, struct arena *arena, enum bpf_prog_type type,
		    const struct bpf_insn *insns, u32 count);

/* By function or section name; IMAGE_NONE. */
s32 image_find_prog(const struct image *img, const char *name);
s32 image_find_map(const struct image *img, const char *name);
/* The variable that a byte of a map of data belongs to; NULL if it is not known. */
const struct image_variable *image_variable(const struct image_map *m, u32 offset);
/* The line that an instruction came from, NULL if not known; the function that it is in. */
const struct image_line *image_line(const struct image_prog *p, u32 insn);
const struct image_func *image_func(const struct image_prog *p, u32 insn);
/* What is missing where an instruction is one of IMAGE_GAP_...; NULL: it is none of them. */
const char *image_gap(const struct image_prog *p, u32 insn);

#endif
