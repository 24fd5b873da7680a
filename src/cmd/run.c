/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a script or a compiled object; the options mean what they mean in bpftrace. */
#include "cmd/run.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/opt.h"
#include "base/text.h"
#include "cmd/compile.h"
#include "cmd/foreign/foreign.h"
#include "cmd/list.h"
#include "cmd/option.h"
#include "kernel/kernel.h"
#include "session/child.h"
#include "session/session.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

enum option {
	OPTION_EVAL,
	OPTION_LIST,
	OPTION_COMMAND,
	OPTION_PID,
	OPTION_OUTPUT,
	OPTION_FORMAT,
	OPTION_QUIET,
	OPTION_VERBOSE,
	OPTION_BUFFER,
	OPTION_STAGE,
	OPTION_DRY_RUN,
	OPTION_UNSAFE,
	OPTION_NO_WARNINGS,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct opt options[] = {
	[OPTION_EVAL] = { 'e', NULL, "SCRIPT", "run this script" },
	[OPTION_LIST] = { 'l', NULL, NULL,
			  "list the probes that match a pattern; -lv with arguments" },
	[OPTION_COMMAND] = { 'c', NULL, "COMMAND", "start a command, trace it, end with it" },
	[OPTION_PID] = { 'p', NULL, "PID", "trace this process, end with it" },
	[OPTION_OUTPUT] = { 'o', NULL, "FILE", "write results to a file" },
	[OPTION_FORMAT] = { 'f', NULL, "text|json", "how to write results" },
	[OPTION_QUIET] = { 'q', "quiet", NULL, "no banner" },
	[OPTION_VERBOSE] = { 'v', "verbose", NULL, "say more: the verifier's log, failed reads" },
	[OPTION_BUFFER] = { 'B', NULL, "line|full|none", "when to write results (default: line)" },
	[OPTION_STAGE] = { 'd', NULL, "tokens|ast|ir|bpf",
			   "show what the compiler makes; do not run" },
	[OPTION_DRY_RUN] = { 0, "dry-run", NULL, "attach everything, then leave" },
	[OPTION_UNSAFE] = { 0, "unsafe", NULL,
			    "allow functions that act on the system: system(), signal()" },
	[OPTION_NO_WARNINGS] = { 0, "no-warnings", NULL, "no warnings" },
	[OPTION_HELP] = { 'h', "help", NULL, "this text" },
	[OPTION_VERSION] = { 'V', "version", NULL, "the version" },
};

struct run {
	struct arena arena;
	struct diag diag;
	struct session_options session;
	struct lang_options lang;
	const char *script; /* -e */
	const char *file;
	const char *output;
	bool json, list, no_warnings;
	enum out_flush_mode flush;
	enum stage stage;
	char *text;
	size_t len;
};

void run_help(FILE *to)
{
	fputs("usage: skep [OPTIONS] FILE [PARAMETERS] [-- --NAME=VALUE ...]\n"
	      "       skep [OPTIONS] -e 'SCRIPT' [PARAMETERS] [-- --NAME=VALUE ...]\n"
#define COMMAND(name, function, usage) "       skep " name " " usage "\n"
#include "cmd/command.def"
#undef COMMAND
	      "\nRuns a script in bpftrace's language, or an object that skep build made of one;\n"
	      "BPF C and other objects with the options of skep run --help.\n"
	      "PARAMETERS are the script's $1, $2, ...; --NAME=VALUE is for its getopt().\n\n",
	      to);
	opt_help(options, ARRAY_SIZE(options), to);
	fputs("\nexamples:\n"
	      "  skep -e 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }'\n"
	      "  skep -e 'profile:hz:99 { @[kstack] = count(); }'\n"
	      "  skep list 'tracepoint:sched:*'\n",
	      to);
}

/* A word that names neither a file nor a command. */
static void hint_command(struct run *r, const char *word)
{
	struct nearest near = nearest_to(word);

#define COMMAND(name, function, usage) nearest_try(&near, name);
#include "cmd/command.def"
#undef COMMAND
	if (nearest_name(&near))
		diag_hint(&r->diag, "did you mean the command '%s'?", nearest_name(&near));
	else
		diag_hint(&r->diag, "a script is given with -e; `skep --help` lists the commands");
}

static int set_stage(struct run *r, const char *value)
{
	int stage = stage_find(value);

	if (stage < 0)
		return diag_error(&r->diag, LOC_NONE,
				  "-d: '%s' is no stage: tokens, ast, ir or bpf", value);
	r->stage = (enum stage)stage;
	return 0;
}

/* 0 to go on, 1 when all is done (help, version), -errno on a mistake. */
static int take_option(struct run *r, int option, const char *value)
{
	int err;

	switch ((enum option)option) {
	case OPTION_EVAL:
		r->script = value;
		return 0;
	case OPTION_LIST:
		r->list = true;
		return 0;
	case OPTION_COMMAND:
		r->session.command = value;
		return 0;
	case OPTION_PID:
		err = option_take_pid(value, &r->session.pid, &r->diag);
		r->lang.pid = r->session.pid;
		return err;
	case OPTION_OUTPUT:
		r->output = value;
		return 0;
	case OPTION_FORMAT:
		return option_take_format(value, &r->json, &r->diag);
	case OPTION_QUIET:
		r->session.quiet = true;
		return 0;
	case OPTION_VERBOSE:
		r->session.verbose = true;
		return 0;
	case OPTION_BUFFER:
		return option_take_buffer(value, &r->flush, &r->diag);
	case OPTION_STAGE:
		return set_stage(r, value);
	case OPTION_DRY_RUN:
		r->session.dry_run = true;
		return 0;
	case OPTION_UNSAFE:
		r->session.unsafe = r->lang.unsafe = true;
		return 0;
	case OPTION_NO_WARNINGS:
		r->no_warnings = true;
		return 0;
	case OPTION_HELP:
		run_help(stdout);
		return 1;
	case OPTION_VERSION:
		puts("skep " SKEP_VERSION);
		return 1;
	}
	return 0;
}

/* Options may stand before and after the file; what follows `--` is the script's. */
static int read_words(struct run *r, int argc, char **argv)
{
	struct opt_state state = { .argc = argc, .argv = argv, .pos = 1 };
	char **words = arena_array(&r->arena, char *, (size_t)argc + 1);
	const char *value;
	int option, n = 0;

	for (;;) {
		while ((option = opt_next(&state, options, ARRAY_SIZE(options), &value,
					  &r->diag)) >= 0) {
			int err = take_option(r, option, value);
			if (err)
				return err;
		}
		if (option < -1)
			return -EINVAL;
		bool rest = state.pos > 1 && !strcmp(argv[state.pos - 1], "--");
		while (rest && state.pos < argc)
			words[n++] = argv[state.pos++];
		if (state.pos >= argc)
			break;
		words[n++] = argv[state.pos++];
	}
	r->lang.argc = n;
	r->lang.argv = words;
	return 0;
}

static int parse_options(struct run *r, int argc, char **argv)
{
	int err = read_words(r, argc, argv);

	if (err)
		return err;
	if (!r->script && r->lang.argc) {
		r->file = *r->lang.argv++;
		r->lang.argc--;
	}
	if (!r->script && !r->list && !r->file) {
		err = diag_error(&r->diag, LOC_NONE,
				 "there is nothing to run: give a FILE or -e 'SCRIPT'");
		diag_hint(&r->diag, "`skep --help` lists the options");
		return err;
	}
	if (r->session.command && r->session.pid)
		return diag_error(&r->diag, LOC_NONE, "-c and -p exclude each other");
	return 0;
}

static int read_source(struct run *r)
{
	if (r->script) {
		r->len = strlen(r->script);
		r->text = strdup(r->script);
		return r->text ? 0 : -ENOMEM;
	}
	r->text = compile_read(r->file, &r->len, &r->diag);
	if (!r->text && !strchr(r->file, '/') && !strchr(r->file, '.'))
		hint_command(r, r->file);
	return r->text ? 0 : -EINVAL;
}

/* The command is started first: the script may ask for its pid, and probes for its libraries. */
static int start_child(struct run *r)
{
	if (!r->session.command || r->stage)
		return 0;
	r->session.child = child_start(r->session.command, &r->diag);
	if (!r->session.child)
		return -EINVAL;
	r->lang.has_child = true;
	r->lang.child_pid = child_pid(r->session.child);
	return 0;
}

static int compile(struct run *r, struct compiled *c)
{
	if (compile_is_object(r->text, r->len)) {
		if (r->stage)
			return diag_error(
				&r->diag, LOC_NONE,
				"-d shows the stages of a script's way; %s is compiled already",
				r->file);
		int err = compile_load(&r->arena, r->text, r->len, c, &r->diag);
		if (err)
			diag_hint(&r->diag, "%s is neither a script nor an object of skep build",
				  r->file);
		return err;
	}
	struct compile_input in = { .name = r->script ? "-e" : r->file,
				    .text = r->text,
				    .len = r->len,
				    .lang = &r->lang,
				    .pid = r->session.pid ? r->session.pid : r->lang.child_pid,
				    .stage = r->stage };
	return compile_script(&r->arena, &in, c, &r->diag);
}

static int open_output(struct run *r)
{
	if (!r->output)
		return STDOUT_FILENO;
	int fd = open(r->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	return fd >= 0 ? fd : diag_errno(&r->diag, errno, "cannot write %s", r->output);
}

/* Messages so far, once: warnings come before the output, errors after. */
static void show_messages(struct run *r)
{
	if (!r->no_warnings || r->diag.errors)
		diag_render(&r->diag, stderr);
	r->diag.items.n = 0;
}

static int run_session(struct run *r, struct compiled *c)
{
	struct session_result result = { 0 };
	struct out out, notes;
	const char *why = kernel_unavailable();

	if (why) {
		diag_error(&r->diag, LOC_NONE, "%s", why);
		diag_hint(&r->diag,
			  "without that, `skep list`, `skep build` and `skep -d bpf` still work");
		return -EPERM;
	}
	int fd = open_output(r);
	if (fd < 0)
		return fd;
	out_init(&out, fd, r->json);
	out.flush = r->flush;
	out_init(&notes, STDERR_FILENO, false);
	int err = session_run(&kernel_engine, c->elf.data, c->elf.len, &c->script, &r->session,
			      &out, &notes, &result, &r->diag);
	out_done(&notes);
	out_done(&out);
	if (fd != STDOUT_FILENO)
		close(fd);
	return err ? err : result.exit_code;
}

static int compile_and_run(struct run *r)
{
	struct compiled c = { 0 };
	int err = start_child(r);

	if (!err)
		err = compile(r, &c);
	if (!err && r->stage) {
		fwrite(c.dump.data, 1, c.dump.len, stdout);
	} else if (!err) {
		show_messages(r);
		err = run_session(r, &c);
	} else if (r->stage == STAGE_TOKENS) {
		fwrite(c.dump.data, 1, c.dump.len, stdout);
	}
	compiled_done(&c);
	return err;
}

static int run_script(int argc, char **argv)
{
	struct run r = { .flush = OUT_FLUSH_IDLE };
	int code = EXIT_USAGE;

	arena_init(&r.arena);
	diag_init(&r.diag, &r.arena);
	int err = parse_options(&r, argc, argv);
	if (err > 0) {
		code = EXIT_DONE;
	} else if (!err && r.list) {
		code = list_probes(r.file, r.session.verbose, r.session.pid);
	} else if (!err) {
		err = read_source(&r);
		if (!err)
			err = compile_and_run(&r);
		code = err < 0 ? EXIT_FAILED : err;
	}
	show_messages(&r);
	if (r.session.child)
		child_free(r.session.child);
	free(r.text);
	arena_done(&r.arena);
	return code;
}

/* The first word that is no option, be it one for scripts or for C and objects; NULL if there is none, or -e or -l instead. */
static const char *find_file(int argc, char **argv)
{
	struct opt_state state = { .argc = argc, .argv = argv, .pos = 1 };
	struct arena arena;
	struct diag ignored;
	struct opt *all;
	const char *value;
	int option;

	arena_init(&arena);
	diag_init(&ignored, &arena);
	all = arena_array(&arena, struct opt, ARRAY_SIZE(options) + foreign_option_count);
	memcpy(all, options, sizeof(options));
	memcpy(all + ARRAY_SIZE(options), foreign_options,
	       foreign_option_count * sizeof(*foreign_options));
	do
		option = opt_next(&state, all, ARRAY_SIZE(options) + foreign_option_count, &value,
				  &ignored);
	while (option >= 0 && option != OPTION_EVAL && option != OPTION_LIST);
	arena_done(&arena);
	if (option == -1)
		return state.pos < argc ? argv[state.pos] : NULL;
	/* A mistake: he who would read the file is to tell of it. */
	for (int i = 1; option < -1 && i < argc; i++) {
		if (argv[i][0] != '-' && foreign_is_meant(argv[i]))
			return argv[i];
	}
	return NULL;
}

int cmd_run(int argc, char **argv)
{
	const char *file = find_file(argc, argv);
	bool is_help = argc == 2 && !strcmp(argv[0], "run") &&
		       (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"));

	if (is_help || (file && foreign_is_meant(file)))
		return foreign_main(argc, argv);
	return run_script(argc, argv);
}
