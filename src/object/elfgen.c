/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ELF header is written last, into the room left for it, once the place of the section
 * headers is known.
 */
#include "object/elfgen.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "structs are written as they lie in memory");

void elfgen_init(struct elfgen *g, struct arena *arena, struct buf *out)
{
	*g = (struct elfgen){ .arena = arena, .out = out, .start = out->len };
	buf_extend(out, sizeof(Elf64_Ehdr));
	vec_add(arena, &g->sections);
	buf_u8(&g->names, 0);
}

u32 elfgen_name(struct elfgen *g, const char *name)
{
	size_t at = g->names.len;

	buf_put(&g->names, name, strlen(name) + 1);
	return (u32)at;
}

/* Offsets and alignment count from the file's beginning, which need not be that of the buffer. */
static size_t elfgen_align(struct elfgen *g, size_t align)
{
	size_t at = g->out->len - g->start, over = at % align;

	if (over) {
		buf_extend(g->out, align - over);
		at += align - over;
	}
	return at;
}

u32 elfgen_section(struct elfgen *g, const char *name, u32 type, u64 flags, u64 align)
{
	*vec_add(g->arena, &g->sections) = (Elf64_Shdr){
		.sh_name = elfgen_name(g, name),
		.sh_type = type,
		.sh_flags = flags,
		.sh_offset = elfgen_align(g, (size_t)align),
		.sh_addralign = align,
	};
	return (u32)g->sections.n - 1;
}

void elfgen_section_end(struct elfgen *g)
{
	Elf64_Shdr *sh = &g->sections.at[g->sections.n - 1];

	sh->sh_size = g->out->len - g->start - sh->sh_offset;
}

void elfgen_finish(struct elfgen *g)
{
	Elf64_Ehdr eh = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_REL,
		.e_machine = EM_BPF,
		.e_version = EV_CURRENT,
		.e_ehsize = sizeof(eh),
		.e_shentsize = sizeof(Elf64_Shdr),
	};

	eh.e_shstrndx = (u16)elfgen_section(g, ".strtab", SHT_STRTAB, 0, 1);
	buf_put(g->out, g->names.data, g->names.len);
	elfgen_section_end(g);
	eh.e_shoff = elfgen_align(g, 8);
	eh.e_shnum = (u16)g->sections.n;
	buf_put(g->out, g->sections.at, g->sections.n * sizeof(Elf64_Shdr));
	memcpy(g->out->data + g->start, &eh, sizeof(eh));
	buf_done(&g->names);
}
