/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep-conformance: our machine as a plug-in of the public bpf_conformance suite.
 *
 *	skep-conformance [MEMORY] [--interpret | --check | --jit] [--elf] [--program BYTES]
 *
 * MEMORY and BYTES are hexadecimal, with spaces between bytes or without; BYTES are instructions or an object, from the
 * standard input's first line if they are not given. The program gets r1 = the memory, r2 = its length. Its r0 is printed in
 * hexadecimal.
 *
 * The kernel's helpers are not here: what is linked in the place of machine/helper.c are the suite's own, which it calls by
 * the numbers 0 to 5.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "machine/code.h"

enum { PLUGIN_MAX_MEMORY = 1 << 20, PLUGIN_MAX_PROGRAM = 32 << 20 };

enum plugin_engine { PLUGIN_INTERPRET, PLUGIN_CHECK, PLUGIN_JIT };

struct plugin {
	const char *memory, *program; /* hexadecimal; program NULL: from standard input */
	enum plugin_engine engine;
	bool is_elf;
};

static const char usage[] =
	"Usage: skep-conformance [MEMORY] [OPTIONS]\n"
	"Runs BPF instructions with r1 = memory and r2 = its length, and prints r0 in "
	"hexadecimal.\n"
	"MEMORY is hexadecimal.\n\n"
	"      --interpret       run by the interpreter (default)\n"
	"      --check           run by the interpreter, and look at every access to memory\n"
	"      --jit             run by compiled code\n"
	"      --elf             the program is the first one of an ELF object\n"
	"      --program BYTES   the instructions; without, a line of standard input has them\n"
	"  -h, --help            show this\n";

/* ---- the suite's helpers */

static u64 gather_bytes(u64 a, u64 b, u64 c, u64 d, u64 e, struct run *run)
{
	(void)run;
	return (a & 0xff) << 32 | (b & 0xff) << 24 | (c & 0xff) << 16 | (d & 0xff) << 8 |
	       (e & 0xff);
}

static u64 frob(u64 at, u64 size, u64 c, u64 d, u64 e, struct run *run)
{
	u8 *p = (u8 *)(uintptr_t)at;

	(void)c, (void)d, (void)e;
	if (!run_may(run, at, size, true))
		return 0;
	for (u64 i = 0; i < size; i++)
		p[i] ^= 42;
	return 0;
}

static u64 nothing(u64 a, u64 b, u64 c, u64 d, u64 e, struct run *run)
{
	(void)a, (void)b, (void)c, (void)d, (void)e, (void)run;
	return 0;
}

static u64 square_root(u64 a, u64 b, u64 c, u64 d, u64 e, struct run *run)
{
	u64 root = 0;

	(void)b, (void)c, (void)d, (void)e, (void)run;
	for (u64 bit = 1ull << 31; bit; bit >>= 1) {
		if ((root | bit) * (root | bit) <= a)
			root |= bit;
	}
	return root;
}

static u64 compare_strings(u64 a, u64 b, u64 c, u64 d, u64 e, struct run *run)
{
	const char *left = (const char *)(uintptr_t)a, *right = (const char *)(uintptr_t)b;

	(void)c, (void)d, (void)e;
	for (;; left++, right++) {
		if (!run_may(run, (u64)(uintptr_t)left, 1, false) ||
		    !run_may(run, (u64)(uintptr_t)right, 1, false))
			return 0;
		if (*left != *right || !*left)
			return (u64)((s64)(u8)*left - (s64)(u8)*right);
	}
}

static u64 first_argument(u64 a, u64 b, u64 c, u64 d, u64 e, struct run *run)
{
	(void)b, (void)c, (void)d, (void)e, (void)run;
	return a;
}

run_helper run_find_helper(u32 number)
{
	static const run_helper helpers[] = { gather_bytes,    frob,          nothing, square_root,
					      compare_strings, first_argument };

	return number < ARRAY_SIZE(helpers) ? helpers[number] : NULL;
}

bool run_may_call(struct run *run, u32 number, const u64 *regs)
{
	(void)run, (void)number, (void)regs;
	return true; /* each looks for itself */
}

/* ---- bytes */

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(const char *hex, size_t max, struct buf *out)
{
	for (const char *p = hex; *p; p++) {
		if (strchr(" \t\r\n", *p))
			continue;
		if (digit(p[0]) < 0 || digit(p[1]) < 0 || out->len == max)
			return false;
		buf_u8(out, (u8)(16 * digit(p[0]) + digit(p[1])));
		p++;
	}
	return true;
}

/* ---- the run */

static bool run_code(struct machine *m, struct buf *memory, struct diag *d)
{
	struct run *run = run_new(m, 0);
	struct buf why = { 0 };
	u64 result;
	bool ok;

	result = machine_run(m, 0, memory->data, memory->len, run);
	ok = run->trap == RUN_OK;
	if (ok) {
		printf("%llx\n", (unsigned long long)result);
	} else {
		run_describe_trap(run, &why);
		diag_error(d, LOC_NONE, "the program %s", buf_str(&why));
	}
	buf_done(&why);
	run_free(run);
	return ok;
}

static bool open_program(const struct plugin *p, struct image *img, const struct buf *program,
			 struct arena *a, struct diag *d)
{
	const struct image_options opts = { 0 };
	size_t unit = sizeof(struct bpf_insn);

	if (p->is_elf) {
		if (image_open(img, a, program->data, program->len, &opts, d))
			return false;
		if (!img->progs.n)
			diag_error(d, LOC_NONE, "the object has no program");
		return img->progs.n;
	}
	if (program->len % unit)
		diag_error(d, LOC_NONE, "the program has %zu bytes, no multiple of %zu",
			   program->len, unit);
	else
		image_of_insns(img, a, BPF_PROG_TYPE_SOCKET_FILTER,
			       (const struct bpf_insn *)program->data, (u32)(program->len / unit));
	return !(program->len % unit);
}

static bool run_program(const struct plugin *p, const struct buf *program, struct buf *memory,
			struct arena *a, struct diag *d)
{
	static const enum machine_mode modes[] = { MACHINE_INTERPRET, MACHINE_CHECKED,
						   MACHINE_JIT };
	const struct machine_options opts = { .mode = modes[p->engine] };
	struct image img = { 0 };
	struct machine *m = NULL;
	bool ok = false;

	if (!open_program(p, &img, program, a, d))
		return false;
	if (machine_new(&img, &opts, d, &m))
		goto out;
	if (p->engine == PLUGIN_JIT && !machine_code(m, 0)->native)
		diag_error(d, LOC_NONE, "there is no compiler for this processor");
	else
		ok = run_code(m, memory, d);
out:
	machine_free(m);
	image_done(&img);
	return ok;
}

/* An object comes as it is or as hexadecimal, over all lines; instructions are a line. */
static bool read_program(const struct plugin *p, struct buf *program, struct diag *d)
{
	struct buf text = { 0 };
	char part[65536];
	bool ok = true;
	size_t n;

	if (p->program)
		buf_puts(&text, p->program);
	while (!p->program && text.len < PLUGIN_MAX_PROGRAM &&
	       (n = fread(part, 1, sizeof(part), stdin)) > 0)
		buf_put(&text, part, n);
	if (!p->is_elf && text.len)
		text.data[strcspn(text.data, "\n")] = '\0';
	if (!text.len)
		ok = diag_error(d, LOC_NONE, "there is no program on the standard input") > 0;
	else if (p->is_elf && text.len >= SELFMAG && !memcmp(text.data, ELFMAG, SELFMAG))
		buf_put(program, text.data, text.len);
	else if (!read_hex(buf_str(&text), PLUGIN_MAX_PROGRAM, program))
		ok = diag_error(d, LOC_NONE, "the program is not hexadecimal, or too long") > 0;
	buf_done(&text);
	return ok;
}

static bool run_all(const struct plugin *p, struct arena *a, struct diag *d)
{
	struct buf program = { 0 }, memory = { 0 };
	bool ok = read_program(p, &program, d);

	if (ok && !read_hex(p->memory, PLUGIN_MAX_MEMORY, &memory))
		ok = diag_error(d, LOC_NONE, "the memory is not hexadecimal, or too long") > 0;
	ok = ok && run_program(p, &program, &memory, a, d);
	buf_done(&program);
	buf_done(&memory);
	return ok;
}

/* False: there is one that is not known. */
static bool read_arguments(struct plugin *p, int argc, char **argv, struct diag *d)
{
	int i = 1;

	if (i < argc && argv[i][0] != '-')
		p->memory = argv[i++];
	for (; i < argc; i++) {
		if (!strcmp(argv[i], "--interpret"))
			p->engine = PLUGIN_INTERPRET;
		else if (!strcmp(argv[i], "--check"))
			p->engine = PLUGIN_CHECK;
		else if (!strcmp(argv[i], "--jit"))
			p->engine = PLUGIN_JIT;
		else if (!strcmp(argv[i], "--elf"))
			p->is_elf = true;
		else if (!strcmp(argv[i], "--program") && i + 1 < argc)
			p->program = argv[++i];
		else if (*argv[i]) /* the suite's runner may add an empty one */
			return diag_error(d, LOC_NONE, "unknown argument: %s", argv[i]) > 0;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct plugin p = { .memory = "" };
	struct arena arena;
	struct diag d;
	int status = 2;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			fputs(usage, stdout);
			return 0;
		}
	}
	arena_init(&arena);
	diag_init(&d, &arena);
	if (read_arguments(&p, argc, argv, &d))
		status = run_all(&p, &arena, &d) ? 0 : 1;
	else
		diag_hint(&d, "skep-conformance --help shows all there are");
	diag_render(&d, stderr);
	arena_done(&arena);
	return status;
}
