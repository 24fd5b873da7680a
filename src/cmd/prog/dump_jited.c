/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep prog dump jited. objdump is given each function by itself, as if it began at 0: so what it says of calls is the distance from the
 * function's beginning, and the target is found by adding the function's address.
 */
#include "cmd/prog/dump.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/disasm/native.h"

struct function {
	u32 index, first; /* byte in the whole */
	u32 len;
	u64 address; /* 0: not known */
	struct native_code native;
};

/* The line that a byte of the function is the beginning of; -1: none. */
static s64 line_at(const struct progcode *c, const struct function *f, u32 at)
{
	for (u32 i = 0; f->address && i < c->jited_line_count; i++)
		if (c->jited_lines[i] == f->address + at)
			return i;
	return -1;
}

/* An instruction with addresses as they are in the kernel, and the names of what they are. */
struct words {
	size_t operation; /* letters of text */
	const char *text; /* "call 0xffffffff81234567" */
	const char *
		name; /* of the function that the last operand is the address of; NULL if none is known */
};

/* A call or jump, whose only operand is a distance: it becomes an address where it leads out of the function. */
static void read_target(struct words *w, const struct prog_listing *l, const struct function *f,
			const char *operand)
{
	char *end;
	u64 to = strtoull(operand, &end, 16);

	if (*end || to < f->len)
		return;
	to += f->address;
	w->name = prog_listing_symbol(l, to);
	w->text = arena_printf(l->arena, "%.*s 0x%" PRIx64, (int)w->operation, w->text, to);
}

static struct words read_words(const struct prog_listing *l, const struct function *f,
			       const char *text)
{
	struct words w = { .text = text, .operation = strcspn(text, " ") };
	const char *operand = text + w.operation + strspn(text + w.operation, " ");
	const char *comma = strrchr(operand, ',');
	char *end;
	u64 value;

	if (!f->address)
		return w;
	if (!strncmp(operand, "0x", 2)) {
		read_target(&w, l, f, operand);
	} else if (comma && !strncmp(comma, ",0x", 3)) {
		value = strtoull(comma + 1, &end, 16);
		if (!*end && value > UINT32_MAX)
			w.name = prog_listing_symbol(l, value);
	}
	return w;
}

static void json_operands(struct out *o, const char *operands, const char *name)
{
	out_json_open(o, "operands", '[');
	while (*operands) {
		size_t len = strcspn(operands, ",");

		out_json_str(o, NULL, operands, len);
		operands += len + (operands[len] == ',');
	}
	out_json_close(o, ']');
	if (name)
		out_json_str(o, "target", name, strlen(name));
}

static void json_insn(struct prog_dump *d, const struct prog_listing *l, const struct function *f,
		      const struct native_insn *i)
{
	struct out *o = d->args->out;
	const u8 *bytes = d->code.jited + f->first + i->at;
	struct words w = read_words(l, f, i->text);
	char text[16];

	out_json_open(o, NULL, '{');
	prog_dump_source(d, line_at(&d->code, f, i->at));
	snprintf(text, sizeof(text), "0x%x", i->at);
	out_json_str(o, "pc", text, strlen(text));
	out_json_str(o, "operation", w.text, w.operation);
	json_operands(o, w.text + w.operation + strspn(w.text + w.operation, " "), w.name);
	if (d->opcodes) {
		out_json_open(o, "opcodes", '[');
		for (u32 k = 0; k < i->size; k++) {
			snprintf(text, sizeof(text), "0x%02x", bytes[k]);
			out_json_str(o, NULL, text, strlen(text));
		}
		out_json_close(o, ']');
	}
	out_json_close(o, '}');
}

static void text_bytes(struct out *o, const u8 *bytes, u32 n)
{
	for (u32 k = 0; k < n; k++)
		out_printf(o, " %02x", bytes[k]);
	out_puts(o, "\n");
}

static void text_insn(struct prog_dump *d, const struct prog_listing *l, const struct function *f,
		      const struct native_insn *i)
{
	struct out *o = d->args->out;
	struct words w = read_words(l, f, i->text);

	prog_dump_source(d, line_at(&d->code, f, i->at));
	out_printf(o, "%4x: %s", i->at, w.text);
	if (w.name)
		out_printf(o, " <%s>", w.name);
	out_puts(o, "\n");
	if (d->opcodes) {
		out_puts(o, "      ");
		text_bytes(o, d->code.jited + f->first + i->at, i->size);
	}
}

static void print_head(struct out *o, const struct progcode *c, const struct function *f,
		       const char *name)
{
	s64 func = f->index < c->func_count ? (s64)f->index : -1;
	const char *own = progcode_func_name(c, func);
	char text[2 * BPF_TAG_SIZE + 300] = "bpf_prog_";
	size_t len = strlen(text);

	for (u32 i = 0; f->index < c->tag_count && i < BPF_TAG_SIZE; i++)
		len += (size_t)snprintf(text + len, 3, "%02x", c->tags[f->index][i]);
	if (*own || (!f->index && *name))
		snprintf(text + len, sizeof(text) - len, "_%s", *own ? own : name);
	if (!o->json && f->index)
		out_puts(o, "\n");
	prog_dump_proto(o, c, func);
	if (o->json)
		out_json_str(o, "name", text, strlen(text));
	else
		out_printf(o, "%s:\n", text);
}

static void print_function(struct prog_dump *d, const struct prog_listing *l,
			   const struct function *f, bool has_words)
{
	struct out *o = d->args->out;

	if (o->json)
		out_json_open(o, NULL, '{');
	print_head(o, &d->code, f, d->name);
	if (o->json)
		out_json_open(o, "insns", '[');
	for (size_t i = 0; i < f->native.insns.n; i++) {
		if (o->json)
			json_insn(d, l, f, &f->native.insns.at[i]);
		else
			text_insn(d, l, f, &f->native.insns.at[i]);
	}
	if (o->json) {
		out_json_close(o, ']');
		out_json_close(o, '}');
		return;
	}
	for (u32 at = 0; !has_words && at < f->len; at += 16) {
		out_printf(o, "%4x:", at);
		text_bytes(o, d->code.jited + f->first + at, f->len - at < 16 ? f->len - at : 16);
	}
}

/* The function's place in the whole: all of it if the kernel does not tell how long they are. */
static struct function function_at(const struct progcode *c, u32 index, u32 first)
{
	struct function f = { .index = index, .first = first, .len = c->jited_len - first };

	if (index < c->func_len_count && c->func_lens[index] <= f.len)
		f.len = c->func_lens[index];
	if (index < c->ksym_count)
		f.address = c->ksyms[index];
	return f;
}

int prog_dump_jited(struct prog_dump *d)
{
	struct noun_args *a = d->args;
	bool has_words = true;
	struct prog_listing l;
	int err = 0;

	prog_listing_init(&l, a->arena, &d->code);
	if (a->out->json)
		out_json_open(a->out, NULL, '[');
	for (u32 first = 0, index = 0; !err && first < d->code.jited_len; index++) {
		struct function f = function_at(&d->code, index, first);

		if (has_words)
			err = native_disassemble(a->arena, d->code.jited + first, f.len, &f.native,
						 a->diag);
		if (err == -ENOENT) {
			err = 0;
			has_words = false;
			diag_warning(a->diag, LOC_NONE,
				     "objdump is not installed: the code is shown as bytes");
		}
		if (!err)
			print_function(d, &l, &f, has_words);
		first += f.len ? f.len : d->code.jited_len - first;
	}
	if (a->out->json) {
		out_json_close(a->out, ']');
		out_json_end(a->out);
	}
	prog_listing_done(&l);
	return err;
}
