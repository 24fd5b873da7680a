/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep prog run: BPF_PROG_TEST_RUN on a program that is loaded. */
#include <bpf/bpf.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/text.h"
#include "cmd/exec/verdict.h"
#include "cmd/noun/select.h"
#include "cmd/prog/prog.h"
#include "inspect/prog.h"
#include "isa/prog_type.h"

enum { MAX_IN = 16 << 20, MAX_OUT = 64 << 20, SPARE = 64 << 10 };

struct piece {
	u8 *bytes;
	u32 size;
};

struct job {
	struct noun_args *args;
	struct prog prog;
	struct piece data, ctx;
	const char *data_file, *ctx_file; /* what comes out goes there; "-": standard output */
	struct piece data_out, ctx_out;   /* size: of the room first */
	u64 repeat;
	u32 retval, ns;
};

/* "0011 aa:bb" as bytes. */
static int take_hex(struct noun_args *a, const char *what, struct piece *out)
{
	struct hex_bytes bytes;
	const char *text;
	int err = noun_need(a, what, &text);

	if (err)
		return err;
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		text += 2;
	if (hex_read(a->arena, what, text, MAX_IN, &bytes, a->diag))
		return noun_misused(a);
	out->bytes = malloc(bytes.len + 1u);
	if (!out->bytes)
		arena_exhausted();
	memcpy(out->bytes, bytes.at, bytes.len);
	out->size = bytes.len;
	return 0;
}

/* A file's bytes, "-": of standard input; "hex DIGITS" or 0xDIGITS. */
static int take_input(struct noun_args *a, const char *what, struct piece *out)
{
	const char *word = noun_peek(a);
	size_t len;

	free(out->bytes);
	*out = (struct piece){ 0 };
	if (word && !strcmp(word, "hex")) {
		noun_next(a);
		return take_hex(a, what, out);
	}
	if (word && !strncmp(word, "0x", 2))
		return take_hex(a, what, out);
	if (noun_need(a, what, &word))
		return -EINVAL;
	out->bytes = (u8 *)(strcmp(word, "-") ? text_read_file(word, MAX_IN, &len)
					      : text_read_fd(STDIN_FILENO, MAX_IN, &len));
	if (!out->bytes)
		return diag_errno(a->diag, errno, "cannot read '%s'", word);
	out->size = (u32)len;
	return 0;
}

static int take_size(struct noun_args *a, const char *what, struct piece *out)
{
	u64 size;
	int err = noun_need_u64(a, what, MAX_OUT, &size);

	out->size = (u32)size;
	return err;
}

static int read_words(struct job *j)
{
	struct noun_args *a = j->args;
	int err = 0;

	while (!err && noun_peek(a)) {
		if (noun_take(a, "data_in"))
			err = take_input(a, "data_in", &j->data);
		else if (noun_take(a, "ctx_in"))
			err = take_input(a, "ctx_in", &j->ctx);
		else if (noun_take(a, "data_out"))
			err = noun_need(a, "the file for data_out", &j->data_file);
		else if (noun_take(a, "ctx_out"))
			err = noun_need(a, "the file for ctx_out", &j->ctx_file);
		else if (noun_take(a, "data_size_out"))
			err = take_size(a, "data_size_out", &j->data_out);
		else if (noun_take(a, "ctx_size_out"))
			err = take_size(a, "ctx_size_out", &j->ctx_out);
		else if (noun_take(a, "repeat"))
			err = noun_need_u64(a, "repeat", INT32_MAX, &j->repeat);
		else
			err = noun_end(a);
	}
	return err;
}

static void make_room(struct piece *out, const struct piece *in, bool is_wanted)
{
	if (!is_wanted) {
		*out = (struct piece){ 0 };
		return;
	}
	if (!out->size)
		out->size = in->size + SPARE;
	out->bytes = calloc(1, out->size + 1u);
	if (!out->bytes)
		arena_exhausted();
}

static int refuse(const struct job *j, int err, const struct bpf_test_run_opts *opts)
{
	struct diag *d = j->args->diag;
	const char *type = prog_type_text(&j->prog);

	/* The kernel's own ENOTSUPP, which user space has no name for. */
	if (err == -524 || err == -EOPNOTSUPP) {
		diag_error(d, LOC_NONE, "the kernel does not test-run programs of type %s",
			   type ? type : "unknown");
		return err;
	}
	diag_errno(d, -err, "the kernel does not run it");
	if (err == -ENOSPC)
		diag_hint(d, "%u bytes come out: give data_size_out", opts->data_size_out);
	else if (err == -EINVAL && !j->data.size)
		diag_hint(d, "give it data_in or ctx_in; a packet has 14 bytes at least");
	else if (err == -EINVAL)
		diag_hint(d, "a packet has 14 bytes at least, a context those of its type");
	return err;
}

/* Types that run on packets are repeated by the kernel, others by us. */
static int test_run(struct job *j, int fd)
{
	const struct prog_type_info *type = prog_type_info(j->prog.info.type);
	bool takes_repeat =
		j->data.size || (type && type->packet) || j->prog.info.type == PROG_SK_LOOKUP;
	u64 times = j->repeat ? j->repeat : 1, ns = 0;
	int err = 0;

	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts);
	for (u64 i = 0; !err && i < (takes_repeat ? 1 : times); i++) {
		opts.data_in = j->data.size ? j->data.bytes : NULL;
		opts.data_size_in = j->data.size;
		opts.ctx_in = j->ctx.size ? j->ctx.bytes : NULL;
		opts.ctx_size_in = j->ctx.size;
		opts.data_out = j->data_out.bytes;
		opts.data_size_out = j->data_out.size;
		opts.ctx_out = j->ctx_out.bytes;
		opts.ctx_size_out = j->ctx_out.size;
		opts.repeat = takes_repeat ? (int)times : 0;
		err = bpf_prog_test_run_opts(fd, &opts) ? -errno : 0;
		ns += opts.duration;
	}
	if (err)
		return refuse(j, err, &opts);
	j->retval = opts.retval;
	j->ns = (u32)(takes_repeat ? ns : ns / times);
	j->data_out.size = opts.data_size_out;
	j->ctx_out.size = opts.ctx_size_out;
	return 0;
}

static int write_file(const char *path, const struct piece *p, struct diag *d)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	size_t done = 0;
	int err = fd < 0 ? -errno : 0;

	while (!err && done < p->size) {
		ssize_t n = write(fd, p->bytes + done, p->size - done);

		if (n < 0)
			err = -errno;
		else
			done += (size_t)n;
	}
	if (fd >= 0 && close(fd) && !err)
		err = -errno;
	return err ? diag_errno(d, -err, "cannot write '%s'", path) : 0;
}

/* Bytes in rows of 16, with letters. */
static void print_bytes(struct out *o, const char *key, const struct piece *p)
{
	if (o->json) {
		out_json_open(o, key, '[');
		for (u32 i = 0; i < p->size; i++)
			out_json_u64(o, NULL, p->bytes[i]);
		out_json_close(o, ']');
		return;
	}
	out_printf(o, "%s, %u bytes:\n", key, p->size);
	for (u32 i = 0; i < p->size; i += 16) {
		out_printf(o, "%6x:", i);
		for (u32 k = i; k < i + 16; k++)
			out_printf(o, k < p->size ? " %02x" : "   ", k < p->size ? p->bytes[k] : 0);
		out_puts(o, "  ");
		for (u32 k = i; k < i + 16 && k < p->size; k++)
			out_printf(o, "%c", isprint(p->bytes[k]) ? p->bytes[k] : '.');
		out_puts(o, "\n");
	}
}

static int hand_out(const struct job *j, const char *key, const char *file, const struct piece *p)
{
	if (!file)
		return 0;
	if (strcmp(file, "-") != 0)
		return write_file(file, p, j->args->diag);
	print_bytes(j->args->out, key, p);
	return 0;
}

static int report(const struct job *j)
{
	struct out *o = j->args->out;
	struct buf verdict = { 0 };
	bool is_named;
	int err;

	exec_verdict_name(j->prog.info.type, j->retval, &verdict);
	is_named = isalpha((u8)*buf_str(&verdict));
	if (o->json)
		out_json_open(o, NULL, '{');
	err = hand_out(j, "data_out", j->data_file, &j->data_out);
	if (!err)
		err = hand_out(j, "ctx_out", j->ctx_file, &j->ctx_out);
	if (o->json) {
		out_json_u64(o, "retval", j->retval);
		out_json_u64(o, "duration", j->ns);
		if (is_named)
			out_json_str(o, "verdict", verdict.data, verdict.len);
		out_json_close(o, '}');
		out_json_end(o);
	} else {
		out_printf(o, "Return value: %u", j->retval);
		if (is_named)
			out_printf(o, " (%s)", buf_str(&verdict));
		out_printf(o, ", duration%s: %uns\n", j->repeat > 1 ? " (average)" : "", j->ns);
	}
	buf_done(&verdict);
	return err;
}

static int run_run(struct noun_args *a)
{
	struct job j = { .args = a };
	struct prog_reader reader;
	u32 id;
	int fd = noun_select_one(a, HANDLE_PROG, &id), err;

	if (fd < 0)
		return fd;
	prog_reader_init(&reader, a->arena);
	err = read_words(&j);
	if (!err) {
		err = prog_read(&reader, fd, id, &j.prog);
		if (err)
			diag_errno(a->diag, -err, "cannot read program %u", id);
	}
	if (!err) {
		make_room(&j.data_out, &j.data, j.data_file);
		make_room(&j.ctx_out, &j.ctx, j.ctx_file);
		err = test_run(&j, fd);
	}
	if (!err)
		err = report(&j);
	free(j.data.bytes);
	free(j.ctx.bytes);
	free(j.data_out.bytes);
	free(j.ctx_out.bytes);
	prog_reader_done(&reader);
	close(fd);
	return err;
}

const struct noun_verb prog_run = {
	.name = "run",
	.args = "PROG [data_in INPUT] [data_out FILE] [data_size_out N] [ctx_in INPUT] "
		"[ctx_out FILE] [ctx_size_out N] [repeat N]",
	.help = "Run a program once on data or a context of one's own, and tell its result.\n"
		"\n"
		"data_in, ctx_in INPUT  a file, - for standard input, hex DIGITS or 0xDIGITS\n"
		"data_out, ctx_out FILE what the program left of them; - shows it\n"
		"data_size_out N        room for it, in bytes; ctx_size_out likewise\n"
		"repeat N               run it N times, and tell the average time\n",
	.run = run_run,
};
