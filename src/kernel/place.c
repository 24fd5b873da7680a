/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From an instruction of a program to the script's text.
 *
 * The verifier's log names lines, and on older kernels only their text. The object knows better: its
 * .BTF.ext section has line and column for every instruction:
 *
 *	header      magic, version, flags, header length, then offset and length of func info and line info
 *	line info   u32 record size, then for each section
 *	            u32 section name, u32 count, count records { u32 byte offset, file, text, line << 10 | column }
 *
 * libbpf leaves a program's main function where it was and appends the functions that it calls, so within the
 * main function the kernel's numbers are the object's.
 */
#include "kernel/place.h"

#include <bpf/btf.h>
#include <ctype.h>
#include <elf.h>
#include <string.h>

#include "base/reader.h"
#include "object/object.h"

#define BTF_MAGIC_NUMBER 0xeb9fu
#define LINE_RECORD 16u

/* Where a function lies in its section, in bytes. */
struct extent {
	u64 start, size;
};

static bool find_function(const struct instance *k, const char *func, struct diag *d,
			  struct extent *out)
{
	const void *symtab, *strtab;
	size_t symtab_size, strtab_size, want = strlen(func) + 1;
	Elf64_Sym sym;

	if (object_find_section(k->elf, k->elf_len, ".symtab", &symtab, &symtab_size, d) ||
	    object_find_section(k->elf, k->elf_len, ".strtab", &strtab, &strtab_size, d))
		return false;
	for (size_t at = 0; at + sizeof(sym) <= symtab_size; at += sizeof(sym)) {
		memcpy(&sym, (const u8 *)symtab + at, sizeof(sym));
		if (ELF64_ST_TYPE(sym.st_info) != STT_FUNC || sym.st_name >= strtab_size ||
		    strtab_size - sym.st_name < want)
			continue;
		if (memcmp((const char *)strtab + sym.st_name, func, want) == 0) {
			*out = (struct extent){ sym.st_value, sym.st_size };
			return true;
		}
	}
	return false;
}

/* Reads one section's records; line << 10 | column of the last one at or before `at`, 0 if there is none. */
static u32 last_before(struct reader *r, u32 record_size, u32 count, struct extent f, u64 at)
{
	u32 found = 0;

	for (u32 i = 0; i < count && !r->failed; i++) {
		u32 off = reader_u32(r);
		u32 line_col;

		reader_u32(r);
		reader_u32(r);
		line_col = reader_u32(r);
		reader_bytes(r, record_size - LINE_RECORD);
		if (!r->failed && off >= f.start && off <= at)
			found = line_col;
	}
	return found;
}

static u32 find_line(const struct instance *k, const char *section, struct extent f, u64 at,
		     struct diag *d)
{
	const struct btf *btf = bpf_object__btf(k->object);
	const void *ext;
	size_t size;
	struct reader r;
	u32 header, offset, length, record_size;

	if (!btf || object_find_section(k->elf, k->elf_len, ".BTF.ext", &ext, &size, d))
		return 0;
	reader_init(&r, ext, size);
	if (reader_u16(&r) != BTF_MAGIC_NUMBER)
		return 0;
	reader_u16(&r);
	header = reader_u32(&r);
	reader_u32(&r);
	reader_u32(&r);
	offset = reader_u32(&r);
	length = reader_u32(&r);
	if (r.failed || header > size || offset > size - header || length > size - header - offset)
		return 0;

	reader_init(&r, (const u8 *)ext + header + offset, length);
	record_size = reader_u32(&r);
	if (record_size < LINE_RECORD || record_size > 1024)
		return 0;
	while (reader_left(&r) && !r.failed) {
		const char *name = btf__name_by_offset(btf, reader_u32(&r));
		u32 count = reader_u32(&r);
		bool ours = name && strcmp(name, section) == 0;
		u32 found = last_before(&r, record_size, count, f, at);

		if (ours)
			return found;
	}
	return 0;
}

/* The length of the word at p: a name with the mark of its kind, or a single character. */
static u32 word_length(const char *p, const char *end)
{
	const char *q = p;

	if (q < end && (*q == '@' || *q == '$'))
		q++;
	while (q < end && (isalnum((unsigned char)*q) || *q == '_'))
		q++;
	return q > p ? (u32)(q - p) : q < end;
}

struct loc place_of_line(const struct script *s, u32 line)
{
	const char *at = s->source, *end;

	if (!at || !line)
		return LOC_NONE;
	for (u32 n = 1; n < line; n++) {
		at = strchr(at, '\n');
		if (!at)
			return LOC_NONE;
		at++;
	}
	end = strchrnul(at, '\n');
	while (at < end && isspace((unsigned char)*at))
		at++;
	while (end > at && isspace((unsigned char)end[-1]))
		end--;
	if (at == end)
		return LOC_NONE;
	for (const char *p = at;; p--) {
		if (p == s->source || p[-1] == '\n')
			return (struct loc){ .offset = (u32)(at - s->source),
					     .len = (u32)(end - at),
					     .line = line,
					     .col = (u32)(at - p) + 1 };
	}
}

struct loc place_of_text(const struct script *s, const char *text, size_t len)
{
	u32 line = 1;

	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	while (len && isspace((unsigned char)*text))
		text++, len--;
	if (!len || !s->source)
		return LOC_NONE;
	for (const char *p = s->source; p; line++) {
		struct loc loc = place_of_line(s, line);

		if (loc.line && loc.len == len && memcmp(s->source + loc.offset, text, len) == 0)
			return loc;
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
	}
	return LOC_NONE;
}

struct loc place_of_insn(const struct instance *k, const char *func, u32 insn)
{
	const struct bpf_program *prog;
	struct diag d; /* of what is wrong with the object: nobody asked */
	struct arena scratch;
	struct extent f;
	struct loc loc = LOC_NONE;
	u32 line_col = 0;

	if (!k->elf || !k->script->source)
		return LOC_NONE;
	prog = bpf_object__find_program_by_name(k->object, func);
	if (!prog)
		return LOC_NONE;
	arena_init(&scratch);
	diag_init(&d, &scratch);
	if (find_function(k, func, &d, &f) && (u64)insn * 8 < f.size)
		line_col = find_line(k, bpf_program__section_name(prog), f, f.start + (u64)insn * 8,
				     &d);
	arena_done(&scratch);

	if (line_col)
		loc = place_of_line(k->script, line_col >> 10);
	if (loc.line && (line_col & 0x3ff)) {
		u32 col = line_col & 0x3ff, end = loc.offset + loc.len;
		u32 at = loc.offset - (loc.col - 1) + (col - 1);

		if (at >= loc.offset && at < end) {
			loc.len = word_length(k->script->source + at, k->script->source + end);
			loc.offset = at;
			loc.col = col;
		}
	}
	return loc;
}
