/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs one case in a process of its own, in the accelerated cgroup, and ends whatever it leaves running. */
#ifndef ACCEL_RUN_H
#define ACCEL_RUN_H

#include "accel/test.h"

struct run_result {
	int status; /* TEST_PASSED, ...; also TEST_FAILED if it was killed or took too long */
	u64 ms;
	char output[4096]; /* lines that it printed, or why it was skipped */
};

/* Signals that would end the runner wait from now on, so that it can leave things as they were. */
void run_block_signals(void);
bool run_is_interrupted(void);

/* The caller is a child subreaper without other children. */
void run_case(struct test *t, struct run_result *r);

#endif
