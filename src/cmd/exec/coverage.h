/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which source lines ran, as an lcov tracefile:
 *
 *	TN:
 *	SF:prog.bpf.c
 *	FN:12,parse          a function begins at this line
 *	FNDA:3,parse         and was called so often
 *	DA:14,3              a line and how often it ran: the most that any of its instructions did
 *	LF:20  LH:17         lines that have code, and that ran
 *	end_of_record
 */
#ifndef CMD_EXEC_COVERAGE_H
#define CMD_EXEC_COVERAGE_H

#include "cmd/exec/engine.h"

struct exec_coverage_row {
	const char *file, *func; /* func: NULL for a line */
	u32 line;
	u64 hits;
};

typedef vec_of(struct exec_coverage_row) exec_coverage_rows;

/* Of several runs, summed up. Names are the images', which have to live as long. */
struct exec_coverage {
	struct arena *arena;
	exec_coverage_rows lines, funcs;
};

/* Adds the program that was run and all others that ran at all, by tail calls. */
void exec_coverage_add(struct exec_coverage *c, struct exec_engine *e);
void exec_coverage_write(const struct exec_coverage *c, struct buf *out);

#endif
