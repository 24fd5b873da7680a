/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libbpf's warnings, kept instead of printed.
 *
 * libbpf tells why something failed only through one callback for the whole process, and that callback gets no
 * argument of ours. So this file holds the only mutable global of the room: the buffer that
 * collects for the thread that is inside libbpf just now.
 */
#include "kernel/warn.h"

#include <bpf/libbpf.h>
#include <string.h>

#define WARN_MAX (64u << 10)

static _Thread_local struct buf *collecting;

static int warn_print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	if (level == LIBBPF_WARN && collecting && collecting->len < WARN_MAX)
		buf_vprintf(collecting, fmt, args);
	return 0;
}

void warn_begin(struct buf *b)
{
	libbpf_set_print(warn_print);
	collecting = b;
}

void warn_end(void)
{
	collecting = NULL;
}

const char *warn_last(const struct buf *b, struct arena *a)
{
	static const char prefix[] = "libbpf: ", summary[] = "failed to load object";
	const char *text = buf_str(b), *end = text + b->len;

	while (end > text) {
		const char *line, *stop = end;

		while (stop > text && stop[-1] == '\n')
			stop--;
		line = stop;
		while (line > text && line[-1] != '\n')
			line--;
		end = line;
		if (strncmp(line, prefix, sizeof(prefix) - 1) == 0)
			line += sizeof(prefix) - 1;
		if (line < stop && strncmp(line, summary, sizeof(summary) - 1) != 0)
			return arena_strndup(a, line, (size_t)(stop - line));
	}
	return "";
}
