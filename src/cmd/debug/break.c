/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Breakpoints are marked at the instructions; of watchpoints the memory is compared before each instruction. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "cmd/debug/impl.h"

enum { MAX_STOPS = 1000 };

/* ---- places */

static bool each_line(struct debug *d, u32 prog, const struct debug_place *p, const char *file,
		      void (*fn)(struct debug *d, u32 prog, u32 insn, void *arg), void *arg)
{
	const struct image_prog *ip = &d->img.progs.at[prog];
	const struct image_line *last = NULL;
	bool any = false;

	for (size_t i = 0; i < ip->lines.n; i++) {
		const struct image_line *l = &ip->lines.at[i];
		bool is_it = l->line == p->number &&
			     (!strcmp(l->file, file) || !strcmp(debug_file_name(l->file), file));
		/* A line may have several stretches, and each of these several entries. */
		bool goes_on = last && last->line == l->line && !strcmp(last->file, l->file) &&
			       image_func(ip, last->insn) == image_func(ip, l->insn);

		last = l;
		if (!is_it || goes_on)
			continue;
		fn(d, prog, l->insn, arg);
		any = true;
	}
	return any;
}

static bool each_func(struct debug *d, u32 prog, const char *name,
		      void (*fn)(struct debug *d, u32 prog, u32 insn, void *arg), void *arg)
{
	const struct image_prog *ip = &d->img.progs.at[prog];
	bool any = false;

	for (size_t i = 0; i < ip->funcs.n; i++) {
		if (strcmp(ip->funcs.at[i].name, name) != 0)
			continue;
		fn(d, prog, ip->funcs.at[i].start, arg);
		any = true;
	}
	return any;
}

bool debug_each_place(struct debug *d, const struct debug_place *p,
		      void (*fn)(struct debug *d, u32 prog, u32 insn, void *arg), void *arg)
{
	const struct step_state *at = debug_at(d);
	const struct image_line *here = debug_line_at(at->code, at->insn);
	const char *file = *p->name ? p->name : here ? here->file : "";
	bool any = false;

	if (p->kind == DEBUG_AT_INSN) {
		if (p->number >= at->code->count)
			return false;
		fn(d, debug_prog_index(d, at->code), p->number, arg);
		return true;
	}
	for (u32 i = 0; i < d->img.progs.n; i++) {
		any |= p->kind == DEBUG_AT_LINE ? each_line(d, i, p, file, fn, arg)
						: each_func(d, i, p->name, fn, arg);
	}
	return any;
}

/* ---- making and forgetting */

static struct debug_stop *add_stop(struct debug *d, const char *text)
{
	struct debug_stop *s;

	if (d->stops.n == MAX_STOPS)
		return NULL;
	s = vec_add(&d->arena, &d->stops);
	s->number = (u32)d->stops.n;
	s->text = arena_strdup(&d->arena, text);
	return s;
}

static void mark(struct debug *d, u32 prog, u32 insn, void *arg)
{
	u32 *first = arg;
	struct debug_prog *p = debug_prog(d, prog);

	p->stops[insn] = (u32)d->stops.n;
	if (!first[0]++) {
		first[1] = prog;
		first[2] = insn;
	}
}

/* What would be near: the next line of that file that has code, a function with a similar name. */
static int no_place(struct debug *d, const struct debug_place *p, const char *text)
{
	struct nearest n = nearest_to(p->name);
	u32 best = 0;

	if (p->kind == DEBUG_AT_INSN)
		return debug_fail(d, "there is no instruction %u: the program has %u", p->number,
				  debug_at(d)->code->count);
	for (size_t i = 0; i < d->img.progs.n; i++) {
		const struct image_prog *ip = &d->img.progs.at[i];

		for (size_t k = 0; k < ip->funcs.n; k++)
			nearest_try(&n, ip->funcs.at[k].name);
		for (size_t k = 0; k < ip->lines.n; k++) {
			const struct image_line *l = &ip->lines.at[k];

			if ((!*p->name || !strcmp(debug_file_name(l->file), p->name)) &&
			    l->line > p->number && (!best || l->line < best))
				best = l->line;
		}
	}
	if (p->kind == DEBUG_AT_LINE && best)
		return debug_fail(d, "no code is at line %s; the next that has some is %u", text,
				  best);
	if (p->kind == DEBUG_AT_LINE)
		return debug_fail(d, "no code is at line %s", text);
	if (nearest_name(&n))
		return debug_fail(d, "there is no function '%s'; did you mean '%s'?", text,
				  nearest_name(&n));
	return debug_fail(d, "there is no function '%s'", text);
}

int debug_break(struct debug *d, const struct debug_line *line)
{
	const struct step_state *at = debug_at(d);
	u32 first[3] = { 0 };
	struct debug_place p = { .kind = DEBUG_AT_INSN, .number = at->insn };
	struct buf text = { 0 };
	struct debug_stop *s;

	if (line->count > 1)
		return debug_fail(d, "break takes one place");
	if (line->count && !debug_parse_place(&p, line->args[0]))
		return debug_fail(d,
				  "'%s' is no place: give an INSTRUCTION, FUNCTION, FILE:LINE or "
				  ":LINE",
				  line->args[0]);
	s = add_stop(d, line->count ? line->args[0] : arena_printf(&d->arena, "%u", at->insn));
	if (!s)
		return debug_fail(d, "there are %d breakpoints already", MAX_STOPS);
	if (!debug_each_place(d, &p, mark, first)) {
		d->stops.n--;
		return no_place(d, &p, line->args[0]);
	}
	debug_place_text(machine_code(d->machine, first[1]), first[2], &text);
	out_printf(&d->out, "breakpoint %u: %s", s->number, buf_str(&text));
	if (first[0] > 1)
		out_printf(&d->out, " and %u more", first[0] - 1);
	out_puts(&d->out, "\n");
	buf_done(&text);
	return 0;
}

int debug_watch(struct debug *d, const struct debug_line *line)
{
	u64 address, size = 8;
	struct debug_stop *s;

	if (!line->count || line->count > 2 ||
	    (line->count == 2 &&
	     (!text_u64(line->args[1], &size) || !size || size > DEBUG_MAX_WATCH)))
		return debug_fail(d, "watch takes an address, and 1 to %d bytes", DEBUG_MAX_WATCH);
	if (debug_find_address(d, line->args[0], &address))
		return -EINVAL;
	if (debug_readable(d, address) < size)
		return debug_fail(d, "%s: 0x%" PRIx64 " is none of the program's memory",
				  line->args[0], address);
	s = add_stop(d, line->args[0]);
	if (!s)
		return debug_fail(d, "there are %d breakpoints already", MAX_STOPS);
	s->is_watch = true;
	s->address = address;
	s->size = (u32)size;
	out_printf(&d->out, "watchpoint %u: %u bytes at %s\n", s->number, s->size, s->text);
	return 0;
}

int debug_delete(struct debug *d, const struct debug_line *line)
{
	u64 number = 0;

	if (line->count > 1 ||
	    (line->count && (!text_u64(line->args[0], &number) || !number || number > d->stops.n ||
			     d->stops.at[number - 1].is_gone)))
		return debug_fail(d, "there is no breakpoint %s", line->args[0]);
	for (size_t i = 0; i < d->stops.n; i++) {
		if (!number || number == i + 1)
			d->stops.at[i].is_gone = true;
	}
	return 0;
}

void debug_print_stops(struct debug *d)
{
	for (size_t i = 0; i < d->stops.n; i++) {
		const struct debug_stop *s = &d->stops.at[i];

		if (!s->is_gone)
			out_printf(&d->out, "%s %u: %s\n",
				   s->is_watch ? "watchpoint" : "breakpoint", s->number, s->text);
	}
}

/* ---- while it runs */

void debug_watch_begin(struct debug *d)
{
	for (size_t i = 0; i < d->stops.n; i++) {
		struct debug_stop *s = &d->stops.at[i];

		if (s->is_watch && !s->is_gone)
			memcpy(s->last, (const void *)(uintptr_t)s->address, s->size);
	}
}

static u32 changed(struct debug *d)
{
	u32 number = 0;

	for (size_t i = 0; i < d->stops.n; i++) {
		struct debug_stop *s = &d->stops.at[i];
		const void *now = (const void *)(uintptr_t)s->address;

		if (!s->is_watch || s->is_gone || !memcmp(s->last, now, s->size))
			continue;
		memcpy(s->last, now, s->size);
		number = s->number;
	}
	return number;
}

u32 debug_stop_at(struct debug *d, const struct step_state *at)
{
	const struct debug_prog *p = &d->progs[debug_prog_index(d, at->code)];
	u32 number = p->stops ? p->stops[at->insn] : 0, watch;

	if (!at->steps)
		debug_watch_begin(d);
	watch = changed(d);
	if (number && !d->stops.at[number - 1].is_gone)
		return number;
	return watch;
}
