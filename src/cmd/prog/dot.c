/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Graphs in the language of dot. A block of the flow is a run of instructions that is entered at its first and left at its last only;
 * where a branch leads, an edge says by which outcome.
 */
#include "cmd/prog/dump.h"

#include <string.h>

#include "base/table.h"
#include "isa/disasm.h"
#include "isa/insn.h"

/* ---- text within labels */

/* Between quotes; within records, braces and the like are syntax, too, and blanks in a row become one. */
static void put_escaped(struct out *o, const char *text, bool in_record)
{
	char before = ' ';

	for (; *text; before = *text++) {
		if (*text == '"' || *text == '\\' ||
		    (in_record && (strchr("{}<>|", *text) || (*text == ' ' && before == ' '))))
			out_puts(o, "\\");
		out_write(o, text, 1);
	}
}

/* ---- the flow */

struct flow {
	const struct progcode *c;
	bool *starts; /* a block begins at the instruction */
};

static u32 width_at(const struct progcode *c, u32 at)
{
	return insn_is_ld_imm64(&c->insns[at]) && at + 1 < c->count ? 2 : 1;
}

static bool is_exit(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_EXIT);
}

static bool is_goto(const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code);

	return (class == BPF_JMP || class == BPF_JMP32) && BPF_OP(i->code) == BPF_JA;
}

static void find_blocks(struct flow *f)
{
	const struct progcode *c = f->c;
	u32 to, width;

	for (u32 at = 0; at < c->count; at += width) {
		bool jumps = disasm_target(c->insns, c->count, at, &to);

		width = width_at(c, at);
		if (jumps)
			f->starts[to] = true;
		if (jumps || is_exit(&c->insns[at]))
			f->starts[at + width] = true;
		if (!at || progcode_func_at(c, at) >= 0)
			f->starts[at] = true;
	}
}

static void print_edge(struct out *o, u32 from, u32 to, const char *label, const char *more)
{
	out_printf(o, "\tb%u:s -> b%u:n [label=\"%s\"%s];\n", from, to, label, more);
}

/* What follows the block that begins at first and ends with the instruction at last. */
static void print_edges(struct out *o, const struct progcode *c, u32 first, u32 last)
{
	const struct bpf_insn *i = &c->insns[last];
	u32 next = last + width_at(c, last), to;
	bool jumps = disasm_target(c->insns, c->count, last, &to);
	bool is_loop = jumps && to <= last;

	if (jumps)
		print_edge(o, first, to, is_goto(i) ? "" : "yes", is_loop ? ", color=blue" : "");
	if (!is_exit(i) && !(jumps && is_goto(i)) && next < c->count)
		print_edge(o, first, next, jumps ? "no" : "", jumps ? ", style=dashed" : "");
}

/* A record with a line for each instruction, and lines of C between them; where the block ends. */
static u32 print_block(struct out *o, struct flow *f, struct prog_listing *l, u32 first)
{
	const struct progcode *c = f->c;
	struct buf text = { 0 };
	u32 at = first, last = first;
	s64 shown = -1;

	out_printf(o, "\tb%u [label=\"{", first);
	do {
		s64 line = progcode_line_at(c, at);
		struct progcode_source s = progcode_source(c, line);

		if (*s.text && !progcode_same_line(c, line, shown)) {
			shown = line;
			put_escaped(o, "; ", true);
			put_escaped(o, s.text, true);
			out_puts(o, "\\l");
		}
		buf_clear(&text);
		buf_printf(&text, "%4u: ", at);
		last = at;
		at += prog_listing_insn(l, at, &text);
		put_escaped(o, buf_str(&text), true);
		out_puts(o, "\\l");
	} while (at < c->count && !f->starts[at]);
	out_puts(o, "}\"];\n");
	print_edges(o, c, first, last);
	buf_done(&text);
	return at;
}

static void begin_function(struct out *o, const struct progcode *c, u32 at, const char *name)
{
	const char *own = progcode_func_name(c, progcode_func_at(c, at));

	out_printf(o, "%ssubgraph cluster_%u {\n\tlabel=\"", at ? "}\n" : "", at);
	put_escaped(o, *own || at ? own : name, false);
	out_puts(o, "\";\n\tstyle=dashed;\n");
}

void prog_dot_flow(struct out *o, struct prog_listing *l, const char *name)
{
	const struct progcode *c = l->code;
	struct flow f = { .c = c, .starts = arena_array(l->arena, bool, c->count + 2) };

	find_blocks(&f);
	out_puts(o, "digraph \"");
	put_escaped(o, name, false);
	out_puts(o, "\" {\nnode [shape=record, fontname=monospace];\n");
	for (u32 at = 0; at < c->count;) {
		if (!at || progcode_func_at(c, at) >= 0)
			begin_function(o, c, at, name);
		at = print_block(o, &f, l, at);
	}
	out_puts(o, "}\n}\n");
}

/* ---- calls */

/* An edge is shown once, however often there is a call. */
struct calls {
	struct out *out;
	struct prog_listing *listing;
	struct table seen;
};

static bool is_new(struct calls *g, const char *text)
{
	if (table_get_str(&g->seen, text))
		return false;
	table_set_str(&g->seen, text, g);
	return true;
}

static void print_call(struct calls *g, u32 from, const struct prog_reference *r)
{
	struct arena *a = g->listing->arena;
	const char *node, *edge, *style = "";
	bool is_map = r->kind == PROG_REFER_MAP || r->kind == PROG_REFER_VARIABLE;

	if (r->kind == PROG_REFER_FUNC || r->kind == PROG_REFER_CALLBACK) {
		if (r->number == UINT32_MAX)
			return;
		node = arena_printf(a, "f%u", r->number);
	} else if (is_map) {
		node = arena_printf(a, "m%u", r->number);
	} else {
		node = arena_printf(a, "k%u", r->number);
	}
	if (r->kind == PROG_REFER_CALLBACK)
		style = " [style=dashed, label=callback]";
	else if (is_map)
		style = " [dir=none, color=gray]";
	if ((is_map || r->kind == PROG_REFER_KERNEL) && is_new(g, node)) {
		out_printf(g->out, "\t%s [shape=%s, label=\"", node, is_map ? "cylinder" : "oval");
		if (*r->name)
			put_escaped(g->out, r->name, false);
		else
			out_printf(g->out, "#%d", (s32)r->number);
		out_puts(g->out, "\"];\n");
	}
	edge = arena_printf(a, "\tf%u -> %s%s;\n", from, node, style);
	if (is_new(g, edge))
		out_puts(g->out, edge);
}

static void print_nodes(struct out *o, const struct progcode *c, const char *name)
{
	for (u32 i = 0; i < c->func_count || !i; i++) {
		u32 first = i < c->func_count ? c->funcs[i].insn_off : 0;
		u32 end = i + 1 < c->func_count ? c->funcs[i + 1].insn_off : c->count;
		const char *own = progcode_func_name(c, i);

		out_printf(o, "\tf%u [shape=box, label=\"", i);
		put_escaped(o, *own || i ? own : name, false);
		out_printf(o, "\\n%u insns\"];\n", end - first);
	}
}

void prog_dot_calls(struct out *o, struct prog_listing *l, const char *name)
{
	const struct progcode *c = l->code;
	struct calls g = { .out = o, .listing = l };

	table_init(&g.seen, l->arena);
	out_puts(o, "digraph \"");
	put_escaped(o, name, false);
	out_puts(o, "\" {\n\tnode [fontname=monospace];\n");
	print_nodes(o, c, name);
	for (u32 at = 0; at < c->count; at += width_at(c, at)) {
		struct prog_reference r = prog_listing_refer(l, at);
		s64 from = progcode_func_of(c, at);

		if (r.kind != PROG_REFER_NONE)
			print_call(&g, from < 0 ? 0 : (u32)from, &r);
	}
	out_puts(o, "}\n");
}
