/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line for each input, and how many had which verdict:
 *
 *	#1  XDP_PASS, 98 bytes
 *	#2  XDP_TX, 60 -> 64 bytes, changed from byte 12 on
 *	#3  trapped: reads 2 bytes at 0x4082, 2 past the end of the packet (at instruction 6, parse.bpf.c:15)
 */
#ifndef CMD_EXEC_REPORT_H
#define CMD_EXEC_REPORT_H

#include "base/out.h"
#include "cmd/exec/engine.h"
#include "cmd/exec/input.h"

struct exec_count {
	const char *verdict;
	u64 n;
};

struct exec_report {
	struct out *o;
	const struct exec_job *job;
	bool quiet; /* no line for each input */
	vec_of(struct exec_count) counts;
	u64 inputs, trapped, refused, differing;
	u64 ns; /* of one run on average, summed up */
	u64 ran;
	u32 timers; /* that still run */
	u64 timer_wait;
};

void exec_report_input(struct exec_report *r, const struct exec_input *in,
		       const struct exec_result *result);
/* Says in what two engines' results differ, if they do. */
void exec_report_compare(struct exec_report *r, const struct exec_input *in,
			 const struct exec_result *machine, const struct exec_result *kernel);
void exec_report_summary(const struct exec_report *r, const struct exec_inputs *in);

#endif
