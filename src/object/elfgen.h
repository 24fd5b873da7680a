/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Emits a relocatable BPF ELF file front to back:
 *
 *	ELF header | section's bytes ... | .strtab | section headers
 *
 * One string table holds the names of sections and symbols, as clang does it.
 */
#ifndef OBJECT_ELFGEN_H
#define OBJECT_ELFGEN_H

#include <elf.h>

#include "base/buf.h"
#include "base/vec.h"

struct elfgen {
	struct arena *arena;
	struct buf *out;
	size_t start; /* of the file, in out */
	struct buf names;
	vec_of(Elf64_Shdr) sections;
};

void elfgen_init(struct elfgen *g, struct arena *arena, struct buf *out);
u32 elfgen_name(struct elfgen *g, const char *name);
/*
 * Begins a section, whose bytes the caller then appends to out; returns its index. SHT_NOBITS
 * sections have no bytes: the caller sets sh_size in g->sections, and sh_link, sh_info and
 * sh_entsize where they matter.
 */
u32 elfgen_section(struct elfgen *g, const char *name, u32 type, u64 flags, u64 align);
void elfgen_section_end(struct elfgen *g);
/*
 * Adds .strtab as the next section (so its index is known before: a symbol table links to it),
 * then all headers; g is done with.
 */
void elfgen_finish(struct elfgen *g);

#endif
