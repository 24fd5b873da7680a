/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small tracefs and kallsyms of files, so that tests know what the kernel would say. */
#ifndef UNIT_PROBE_FIXTURE_H
#define UNIT_PROBE_FIXTURE_H

#include "probe/probe.h"

struct fixture {
	char dir[64];
	struct arena arena;
	struct diag d;
	struct types *types;
	struct probe_context c;
};

struct fixture *fixture_new(void);
void fixture_free(struct fixture *f);
/* Writes a file below the fixture's directory, making the directories on its way. */
void fixture_write(struct fixture *f, const char *path, const char *text);
/* The full names that a probe expands to, one a line; the message if it is an error. In the arena. */
const char *fixture_expand(struct fixture *f, const char *text, probe_targets *out);

#endif
