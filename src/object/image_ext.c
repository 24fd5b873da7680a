/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * .BTF.ext: for each section of code the types of functions, the lines of the source, and CO-RE relocations.
 *
 *	| header | record size | section name, count, records... | section name, count, records... | record size | ...
 *	           \____________________ functions ______________________________________________/   \__ lines
 *
 * Records may be longer than those that are known. Offsets of instructions are in bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "object/image_impl.h"

enum {
	EXT_MAGIC = 0xeb9f,
	EXT_OLD_HEADER = 24, /* without CO-RE */
	EXT_RECORD_MAX = 64,
};

struct ext {
	struct image_loader *l;
	struct image_file *f;
	const struct image_section *section; /* .BTF.ext */
	u32 header;
};

enum ext_part { EXT_FUNCS, EXT_LINES, EXT_CORES };

static const u32 record_sizes[] = {
	[EXT_FUNCS] = 8,
	[EXT_LINES] = 16,
	[EXT_CORES] = 16,
};

static void add_record(struct ext *e, enum ext_part part, struct image_section *to,
		       struct reader *r, u32 insn)
{
	const struct image_file *f = e->f;
	struct arena *a = e->l->arena;

	if (part == EXT_FUNCS) {
		*vec_add(a, &to->ext_funcs) =
			(struct image_ext_func){ insn, reader_u32(r) + f->type_shift };
	} else if (part == EXT_LINES) {
		struct image_ext_line line = { .insn = insn };

		line.file = reader_u32(r) + f->str_shift;
		line.text = reader_u32(r) + f->str_shift;
		line.line_col = reader_u32(r);
		*vec_add(a, &to->ext_lines) = line;
	} else {
		struct image_ext_core core = { .insn = insn };

		core.type = reader_u32(r) + f->type_shift;
		core.path = reader_u32(r) + f->str_shift;
		core.kind = reader_u32(r);
		*vec_add(a, &to->ext_cores) = core;
	}
}

/* The records of one section of code; those of a section that has no code are passed over. */
static int read_records(struct ext *e, enum ext_part part, struct reader *r, u32 size)
{
	u32 name = reader_u32(r), count = reader_u32(r);
	const char *section = rawbtf_str(e->l->btf, name + e->f->str_shift);
	struct image_section *to = NULL;

	for (u32 i = 1; i < e->f->section_count && !to; i++) {
		struct image_section *s = &e->f->sections[i];

		if (s->role == IMAGE_ROLE_CODE && !strcmp(s->name, section))
			to = s;
	}
	for (u32 i = 0; i < count && !r->failed; i++) {
		struct reader record;
		const void *bytes = reader_bytes(r, size);
		u32 offset;

		if (!bytes || !to)
			continue;
		reader_init(&record, bytes, size);
		offset = reader_u32(&record);
		if (offset % sizeof(struct bpf_insn) || offset >= to->sh.sh_size)
			return image_error(e->l, e->f, e->section, e->header + r->pos - size,
					   "'%s' has no instruction at 0x%x", section, offset);
		add_record(e, part, to, &record, offset / (u32)sizeof(struct bpf_insn));
	}
	return 0;
}

static int read_part(struct ext *e, enum ext_part part, u32 offset, u32 len)
{
	struct reader r;
	u32 size;
	int err = 0;

	if (!len)
		return 0;
	if (offset > e->section->sh.sh_size - e->header ||
	    len > e->section->sh.sh_size - e->header - offset)
		return image_error(e->l, e->f, e->section, e->header,
				   "%u bytes at 0x%x lie behind the end", len, offset);
	reader_init(&r, e->section->data + e->header, offset + len);
	r.pos = offset;
	size = reader_u32(&r);
	if (size < record_sizes[part] || size > EXT_RECORD_MAX)
		return image_error(e->l, e->f, e->section, e->header + offset,
				   "records of %u bytes instead of %u", size, record_sizes[part]);
	while (!err && reader_left(&r))
		err = read_records(e, part, &r, size);
	if (!err && r.failed)
		return image_error(e->l, e->f, e->section, e->header + r.pos,
				   "records do not end within their part");
	return err;
}

static int compare_insns(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return (x > y) - (x < y);
}

/* Sorts records, which begin with the instruction, and leaves one for each; their number. */
static size_t sort_unique(void *records, size_t n, size_t size)
{
	u8 *at = records;
	size_t kept = 0;

	if (n)
		qsort(records, n, size, compare_insns);
	for (size_t i = 0; i < n; i++) {
		if (kept && !compare_insns(at + (kept - 1) * size, at + i * size))
			continue;
		if (kept != i)
			memcpy(at + kept * size, at + i * size, size);
		kept++;
	}
	return kept;
}

/* CO-RE relocations keep the order in which they are to be done. */
static void sort_records(struct image_file *f)
{
	for (u32 i = 1; i < f->section_count; i++) {
		struct image_section *s = &f->sections[i];

		s->ext_funcs.n =
			sort_unique(s->ext_funcs.at, s->ext_funcs.n, sizeof(*s->ext_funcs.at));
		s->ext_lines.n =
			sort_unique(s->ext_lines.at, s->ext_lines.n, sizeof(*s->ext_lines.at));
	}
}

int image_ext_read(struct image_loader *l, struct image_file *f)
{
	const struct image_section *s = image_elf_find(f, ".BTF.ext");
	struct ext e = { .l = l, .f = f, .section = s };
	u32 parts[3][2];
	struct reader r;
	int err = 0;

	if (!s || !l->btf || f->type_first == f->type_end)
		return 0;
	reader_init(&r, s->data, (size_t)s->sh.sh_size);
	if (reader_u16(&r) != EXT_MAGIC || reader_u8(&r) != BTF_VERSION)
		return image_error(l, f, s, 0, "this is not what stands beside types");
	reader_u8(&r);
	e.header = reader_u32(&r);
	for (u32 i = 0; i < ARRAY_SIZE(parts); i++) {
		bool has = i < EXT_CORES || e.header >= EXT_OLD_HEADER + 8;

		parts[i][0] = has ? reader_u32(&r) : 0;
		parts[i][1] = has ? reader_u32(&r) : 0;
	}
	if (r.failed || e.header < EXT_OLD_HEADER || e.header > s->sh.sh_size)
		return image_error(l, f, s, 4, "the header of %u bytes does not fit", e.header);
	for (u32 i = 0; i < ARRAY_SIZE(parts) && !err; i++)
		err = read_part(&e, (enum ext_part)i, parts[i][0], parts[i][1]);
	sort_records(f);
	return err;
}
