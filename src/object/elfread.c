/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The count of sections and the index of their names may stand in the first header, when they do not fit 16 bits. */
#include "object/elfread.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int elfread_error(const struct elfread *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int elfread_error(const struct elfread *f, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return diag_error(f->d, LOC_NONE, "%s%s%s", f->name ? f->name : "", f->name ? ": " : "",
			  text);
}

/*
 * Offset and size come from the file, so their sum may overflow: compare with what is left
 * instead.
 */
static bool elfread_has(const struct elfread *f, u64 offset, u64 size)
{
	return offset <= f->len && size <= f->len - offset;
}

Elf64_Shdr elfread_section(const struct elfread *f, u32 index)
{
	Elf64_Shdr sh;

	memcpy(&sh, f->data + f->headers + (u64)index * sizeof(sh), sizeof(sh));
	return sh;
}

int elfread_check(const struct elfread *f, u32 index, const Elf64_Shdr *sh)
{
	if (elfread_has(f, sh->sh_offset, sh->sh_size))
		return 0;
	return elfread_error(
		f,
		"ELF section %u: its %llu bytes at offset 0x%llx lie outside the file (%zu bytes)",
		index, (unsigned long long)sh->sh_size, (unsigned long long)sh->sh_offset, f->len);
}

static int elfread_check_ident(const struct elfread *f, const Elf64_Ehdr *eh)
{
	if (memcmp(eh->e_ident, ELFMAG, SELFMAG))
		return elfread_error(f, "no ELF file");
	if (eh->e_ident[EI_CLASS] != ELFCLASS64 || eh->e_ident[EI_DATA] != ELFDATA2LSB)
		return elfread_error(f, "no 64-bit little-endian ELF file");
	if (eh->e_machine != EM_BPF || eh->e_type != ET_REL)
		return elfread_error(f, "no BPF object (ELF machine %u, type %u)", eh->e_machine,
				     eh->e_type);
	if (eh->e_shentsize != sizeof(Elf64_Shdr))
		return elfread_error(f, "ELF section headers of %u bytes instead of %zu",
				     eh->e_shentsize, sizeof(Elf64_Shdr));
	return 0;
}

static int elfread_headers(struct elfread *f)
{
	u32 names;
	Elf64_Shdr first;
	Elf64_Ehdr eh;
	int err;

	if (f->len < sizeof(eh))
		return elfread_error(f, "no ELF file: only %zu bytes", f->len);
	memcpy(&eh, f->data, sizeof(eh));
	err = elfread_check_ident(f, &eh);
	if (err)
		return err;
	f->headers = eh.e_shoff;
	if (!eh.e_shoff || !elfread_has(f, eh.e_shoff, sizeof(first)))
		return elfread_error(f, "ELF section headers at offset 0x%llx lie outside the file",
				     (unsigned long long)eh.e_shoff);
	/* Counts that do not fit 16 bits stand in the first header. */
	first = elfread_section(f, 0);
	f->count = eh.e_shnum;
	if (!f->count)
		f->count =
			first.sh_size <= f->len / sizeof(first) ? (u32)first.sh_size : UINT32_MAX;
	names = eh.e_shstrndx == SHN_XINDEX ? first.sh_link : eh.e_shstrndx;
	if (!elfread_has(f, f->headers, (u64)f->count * sizeof(first)))
		return elfread_error(f,
				     "%u ELF section headers at offset 0x%llx lie outside the file",
				     f->count, (unsigned long long)f->headers);
	if (names >= f->count)
		return elfread_error(f, "ELF section %u, which has the names, does not exist",
				     names);
	f->names = elfread_section(f, names);
	err = elfread_check(f, names, &f->names);
	if (err)
		return err;
	if (f->names.sh_type != SHT_STRTAB)
		return elfread_error(f, "ELF section %u, which has the names, is no string table",
				     names);
	return 0;
}

int elfread_open(struct elfread *f, const char *name, const void *data, size_t len, struct diag *d)
{
	*f = (struct elfread){ .name = name, .data = data, .len = len, .d = d };
	return elfread_headers(f);
}

int elfread_name(const struct elfread *f, u32 index, const Elf64_Shdr *sh, const char **name)
{
	const char *names = (const char *)f->data + f->names.sh_offset;

	if (sh->sh_name >= f->names.sh_size ||
	    !memchr(names + sh->sh_name, 0, (size_t)(f->names.sh_size - sh->sh_name)))
		return elfread_error(f, "ELF section %u: its name at offset %u does not end", index,
				     sh->sh_name);
	*name = names + sh->sh_name;
	return 0;
}
