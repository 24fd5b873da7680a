/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mapping gives a file offset; symbols have virtual addresses. PT_LOAD segments join the two:
 *
 *	file offset 0x1139 -> segment { offset 0x1000, vaddr 0x401000 } -> vaddr 0x401139 -> main+0
 *
 * Stripped files keep .dynsym only; with a build id their full table may lie in
 * /usr/lib/debug/.build-id/ab/cdef....debug, which has the same virtual addresses.
 */
#include "session/elfsyms.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"

enum { ELFSYMS_MAX = 8 << 20, ELFSYMS_SEGMENTS = 64, ELFSYMS_BUILD_ID = 64 };
enum { ELFSYMS_LOOK_BACK = 16 }; /* symbols before the nearest that may still cover an address */

struct elfsym {
	u64 address;
	u32 size; /* 0: up to the next */
	u32 name; /* offset into names */
};

struct segment {
	u64 offset, address, size;
};

struct elfsyms {
	struct buf syms;
	struct buf names;
	size_t count;
	struct segment segments[ELFSYMS_SEGMENTS];
	size_t segment_count;
};

static const struct elfsym *elfsyms_at(const struct elfsyms *e)
{
	return (const struct elfsym *)(void *)e->syms.data;
}

static void elfsyms_segments(struct elfsyms *e, Elf *elf)
{
	size_t count = 0;

	if (elf_getphdrnum(elf, &count))
		return;
	for (size_t i = 0; i < count && i < 4096 && e->segment_count < ELFSYMS_SEGMENTS; i++) {
		GElf_Phdr p;

		if (gelf_getphdr(elf, (int)i, &p) && p.p_type == PT_LOAD)
			e->segments[e->segment_count++] =
				(struct segment){ p.p_offset, p.p_vaddr, p.p_filesz };
	}
}

static void elfsyms_add(struct elfsyms *e, const GElf_Sym *sym, const char *name)
{
	int kind = GELF_ST_TYPE(sym->st_info);
	struct elfsym out = { .address = sym->st_value, .name = (u32)e->names.len };
	size_t len = name ? strlen(name) : 0;

	if ((kind != STT_FUNC && kind != STT_GNU_IFUNC && kind != STT_NOTYPE) ||
	    sym->st_shndx == SHN_UNDEF || !sym->st_value || !len || name[0] == '$')
		return;
	if (e->count >= ELFSYMS_MAX || e->names.len + len >= UINT32_MAX)
		return;
	out.size = sym->st_size > UINT32_MAX ? UINT32_MAX : (u32)sym->st_size;
	buf_put(&e->names, name, len + 1);
	buf_put(&e->syms, &out, sizeof(out));
	e->count++;
}

static void elfsyms_table(struct elfsyms *e, Elf *elf, Elf_Scn *section, const GElf_Shdr *header)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t count = data && header->sh_entsize ? data->d_size / header->sh_entsize : 0;

	for (size_t i = 0; i < count && i < INT32_MAX; i++) {
		GElf_Sym sym;

		if (gelf_getsym(data, (int)i, &sym))
			elfsyms_add(e, &sym, elf_strptr(elf, header->sh_link, sym.st_name));
	}
}

/* Reads one kind of table; false if the file has none. */
static bool elfsyms_tables(struct elfsyms *e, Elf *elf, u32 kind)
{
	Elf_Scn *section = NULL;
	bool found = false;

	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;

		if (!gelf_getshdr(section, &header) || header.sh_type != kind)
			continue;
		elfsyms_table(e, elf, section, &header);
		found = true;
	}
	return found;
}

/* Bytes of the GNU build id; 0 if the file has none. */
static size_t elfsyms_build_id(Elf *elf, u8 id[ELFSYMS_BUILD_ID])
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(elf, section))) {
		size_t at = 0, name, desc;
		GElf_Shdr header;
		GElf_Nhdr note;
		Elf_Data *data;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_NOTE)
			continue;
		data = elf_getdata(section, NULL);
		while (data && at < data->d_size &&
		       (at = gelf_getnote(data, at, &note, &name, &desc))) {
			if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != 4 ||
			    memcmp((const char *)data->d_buf + name, "GNU", 4) ||
			    note.n_descsz < 2 || note.n_descsz > ELFSYMS_BUILD_ID)
				continue;
			memcpy(id, (const u8 *)data->d_buf + desc, note.n_descsz);
			return note.n_descsz;
		}
	}
	return 0;
}

/* The symbols of the debug file that belongs to a file; false if there is no such file. */
static bool elfsyms_debug(struct elfsyms *e, Elf *of)
{
	u8 id[ELFSYMS_BUILD_ID];
	size_t len = elfsyms_build_id(of, id);
	struct buf path = { 0 };
	bool found = false;
	Elf *elf;
	int fd;

	if (!len)
		return false;
	buf_printf(&path, "/usr/lib/debug/.build-id/%02x/", id[0]);
	for (size_t i = 1; i < len; i++)
		buf_printf(&path, "%02x", id[i]);
	buf_puts(&path, ".debug");
	fd = open(path.data, O_RDONLY | O_CLOEXEC);
	buf_done(&path);
	if (fd < 0)
		return false;
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf)
		found = elfsyms_tables(e, elf, SHT_SYMTAB);
	elf_end(elf);
	close(fd);
	return found;
}

/* By address; of aliases the sized and then the earlier first. */
static int elfsym_compare(const void *a, const void *b)
{
	const struct elfsym *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (!x->size != !y->size)
		return x->size ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

struct elfsyms *elfsyms_new(int fd)
{
	struct elfsyms *e = NULL;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF) {
		e = calloc(1, sizeof(*e));
		if (!e)
			arena_exhausted();
		elfsyms_segments(e, elf);
		if (!elfsyms_tables(e, elf, SHT_SYMTAB) && !elfsyms_debug(e, elf))
			elfsyms_tables(e, elf, SHT_DYNSYM);
		if (e->count)
			qsort(e->syms.data, e->count, sizeof(struct elfsym), elfsym_compare);
	}
	elf_end(elf);
	close(fd);
	return e;
}

void elfsyms_free(struct elfsyms *e)
{
	if (!e)
		return;
	buf_done(&e->syms);
	buf_done(&e->names);
	free(e);
}

static bool elfsyms_address(const struct elfsyms *e, u64 file_offset, u64 *address)
{
	for (size_t i = 0; i < e->segment_count; i++) {
		const struct segment *s = &e->segments[i];

		if (file_offset >= s->offset && file_offset - s->offset < s->size) {
			*address = file_offset - s->offset + s->address;
			return true;
		}
	}
	return false;
}

const char *elfsyms_find(const struct elfsyms *e, u64 file_offset, u64 *offset)
{
	const struct elfsym *syms = elfsyms_at(e);
	size_t low = 0, high = e->count, end;
	u64 address;

	if (!elfsyms_address(e, file_offset, &address))
		return NULL;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (syms[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	/* Nearest first; but of symbols with one address the first. */
	end = low > ELFSYMS_LOOK_BACK ? low - ELFSYMS_LOOK_BACK : 0;
	while (low > end) {
		for (low--; low > end && syms[low - 1].address == syms[low].address;)
			low--;
		if (syms[low].size && address - syms[low].address >= syms[low].size)
			continue;
		*offset = address - syms[low].address;
		return e->names.data + syms[low].name;
	}
	return NULL;
}
