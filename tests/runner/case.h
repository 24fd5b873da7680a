/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A script case, as it stands in a .test file. Cases are separated by blank lines; a line is a directive with its
 * value, or a comment that starts with '#'; a line that starts with a tab goes on with the value above it:
 *
 *	NAME counts what the workload opens
 *	PROG tracepoint:syscalls:sys_enter_openat /pid == cpid/ { @ = count() }
 *	OPTIONS -c '{{PROGS}}/syscalls openat 3'
 *	EXPECT_LINE @: 3
 *
 * What runs (exactly one of these):
 *	PROG text         the script, given to skep by -e
 *	RUN command       a shell command
 * With a PROG:
 *	OPTIONS text      skep's options, in front of the script
 *	ARGS text         arguments after `--`
 * What is expected of standard output and standard error together; each may be given several times:
 *	EXPECT text             it has this text somewhere
 *	EXPECT_LINE text        it has this line, or these lines one after the other
 *	EXPECT_REGEX ere        it has a match of this POSIX ERE; ^ and $ match at lines
 *	EXPECT_NONE text        the contrary of EXPECT
 *	EXPECT_REGEX_NONE ere   the contrary of EXPECT_REGEX
 *	EXPECT_FILE file        it is what the file has; the file's place is relative to the .test file's
 *	EXPECT_JSON text        if text starts with { or [: one of its lines is JSON that equals this, see json.h;
 *	                        else: it is all JSON, line by line that of the file of this name
 *	WILL_FAIL               the exit status is not 0; otherwise it has to be
 *	RETURN_CODE n           the exit status is n
 * What goes on around it:
 *	SETUP command     is run before, has to succeed;  CLEANUP command: is run after it
 *	BEFORE command    one simple command, running meanwhile; {{BEFORE_PID}} is its process
 *	AFTER command     is run once the probes are attached
 *	ENV NAME=value    in the environment; may be given several times
 *	TIMEOUT seconds   5 if not given; multiplied by the environment's RUNNER_TIMEOUT_SCALE
 * What it needs; otherwise it is skipped:
 *	REQUIRES command              that succeeds
 *	REQUIRES_FEATURE name...      see kernel.h; !name: that it is missing
 *
 * In commands, values of ENV and expectations stand {{SKEP}} for the binary, {{PROGS}} for the directory of test programs
 * (which is in PATH as well), {{TOOLS}} for that of ready-made tools, {{DATA}} for that of the .test file, {{TMP}} for
 * a directory of the case's own, and in AFTER {{PID}} for the process under test.
 */
#ifndef RUNNER_CASE_H
#define RUNNER_CASE_H

#include "base/vec.h"

enum directive {
	CASE_NAME,
	CASE_PROG,
	CASE_RUN,
	CASE_OPTIONS,
	CASE_ARGS,
	CASE_EXPECT,
	CASE_EXPECT_LINE,
	CASE_EXPECT_REGEX,
	CASE_EXPECT_NONE,
	CASE_EXPECT_REGEX_NONE,
	CASE_EXPECT_FILE,
	CASE_EXPECT_JSON,
	CASE_WILL_FAIL,
	CASE_RETURN_CODE,
	CASE_SETUP,
	CASE_CLEANUP,
	CASE_BEFORE,
	CASE_AFTER,
	CASE_ENV,
	CASE_TIMEOUT,
	CASE_REQUIRES,
	CASE_REQUIRES_FEATURE,
	CASE_DIRECTIVES
};

struct case_line {
	enum directive directive;
	const char *value; /* "" if there is none */
};

struct test_case {
	const char *file, *dir; /* the .test file, and where it lies */
	unsigned line;
	vec_of(struct case_line) lines;
};

struct cases {
	struct arena arena;
	vec_of(struct test_case) at;
};

/* Adds the cases of a .test file. Mistakes are printed with their place to standard error; returns their number. */
unsigned cases_read(struct cases *c, const char *path);
/* The directive's name in files, "EXPECT". */
const char *directive_name(enum directive d);
/* The value of a directive that may be given once; NULL if it is not there. */
const char *case_value(const struct test_case *c, enum directive d);

#endif
