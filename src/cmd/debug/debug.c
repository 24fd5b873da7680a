/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep debug: opens the object, gives the program what it is to run on, and reads commands. */
#include "cmd/debug/debug.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/opt.h"
#include "base/text.h"
#include "cmd/clang.h"
#include "cmd/debug/impl.h"
#include "cmd/exec/context.h"
#include "isa/ctx.h"
#include "isa/prog_type.h"

enum { PACKET_DEFAULT = 64 };

static const struct opt options[] = {
	{ 0, "packet", "HEX", "the packet's bytes; 64 zeroes if not given" },
	{ 0, "ctx", "HEX",
	  "the context's bytes, or its fields as { .name = value }, of\nprograms without a packet; "
	  "the rest is zero" },
	{ 0, "fuel", "N", "how many instructions the program may do; 100000000 if not given" },
	{ 0, "now", "NS", "what the clocks say at first; each instruction takes 1 ns" },
	{ 0, "random", "N", "what random numbers are made of" },
	{ 0, "sockets", "FILE", "the sockets that programs find" },
	{ 0, "socket", "TEXT", "the socket that the context is about" },
	{ 0, "data", "HEX", "what the context's pointers lead to" },
	{ 0, "sysctl", "TEXT", "what is read, or written: NAME = VALUE [-> VALUE]" },
	CLANG_INCLUDE,
	CLANG_DEFINE,
	{ 'h', "help", NULL, "this text" },
};

struct input {
	const char *file, *program, *packet;
	struct exec_about_texts about;
	u64 fuel, now, random;
	clang_args clang;
	bool help;
};

int debug_fail(struct debug *d, const char *fmt, ...)
{
	va_list ap;

	out_flush(&d->out);
	fputs("error: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	fflush(stderr);
	return -EINVAL;
}

/* ---- options */

static int take_number(struct diag *d, const char *name, const char *value, u64 *out)
{
	if (text_u64(value, out) && *out)
		return 0;
	return diag_error(d, LOC_NONE, "--%s takes a number from 1 on, not '%s'", name, value);
}

static int take_option(struct input *in, struct diag *d, int option, const char *value)
{
	switch (option) {
	case 0:
		in->packet = value;
		return 0;
	case 1:
		in->about.ctx = value;
		return 0;
	case 2:
		return take_number(d, "fuel", value, &in->fuel);
	case 3:
		return take_number(d, "now", value, &in->now);
	case 4:
		return take_number(d, "random", value, &in->random);
	case 5:
		in->about.sockets = value;
		return 0;
	case 6:
		in->about.socket = value;
		return 0;
	case 7:
		in->about.data = value;
		return 0;
	case 8:
		in->about.sysctl = value;
		return 0;
	case 9:
		clang_include(d->arena, &in->clang, value);
		return 0;
	case 10:
		clang_define(d->arena, &in->clang, value);
		return 0;
	default:
		in->help = true;
		return 0;
	}
}

static int parse_options(struct input *in, struct diag *d, int argc, char **argv)
{
	struct opt_state state = { .argc = argc, .argv = argv, .pos = 1 };
	const char *value;
	int option;

	for (;;) { /* options may also follow the file */
		while ((option = opt_next(&state, options, ARRAY_SIZE(options), &value, d)) >= 0) {
			if (take_option(in, d, option, value))
				return -EINVAL;
		}
		if (option < -1)
			return -EINVAL;
		if (state.pos >= argc)
			break;
		if (!in->file)
			in->file = argv[state.pos++];
		else if (!in->program)
			in->program = argv[state.pos++];
		else
			return diag_error(d, LOC_NONE, "one program at a time: what is '%s'?",
					  argv[state.pos]);
	}
	if (!in->help && !in->file)
		return diag_error(
			d, LOC_NONE,
			"there is nothing to debug: give an OBJECT, or BPF C, and a PROGRAM");
	return 0;
}

/* ---- what the program runs on */

static int make_packet(struct debug *d, const struct input *in, enum packet_kind kind,
		       struct step_input *step)
{
	static const u8 zeros[PACKET_DEFAULT];
	struct hex_bytes bytes = { zeros, PACKET_DEFAULT };

	if (in->about.ctx) {
		diag_error(&d->diag, LOC_NONE, "this program's context is that of a packet");
		diag_hint(&d->diag, "give --packet");
		return -EINVAL;
	}
	if (in->packet && hex_read(&d->arena, "--packet", in->packet, PACKET_MAX, &bytes, &d->diag))
		return -EINVAL;
	step->packet = packet_new(kind, &d->diag);
	if (!step->packet)
		return -ENOMEM;
	packet_set(step->packet, bytes.at, bytes.len);
	return 0;
}

static int make_context(struct debug *d, const struct input *in, u32 size, struct step_input *step)
{
	u8 *ctx = arena_array(&d->arena, u8, size + 1u);
	const struct sock *s = d->about.socket ? &d->socks.all.at[d->about.socket - 1] : NULL;

	if (in->packet)
		return diag_error(&d->diag, LOC_NONE, "this program has no packet: give --ctx");
	exec_context_fill(ctx, &d->job, &d->about, s);
	exec_context_apply(ctx, &d->job);
	step->ctx = ctx;
	step->ctx_size = size;
	return 0;
}

/* Sockets are as at first, and the context is about the same again. */
static void enter(void *arg, struct run *run, void *ctx)
{
	struct debug *d = arg;

	machine_set_socks(d->machine, &d->socks);
	exec_about_enter(&d->memory, run, &d->job, &d->about);
	exec_context_point(ctx, &d->job, run->sock, run->data.at, run->data.len);
}

static int make_input(struct debug *d, const struct input *in, const struct image_prog *p,
		      struct step_input *step)
{
	const struct prog_type_info *type = prog_type_info((u32)p->type);
	enum ctx_id ctx = type ? (enum ctx_id)type->ctx : CTX_NONE;

	d->job = (struct exec_job){ .arena = &d->arena,
				    .diag = &d->diag,
				    .file = in->file,
				    .img = &d->img,
				    .kernel = d->kernel,
				    .prog = step->prog };
	if (!type)
		return diag_error(&d->diag, LOC_NONE,
				  "%s: section '%s' does not say what type of program it is",
				  p->name, p->section);
	if (exec_about_read(&in->about, &d->job, &d->socks, &d->about))
		return -EINVAL;
	step->enter = enter;
	step->enter_arg = d;
	step->fuel = in->fuel;
	step->now = in->now;
	step->random = in->random;
	if (ctx == CTX_XDP_MD)
		return make_packet(d, in, PACKET_XDP, step);
	if (ctx == CTX_SK_BUFF)
		return make_packet(d, in, PACKET_SKB, step);
	return make_context(d, in, ctx_info(ctx)->size, step);
}

/* ---- what is known of programs */

u32 debug_prog_index(const struct debug *d, const struct code *code)
{
	return (u32)(code->prog - d->img.progs.at);
}

struct debug_prog *debug_prog(struct debug *d, u32 index)
{
	struct debug_prog *p = &d->progs[index];

	if (!p->listing.prog) {
		listing_init(&p->listing, &d->arena, &d->img, &d->img.progs.at[index]);
		p->stops = arena_array(&d->arena, u32, d->img.progs.at[index].count);
	}
	return p;
}

struct debug_prog *debug_verified(struct debug *d, u32 index)
{
	struct debug_prog *p = debug_prog(d, index);
	const struct verify_options how = {
		.privileged = true, .is_apart = true, .record = true, .kernel = d->kernel
	};
	struct diag why;

	if (p->is_verified)
		return p;
	p->is_verified = true;
	diag_init(&why, &d->arena);
	if (verify_program(&d->arena, &d->img, index, &how, &p->verified, &why)) {
		p->verified = (struct verify_result){ 0 };
		p->rejected = why.items.n ? why.items.at[0].text : "it cannot be judged";
	} else if (!p->verified.accepted) {
		p->rejected = p->verified.finding.message;
	}
	return p;
}

/* ---- commands */

static const struct {
	const char *name, *letter, *args, *help;
	int (*run)(struct debug *d, const struct debug_line *line);
} commands[] = {
#define COMMAND(name, letter, function, args, help) { name, letter, args, help, function },
#include "cmd/debug/command.def"
#undef COMMAND
};

int debug_help(struct debug *d, const struct debug_line *line)
{
	(void)line;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		struct buf left = { 0 };

		buf_printf(&left, "%s%s%s", commands[i].name, *commands[i].args == '/' ? "" : " ",
			   commands[i].args);
		out_printf(&d->out, "%-4s %-26s %s\n", commands[i].letter, buf_str(&left),
			   commands[i].help);
		buf_done(&left);
	}
	return 0;
}

int debug_quit(struct debug *d, const struct debug_line *line)
{
	(void)line;
	d->is_over = true;
	return 0;
}

int debug_info(struct debug *d, const struct debug_line *line)
{
	const struct step_state *at = debug_at(d);
	u32 prog = debug_prog_index(d, at->code);
	const struct debug_prog *p = debug_verified(d, prog);
	struct buf place = { 0 };

	(void)line;
	debug_place_text(at->code, at->insn, &place);
	out_printf(&d->out, "program %s (%s), %u instructions\n", d->img.progs.at[prog].name,
		   d->img.progs.at[prog].section, at->code->count);
	out_printf(&d->out, "%s: step %llu, %s\n", at->is_ended ? "ended" : "stopped",
		   (unsigned long long)at->steps, buf_str(&place));
	if (p->rejected)
		out_printf(&d->out, "the verifier rejects it: %s\n", p->rejected);
	else
		out_puts(&d->out, "the verifier accepts it\n");
	debug_print_stops(d);
	buf_done(&place);
	return 0;
}

static int unknown_command(struct debug *d, const char *name)
{
	struct nearest n = nearest_to(name);

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		nearest_try(&n, commands[i].name);
	if (nearest_name(&n))
		return debug_fail(d, "there is no command '%s'; did you mean '%s'?", name,
				  nearest_name(&n));
	return debug_fail(d, "there is no command '%s': help lists them", name);
}

static int run_command(struct debug *d, const char *text)
{
	struct debug_line line;
	const char *why;
	size_t best = ARRAY_SIZE(commands);

	if (!debug_parse_line(&line, text, &why))
		return debug_fail(d, "%s", why);
	if (!*line.name)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(line.name, commands[i].name) ||
		    !strcmp(line.name, commands[i].letter)) {
			best = i;
			break;
		}
		if (best == ARRAY_SIZE(commands) &&
		    !strncmp(line.name, commands[i].name, strlen(line.name)))
			best = i;
	}
	if (best == ARRAY_SIZE(commands))
		return unknown_command(d, line.name);
	if (*line.format && strcmp(commands[best].name, "x") != 0)
		return debug_fail(d, "%s takes no format", commands[best].name);
	line.name = commands[best].name;
	return commands[best].run(d, &line);
}

/* An empty line is the last command again, for who types. True if all succeeded. */
static bool read_commands(struct debug *d)
{
	char *line = NULL, *last = NULL;
	size_t size = 0;
	bool ok = true;

	while (!d->is_over) {
		if (d->is_terminal)
			out_puts(&d->out, "(skep) ");
		out_flush(&d->out);
		if (getline(&line, &size, stdin) < 0)
			break;
		if (d->is_terminal && line[strspn(line, " \t\n")]) {
			free(last);
			last = strdup(line);
		}
		if (run_command(d, d->is_terminal && last ? last : line))
			ok = false;
	}
	if (d->is_terminal && !d->is_over)
		out_puts(&d->out, "\n");
	free(line);
	free(last);
	return ok;
}

/* ---- the whole */

static s32 find_program(struct debug *d, const struct input *in)
{
	struct nearest n = nearest_to(in->program ? in->program : "");
	struct buf names = { 0 };
	s32 index = in->program ? image_find_prog(&d->img, in->program) : IMAGE_NONE;

	if (!in->program && d->img.progs.n == 1)
		return 0;
	if (index != IMAGE_NONE)
		return index;
	for (size_t i = 0; i < d->img.progs.n; i++) {
		nearest_try(&n, d->img.progs.at[i].name);
		buf_printf(&names, "%s%s", i ? ", " : "", d->img.progs.at[i].name);
	}
	if (in->program)
		diag_error(&d->diag, LOC_NONE, "%s has no program '%s'", in->file, in->program);
	else
		diag_error(&d->diag, LOC_NONE, "which program of %s?", in->file);
	if (in->program && nearest_name(&n))
		diag_hint(&d->diag, "did you mean '%s'?", nearest_name(&n));
	else if (names.len)
		diag_hint(&d->diag, "it has %s", buf_str(&names));
	buf_done(&names);
	return IMAGE_NONE;
}

/* Ctrl-C stops a program that runs; it is looked for there. */
static void hold_interrupts(struct debug *d)
{
	sigset_t set;

	if (!d->is_terminal)
		return;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static int debug_image(struct debug *d, const struct input *in, bool *ok)
{
	const struct machine_options how = { .mode = MACHINE_STEPPED };
	const struct debug_line none = { .name = "", .format = "" };
	struct step_input step = { 0 };
	s32 prog = find_program(d, in);
	int err;

	if (prog == IMAGE_NONE)
		return -EINVAL;
	step.prog = (u32)prog;
	exec_memory_init(&d->memory);
	d->progs = arena_array(&d->arena, struct debug_prog, d->img.progs.n);
	err = make_input(d, in, &d->img.progs.at[prog], &step);
	if (!err)
		err = machine_new(&d->img, &how, &d->diag, &d->machine);
	if (!err) {
		d->is_terminal = isatty(STDIN_FILENO);
		hold_interrupts(d);
		d->stepper = step_new(d->machine, &step, &d->diag);
		err = d->stepper ? 0 : -ENOMEM;
	}
	if (!err) {
		step_run(d->stepper)->trace = &d->trace;
		diag_render(&d->diag, stderr); /* warnings, before all else */
		d->diag.items.n = 0;
		if (d->is_terminal)
			debug_info(d, &none);
		*ok = read_commands(d);
	}
	step_free(d->stepper);
	machine_free(d->machine);
	packet_free(step.packet);
	exec_memory_done(&d->memory);
	return err;
}

static int debug_file(struct debug *d, struct input *in, bool *ok)
{
	struct image_options how = { .name = in->file };
	size_t len;
	char *elf = clang_read(&d->arena, in->file, &in->clang, &len, &d->diag);
	int err;

	if (!elf)
		return -EINVAL;
	if (rawbtf_open("/sys/kernel/btf/vmlinux", NULL, &d->kernel))
		d->kernel = NULL;
	how.kernel = d->kernel;
	err = image_open(&d->img, &d->arena, elf, len, &how, &d->diag);
	if (!err) {
		out_init(&d->out, STDOUT_FILENO, false);
		err = debug_image(d, in, ok);
		out_done(&d->out);
		image_done(&d->img);
	}
	rawbtf_free(d->kernel);
	buf_done(&d->trace);
	free(elf);
	return err;
}

int cmd_debug(int argc, char **argv)
{
	struct debug d = { 0 };
	struct input in = { 0 };
	bool ok = true;
	int code = 0;

	arena_init(&d.arena);
	diag_init(&d.diag, &d.arena);
	if (parse_options(&in, &d.diag, argc, argv)) {
		code = 2;
	} else if (in.help) {
		puts("usage: skep debug [OPTIONS] OBJECT|FILE.bpf.c PROGRAM\n\n"
		     "Runs a BPF program in skep's own machine, instruction by instruction or line "
		     "by "
		     "line,\nforward and back. Commands are read from standard input; help lists "
		     "them.\n");
		opt_help(options, ARRAY_SIZE(options), stdout);
	} else if (debug_file(&d, &in, &ok) || !ok) {
		code = 1;
	}
	diag_render(&d.diag, stderr);
	arena_done(&d.arena);
	return code;
}
