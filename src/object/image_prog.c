/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each program is put together from its own function and those that it calls, each once, in the order in which calls are met on
 * the way down:
 *
 *	section "xdp"  | prog a | prog b |	section ".text"  | f | g |	a calls g, g calls f
 *
 *	program a:  | a | g | f |
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "isa/section.h"
#include "object/image_impl.h"

enum { INSN_BYTES = sizeof(struct bpf_insn) };

static bool is_text(const struct image_loader *l, const struct image_code *c)
{
	return !strcmp(l->files[c->file].sections[c->section].name, ".text");
}

static void add_prog(struct image_loader *l, struct image_code *c)
{
	const struct image_section *s = &l->files[c->file].sections[c->section];
	struct image_prog p = { .name = c->name, .section = s->name, .target = "" };
	struct section_match match;

	if (!section_find(s->name, &match)) {
		p.type = (enum bpf_prog_type)match.type;
		p.attach = match.attach;
		p.target = match.rest;
		p.flags = match.load_flags;
		p.is_sleepable = (match.flags & SECTION_SLEEPS) != 0;
		p.is_known = true;
	}
	c->prog = (s32)l->img->progs.n;
	*vec_add(l->arena, &l->img->progs) = p;
}

/*
 * Programs are what can be seen outside of .text. An object that has only .text is one for this machine alone: all of it that can
 * be seen may be run.
 */
void image_prog_find(struct image_loader *l)
{
	for (int text = 0; text < 2 && !l->img->progs.n; text++) {
		for (size_t i = 0; i < l->funcs.n; i++) {
			struct image_code *c = &l->funcs.at[i];

			if (!c->is_local && is_text(l, c) == text &&
			    image_link_wins(l, c->file, c->symbol))
				add_prog(l, c);
		}
	}
}

/* A function whose calls are being followed. */
struct followed {
	u32 func, next; /* instruction of it */
};

/* A program that is being put together. */
struct assembly {
	struct image_loader *l;
	struct image_prog *prog;
	struct buf code;
	/* Functions whose calls are being followed, innermost last. */
	vec_of(struct followed) open;
};

static u32 func_type(const struct image_section *s, const struct image_code *c)
{
	size_t low = 0, high = s->ext_funcs.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->ext_funcs.at[middle].insn < c->start)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->ext_funcs.n && s->ext_funcs.at[low].insn == c->start
		       ? s->ext_funcs.at[low].type
		       : 0;
}

static void add_lines(struct assembly *a, const struct image_section *s, const struct image_code *c)
{
	const struct rawbtf *b = a->l->btf;
	size_t low = 0, high = s->ext_lines.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->ext_lines.at[middle].insn < c->start)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < s->ext_lines.n && s->ext_lines.at[low].insn - c->start < c->count; low++) {
		const struct image_ext_line *x = &s->ext_lines.at[low];

		/* What compilers add of their own has no line: it belongs to what comes before. */
		if (!BPF_LINE_INFO_LINE_NUM(x->line_col))
			continue;
		*vec_add(a->l->arena, &a->prog->lines) = (struct image_line){
			.insn = x->insn - c->start + c->placed,
			.line = BPF_LINE_INFO_LINE_NUM(x->line_col),
			.col = BPF_LINE_INFO_LINE_COL(x->line_col),
			.file = rawbtf_str(b, x->file),
			.text = rawbtf_str(b, x->text),
		};
	}
}

void image_gap_add(struct image_loader *l, struct image_section *s, u32 insn, const char *text)
{
	*vec_add(l->arena, &s->gaps) = (struct image_gap){ .insn = insn, .text = text };
}

static int compare_gaps(const void *a, const void *b)
{
	const struct image_gap *x = a, *y = b;

	return (x->insn > y->insn) - (x->insn < y->insn);
}

/* Ascending, and one for an instruction. */
static void sort_gaps(struct image_section *s)
{
	size_t kept = 0;

	if (s->gaps.n)
		qsort(s->gaps.at, s->gaps.n, sizeof(*s->gaps.at), compare_gaps);
	for (size_t i = 0; i < s->gaps.n; i++) {
		if (!kept || s->gaps.at[kept - 1].insn != s->gaps.at[i].insn)
			s->gaps.at[kept++] = s->gaps.at[i];
	}
	s->gaps.n = kept;
}

static void add_gaps(struct assembly *a, const struct image_section *s, const struct image_code *c)
{
	size_t low = 0, high = s->gaps.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->gaps.at[middle].insn < c->start)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < s->gaps.n && s->gaps.at[low].insn - c->start < c->count; low++) {
		*vec_add(a->l->arena, &a->prog->gaps) =
			(struct image_gap){ .insn = s->gaps.at[low].insn - c->start + c->placed,
					    .text = s->gaps.at[low].text };
	}
}

/* Puts a function at the program's end and leaves its calls to be followed. */
static int place_func(struct assembly *a, u32 func)
{
	struct image_loader *l = a->l;
	struct image_code *c = &l->funcs.at[func];
	const struct image_section *s = &l->files[c->file].sections[c->section];
	u32 at = (u32)(a->code.len / INSN_BYTES);

	l->insns += c->count;
	if (at + c->count > IMAGE_MAX_INSNS)
		return image_error(l, &l->files[c->file], s, (u64)c->start * INSN_BYTES,
				   "program '%s' has more than %d instructions", a->prog->name,
				   IMAGE_MAX_INSNS);
	if (l->insns > IMAGE_MAX_ALL_INSNS)
		return image_error(l, &l->files[c->file], s, (u64)c->start * INSN_BYTES,
				   "all programs together have more than %d instructions",
				   IMAGE_MAX_ALL_INSNS);
	c->stamp = l->stamp;
	c->placed = at;
	buf_put(&a->code, s->insns + c->start, (size_t)c->count * INSN_BYTES);
	*vec_add(l->arena, &a->prog->funcs) = (struct image_func){
		.name = c->name,
		.start = at,
		.count = c->count,
		.type = func_type(s, c),
		.is_global = c->is_global,
	};
	add_lines(a, s, c);
	add_gaps(a, s, c);
	vec_add(l->arena, &a->open)->func = func;
	return 0;
}

/* A call or address of a function: places the function if it is new to the program, and sets the distance. */
static int follow(struct assembly *a, u32 at, u32 callee)
{
	struct image_code *c = &a->l->funcs.at[callee];
	struct bpf_insn *insn;
	int err = 0;

	if (c->stamp != a->l->stamp)
		err = place_func(a, callee);
	if (err)
		return err;
	insn = (struct bpf_insn *)(void *)a->code.data + at;
	insn->imm = (s32)c->placed - (s32)at - 1;
	return 0;
}

static void mark_callees(const struct image_prog *p, u8 *marks)
{
	for (u32 i = 0; i < p->count; i++) {
		const struct bpf_insn *insn = &p->insns[i];
		s64 to = (s64)i + 1 + insn->imm;

		if (insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL &&
		    to >= 0 && to < p->count)
			marks[to] = 1;
	}
}

/* Functions that have no symbol begin where calls into others lead; they are named by that: "main+20". */
static void split_funcs(struct image_loader *l, struct image_prog *p)
{
	const struct image_prog whole = *p;
	struct buf room = { 0 };
	u8 *marks = buf_extend(&room, p->count);

	mark_callees(p, marks);
	memset(&p->funcs, 0, sizeof(p->funcs));
	for (size_t k = 0; k < whole.funcs.n; k++) {
		const struct image_func *f = &whole.funcs.at[k];
		struct image_func *part = vec_add(l->arena, &p->funcs);

		*part = *f;
		for (u32 i = 1; i < f->count; i++) {
			if (!marks[f->start + i])
				continue;
			part->count = f->start + i - part->start;
			part = vec_add(l->arena, &p->funcs);
			*part = (struct image_func){
				.name = arena_printf(l->arena, "%s+%u", f->name, i),
				.start = f->start + i,
				.count = f->count - i,
			};
		}
	}
	buf_done(&room);
}

static int assemble(struct image_loader *l, u32 func)
{
	struct image_code *main = &l->funcs.at[func];
	struct assembly a = { .l = l, .prog = &l->img->progs.at[main->prog] };
	struct bpf_insn *insns;
	int err;

	l->stamp++;
	err = place_func(&a, func);
	while (!err && a.open.n) {
		const struct image_code *c = &l->funcs.at[a.open.at[a.open.n - 1].func];
		const struct image_section *s = &l->files[c->file].sections[c->section];
		u32 i = a.open.at[a.open.n - 1].next++, callee;

		if (i >= c->count) {
			a.open.n--;
			continue;
		}
		callee = s->callees[c->start + i];
		if (callee && callee != IMAGE_NO_CALLEE)
			err = follow(&a, c->placed + i, callee - 1);
	}
	if (!err) {
		insns = arena_alloc(l->arena, a.code.len);
		memcpy(insns, a.code.data, a.code.len);
		a.prog->insns = insns;
		a.prog->count = (u32)(a.code.len / INSN_BYTES);
		if (l->has_nameless)
			split_funcs(l, a.prog);
	}
	buf_done(&a.code);
	return err;
}

int image_prog_make(struct image_loader *l)
{
	int err = 0;

	for (u32 i = 0; i < l->file_count; i++) {
		for (u32 j = 1; j < l->files[i].section_count; j++)
			sort_gaps(&l->files[i].sections[j]);
	}
	for (u32 i = 0; i < l->funcs.n && !err; i++) {
		if (l->funcs.at[i].prog != IMAGE_NONE)
			err = assemble(l, i);
	}
	return err;
}
