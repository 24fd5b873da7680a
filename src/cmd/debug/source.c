/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source lines, as the object has them: those that have code. Instructions, with a mark where the run is. */
#include <stdlib.h>
#include <string.h>

#include "cmd/debug/impl.h"

enum { AROUND = 5, INSNS_AROUND = 8 };

const char *debug_file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

const struct image_line *debug_line_at(const struct code *code, u32 insn)
{
	return image_line(code->prog, insn);
}

void debug_place_text(const struct code *code, u32 insn, struct buf *out)
{
	const struct image_func *f = image_func(code->prog, insn);
	const struct image_line *line = debug_line_at(code, insn);

	buf_puts(out, f ? f->name : code->prog->name);
	if (line)
		buf_printf(out, " at %s:%u", debug_file_name(line->file), line->line);
	buf_printf(out, " (instruction %u)", insn);
}

static u32 print_insn(struct debug *d, u32 prog, u32 insn, bool is_marked)
{
	const struct debug_prog *p = debug_prog(d, prog);
	struct buf text = { 0 };
	u32 units = listing_insn(&p->listing, insn, &text);

	out_printf(&d->out, "%s%6u: %s\n", is_marked ? "=> " : "   ", insn, buf_str(&text));
	buf_done(&text);
	return units;
}

void debug_print_insn(struct debug *d, u32 prog, u32 insn, bool with_line)
{
	const struct image_line *line = image_line(&d->img.progs.at[prog], insn);

	if (with_line && line)
		out_printf(&d->out, "   %6u | %s\n", line->line, line->text);
	print_insn(d, prog, insn, false);
}

/* ---- disas */

static void print_range(struct debug *d, u32 prog, u32 from, u32 end)
{
	const struct debug_prog *p = debug_prog(d, prog);
	const struct step_state *at = debug_at(d);
	bool is_here = debug_prog_index(d, at->code) == prog;
	const struct image_line *line;

	for (u32 i = from; i < end;) {
		if (p->listing.labels[i])
			out_printf(&d->out, "L%u:\n", p->listing.labels[i]);
		line = i == from ? image_line(p->listing.prog, i) : listing_line(&p->listing, i);
		if (line)
			out_printf(&d->out, "; %s:%u: %s\n", debug_file_name(line->file),
				   line->line, line->text + strspn(line->text, " \t"));
		i += print_insn(d, prog, i, is_here && i == at->insn);
	}
}

static void disas_func(struct debug *d, u32 prog, u32 insn, void *arg)
{
	const struct image_func *f = image_func(&d->img.progs.at[prog], insn);
	bool *is_done = arg;

	/* Programs have each a copy of what they call; one is enough. */
	if (*is_done || !f)
		return;
	*is_done = true;
	out_printf(&d->out, "%s:\n", f->name);
	print_range(d, prog, f->start, f->start + f->count);
}

/* The first instruction at or after one: not the second half of a load. */
static u32 whole(const struct image_prog *p, u32 from, u32 insn)
{
	u32 i = from;

	while (i < insn)
		i += p->insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) ? 2 : 1;
	return i;
}

int debug_disas(struct debug *d, const struct debug_line *line)
{
	const struct step_state *at = debug_at(d);
	const struct image_prog *p = at->code->prog;
	const struct image_func *f = image_func(p, at->insn);
	struct debug_place place;
	bool is_done = false;
	u32 from, end, first;

	if (line->count > 1)
		return debug_fail(d, "disas takes a function, or nothing");
	if (line->count) {
		if (!debug_parse_place(&place, line->args[0]) || place.kind != DEBUG_AT_FUNC ||
		    !debug_each_place(d, &place, disas_func, &is_done))
			return debug_fail(d, "there is no function '%s'", line->args[0]);
		return 0;
	}
	first = f ? f->start : 0;
	end = f ? f->start + f->count : p->count;
	from = at->insn > first + INSNS_AROUND ? whole(p, first, at->insn - INSNS_AROUND) : first;
	if (end > at->insn + INSNS_AROUND + 1)
		end = at->insn + INSNS_AROUND + 1;
	print_range(d, debug_prog_index(d, at->code), from, end);
	return 0;
}

/* ---- list */

static int by_number(const void *a, const void *b)
{
	const struct image_line *x = *(const struct image_line *const *)a;
	const struct image_line *y = *(const struct image_line *const *)b;

	return (x->line > y->line) - (x->line < y->line);
}

struct lines {
	const struct image_line **at;
	size_t n;
};

/* Of a file, in their order, each once. */
static struct lines lines_of(struct debug *d, const char *file)
{
	struct lines l = { 0 };
	size_t room = 0, n = 0;

	for (size_t i = 0; i < d->img.progs.n; i++)
		room += d->img.progs.at[i].lines.n;
	l.at = calloc(room + 1, sizeof(*l.at));
	if (!l.at)
		arena_exhausted();
	for (size_t i = 0; i < d->img.progs.n; i++) {
		const struct image_prog *p = &d->img.progs.at[i];

		for (size_t k = 0; k < p->lines.n; k++) {
			if (!strcmp(p->lines.at[k].file, file))
				l.at[n++] = &p->lines.at[k];
		}
	}
	qsort(l.at, n, sizeof(*l.at), by_number);
	for (size_t i = 0; i < n; i++) {
		if (!l.n || l.at[l.n - 1]->line != l.at[i]->line)
			l.at[l.n++] = l.at[i];
	}
	return l;
}

static void first_line(struct debug *d, u32 prog, u32 insn, void *arg)
{
	const struct image_line **line = arg;

	if (!*line)
		*line = image_line(&d->img.progs.at[prog], insn);
}

int debug_list(struct debug *d, const struct debug_line *line)
{
	const struct step_state *at = debug_at(d);
	const struct image_line *here = debug_line_at(at->code, at->insn), *middle = here;
	struct debug_place place;
	struct lines l;
	u32 number;
	size_t i = 0;

	if (line->count > 1 || (line->count && !debug_parse_place(&place, line->args[0])))
		return debug_fail(d, "list takes a line, :LINE, FILE:LINE or a function");
	if (line->count && place.kind != DEBUG_AT_INSN) {
		middle = NULL;
		if (!debug_each_place(d, &place, first_line, &middle))
			return debug_fail(d, "there is no code at '%s'", line->args[0]);
	}
	if (!middle)
		return debug_fail(d, "the object does not say which lines this was made of");
	number = line->count && place.kind == DEBUG_AT_INSN ? place.number : middle->line;
	l = lines_of(d, middle->file);
	while (i < l.n && l.at[i]->line < number)
		i++;
	i = i > AROUND ? i - AROUND : 0;
	for (size_t end = i + 2 * AROUND + 1; i < l.n && i < end; i++)
		out_printf(&d->out, "%s%6u | %s\n",
			   here && l.at[i]->line == here->line && !strcmp(here->file, middle->file)
				   ? "=> "
				   : "   ",
			   l.at[i]->line, l.at[i]->text);
	free(l.at);
	return 0;
}
