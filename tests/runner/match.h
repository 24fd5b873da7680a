/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What came out of a case against what was expected. */
#ifndef RUNNER_MATCH_H
#define RUNNER_MATCH_H

#include "base/buf.h"
#include "runner/case.h"

/* Judges one expectation, whose value has no placeholders left. What is wrong is added to why. */
bool match_line(const struct test_case *c, const struct case_line *l, const char *output,
		struct buf *why);
/* Judges the exit status, as waitpid(2) gives it. */
bool match_status(const struct test_case *c, int status, struct buf *why);

#endif
