/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measures a tracing tool from the outside, the same way whichever it is:
 *
 *	meter start [-l LOAD [-r US]] [-e FILE] [-x] TOOL...   NOTIFIED FIRST EXIT RSS
 *	meter cost -l LOAD [-r US] [-n MS] TOOL...        NAME INSNS NS for each program
 *	meter flood -n N -o FILE [-e FILE] TOOL...        NS from dd's start to the last line written
 *	meter detach CATEGORY:EVENT                       NS that the kernel needs
 *	meter run [-n N] [-o FILE] [-e FILE] TOOL...      NS CPU-NS RSS of a run, which ends by itself
 *	meter idle WORD                                   is no tool: writes WORD and waits, to measure what any program takes
 */
#include "meter.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int meter_idle(const struct meter *m)
{
	puts(m->argv[0]);
	fflush(stdout);
	pause();
	return 0;
}

static const struct {
	const char *name;
	int (*run)(const struct meter *m);
} operations[] = {
	{ "start", meter_start },   { "cost", meter_cost }, { "flood", meter_flood },
	{ "detach", meter_detach }, { "run", meter_run },   { "idle", meter_idle },
};

int meter_open(const char *path)
{
	int fd = path ? open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)
		      : open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	perror(path);
	exit(1);
}

int main(int argc, char **argv)
{
	struct meter m = { 0 };
	int option;

	/* The + ends the options at the tool's name: what follows is the tool's. */
	while (argc > 1 && (option = getopt(argc - 1, argv + 1, "+l:r:n:o:e:x")) >= 0) {
		if (option == 'l')
			m.load = optarg;
		else if (option == 'r')
			m.rest = (unsigned)atoi(optarg);
		else if (option == 'n')
			m.n = strtoul(optarg, NULL, 10);
		else if (option == 'o')
			m.out = optarg;
		else if (option == 'e')
			m.err = optarg;
		else if (option == 'x')
			m.ends = true;
		else
			return 2;
	}
	m.argv = argv + 1 + optind;
	for (size_t i = 0; argc > 1 && i < sizeof(operations) / sizeof(operations[0]); i++)
		if (!strcmp(operations[i].name, argv[1]) && m.argv[0])
			return operations[i].run(&m);
	fputs("usage: meter start|cost|flood|detach|run [OPTIONS] TOOL...\n", stderr);
	return 2;
}
