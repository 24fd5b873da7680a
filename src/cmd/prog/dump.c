/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep prog dump xlated: instructions as the verifier left them, between the lines of C that they were made from. */
#include "cmd/prog/dump.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "btf/rawproto.h"
#include "cmd/noun/select.h"
#include "cmd/prog/prog.h"
#include "inspect/prog.h"

void prog_dump_proto(struct out *o, const struct progcode *c, s64 func)
{
	struct buf text = { 0 };

	if (func < 0 || !c->btf)
		return;
	rawproto_print(&text, c->btf, c->funcs[func].type_id);
	if (text.len && o->json)
		out_json_str(o, "proto", text.data, text.len);
	else if (text.len)
		out_printf(o, "%s:\n", text.data);
	buf_done(&text);
}

void prog_dump_source(struct prog_dump *d, s64 line)
{
	struct progcode_source s = progcode_source(&d->code, line);
	struct out *o = d->args->out;

	if (line < 0)
		return;
	if (o->json) {
		out_json_str(o, "src", s.text, strlen(s.text));
		if (d->lines && *s.file)
			out_json_str(o, "file", s.file, strlen(s.file));
		if (d->lines && s.line)
			out_json_u64(o, "line_num", s.line);
		if (d->lines && s.column)
			out_json_u64(o, "line_col", s.column);
		return;
	}
	/* What the compiler added by itself has no line. */
	if ((!*s.text && !s.line) || (!d->lines && progcode_same_line(&d->code, line, d->shown)))
		return;
	d->shown = line;
	out_printf(o, "; %s", s.text);
	if (d->lines)
		out_printf(o, " [file:%s line_num:%u line_col:%u]", s.file, s.line, s.column);
	out_puts(o, "\n");
}

static void json_bytes(struct out *o, const char *key, const void *bytes, size_t n)
{
	char text[8];

	out_json_open(o, key, '[');
	for (size_t i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "0x%02x", ((const u8 *)bytes)[i]);
		out_json_str(o, NULL, text, strlen(text));
	}
	out_json_close(o, ']');
}

static void json_opcodes(struct out *o, const struct bpf_insn *i, u32 width)
{
	char text[8];

	out_json_open(o, "opcodes", '{');
	snprintf(text, sizeof(text), "0x%02x", i->code);
	out_json_str(o, "code", text, strlen(text));
	snprintf(text, sizeof(text), "0x%x", i->src_reg);
	out_json_str(o, "src_reg", text, strlen(text));
	snprintf(text, sizeof(text), "0x%x", i->dst_reg);
	out_json_str(o, "dst_reg", text, strlen(text));
	json_bytes(o, "off", &i->off, sizeof(i->off));
	/* Of a 64-bit load the second half comes along, whole. */
	if (width == 2) {
		u8 both[12];

		memcpy(both, &i->imm, sizeof(i->imm));
		memcpy(both + 4, i + 1, sizeof(*i));
		json_bytes(o, "imm", both, sizeof(both));
	} else {
		json_bytes(o, "imm", &i->imm, sizeof(i->imm));
	}
	out_json_close(o, '}');
}

static void text_opcodes(struct out *o, const struct bpf_insn *i, u32 width)
{
	const u8 *bytes = (const u8 *)i;

	out_puts(o, "      ");
	for (size_t k = 0; k < width * sizeof(*i); k++)
		out_printf(o, k == sizeof(*i) ? "  %02x" : " %02x", bytes[k]);
	out_puts(o, "\n");
}

static void print_insn(struct prog_dump *d, struct prog_listing *l, u32 at, struct buf *text,
		       u32 width)
{
	const struct bpf_insn *i = &d->code.insns[at];
	struct out *o = d->args->out;
	s64 func = progcode_func_at(&d->code, at);

	if (o->json)
		out_json_open(o, NULL, '{');
	else if (func > 0)
		out_puts(o, "\n");
	prog_dump_proto(o, &d->code, func);
	prog_dump_source(d, progcode_line_at(&d->code, at));
	if (o->json) {
		out_json_str(o, "disasm", text->data, text->len);
		if (d->opcodes)
			json_opcodes(o, i, width);
		out_json_close(o, '}');
		return;
	}
	if (l->labels[at])
		out_printf(o, "L%u:\n", l->labels[at]);
	out_printf(o, "%4u: %s\n", at, text->data);
	if (d->opcodes)
		text_opcodes(o, i, width);
}

static void dump_xlated(struct prog_dump *d)
{
	struct out *o = d->args->out;
	struct prog_listing l;
	struct buf text = { 0 };
	u32 width;

	prog_listing_init(&l, d->args->arena, &d->code);
	if (d->visual) {
		prog_dot_flow(o, &l, d->name);
		prog_listing_done(&l);
		return;
	}
	if (o->json)
		out_json_open(o, NULL, '[');
	for (u32 at = 0; at < d->code.count; at += width) {
		buf_clear(&text);
		if (o->json)
			buf_printf(&text, "(%02x) ", d->code.insns[at].code);
		width = prog_listing_insn(&l, at, &text);
		print_insn(d, &l, at, &text, width);
	}
	if (o->json) {
		out_json_close(o, ']');
		out_json_end(o);
	}
	buf_done(&text);
	prog_listing_done(&l);
}

static int write_raw(struct prog_dump *d, const void *bytes, size_t n)
{
	int fd = open(d->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t done = 0;
	int err = fd < 0 ? -errno : 0;

	while (!err && done < n) {
		ssize_t got = write(fd, (const u8 *)bytes + done, n - done);

		if (got < 0)
			err = -errno;
		else
			done += (size_t)got;
	}
	if (fd >= 0 && close(fd) && !err)
		err = -errno;
	if (err)
		return diag_errno(d->args->diag, -err, "cannot write '%s'", d->file);
	if (d->args->out->json) {
		out_json_null(d->args->out, NULL);
		out_json_end(d->args->out);
	}
	return 0;
}

static int refuse(struct prog_dump *d, bool is_jited)
{
	diag_error(d->args->diag, LOC_NONE, "the kernel does not show the %s code",
		   is_jited ? "compiled" : "program's");
	if (is_jited)
		diag_hint(d->args->diag, "is it compiled ('skep prog show'), and may you see "
					 "addresses (CAP_SYSLOG, kernel.kptr_restrict)?");
	else
		diag_hint(d->args->diag,
			  "it needs CAP_SYSLOG where constants are blinded (bpf_jit_harden)");
	return -EPERM;
}

static int dump(struct prog_dump *d, bool is_jited)
{
	const struct progcode *c = &d->code;

	if (is_jited ? !c->jited_len : !c->count)
		return refuse(d, is_jited);
	if (d->file)
		return is_jited ? write_raw(d, c->jited, c->jited_len)
				: write_raw(d, c->insns, c->count * sizeof(*c->insns));
	if (is_jited)
		return prog_dump_jited(d);
	dump_xlated(d);
	return 0;
}

static int read_options(struct prog_dump *d, bool is_jited)
{
	struct noun_args *a = d->args;
	int err = 0;

	while (!err && noun_peek(a)) {
		if (noun_take(a, "file"))
			err = noun_need(a, "the file to write", &d->file);
		else if (noun_take(a, "opcodes"))
			d->opcodes = true;
		else if (noun_take(a, "linum"))
			d->lines = true;
		else if (!is_jited && noun_take(a, "visual"))
			d->visual = true;
		else
			err = noun_end(a);
	}
	if (!err && d->visual && a->out->json)
		err = noun_usage(a, "'visual' is text in the language of dot, and no JSON");
	return err;
}

/* Opens the program that words name and reads its code. */
static int read_program(struct prog_dump *d)
{
	struct noun_args *a = d->args;
	struct prog_reader reader;
	struct prog p;
	u32 id;
	int fd = noun_select_one(a, HANDLE_PROG, &id), err;

	if (fd < 0)
		return fd;
	prog_reader_init(&reader, a->arena);
	err = prog_read(&reader, fd, id, &p);
	if (!err)
		err = progcode_read(fd, a->arena, &d->code);
	if (err)
		diag_errno(a->diag, -err, "cannot read program %u", id);
	d->name = err ? "" : p.name;
	prog_reader_done(&reader);
	close(fd);
	return err;
}

static int run_dump(struct noun_args *a)
{
	struct prog_dump d = { .args = a, .shown = -1 };
	bool is_jited = false;
	int err;

	if (noun_take(a, "jited"))
		is_jited = true;
	else if (!noun_take(a, "xlated"))
		return noun_usage(a, "'skep prog dump' is followed by xlated or jited");
	err = read_program(&d);
	if (!err)
		err = read_options(&d, is_jited);
	if (!err)
		err = dump(&d, is_jited);
	progcode_done(&d.code);
	return err;
}

const struct noun_verb prog_dump = {
	.name = "dump",
	.args = "xlated|jited PROG [file FILE] [opcodes] [linum] [visual]",
	.help = "Show a program's code: as the verifier left it, or as it was compiled.\n"
		"\n"
		"file FILE  write the raw bytes there\n"
		"opcodes    bytes of instructions, too\n"
		"linum      where the lines of C are: file, line, column\n"
		"visual     of xlated: the control flow, as a graph for dot\n"
		"\n"
		"What processors run is put into words by objdump, if it is installed.\n",
	.run = run_dump,
};

static int run_graph(struct noun_args *a)
{
	struct prog_dump d = { .args = a, .shown = -1 };
	struct prog_listing l;
	int err = read_program(&d);

	if (!err)
		err = noun_end(a);
	if (!err && a->out->json)
		err = noun_usage(a, "the graph is text in the language of dot, and no JSON");
	if (!err && !d.code.count)
		err = refuse(&d, false);
	if (!err) {
		prog_listing_init(&l, a->arena, &d.code);
		prog_dot_calls(a->out, &l, d.name);
		prog_listing_done(&l);
	}
	progcode_done(&d.code);
	return err;
}

const struct noun_verb prog_graph = {
	.name = "graph",
	.args = "PROG",
	.help = "Show which functions call which, and which maps they use, as a graph for dot.\n"
		"\n"
		"skep prog graph PROG | dot -Tsvg >calls.svg\n"
		"The flow within functions is 'skep prog dump xlated PROG visual'.\n",
	.run = run_graph,
};
