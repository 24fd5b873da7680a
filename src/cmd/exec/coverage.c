/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/exec/coverage.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void add(struct arena *a, exec_coverage_rows *to, const char *file, const char *func,
		u32 line, u64 hits)
{
	struct exec_coverage_row *row = vec_add(a, to);

	*row = (struct exec_coverage_row){ file, func, line, hits };
}

static void add_program(struct exec_coverage *c, const struct exec_engine *e, u32 prog,
			const u64 *hits, exec_coverage_rows *lines, exec_coverage_rows *funcs)
{
	const struct image_prog *p = &e->job->img->progs.at[prog];
	struct arena *a = c->arena;

	for (size_t i = 0; i < p->lines.n; i++) {
		u32 end = i + 1 < p->lines.n ? p->lines.at[i + 1].insn : p->count;
		u64 most = 0;

		if (!p->lines.at[i].line)
			continue;
		for (u32 k = p->lines.at[i].insn; k < end && k < p->count; k++)
			most = hits[k] > most ? hits[k] : most;
		add(a, lines, p->lines.at[i].file, NULL, p->lines.at[i].line, most);
	}
	for (size_t i = 0; i < p->funcs.n; i++) {
		u32 start = p->funcs.at[i].start;
		const struct image_line *line =
			p->lines.n && start < p->count ? image_line(p, start) : NULL;

		if (line)
			add(a, funcs, line->file, p->funcs.at[i].name, line->line, hits[start]);
	}
}

static int by_place(const void *a, const void *b)
{
	const struct exec_coverage_row *x = a, *y = b;
	int order = strcmp(x->file, y->file);

	if (!order && x->func && y->func)
		order = strcmp(x->func, y->func);
	return order ? order : x->line < y->line ? -1 : x->line > y->line;
}

/*
 * Sorts, and makes one of rows of the same line or function: of a line the most (of programs that have it, each by a copy) or
 * the sum (of several runs), of a function always the sum.
 */
static void merge(exec_coverage_rows *r, bool of_runs)
{
	size_t n = 0;

	if (r->n)
		qsort(r->at, r->n, sizeof(*r->at), by_place);
	for (size_t i = 0; i < r->n; i++) {
		struct exec_coverage_row *last = n ? &r->at[n - 1] : NULL;

		if (!last || by_place(last, &r->at[i]) != 0)
			r->at[n++] = r->at[i];
		else if (of_runs || r->at[i].func)
			last->hits += r->at[i].hits;
		else if (r->at[i].hits > last->hits)
			last->hits = r->at[i].hits;
	}
	r->n = n;
}

static void put_functions(const exec_coverage_rows *funcs, const char *file, struct buf *out)
{
	for (size_t i = 0; i < funcs->n; i++) {
		if (!strcmp(funcs->at[i].file, file))
			buf_printf(out, "FN:%u,%s\n", funcs->at[i].line, funcs->at[i].func);
	}
	for (size_t i = 0; i < funcs->n; i++) {
		if (!strcmp(funcs->at[i].file, file))
			buf_printf(out, "FNDA:%" PRIu64 ",%s\n", funcs->at[i].hits,
				   funcs->at[i].func);
	}
}

/* The lines of the file that the i-th is of; returns the first one of another file. */
static size_t put_file(const exec_coverage_rows *lines, const exec_coverage_rows *funcs, size_t i,
		       struct buf *out)
{
	const char *file = lines->at[i].file;
	u32 found = 0, hit = 0;

	buf_printf(out, "TN:\nSF:%s\n", file);
	put_functions(funcs, file, out);
	for (; i < lines->n && !strcmp(lines->at[i].file, file); i++) {
		buf_printf(out, "DA:%u,%" PRIu64 "\n", lines->at[i].line, lines->at[i].hits);
		found++;
		hit += lines->at[i].hits > 0;
	}
	buf_printf(out, "LF:%u\nLH:%u\nend_of_record\n", found, hit);
	return i;
}

void exec_coverage_add(struct exec_coverage *c, struct exec_engine *e)
{
	const struct image *img = e->job->img;
	exec_coverage_rows lines = { 0 }, funcs = { 0 };

	for (u32 i = 0; i < img->progs.n; i++) {
		const u64 *hits = e->ops->hits(e, i);

		if (hits && (i == e->job->prog || hits[0]))
			add_program(c, e, i, hits, &lines, &funcs);
	}
	merge(&lines, false);
	merge(&funcs, false);
	for (size_t i = 0; i < lines.n; i++)
		*vec_add(c->arena, &c->lines) = lines.at[i];
	for (size_t i = 0; i < funcs.n; i++)
		*vec_add(c->arena, &c->funcs) = funcs.at[i];
	merge(&c->lines, true);
	merge(&c->funcs, true);
}

void exec_coverage_write(const struct exec_coverage *c, struct buf *out)
{
	for (size_t i = 0; i < c->lines.n;)
		i = put_file(&c->lines, &c->funcs, i, out);
}
