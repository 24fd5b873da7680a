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

#include "cmd/exec_engine.h"

/* Of the program that was run and of all others that ran at all, by tail calls. */
void exec_coverage(struct exec_engine *e, struct buf *out);

#endif
