/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs one case: its commands in process groups of their own, which are gone when it is over. The caller has to be a
 * child subreaper without other children, so that whatever a case leaves behind becomes its child.
 */
#ifndef RUNNER_RUN_H
#define RUNNER_RUN_H

#include "base/buf.h"
#include "runner/case.h"

/* Where things are, absolute. */
struct places {
	const char *skep, *progs, *tools;
	unsigned scale; /* of time-outs */
};

enum outcome { RUN_PASSED, RUN_FAILED, RUN_SKIPPED, RUN_INTERRUPTED };

/* why: what failed, or the reason why it was skipped; output: all that came out. */
enum outcome run_case(const struct test_case *c, const struct places *places, struct buf *why,
		      struct buf *output);

#endif
