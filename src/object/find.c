/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds a section of an ELF file that nobody has checked. Headers are copied out field by field,
 * since neither their place nor their alignment can be relied on, and every stretch of bytes is
 * checked against the file's length before it is looked at.
 */
#include "object/object.h"

#include <elf.h>
#include <string.h>

struct file {
	const u8 *data;
	size_t len;
	u64 headers; /* offset of the section headers */
	u32 count;
	Elf64_Shdr names; /* the section that holds the names */
	struct diag *d;
};

/*
 * Offset and size come from the file, so their sum may overflow: compare with what is left
 * instead.
 */
static bool file_has(const struct file *f, u64 offset, u64 size)
{
	return offset <= f->len && size <= f->len - offset;
}

/* The caller has checked that all headers lie in the file. */
static Elf64_Shdr file_section(const struct file *f, u32 index)
{
	Elf64_Shdr sh;

	memcpy(&sh, f->data + f->headers + (u64)index * sizeof(sh), sizeof(sh));
	return sh;
}

static int file_check_bytes(const struct file *f, u32 index, const Elf64_Shdr *sh)
{
	if (file_has(f, sh->sh_offset, sh->sh_size))
		return 0;
	return diag_error(
		f->d, LOC_NONE,
		"ELF section %u: its %llu bytes at offset 0x%llx lie outside the file (%zu bytes)",
		index, (unsigned long long)sh->sh_size, (unsigned long long)sh->sh_offset, f->len);
}

static int file_check_ident(const struct file *f, const Elf64_Ehdr *eh)
{
	if (memcmp(eh->e_ident, ELFMAG, SELFMAG))
		return diag_error(f->d, LOC_NONE, "no ELF file");
	if (eh->e_ident[EI_CLASS] != ELFCLASS64 || eh->e_ident[EI_DATA] != ELFDATA2LSB)
		return diag_error(f->d, LOC_NONE, "no 64-bit little-endian ELF file");
	if (eh->e_machine != EM_BPF || eh->e_type != ET_REL)
		return diag_error(f->d, LOC_NONE, "no BPF object (ELF machine %u, type %u)",
				  eh->e_machine, eh->e_type);
	if (eh->e_shentsize != sizeof(Elf64_Shdr))
		return diag_error(f->d, LOC_NONE, "ELF section headers of %u bytes instead of %zu",
				  eh->e_shentsize, sizeof(Elf64_Shdr));
	return 0;
}

static int file_open(struct file *f)
{
	u32 names;
	Elf64_Shdr first;
	Elf64_Ehdr eh;
	int err;

	if (f->len < sizeof(eh))
		return diag_error(f->d, LOC_NONE, "no ELF file: only %zu bytes", f->len);
	memcpy(&eh, f->data, sizeof(eh));
	err = file_check_ident(f, &eh);
	if (err)
		return err;
	f->headers = eh.e_shoff;
	if (!eh.e_shoff || !file_has(f, eh.e_shoff, sizeof(first)))
		return diag_error(f->d, LOC_NONE,
				  "ELF section headers at offset 0x%llx lie outside the file",
				  (unsigned long long)eh.e_shoff);
	/* Counts that do not fit 16 bits stand in the first header. */
	first = file_section(f, 0);
	f->count = eh.e_shnum;
	if (!f->count)
		f->count =
			first.sh_size <= f->len / sizeof(first) ? (u32)first.sh_size : UINT32_MAX;
	names = eh.e_shstrndx == SHN_XINDEX ? first.sh_link : eh.e_shstrndx;
	if (!file_has(f, f->headers, (u64)f->count * sizeof(first)))
		return diag_error(f->d, LOC_NONE,
				  "%u ELF section headers at offset 0x%llx lie outside the file",
				  f->count, (unsigned long long)f->headers);
	if (names >= f->count)
		return diag_error(f->d, LOC_NONE,
				  "ELF section %u, which has the names, does not exist", names);
	f->names = file_section(f, names);
	err = file_check_bytes(f, names, &f->names);
	if (err)
		return err;
	if (f->names.sh_type != SHT_STRTAB)
		return diag_error(f->d, LOC_NONE,
				  "ELF section %u, which has the names, is no string table", names);
	return 0;
}

/* NULL if the name does not end within the section of names. */
static const char *file_name(const struct file *f, const Elf64_Shdr *sh)
{
	const char *names = (const char *)f->data + f->names.sh_offset;

	if (sh->sh_name >= f->names.sh_size ||
	    !memchr(names + sh->sh_name, 0, (size_t)(f->names.sh_size - sh->sh_name)))
		return NULL;
	return names + sh->sh_name;
}

int object_find_section(const void *elf, size_t len, const char *name, const void **data,
			size_t *size, struct diag *d)
{
	struct file f = { .data = elf, .len = len, .d = d };
	int err = file_open(&f);

	if (err)
		return err;
	for (u32 i = 1; i < f.count; i++) {
		Elf64_Shdr sh = file_section(&f, i);
		const char *s = file_name(&f, &sh);

		if (!s)
			return diag_error(d, LOC_NONE,
					  "ELF section %u: its name at offset %u does not end", i,
					  sh.sh_name);
		if (strcmp(s, name))
			continue;
		if (sh.sh_type == SHT_NOBITS)
			return diag_error(d, LOC_NONE, "ELF section %u ('%s') has no bytes", i,
					  name);
		err = file_check_bytes(&f, i, &sh);
		if (err)
			return err;
		*data = f.data + sh.sh_offset;
		*size = (size_t)sh.sh_size;
		return 0;
	}
	return -ENOENT;
}
