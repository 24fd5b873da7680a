/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep disasm: opens an object as the machine does, so what is shown is what would run; with --jit it is compiled, too. */
#include "cmd/disasm/disasm.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/opt.h"
#include "base/text.h"
#include "cmd/clang.h"
#include "cmd/disasm/print.h"
#include "machine/machine.h"

static const struct opt options[] = {
	{ 'f', NULL, "FORMAT", "how to write: text (default) or json" },
	{ 0, "jit", NULL, "what our compiler makes of each instruction, too" },
	{ 0, "bytes", NULL, "the instructions' bytes, too" },
	{ 0, "no-source", NULL, "without source lines" },
	CLANG_INCLUDE,
	CLANG_DEFINE,
	{ 'h', "help", NULL, "this text" },
};

struct disasm {
	struct arena arena;
	struct diag diag;
	const char *file;
	char **progs; /* names; none: all */
	int prog_count;
	clang_args clang;
	bool json, jit, bytes, no_source, help;
};

static int take_option(struct disasm *s, int option, const char *value)
{
	switch (option) {
	case 0:
		if (strcmp(value, "json") != 0 && strcmp(value, "text") != 0)
			return diag_error(&s->diag, LOC_NONE, "no format '%s': text or json",
					  value);
		s->json = !strcmp(value, "json");
		break;
	case 1:
		s->jit = true;
		break;
	case 2:
		s->bytes = true;
		break;
	case 3:
		s->no_source = true;
		break;
	case 4:
		clang_include(&s->arena, &s->clang, value);
		break;
	case 5:
		clang_define(&s->arena, &s->clang, value);
		break;
	default:
		s->help = true;
	}
	return 0;
}

static int parse_options(struct disasm *s, int argc, char **argv)
{
	struct opt_state state = { .argc = argc, .argv = argv, .pos = 1 };
	const char *value;
	int option;

	s->progs = calloc((size_t)argc + 1, sizeof(*s->progs));
	if (!s->progs)
		arena_exhausted();
	for (;;) { /* options may also follow the file */
		while ((option = opt_next(&state, options, ARRAY_SIZE(options), &value,
					  &s->diag)) >= 0) {
			if (take_option(s, option, value))
				return -EINVAL;
		}
		if (option < -1)
			return -EINVAL;
		if (state.pos >= argc)
			break;
		if (!s->file)
			s->file = argv[state.pos++];
		else
			s->progs[s->prog_count++] = argv[state.pos++];
	}
	if (!s->help && !s->file)
		return diag_error(&s->diag, LOC_NONE,
				  "there is nothing to show: give an OBJECT, "
				  "or BPF C");
	return 0;
}

static int show_program(struct disasm *s, struct out *o, const struct image *img, u32 index,
			struct machine *m)
{
	struct disasm_view v = { .no_source = s->no_source, .bytes = s->bytes };
	struct native_code natives;
	const u8 *bytes;
	int err;

	listing_init(&v.listing, &s->arena, img, &img->progs.at[index]);
	if (m) {
		v.code = machine_code(m, index);
		memcpy(&bytes, &v.code->native, sizeof(bytes));
		err = native_disassemble(&s->arena, bytes, v.code->native_size, &natives, &s->diag);
		if (!err)
			v.natives = &natives;
		else if (err != -ENOENT)
			return err;
		else if (!o->json)
			out_puts(o,
				 "; objdump is not installed: compiled code is shown as bytes\n");
	}
	disasm_print(o, &v);
	return 0;
}

static int unknown_program(struct disasm *s, const struct image *img, const char *name)
{
	struct nearest n = nearest_to(name);

	for (size_t i = 0; i < img->progs.n; i++)
		nearest_try(&n, img->progs.at[i].name);
	diag_error(&s->diag, LOC_NONE, "%s has no program '%s'", s->file, name);
	if (nearest_name(&n))
		diag_hint(&s->diag, "did you mean '%s'?", nearest_name(&n));
	return -EINVAL;
}

static int show_image(struct disasm *s, const struct image *img)
{
	struct machine_options how = { .mode = MACHINE_JIT };
	struct machine *m = NULL;
	struct out o;
	int err = 0;

	for (int i = 0; i < s->prog_count; i++) {
		if (image_find_prog(img, s->progs[i]) == IMAGE_NONE)
			return unknown_program(s, img, s->progs[i]);
	}
	if (!img->progs.n)
		return diag_error(&s->diag, LOC_NONE, "%s has no program", s->file);
	if (s->jit && machine_new(img, &how, &s->diag, &m))
		return -EINVAL;
	if (m && !machine_code(m, 0)->jit) {
		machine_free(m);
		return diag_error(&s->diag, LOC_NONE, "there is no compiler for this processor");
	}
	out_init(&o, STDOUT_FILENO, s->json);
	for (u32 i = 0, shown = 0; i < img->progs.n && !err; i++) {
		bool wanted = !s->prog_count;

		for (int k = 0; k < s->prog_count; k++)
			wanted |= image_find_prog(img, s->progs[k]) == (s32)i;
		if (!wanted)
			continue;
		if (shown++ && !s->json)
			out_puts(&o, "\n");
		err = show_program(s, &o, img, i, m);
	}
	out_done(&o);
	machine_free(m);
	return err;
}

static int disassemble(struct disasm *s)
{
	struct rawbtf *kernel = NULL;
	struct image_options how = { .name = s->file, .no_kconfig = !s->jit };
	struct image img;
	size_t len;
	char *elf = clang_read(&s->arena, s->file, &s->clang, &len, &s->diag);
	int err;

	if (!elf)
		return -EINVAL;
	if (rawbtf_open("/sys/kernel/btf/vmlinux", NULL, &kernel))
		kernel = NULL;
	how.kernel = kernel;
	err = image_open(&img, &s->arena, elf, len, &how, &s->diag);
	if (!err) {
		err = show_image(s, &img);
		image_done(&img);
	}
	rawbtf_free(kernel);
	free(elf);
	return err;
}

int cmd_disasm(int argc, char **argv)
{
	struct disasm s = { 0 };
	int code = 0;

	arena_init(&s.arena);
	diag_init(&s.diag, &s.arena);
	if (parse_options(&s, argc, argv)) {
		code = 2;
	} else if (s.help) {
		puts("usage: skep disasm [OPTIONS] OBJECT|FILE.bpf.c [PROGRAM...]\n\n"
		     "Shows the instructions of a BPF object's programs, between the source lines "
		     "that they come from.\n");
		opt_help(options, ARRAY_SIZE(options), stdout);
	} else if (disassemble(&s)) {
		code = 1;
	}
	diag_render(&s.diag, stderr);
	free(s.progs);
	arena_done(&s.arena);
	return code;
}
