/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/exec/options.h"

#include <stdio.h>
#include <string.h>

#include "base/opt.h"
#include "base/text.h"

enum option {
	OPTION_CTX,
	OPTION_PACKET,
	OPTION_PCAP,
	OPTION_OUTPUT,
	OPTION_REPEAT,
	OPTION_ENGINE,
	OPTION_COMPARE,
	OPTION_MODE,
	OPTION_IFINDEX,
	OPTION_CPU,
	OPTION_PID,
	OPTION_COMM,
	OPTION_NOW,
	OPTION_ROUTES,
	OPTION_CGROUPS,
	OPTION_SOCKETS,
	OPTION_SOCKET,
	OPTION_DATA,
	OPTION_SYSCTL,
	OPTION_RECORD,
	OPTION_COVERAGE,
	OPTION_NO_VERIFY,
	OPTION_FORMAT,
	OPTION_QUIET,
	OPTION_INCLUDE,
	OPTION_DEFINE,
	OPTION_HELP,
};

static const struct opt options[] = {
	[OPTION_CTX] = { 0, "ctx", "HEX",
			 "the context's bytes, as its struct has them, or its fields\nas { .name = "
			 "value }; the rest is zero" },
	[OPTION_PACKET] = { 0, "packet", "HEX", "run on this packet; may be given several times" },
	[OPTION_PCAP] = { 0, "pcap", "FILE",
			  "run on each packet of a pcap or pcapng file; - is\nstandard input" },
	[OPTION_OUTPUT] = { 'o', NULL, "FILE", "write the packets that pass to a pcap file" },
	[OPTION_REPEAT] = { 0, "repeat", "N",
			    "run N times on each input, and tell the time of a run" },
	[OPTION_ENGINE] = { 0, "engine", "NAME", "what runs it: machine (default) or kernel" },
	[OPTION_COMPARE] = { 0, "compare", NULL, "run it by both, and tell where they differ" },
	[OPTION_MODE] = { 0, "mode", "NAME",
			  "how the machine runs it: jit, interpret, or checked,\nwhich looks at "
			  "each access" },
	[OPTION_IFINDEX] = { 0, "ifindex", "N", "the interface that packets come from" },
	[OPTION_CPU] = { 0, "cpu", "N", "the CPU to run on (default 0)" },
	[OPTION_PID] = { 0, "pid", "N", "the process that the program runs in (machine)" },
	[OPTION_COMM] = { 0, "comm", "NAME", "its name (machine)" },
	[OPTION_NOW] = { 0, "now", "NS",
			 "what all clocks say (machine), so that runs can be repeated" },
	[OPTION_ROUTES] = { 0, "routes", "FILE",
			    "the routes that bpf_fib_lookup() finds (machine)" },
	[OPTION_CGROUPS] = { 0, "cgroups", "FILE",
			     "the tree of cgroups (machine), paths and numbers" },
	[OPTION_SOCKETS] = { 0, "sockets", "FILE",
			     "the sockets that programs find (machine), as ss -Hntuae\nprints "
			     "them" },
	[OPTION_SOCKET] = { 0, "socket", "TEXT", "the socket that the context is about (machine)" },
	[OPTION_DATA] = { 0, "data", "HEX", "what the context's pointers lead to (machine)" },
	[OPTION_SYSCTL] = { 0, "sysctl", "TEXT",
			    "what is read, or written: NAME = VALUE [-> VALUE] (machine)" },
	[OPTION_RECORD] = { 0, "record", "STRUCT",
			    "the type of what is sent by ring buffers and perf events" },
	[OPTION_COVERAGE] = { 0, "coverage", "FILE", "write which source lines ran, for lcov" },
	[OPTION_NO_VERIFY] = { 0, "no-verify", NULL, "run it even if it is rejected" },
	[OPTION_FORMAT] = { 'f', NULL, "FORMAT", "how to write results: text (default) or json" },
	[OPTION_QUIET] = { 'q', "quiet", NULL, "no line for each input" },
	[OPTION_INCLUDE] = CLANG_INCLUDE,
	[OPTION_DEFINE] = CLANG_DEFINE,
	[OPTION_HELP] = { 'h', "help", NULL, "this text" },
};

static int take_number(struct diag *d, const char *name, const char *value, u64 min, u64 max,
		       u32 *to)
{
	u64 n;

	if (!text_u64(value, &n) || n < min || n > max)
		return diag_error(d, LOC_NONE, "--%s takes a number from %llu to %llu, not '%s'",
				  name, (unsigned long long)min, (unsigned long long)max, value);
	*to = (u32)n;
	return 0;
}

/* One of several words; its index in *to. */
static int take_word(struct diag *d, const char *name, const char *value, const char *const *words,
		     size_t n, u32 *to)
{
	struct nearest near = nearest_to(value);
	struct buf all = { 0 };

	for (u32 i = 0; i < n; i++) {
		if (!strcmp(value, words[i])) {
			*to = i;
			buf_done(&all);
			return 0;
		}
		nearest_try(&near, words[i]);
		buf_printf(&all, "%s%s", !i ? "" : i + 1 < n ? ", " : " or ", words[i]);
	}
	diag_error(d, LOC_NONE, "%s takes %s, not '%s'", name, buf_str(&all), value);
	if (nearest_name(&near))
		diag_hint(d, "did you mean '%s'?", nearest_name(&near));
	buf_done(&all);
	return -EINVAL;
}

static int take_text(struct exec_options *o, struct arena *a, enum option option, const char *value,
		     struct diag *d)
{
	static const char *const engines[] = { "machine", "kernel" };
	static const char *const modes[] = { "jit", "interpret", "checked" };
	static const char *const formats[] = { "text", "json" };
	u32 n = 0;
	int err = 0;

	switch (option) {
	case OPTION_CTX:
		o->ctx = value;
		break;
	case OPTION_PACKET:
		*vec_add(a, &o->packets) = value;
		break;
	case OPTION_PCAP:
		o->pcap = value;
		break;
	case OPTION_OUTPUT:
		o->output = value;
		break;
	case OPTION_RECORD:
		o->record = value;
		break;
	case OPTION_COVERAGE:
		o->coverage = value;
		break;
	case OPTION_INCLUDE:
		clang_include(a, &o->clang, value);
		break;
	case OPTION_DEFINE:
		clang_define(a, &o->clang, value);
		break;
	case OPTION_ROUTES:
		o->routes = value;
		break;
	case OPTION_CGROUPS:
		o->cgroups = value;
		break;
	case OPTION_SOCKETS:
		o->sockets = value;
		break;
	case OPTION_SOCKET:
		o->socket = value;
		break;
	case OPTION_DATA:
		o->data = value;
		break;
	case OPTION_SYSCTL:
		o->sysctl = value;
		break;
	case OPTION_ENGINE:
		err = take_word(d, "--engine", value, engines, ARRAY_SIZE(engines), &n);
		o->in_kernel = n;
		break;
	case OPTION_MODE:
		err = take_word(d, "--mode", value, modes, ARRAY_SIZE(modes), &n);
		o->mode = (enum exec_mode)(EXEC_MODE_JIT + n);
		break;
	default:
		err = take_word(d, "-f", value, formats, ARRAY_SIZE(formats), &n);
		o->json = n;
		break;
	}
	return err;
}

static int take_option(struct exec_options *o, struct arena *a, enum option option,
		       const char *value, struct diag *d)
{
	switch (option) {
	case OPTION_REPEAT:
		return take_number(d, "repeat", value, 1, EXEC_MAX_REPEAT, &o->repeat);
	case OPTION_IFINDEX:
		return take_number(d, "ifindex", value, 1, INT32_MAX, &o->ifindex);
	case OPTION_CPU:
		return take_number(d, "cpu", value, 0, MAP_MAX_CPUS - 1, &o->cpu);
	case OPTION_NOW:
		if (!text_u64(value, &o->now) || !o->now)
			return diag_error(d, LOC_NONE,
					  "--now takes a time in ns from 1 on, not '%s'", value);
		return 0;
	case OPTION_PID:
		o->has_task = true;
		if (take_number(d, "pid", value, 0, INT32_MAX, &o->task.pid))
			return -EINVAL;
		o->task.tgid = o->task.pid;
		return 0;
	case OPTION_COMM:
		o->has_task = true;
		if (strlen(value) >= sizeof(o->task.comm))
			return diag_error(d, LOC_NONE, "--comm: a name has at most %zu bytes",
					  sizeof(o->task.comm) - 1);
		memset(o->task.comm, 0, sizeof(o->task.comm));
		memcpy(o->task.comm, value, strlen(value));
		return 0;
	case OPTION_COMPARE:
		o->compare = true;
		return 0;
	case OPTION_NO_VERIFY:
		o->no_verify = true;
		return 0;
	case OPTION_QUIET:
		o->quiet = true;
		return 0;
	case OPTION_HELP:
		o->help = true;
		return 0;
	default:
		return take_text(o, a, option, value, d);
	}
}

/* What does not go together. */
static int check_options(const struct exec_options *o, struct diag *d)
{
	bool uses_kernel = o->in_kernel || o->compare;

	if (!o->file)
		return diag_error(d, LOC_NONE,
				  "there is nothing to run: give an OBJECT, or "
				  "BPF C");
	if (o->in_kernel && o->compare)
		return diag_error(d, LOC_NONE,
				  "--compare runs both engines: --engine does not go with it");
	if (o->in_kernel && o->mode)
		return diag_error(d, LOC_NONE, "--mode says how the machine runs, not the kernel");
	if (o->in_kernel && o->coverage)
		return diag_error(
			d, LOC_NONE,
			"--coverage counts in the machine's interpreter, not in the kernel");
	if (o->coverage && o->mode == EXEC_MODE_JIT)
		return diag_error(
			d, LOC_NONE,
			"--coverage counts in the interpreter: --mode interpret or checked");
	if (o->has_task && uses_kernel)
		return diag_error(
			d, LOC_NONE,
			"--pid and --comm are for the machine: in the kernel the process is "
			"skep itself");
	if ((o->now || o->routes || o->cgroups) && uses_kernel)
		return diag_error(d, LOC_NONE, "--%s is for the machine: the kernel has its own %s",
				  o->now      ? "now"
				  : o->routes ? "routes"
					      : "cgroups",
				  o->now      ? "clocks"
				  : o->routes ? "routes"
					      : "cgroups");
	if ((o->sockets || o->socket || o->data || o->sysctl) && uses_kernel)
		return diag_error(
			d, LOC_NONE,
			"--%s is for the machine: the kernel's test runs have no such thing",
			o->sockets  ? "sockets"
			: o->socket ? "socket"
			: o->data   ? "data"
				    : "sysctl");
	return 0;
}

int exec_options_parse(struct exec_options *o, struct arena *a, int argc, char **argv,
		       struct diag *d)
{
	struct opt_state state = { .argc = argc, .argv = argv, .pos = 1 };
	const char *value;
	int option;

	o->repeat = 1;
	for (;;) { /* options may also follow the file */
		while ((option = opt_next(&state, options, ARRAY_SIZE(options), &value, d)) >= 0) {
			if (take_option(o, a, (enum option)option, value, d))
				return -EINVAL;
		}
		if (option < -1)
			return -EINVAL;
		if (state.pos >= argc)
			break;
		if (!o->file)
			o->file = argv[state.pos++];
		else if (!o->program)
			o->program = argv[state.pos++];
		else
			return diag_error(d, LOC_NONE, "one program is run, but '%s' is another",
					  argv[state.pos]);
	}
	return o->help ? 0 : check_options(o, d);
}

void exec_options_help(void)
{
	puts("usage: skep exec [OPTIONS] OBJECT|FILE.bpf.c [PROGRAM]\n\n"
	     "Runs a program of a BPF object on packets or a context, in skep's own machine: "
	     "without "
	     "the\nkernel and without privilege.\n");
	opt_help(options, ARRAY_SIZE(options), stdout);
}
