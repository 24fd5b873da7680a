/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How test cases have come out:
 *
 *	FAILED tests/parse.test:12: drops packets whose TTL is 1
 *	    tests/parse.test:17: verdict of packet 1: expected XDP_DROP, got XDP_PASS
 *
 * With JSON an object a line for each case, and one for all.
 */
#ifndef CMD_TEST_REPORT_H
#define CMD_TEST_REPORT_H

#include "base/out.h"
#include "cmd/test/run.h"

struct test_report {
	struct out *out;
	bool lists_all;
	u64 passed, failed, skipped;
};

void test_report_case(struct test_report *r, const struct test_plan *p,
		      const struct test_outcome *o);
/* A file that has no cases, whose mistake is in d. */
void test_report_broken(struct test_report *r, const char *path, const struct diag *d);
void test_report_end(struct test_report *r);

#endif
