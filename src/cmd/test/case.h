/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file of test cases, cut into lines; docs/test.md says what they mean:
 *
 *	OBJECT count.bpf.o                              # what comes before the first NAME is a part of each case
 *
 *	NAME counts a packet of TCP
 *	PACKET 0242ac110002 0242ac110001 0800
 *		45000028 00010000 40060000              # a line that begins with a blank goes on with the one above
 *	EXPECT_VERDICT XDP_PASS
 *
 * Empty lines, and those that begin with '#', are nothing.
 */
#ifndef CMD_TEST_CASE_H
#define CMD_TEST_CASE_H

#include "base/diag.h"
#include "btf/literal.h"

#define TEST_MAX_BYTES (16u << 20) /* of a file */

enum test_directive {
#define DIRECTIVE(name, is_once, is_machine) TEST_##name,
#include "cmd/test/directive.def"
#undef DIRECTIVE
	TEST_DIRECTIVES, /* also: a word that is none */
};

struct test_line {
	enum test_directive directive;
	struct loc loc; /* of its word */
	u32 at, end;    /* its value in the text */
	u32 value_line,
		value_start; /* the line that the value begins in, and where that one begins */
};

typedef vec_of(struct test_line) test_lines;

struct test_case {
	const char *name;
	struct loc loc;   /* of NAME */
	test_lines lines; /* NAME is not among them */
};

struct test_file {
	const char *path, *dir; /* dir: what paths are relative to */
	const char *text;
	size_t len;
	test_lines common;
	vec_of(struct test_case) cases;
};

const char *test_directive_name(enum test_directive d);
bool test_directive_is_once(enum test_directive d);
bool test_directive_is_machine(enum test_directive d);

/* path and text have to live as long as the file. */
void test_file_parse(struct test_file *f, struct arena *a, const char *path, const char *text,
		     size_t len);
/* Says what is wrong with a line whose directive is none; d's source is the file. */
int test_line_unknown(const struct test_file *f, const struct test_line *line, struct diag *d);
/* The value, to be read from its beginning. */
struct literal test_value(const struct test_file *f, const struct test_line *line,
			  const struct rawbtf *btf, struct diag *d);
/* The value as it stands there. */
const char *test_text(const struct test_file *f, const struct test_line *line, struct arena *a);

#endif
