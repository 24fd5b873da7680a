/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sections of an ELF file that nobody has checked. Headers are copied out field by field, since neither their place nor
 * their alignment can be relied on, and every stretch of bytes is checked against the file's length before it is looked at.
 */
#ifndef OBJECT_ELFREAD_H
#define OBJECT_ELFREAD_H

#include <elf.h>

#include "base/diag.h"

struct elfread {
	const char *name; /* of the file, for messages; NULL: they have none */
	const u8 *data;
	size_t len;
	u64 headers; /* offset of the section headers */
	u32 count;
	Elf64_Shdr names; /* the section that holds the names */
	struct diag *d;
};

/* Checks that it is a BPF object and that all section headers lie in it. 0 or -EINVAL. */
int elfread_open(struct elfread *f, const char *name, const void *data, size_t len, struct diag *d);
/* The header of a section; index is below f->count. */
Elf64_Shdr elfread_section(const struct elfread *f, u32 index);
/* Its name, into *name; and whether its bytes lie within the file. 0 or -EINVAL. */
int elfread_name(const struct elfread *f, u32 index, const Elf64_Shdr *sh, const char **name);
int elfread_check(const struct elfread *f, u32 index, const Elf64_Shdr *sh);

#endif
