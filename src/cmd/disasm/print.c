/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 *	parse (xdp):
 *	; parse.bpf.c:13: if (data + 12 > end)
 *	   2: if r3 > r2 goto +4 <L1>
 *	             4c 39 d2                      cmp    rdx,rsi
 *	             77 1f                         ja     0x8e
 */
#include "cmd/disasm/print.h"

#include <string.h>

#include "isa/disasm.h"
#include "isa/insn.h"

#define BYTES_IN_LINE 10 /* of compiled code */

static const u8 *native_bytes(const struct code *c)
{
	const u8 *bytes;

	memcpy(&bytes, &c->native, sizeof(bytes));
	return bytes;
}

static void put_hex(struct buf *out, const u8 *bytes, size_t n, const char *between)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s%02x", i ? between : "", bytes[i]);
}

/* An instruction of the processor, from byte at on, of which `left` bytes are to be shown. */
static struct native_insn native_at(const struct disasm_view *v, size_t at, size_t left)
{
	const struct native_insn *n = v->natives ? native_find(v->natives, at) : NULL;

	if (n && n->at == at && n->size <= left)
		return *n;
	return (struct native_insn){ (u32)at, (u32)(left < BYTES_IN_LINE ? left : BYTES_IN_LINE),
				     "" };
}

/* ---- text */

static void print_native(struct out *o, const struct disasm_view *v, size_t at, size_t size)
{
	struct buf line = { 0 };

	for (size_t end = at + size; at < end;) {
		struct native_insn n = native_at(v, at, end - at);

		buf_clear(&line);
		put_hex(&line, native_bytes(v->code) + at, n.size, " ");
		out_printf(o, *n.text ? "%14s%-30s%s\n" : "%14s%s%s\n", "", buf_str(&line), n.text);
		at += n.size;
	}
	buf_done(&line);
}

static void print_compiled(struct out *o, const struct disasm_view *v, u32 insn)
{
	size_t at, size;

	jit_place(v->code, insn, &at, &size);
	print_native(o, v, at, size);
}

static void print_source(struct out *o, const struct disasm_view *v, u32 insn)
{
	const struct image_line *line = listing_line(&v->listing, insn);

	if (line && !v->no_source)
		out_printf(o, "; %s:%u: %s\n", line->file, line->line,
			   line->text + strspn(line->text, " \t"));
}

static void print_heading(struct out *o, const struct image_prog *p, u32 insn, bool has_entry)
{
	const struct image_func *f = image_func(p, insn);

	if (!insn)
		out_printf(o, "%s%s (%s):\n", has_entry ? "\n" : "", p->name, p->section);
	else if (f && f->start == insn)
		out_printf(o, "\n%s:\n", f->name);
}

/* What belongs to no instruction; small programs have none. */
static void print_around(struct out *o, const struct disasm_view *v, const char *what, size_t at,
			 size_t size)
{
	if (!size)
		return;
	out_printf(o, "%s: %s, %zu bytes:\n", v->listing.prog->name, what, size);
	print_native(o, v, at, size);
}

static void print_text(struct out *o, const struct disasm_view *v)
{
	const struct image_prog *p = v->listing.prog;
	struct buf text = { 0 };
	size_t at = 0, size;

	if (v->code) {
		jit_place(v->code, 0, &at, &size);
		print_around(o, v, "where the host and callbacks come in", 0, at);
	}
	for (u32 i = 0, units; i < p->count; i += units) {
		print_heading(o, p, i, v->code && at);
		if (v->listing.labels[i])
			out_printf(o, "L%u:\n", v->listing.labels[i]);
		print_source(o, v, i);
		buf_clear(&text);
		units = listing_insn(&v->listing, i, &text);
		out_printf(o, "%4u: ", i);
		if (v->bytes) {
			struct buf hex = { 0 };

			put_hex(&hex, (const u8 *)&p->insns[i], units * sizeof(p->insns[i]), "");
			out_printf(o, "%-32s  ", buf_str(&hex));
			buf_done(&hex);
		}
		out_printf(o, "%s\n", buf_str(&text));
		for (u32 k = 0; v->code && k < units; k++)
			print_compiled(o, v, i + k);
	}
	if (v->code) {
		jit_place(v->code, p->count, &at, &size);
		out_puts(o, size ? "\n" : "");
		print_around(o, v, "the ways out of traps", at, size);
	}
	buf_done(&text);
}

/* ---- JSON */

static void json_str(struct out *o, const char *key, const char *s)
{
	out_json_str(o, key, s, strlen(s));
}

static void json_hex(struct out *o, const char *key, const void *bytes, size_t n)
{
	struct buf hex = { 0 };

	put_hex(&hex, bytes, n, "");
	json_str(o, key, buf_str(&hex));
	buf_done(&hex);
}

static void json_native(struct out *o, const struct disasm_view *v, const char *key, size_t at,
			size_t size)
{
	out_json_open(o, key, '[');
	for (size_t end = at + size; at < end;) {
		struct native_insn n = native_at(v, at, end - at);

		out_json_open(o, NULL, '{');
		out_json_u64(o, "at", at);
		json_hex(o, "bytes", native_bytes(v->code) + at, n.size);
		if (*n.text)
			json_str(o, "text", n.text);
		out_json_close(o, '}');
		at += n.size;
	}
	out_json_close(o, ']');
}

static void json_line(struct out *o, const struct disasm_view *v, u32 insn)
{
	const struct image_line *line = image_line(v->listing.prog, insn);

	if (!line || v->no_source)
		return;
	json_str(o, "file", line->file);
	out_json_u64(o, "line", line->line);
	out_json_u64(o, "column", line->col);
	if (listing_line(&v->listing, insn))
		json_str(o, "source", line->text);
}

static u32 json_insn(struct out *o, const struct disasm_view *v, u32 insn)
{
	const struct image_prog *p = v->listing.prog;
	struct buf text = { 0 }, symbol = { 0 };
	u32 units = listing_insn(&v->listing, insn, &text), to;
	size_t at, size, behind, more;

	out_json_open(o, NULL, '{');
	out_json_u64(o, "insn", insn);
	if (v->listing.labels[insn])
		out_json_u64(o, "label", v->listing.labels[insn]);
	json_str(o, "text", buf_str(&text));
	if (listing_symbol(&v->listing, insn, &symbol))
		json_str(o, "symbol", buf_str(&symbol));
	if (disasm_target(p->insns, p->count, insn, &to))
		out_json_u64(o, "target", to);
	json_hex(o, "bytes", &p->insns[insn], units * sizeof(p->insns[insn]));
	json_line(o, v, insn);
	if (v->code) {
		jit_place(v->code, insn, &at, &size);
		if (units == 2) {
			jit_place(v->code, insn + 1, &behind, &more);
			size += more;
		}
		json_native(o, v, "jit", at, size);
	}
	out_json_close(o, '}');
	buf_done(&symbol);
	buf_done(&text);
	return units;
}

static void print_json(struct out *o, const struct disasm_view *v)
{
	const struct image_prog *p = v->listing.prog;
	size_t at, size;

	out_json_open(o, NULL, '{');
	json_str(o, "program", p->name);
	json_str(o, "section", p->section);
	if (v->code) {
		jit_place(v->code, 0, &at, &size);
		json_native(o, v, "jit_entry", 0, at);
		jit_place(v->code, p->count, &at, &size);
		json_native(o, v, "jit_traps", at, size);
	}
	out_json_open(o, "functions", '[');
	for (size_t f = 0; f < p->funcs.n; f++) {
		const struct image_func *func = &p->funcs.at[f];

		out_json_open(o, NULL, '{');
		json_str(o, "name", func->name);
		out_json_u64(o, "start", func->start);
		out_json_open(o, "instructions", '[');
		for (u32 i = func->start; i < func->start + func->count;)
			i += json_insn(o, v, i);
		out_json_close(o, ']');
		out_json_close(o, '}');
	}
	out_json_close(o, ']');
	out_json_close(o, '}');
	out_json_end(o);
}

void disasm_print(struct out *o, const struct disasm_view *v)
{
	if (o->json)
		print_json(o, v);
	else
		print_text(o, v);
}
