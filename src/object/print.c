/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An object as text:
 *
 *	tracepoint/sched/sched_switch begin_1:
 *	; 3:7 { @ = count(); }
 *	   0: r1 = map[AT_] ll
 *	   2: ...
 */
#include <string.h>

#include "isa/disasm.h"
#include "isa/insn.h"
#include "object/object.h"

struct printer {
	const struct object *o;
	const struct object_func *f;
	size_t next_line;  /* index into f->lines */
	size_t next_reloc; /* where the search for the next relocation begins */
	struct buf symbol;
	const char *source; /* where line number `line` of the source begins */
	u32 line;
};

/*
 * Relocations nearly always stand in the order of the code, so the search begins after the last
 * one found.
 */
static const struct object_reloc *print_reloc(struct printer *p, u32 insn)
{
	size_t n = p->f->relocs.n;

	for (size_t i = 0; i < n; i++) {
		size_t at = (p->next_reloc + i) % n;

		if (p->f->relocs.at[at].insn == insn) {
			p->next_reloc = at + 1;
			return &p->f->relocs.at[at];
		}
	}
	return NULL;
}

static const char *print_symbol(void *arg, u32 insn)
{
	struct printer *p = arg;
	const struct bpf_insn *i = &p->f->insns.at[insn];
	const struct object_reloc *r;

	if (!insn_is_ld_imm64(i) && i->code != (BPF_JMP | BPF_CALL))
		return NULL;
	r = print_reloc(p, insn);
	if (!r)
		return NULL;
	buf_clear(&p->symbol);
	switch (r->kind) {
	case RELOC_MAP:
		buf_printf(&p->symbol, "map[%s]", p->o->maps.at[r->index].name);
		break;
	case RELOC_BSS:
		buf_printf(&p->symbol, "bss[%u]", r->offset);
		break;
	case RELOC_CALL:
		buf_puts(&p->symbol, p->o->funcs.at[r->index].name);
		break;
	case RELOC_FUNC:
		buf_printf(&p->symbol, "func[%s]", p->o->funcs.at[r->index].name);
		break;
	}
	return buf_str(&p->symbol);
}

/* The text of a line of the source without its indentation; *len without its newline. */
static const char *print_source_line(struct printer *p, u32 line, size_t *len)
{
	const char *end;

	if (!p->source || line < p->line) {
		p->source = p->o->source;
		p->line = 1;
	}
	for (; p->source && p->line < line; p->line++) {
		end = strchr(p->source, '\n');
		p->source = end ? end + 1 : NULL;
	}
	*len = 0;
	if (!p->source)
		return "";
	*len = strcspn(p->source, "\n");
	end = p->source + *len;
	for (; *len && strchr(" \t", end[-(ptrdiff_t)*len]); --*len)
		;
	return end - *len;
}

static void print_line(void *arg, u32 insn, struct buf *out)
{
	struct printer *p = arg;

	for (; p->next_line < p->f->lines.n && p->f->lines.at[p->next_line].insn <= insn;
	     p->next_line++) {
		const struct object_line *at = &p->f->lines.at[p->next_line];
		size_t len;
		const char *text = print_source_line(p, at->line, &len);

		buf_printf(out, "; %u:%u ", at->line, at->col);
		buf_put(out, text, len);
		buf_putc(out, '\n');
	}
}

void object_print(const struct object *o, struct buf *out)
{
	struct printer p = { .o = o };
	struct disasm_notes notes = { .symbol = print_symbol, .before = print_line, .arg = &p };

	for (size_t i = 0; i < o->funcs.n; i++) {
		p.f = &o->funcs.at[i];
		p.next_line = p.next_reloc = 0;
		if (i)
			buf_putc(out, '\n');
		buf_printf(out, "%s %s:\n", p.f->section, p.f->name);
		disasm_func(out, p.f->insns.at, (u32)p.f->insns.n, &notes);
	}
	buf_done(&p.symbol);
}
