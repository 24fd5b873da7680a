/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command table and nothing else. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/int.h"
#include "cmd/accel/accel.h"
#include "cmd/btf/btf.h"
#include "cmd/cgroup/cgroup.h"
#include "cmd/debug/debug.h"
#include "cmd/disasm/disasm.h"
#include "cmd/exec/exec.h"
#include "cmd/feature/feature.h"
#include "cmd/gc/gc.h"
#include "cmd/gen/command.h"
#include "cmd/iter.h"
#include "cmd/list.h"
#include "cmd/map/map.h"
#include "cmd/net/net.h"
#include "cmd/prog/prog.h"
#include "cmd/run.h"
#include "cmd/struct_ops/struct_ops.h"
#include "cmd/test/test.h"
#include "cmd/top/top.h"
#include "cmd/verify/command.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
#define COMMAND(name, function, usage) { name, function },
#include "cmd/command.def"
#undef COMMAND
};

/*
 * Where a standard stream is closed, the next thing to be opened, a BPF map say, would get its number, and what is
 * printed would go there. Something that nobody can write to takes its place, so that printing fails as it should.
 */
static void hold_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* Scripts that were written for bpftool have its options for JSON in front of the noun: they go behind all else. */
static void move_json_options(int argc, char **argv)
{
	static const char *const options[] = { "-j", "--json", "-jp", "-pj" };

	for (size_t i = 0; argc > 2 && i < ARRAY_SIZE(options); i++) {
		if (strcmp(argv[1], options[i]) != 0)
			continue;
		memmove(argv + 1, argv + 2, sizeof(*argv) * (size_t)(argc - 2));
		argv[argc - 1] = (char *)options[i];
		return;
	}
}

int main(int argc, char **argv)
{
	hold_standard_streams();
	move_json_options(argc, argv);
	if (argc > 1 && !strcmp(argv[1], "help")) {
		run_help(stdout);
		return 0;
	}
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	return cmd_run(argc, argv);
}
