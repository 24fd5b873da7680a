/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of the kernel's trace_pipe, where bpf_printk() writes to, beside all other events that are being traced:
 *
 *	            bash-2310    [001] b..11  3362.660754: bpf_trace_printk: hello
 *	CPU:0 [LOST 1099 EVENTS]
 *
 * The name of the task takes 16 letters, with blanks in front. What a program prints may have several lines; only the first has all
 * this in front.
 */
#ifndef INSPECT_TRACELOG_H
#define INSPECT_TRACELOG_H

#include "base/int.h"

enum tracelog_kind {
	TRACELOG_TEXT,  /* only text: what goes on after a line's end */
	TRACELOG_EVENT, /* all fields */
	TRACELOG_LOST,  /* cpu, lost */
};

struct tracelog_text {
	const char *at; /* within the line */
	size_t len;
};

struct tracelog {
	enum tracelog_kind kind;
	struct tracelog_text task, flags, time, function, text;
	u32 pid, cpu;
	u64 lost;
};

/* A line without its end. Never fails: what is not understood is TRACELOG_TEXT. */
void tracelog_parse(const char *line, size_t len, struct tracelog *out);

/* Opens the pipe, which blocks nobody, where tracefs is mounted; it mounts nothing. -ENODEV: nowhere is; else a descriptor or -errno. */
int tracelog_open(void);

#endif
