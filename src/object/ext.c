/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * After a header come three tables, each of this form (Documentation/bpf/btf.rst):
 *
 *	u32 record size | section: { u32 name, u32 count, records ... } ...
 *
 *	function  { u32 insn; u32 FUNC }
 *	line      { u32 insn; u32 file; u32 text; u32 line << 10 | column }
 *	CO-RE     { u32 insn; u32 type; u32 path; u32 kind }
 *
 * where insn is a byte offset in the ELF section.
 */
#include "object/ext.h"

#include <string.h>

#include "base/arena.h"
#include "object/core.h"

enum {
	EXT_VERSION = 1,
	LINE_TEXT_MAX = 200, /* bytes: the kernel repeats the text in its logs */
	LINE_MAX = (1 << 22) - 1,
	COLUMN_MAX = (1 << 10) - 1,
};

struct ext_header {
	u16 magic;
	u8 version, flags;
	u32 hdr_len;
	struct {
		u32 off, len;
	} funcs, lines, cores;
};

struct ext {
	const struct object *o;
	const struct layout *l;
	const u32 *func_ids;
	struct btfgen *g;
	struct buf *out;
	u32 file; /* string: name of the script */
	/* Where each line of the source begins, and where the last ends. */
	vec_of(const char *) lines;
};

/* Appends the records of one function and returns how many. */
typedef u32 (*ext_records_fn)(struct ext *e, u32 func);

static void ext_put(struct ext *e, u32 a, u32 b)
{
	buf_u32(e->out, a);
	buf_u32(e->out, b);
}

static u32 ext_func(struct ext *e, u32 func)
{
	ext_put(e, e->l->offsets[func], e->func_ids[func]);
	return 1;
}

static void ext_index_lines(struct ext *e, struct arena *arena)
{
	const char *s = e->o->source, *end;

	if (!s)
		return;
	for (; (end = strchr(s, '\n')); s = end + 1)
		*vec_add(arena, &e->lines) = s;
	*vec_add(arena, &e->lines) = s;
	*vec_add(arena, &e->lines) = s + strlen(s) + 1;
}

/* The string of a line of the script, from 1. */
static u32 ext_line_text(struct ext *e, u32 line)
{
	size_t n;

	if (!line || line >= e->lines.n)
		return 0;
	n = (size_t)(e->lines.at[line] - e->lines.at[line - 1]) - 1;
	return btfgen_strn(e->g, e->lines.at[line - 1], n < LINE_TEXT_MAX ? n : LINE_TEXT_MAX);
}

static u32 ext_line(struct ext *e, u32 func)
{
	const struct object_func *f = &e->o->funcs.at[func];
	u32 count = 0;

	for (size_t i = 0; i < f->lines.n; i++) {
		const struct object_line *at = &f->lines.at[i];
		u32 line = at->line < LINE_MAX ? at->line : LINE_MAX;
		u32 col = at->col < COLUMN_MAX ? at->col : COLUMN_MAX;

		/* The kernel takes one line an instruction. */
		if (i + 1 < f->lines.n && at[1].insn == at->insn)
			continue;
		ext_put(e, e->l->offsets[func] + at->insn * (u32)sizeof(struct bpf_insn), e->file);
		ext_put(e, ext_line_text(e, line), line << 10 | col);
		count++;
	}
	return count;
}

static u32 ext_core(struct ext *e, u32 func)
{
	const struct object_func *f = &e->o->funcs.at[func];

	for (size_t i = 0; i < f->cores.n; i++) {
		const struct object_core *c = &f->cores.at[i];
		u32 path, type = core_type(e->g, c, core_offset(&f->insns.at[c->insn]), &path);

		ext_put(e, e->l->offsets[func] + c->insn * (u32)sizeof(struct bpf_insn), type);
		ext_put(e, path, c->kind);
	}
	return (u32)f->cores.n;
}

/* Appends one of the three tables; nothing at all if it has no records. Returns its length. */
static u32 ext_table(struct ext *e, ext_records_fn records, u32 record_size)
{
	size_t start = e->out->len;

	buf_u32(e->out, record_size);
	for (size_t i = 0; i < e->l->sections.n; i++) {
		const struct layout_section *s = &e->l->sections.at[i];
		size_t head = e->out->len;
		u32 count = 0;

		ext_put(e, btfgen_str(e->g, s->name), 0);
		for (size_t k = 0; k < s->funcs.n; k++)
			count += records(e, s->funcs.at[k]);
		if (count)
			memcpy(e->out->data + head + sizeof(u32), &count, sizeof(count));
		else
			e->out->len = head;
	}
	if (e->out->len == start + sizeof(u32))
		e->out->len = start;
	return (u32)(e->out->len - start);
}

void ext_write(const struct object *o, const struct layout *l, const u32 *func_ids,
	       struct btfgen *g, struct buf *out)
{
	struct ext e = { .o = o, .l = l, .func_ids = func_ids, .g = g, .out = out };
	struct ext_header h = { .magic = BTF_MAGIC, .version = EXT_VERSION, .hdr_len = sizeof(h) };
	size_t start = out->len;
	struct arena arena;

	arena_init(&arena);
	e.file = btfgen_str(g, o->source_name && *o->source_name ? o->source_name : "script");
	ext_index_lines(&e, &arena);
	buf_extend(out, sizeof(h));
	h.funcs.len = ext_table(&e, ext_func, 2 * sizeof(u32));
	h.lines.off = h.funcs.len;
	h.lines.len = ext_table(&e, ext_line, 4 * sizeof(u32));
	h.cores.off = h.lines.off + h.lines.len;
	if (o->core)
		h.cores.len = ext_table(&e, ext_core, 4 * sizeof(u32));
	memcpy(out->data + start, &h, sizeof(h));
	arena_done(&arena);
}
