/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command table and nothing else. */
#include <stdio.h>
#include <string.h>

#include "base/int.h"
#include "cmd/accel.h"
#include "cmd/list.h"
#include "cmd/run.h"
#include "cmd/verify.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
#define COMMAND(name, function, usage) { name, function },
#include "cmd/command.def"
#undef COMMAND
};

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "help")) {
		run_help(stdout);
		return 0;
	}
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	return cmd_run(argc, argv);
}
