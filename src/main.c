/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command table and nothing else. What is no command is a script to run. */
#include <string.h>

#include "base/int.h"
#include "cmd/list.h"
#include "cmd/run.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "list", cmd_list },
	{ "build", cmd_build },
	{ "run", cmd_run },
};

static int cmd_help(void)
{
	run_help(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "help"))
		return cmd_help();
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	return cmd_run(argc, argv);
}
