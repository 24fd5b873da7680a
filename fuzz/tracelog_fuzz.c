/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a line of trace_pipe: what is taken from it lies within it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/tracelog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct tracelog_text *t, const char *line, size_t size)
{
	if (t->at && (t->at < line || t->len > size || (size_t)(t->at - line) > size - t->len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = malloc(size + 1);
	struct tracelog t;

	if (!line)
		abort();
	memcpy(line, data, size);
	tracelog_parse(line, size, &t);
	check(&t.task, line, size);
	check(&t.flags, line, size);
	check(&t.time, line, size);
	check(&t.function, line, size);
	check(&t.text, line, size);
	free(line);
	return 0;
}
