/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Symbols have addresses; the segment that an address is in says where the file has it:
 *
 *	malloc at 0x99d50, segment { offset 0x26000, address 0x26000, executable } -> file offset 0x99d50
 *
 * A stripped file keeps .dynsym only. Its build id then names the debug file that has the rest, with the
 * same addresses: /usr/lib/debug/.build-id/ab/cdef....debug.
 */
#include "probe/elf_symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"

enum { SEGMENTS_MAX = 64, HEADERS_MAX = 4096, BUILD_ID_MAX = 64, NAME_MAX_COPY = 1024 };

struct segment {
	u64 offset, address, size;
};

struct elf_symbols {
	int fd, debug_fd;
	Elf *elf, *debug;
	struct segment segments[SEGMENTS_MAX];
	size_t segment_count;
};

static void read_segments(struct elf_symbols *e)
{
	size_t count = 0;

	if (elf_getphdrnum(e->elf, &count))
		return;
	for (size_t i = 0; i < count && i < HEADERS_MAX && e->segment_count < SEGMENTS_MAX; i++) {
		GElf_Phdr p;

		if (gelf_getphdr(e->elf, (int)i, &p) && p.p_type == PT_LOAD && p.p_flags & PF_X)
			e->segments[e->segment_count++] =
				(struct segment){ p.p_offset, p.p_vaddr, p.p_filesz };
	}
}

/* The section of a type; NULL if there is none. */
static Elf_Scn *find_section(Elf *elf, u32 type, GElf_Shdr *header)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(elf, section)) != NULL) {
		if (gelf_getshdr(section, header) && header->sh_type == type)
			return section;
	}
	return NULL;
}

/* The build id among the notes of a section: its length, 0 if there is none. */
static size_t build_id_note(Elf_Data *data, u8 *id)
{
	size_t at = 0, name, desc, next;
	GElf_Nhdr note;

	while ((next = gelf_getnote(data, at, &note, &name, &desc)) != 0) {
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    !memcmp((const char *)data->d_buf + name, "GNU", 4) && note.n_descsz >= 2 &&
		    note.n_descsz <= BUILD_ID_MAX) {
			memcpy(id, (const char *)data->d_buf + desc, note.n_descsz);
			return note.n_descsz;
		}
		at = next;
	}
	return 0;
}

static size_t build_id(Elf *elf, u8 *id)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	size_t n = 0;

	while (!n && (section = elf_nextscn(elf, section)) != NULL) {
		Elf_Data *data;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_NOTE)
			continue;
		data = elf_getdata(section, NULL);
		n = data ? build_id_note(data, id) : 0;
	}
	return n;
}

static void open_debug(struct elf_symbols *e)
{
	char path[64 + 2 * BUILD_ID_MAX];
	u8 id[BUILD_ID_MAX];
	size_t n = build_id(e->elf, id);
	int at;

	if (!n)
		return;
	at = snprintf(path, sizeof(path), "/usr/lib/debug/.build-id/%02x/", id[0]);
	for (size_t i = 1; i < n; i++)
		at += snprintf(path + at, sizeof(path) - (size_t)at, "%02x", id[i]);
	snprintf(path + at, sizeof(path) - (size_t)at, ".debug");
	e->debug_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (e->debug_fd >= 0)
		e->debug = elf_begin(e->debug_fd, ELF_C_READ, NULL);
}

struct elf_symbols *elf_symbols_open(const char *path, const char **why)
{
	struct elf_symbols *e = calloc(1, sizeof(*e));
	GElf_Shdr header;

	if (!e)
		arena_exhausted();
	e->debug_fd = -1;
	elf_version(EV_CURRENT);
	*why = NULL;
	/* A FIFO or a device must not make us wait. */
	e->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (e->fd < 0)
		*why = strerror(errno);
	else
		e->elf = elf_begin(e->fd, ELF_C_READ, NULL);
	if (e->elf && elf_kind(e->elf) == ELF_K_ELF)
		read_segments(e);
	else if (!*why)
		*why = "it is not an ELF file";
	if (!*why && !e->segment_count)
		*why = "it has no executable code";
	if (*why) {
		elf_symbols_close(e);
		return NULL;
	}
	if (!find_section(e->elf, SHT_SYMTAB, &header))
		open_debug(e);
	return e;
}

void elf_symbols_close(struct elf_symbols *e)
{
	if (!e)
		return;
	elf_end(e->elf);
	elf_end(e->debug);
	if (e->fd >= 0)
		close(e->fd);
	if (e->debug_fd >= 0)
		close(e->debug_fd);
	free(e);
}

bool elf_symbols_offset(const struct elf_symbols *e, u64 address, u64 *offset)
{
	for (size_t i = 0; i < e->segment_count; i++) {
		const struct segment *s = &e->segments[i];

		if (address >= s->address && address - s->address < s->size) {
			*offset = s->offset + (address - s->address);
			return true;
		}
	}
	return false;
}

/*
 * Without the version, in a copy if need be: "memcpy@@GLIBC_2.14". NULL if it is too long for that, or an
 * old version ("memcpy@GLIBC_2.2.5") that only programs linked long ago still call.
 */
static const char *plain_name(const char *name, char *copy)
{
	const char *at = strchr(name, '@');

	if (!at)
		return name;
	if (at[1] != '@' || at - name >= NAME_MAX_COPY)
		return NULL;
	memcpy(copy, name, (size_t)(at - name));
	copy[at - name] = '\0';
	return copy;
}

struct visit {
	struct elf_symbols *e;
	bool (*fn)(void *arg, const struct elf_symbol *s);
	void *arg;
	bool data; /* variables too */
};

static bool visit_symbol(struct visit *v, const GElf_Sym *sym, const char *name)
{
	u8 type = GELF_ST_TYPE(sym->st_info);
	char copy[NAME_MAX_COPY];
	struct elf_symbol s = {
		.address = sym->st_value,
		.size = sym->st_size,
		.is_ifunc = type == STT_GNU_IFUNC,
	};

	if ((type != STT_FUNC && type != STT_GNU_IFUNC && !(v->data && type == STT_OBJECT)) ||
	    sym->st_shndx == SHN_UNDEF || !name)
		return true;
	s.name = plain_name(name, copy);
	if (!s.name || !*s.name || (!elf_symbols_offset(v->e, s.address, &s.offset) && !v->data))
		return true;
	return v->fn(v->arg, &s);
}

/* The versions of .dynsym's symbols; NULL if they have none. */
static Elf_Data *versions_of(Elf *elf, u32 type)
{
	GElf_Shdr header;
	Elf_Scn *section = type == SHT_DYNSYM ? find_section(elf, SHT_GNU_versym, &header) : NULL;

	return section ? elf_getdata(section, NULL) : NULL;
}

/* Whether symbol i is an old version, as in plain_name. */
static bool is_old_version(Elf_Data *versions, int i)
{
	GElf_Versym version;

	return versions && gelf_getversym(versions, i, &version) && version & 0x8000;
}

static bool visit_table(struct visit *v, Elf *elf, u32 type)
{
	GElf_Shdr header;
	Elf_Scn *section = elf ? find_section(elf, type, &header) : NULL;
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	Elf_Data *versions;
	size_t count;

	if (!data || !header.sh_entsize)
		return true;
	versions = versions_of(elf, type);
	count = data->d_size / header.sh_entsize;
	for (size_t i = 1; i < count && i < INT32_MAX; i++) {
		GElf_Sym sym;

		if (!gelf_getsym(data, (int)i, &sym))
			break;
		if (is_old_version(versions, (int)i))
			continue;
		if (!visit_symbol(v, &sym, elf_strptr(elf, header.sh_link, sym.st_name)))
			return false;
	}
	return true;
}

static void visit_all(struct visit *v)
{
	if (visit_table(v, v->e->elf, SHT_DYNSYM) && visit_table(v, v->e->elf, SHT_SYMTAB))
		visit_table(v, v->e->debug, SHT_SYMTAB);
}

void elf_symbols_each(struct elf_symbols *e, bool (*fn)(void *arg, const struct elf_symbol *s),
		      void *arg)
{
	struct visit v = { .e = e, .fn = fn, .arg = arg };

	visit_all(&v);
}

struct wanted {
	const char *name;
	struct elf_symbol *out;
	bool found;
};

static bool take_wanted(void *arg, const struct elf_symbol *s)
{
	struct wanted *w = arg;

	if (strcmp(s->name, w->name) != 0)
		return true;
	*w->out = *s;
	w->out->name = NULL;
	w->found = true;
	return false;
}

bool elf_symbols_find(struct elf_symbols *e, const char *name, struct elf_symbol *out)
{
	struct wanted w = { .name = name, .out = out };
	struct visit v = { .e = e, .fn = take_wanted, .arg = &w, .data = true };

	visit_all(&v);
	return w.found;
}
