/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A BPF object before it is an ELF file: what gen produces, and what object_write() turns into the
 * same file that clang would have made, loadable by libbpf:
 *
 *	raw_tp, tracepoint/x, ...   a section per program kind, with R_BPF_64_64 relocations
 *	.text                       static functions, reached by R_BPF_64_32 and R_BPF_64_64
 *	.maps                       BTF-defined maps
 *	.bss                        variables
 *	license
 *	.BTF, .BTF.ext              types, function and line info, CO-RE relocations
 *	skep                        what only scripts need (object/script.h)
 */
#ifndef OBJECT_OBJECT_H
#define OBJECT_OBJECT_H

#include <linux/bpf.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/vec.h"

struct object_map {
	const char *name; /* a C identifier of at most 15 characters */
	enum bpf_map_type type;
	u32 key_size, value_size, max_entries, flags;
};

enum object_reloc_kind {
	RELOC_MAP,  /* ld_imm64 at insn: address of map `index` */
	RELOC_BSS,  /* ld_imm64 at insn: address of .bss + `offset` */
	RELOC_CALL, /* call at insn: function `index` */
	RELOC_FUNC, /* ld_imm64 at insn: address of function `index`, for helpers that call back */
};
struct object_reloc {
	enum object_reloc_kind kind;
	u32 insn; /* index within the function, in 8-byte units */
	u32 index;
	u32 offset;
};

struct object_line {
	u32 insn;
	u32 line, col; /* of the script, from 1 */
};

/*
 * The immediate (alu) or offset (load, store) of insn is the byte offset of a field, or another number
 * about it, which may differ on the kernel that loads it.
 */
enum object_field_kind { FIELD_INT, FIELD_PTR, FIELD_ARRAY, FIELD_RECORD, FIELD_UNION, FIELD_ENUM };
struct object_core_step {
	const char *name;            /* member's name */
	enum object_field_kind kind; /* of the member's type */
	const char *record; /* FIELD_RECORD, FIELD_UNION: its name, the next step is within */
	u32 size;           /* FIELD_INT, FIELD_ENUM, FIELD_ARRAY (of all its elements) */
	/* FIELD_ARRAY: what its elements are (not arrays), as a loader compares kinds. */
	enum object_field_kind element;
	u32 inner_arrays; /* FIELD_ARRAY: 1 for an array of arrays of such elements, and so on */
};
/* The bits of a bit-field within the root type; size 0: the field is none. */
struct object_core_bits {
	u32 offset, size;
};
struct object_core {
	u32 insn;
	/*
	 * What the number is: BPF_CORE_FIELD_BYTE_OFFSET, or of bit-fields also the size of the bytes that
	 * hold it, and the shifts that take it out of 8 bytes that begin with those.
	 */
	enum bpf_core_relo_kind kind;
	struct object_core_bits bits;
	const char *record; /* root type's name */
	bool is_union;
	vec_of(struct object_core_step) steps;
};

struct object_func {
	const char *name; /* a C identifier */
	/* ".text" for static functions, else e.g. "tracepoint/syscalls/sys_enter_read". */
	const char *section;
	/* Static functions: u64 parameters (1 to 5), result int. Programs have one: void *ctx. */
	u32 param_count;
	vec_of(struct bpf_insn) insns;
	vec_of(struct object_reloc) relocs;
	vec_of(struct object_line) lines; /* ascending by insn; the first at insn 0 */
	vec_of(struct object_core) cores;
};

struct object {
	struct arena *arena;
	vec_of(struct object_map) maps;
	vec_of(struct object_func) funcs;
	u32 bss_size; /* 0: no .bss */
	const char *license;
	const char *source_name; /* file name for line info */
	const char *source;      /* text, from which line info takes its lines */
	struct buf script;       /* bytes of the script section; empty: none */
	bool core; /* write CO-RE relocations (off when the object runs where it was made) */
};

void object_init(struct object *o, struct arena *arena);
void object_done(struct object *o);
/* The ELF file's bytes, appended to out. 0 or -errno with a message in d. */
int object_write(const struct object *o, struct buf *out, struct diag *d);
/*
 * All functions as text, with the script's lines between the instructions and names for
 * relocations.
 */
void object_print(const struct object *o, struct buf *out);

/*
 * Finds a section of an untrusted BPF ELF file. 0, -ENOENT, or -EINVAL with a message naming the
 * place.
 */
int object_find_section(const void *elf, size_t len, const char *name, const void **data,
			size_t *size, struct diag *d);

#endif
