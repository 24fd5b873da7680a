/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a planned test case: verifies it, runs it in the machine, interpreted with every access looked at and compiled, or in the
 * kernel; looks for what is expected, and whether both ways agree.
 */
#ifndef CMD_TEST_RUN_H
#define CMD_TEST_RUN_H

#include "cmd/exec/coverage.h"
#include "cmd/exec/log.h"
#include "cmd/test/plan.h"

enum test_result { TEST_PASSED, TEST_FAILED, TEST_SKIPPED };

/* Something that is not as expected. */
struct test_difference {
	const struct test_line *line; /* NULL: of the case as a whole */
	const char *label;            /* the way to run it that shows it; NULL: all */
	const char *what, *expected, *got;
};

struct test_outcome {
	enum test_result result;
	const char *why; /* it is skipped; NULL otherwise */
	vec_of(struct test_difference) differences;
};

/* What a step did. */
struct test_seen {
	struct exec_result r; /* its data is a copy */
	const char *why;      /* it did not run to its end; "" otherwise */
};

/* A case run in one way. */
struct test_run {
	const char *label;
	bool is_only; /* there is no other one, so that its name says nothing */
	struct exec_engine engine;
	struct exec_log log;
	struct test_seen *seen; /* of each step */
};

struct test_how {
	bool in_kernel;
	struct exec_coverage *coverage; /* NULL: not asked for */
};

/* Mistakes that only running shows are in p->d. The outcome lives in the plan's arena. */
void test_run(struct test_plan *p, const struct test_how *how, struct test_outcome *out);

/* ---- test_expect.c */

void test_differ(struct test_plan *p, struct test_outcome *out, const struct test_difference *d);
/* Compares one run with what is expected. */
void test_expect(struct test_plan *p, struct test_run *run, struct test_outcome *out);
/* Compares two runs with each other. */
void test_agree(struct test_plan *p, struct test_run *a, struct test_run *b,
		struct test_outcome *out);

#endif
