/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/clang.h"
#include "cmd/compile.h"
#include "cmd/foreign/impl.h"
#include "cmd/option.h"
#include "object/object.h"
#include "object/script.h"

#define DEFAULT_HZ 99
#define MAX_HZ 100000
#define MAX_SECONDS 1000000000

enum option {
	OPTION_COMMAND,
	OPTION_PID,
	OPTION_OUTPUT,
	OPTION_FORMAT,
	OPTION_QUIET,
	OPTION_VERBOSE,
	OPTION_BUFFER,
	OPTION_DRY_RUN,
	OPTION_DEV,
	OPTION_EGRESS,
	OPTION_GENERIC,
	OPTION_CGROUP,
	OPTION_HOOK,
	OPTION_ROUTE,
	OPTION_TARGET,
	OPTION_HZ,
	OPTION_SECONDS,
	OPTION_SET,
	OPTION_RECORD,
	OPTION_PCAP,
	OPTION_PIN,
	OPTION_INCLUDE,
	OPTION_DEFINE,
	OPTION_HELP,
};

const struct opt foreign_options[] = {
	[OPTION_COMMAND] = { 'c', NULL, "COMMAND",
			     "start a command, end with it; its pid is in the variable "
			     "target_pid" },
	[OPTION_PID] = { 'p', NULL, "PID",
			 "end with this process; target_pid likewise; whose sockets sk_reuseport "
			 "is for" },
	[OPTION_OUTPUT] = { 'o', NULL, "FILE", "write results to a file" },
	[OPTION_FORMAT] = { 'f', NULL, "text|json", "how to write results" },
	[OPTION_QUIET] = { 'q', "quiet", NULL, "no banner" },
	[OPTION_VERBOSE] = { 'v', "verbose", NULL,
			     "the verifier's log of what the kernel rejects" },
	[OPTION_BUFFER] = { 'B', NULL, "line|full|none", "when to write results (default: line)" },
	[OPTION_DRY_RUN] = { 'n', "dry-run", NULL, "verify only: load nothing" },
	[OPTION_DEV] = { 0, "dev", "INTERFACE", "for XDP, tc, socket filters, routes, xskmaps" },
	[OPTION_EGRESS] = { 0, "egress", NULL,
			    "what has no direction in its section: packets that leave" },
	[OPTION_GENERIC] = { 0, "generic", NULL, "XDP without the driver's help" },
	[OPTION_CGROUP] = { 0, "cgroup", "PATH", "for programs of cgroups and sockops" },
	[OPTION_HOOK] = { 0, "hook", "[PROGRAM=]ip|ip6:HOOK[:PRIORITY[:defrag]]",
			  "where netfilter programs are, as ip:input:-100" },
	[OPTION_ROUTE] = { 0, "route", "PREFIX[ via ADDRESS]",
			   "for lwt programs: a route over --dev, as long as it runs" },
	[OPTION_TARGET] = { 0, "target", "PROGRAM",
			    "the id, name or pin of that which fentry, fexit, freplace are for" },
	[OPTION_HZ] = { 0, "hz", "N", "samples a second for perf_event programs (99)" },
	[OPTION_SECONDS] = { 0, "seconds", "N", "end after that time" },
	[OPTION_SET] = { 0, "set", "NAME=VALUE",
			 "set a variable; -: lines of standard input do, while it runs" },
	[OPTION_RECORD] = { 0, "record", "[MAP=]TYPE",
			    "what a ring carries, if the object does not say it" },
	[OPTION_PCAP] = { 0, "pcap", "FILE", "write packets that come to a capture file" },
	[OPTION_PIN] = { 0, "pin", "DIR", "leave all attached, pinned there, and end" },
	[OPTION_INCLUDE] = CLANG_INCLUDE,
	[OPTION_DEFINE] = CLANG_DEFINE,
	[OPTION_HELP] = { 'h', "help", NULL, "this text" },
};
const size_t foreign_option_count = ARRAY_SIZE(foreign_options);

void foreign_help(void)
{
	puts("usage: skep run [OPTIONS] FILE.bpf.c|FILE.bpf.o\n\n"
	     "Compiles BPF C by clang, loads it or any object, attaches each program where its "
	     "section says,\nshows what it prints and sends, and its maps in the end. Scripts have "
	     "the options of `skep --help`.\n");
	opt_help(foreign_options, foreign_option_count, stdout);
}

bool foreign_is_meant(const char *path)
{
	char magic[4];
	const void *section;
	struct arena arena;
	struct diag ignored;
	size_t len, size;
	char *elf;
	bool is_meant;
	int fd;

	if (clang_is_source(path))
		return true;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	is_meant = fd >= 0 && pread(fd, magic, sizeof(magic), 0) == (ssize_t)sizeof(magic) &&
		   compile_is_object(magic, sizeof(magic));
	if (fd >= 0)
		close(fd);
	elf = is_meant ? text_read_file(path, CLANG_MAX_OBJECT, &len) : NULL;
	if (!elf)
		return false;
	arena_init(&arena);
	diag_init(&ignored, &arena);
	is_meant =
		object_find_section(elf, len, SCRIPT_SECTION, &section, &size, &ignored) == -ENOENT;
	arena_done(&arena);
	free(elf);
	return is_meant;
}

static int take_number(struct foreign *f, const char *option, const char *value, u64 max, u64 *out)
{
	if (text_u64(value, out) && *out && *out <= max)
		return 0;
	return diag_error(&f->diag, LOC_NONE, "%s: '%s' is no number from 1 to %llu", option, value,
			  (unsigned long long)max);
}

static int take_words(struct foreign *f, int option, const char *value)
{
	switch ((enum option)option) {
	case OPTION_SET:
		if (!strcmp(value, "-"))
			f->reads_set = true;
		else
			*vec_add(&f->arena, &f->set) = value;
		return 0;
	case OPTION_HOOK:
		*vec_add(&f->arena, &f->hooks) = value;
		return 0;
	case OPTION_RECORD:
		*vec_add(&f->arena, &f->records) = value;
		return 0;
	case OPTION_INCLUDE:
		clang_include(&f->arena, &f->clang, value);
		return 0;
	case OPTION_DEFINE:
		clang_define(&f->arena, &f->clang, value);
		return 0;
	case OPTION_FORMAT:
		return option_take_format(value, &f->json, &f->diag);
	case OPTION_BUFFER:
		return option_take_buffer(value, &f->flush, &f->diag);
	default:
		return 0;
	}
}

static int take_option(struct foreign *f, int option, const char *value)
{
	u64 n = 0;
	int err;

	switch ((enum option)option) {
	case OPTION_COMMAND:
		f->command = value;
		return 0;
	case OPTION_PID:
		return option_take_pid(value, &f->host_opts.pid, &f->diag);
	case OPTION_OUTPUT:
		f->output = value;
		return 0;
	case OPTION_QUIET:
		f->quiet = true;
		return 0;
	case OPTION_VERBOSE:
		f->verbose = true;
		return 0;
	case OPTION_DRY_RUN:
		f->dry_run = true;
		return 0;
	case OPTION_DEV:
		f->host_opts.dev = value;
		return 0;
	case OPTION_EGRESS:
		f->host_opts.egress = true;
		return 0;
	case OPTION_GENERIC:
		f->host_opts.generic = true;
		return 0;
	case OPTION_CGROUP:
		f->host_opts.cgroup = value;
		return 0;
	case OPTION_ROUTE:
		f->host_opts.route = value;
		return 0;
	case OPTION_TARGET:
		f->host_opts.target = value;
		return 0;
	case OPTION_HZ:
		err = take_number(f, "--hz", value, MAX_HZ, &n);
		f->host_opts.hz = (u32)n;
		return err;
	case OPTION_SECONDS:
		return take_number(f, "--seconds", value, MAX_SECONDS, &f->seconds);
	case OPTION_PCAP:
		f->pcap.path = value;
		return 0;
	case OPTION_PIN:
		f->pin = value;
		return 0;
	case OPTION_HELP:
		f->help = true;
		return 0;
	default:
		return take_words(f, option, value);
	}
}

int foreign_parse(struct foreign *f, int argc, char **argv)
{
	struct opt_state state = { .argc = argc, .argv = argv, .pos = 1 };
	const char *value;
	int option;

	f->host_opts.hz = DEFAULT_HZ;
	for (;;) { /* options may also follow the file */
		while ((option = opt_next(&state, foreign_options, foreign_option_count, &value,
					  &f->diag)) >= 0) {
			int err = take_option(f, option, value);

			if (err)
				return err;
		}
		if (option < -1)
			return -EINVAL;
		if (state.pos >= argc)
			break;
		if (f->file)
			return diag_error(&f->diag, LOC_NONE,
					  "'%s': one file is run; a command is given with -c",
					  argv[state.pos]);
		f->file = argv[state.pos++];
	}
	f->host_opts.hooks = f->hooks.at;
	f->host_opts.hook_count = f->hooks.n;
	if (f->help)
		return 1;
	if (f->command && f->host_opts.pid)
		return diag_error(&f->diag, LOC_NONE, "-c and -p exclude each other");
	if (f->pin && (f->command || f->pcap.path || f->reads_set || f->seconds))
		return diag_error(
			&f->diag, LOC_NONE,
			"--pin ends at once: -c, --pcap, --seconds and --set - need one who stays");
	return 0;
}
