/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests that register themselves:
 *
 *	TEST(arena_grows)
 *	{
 *		CHECK_EQ(2 + 2, 4);
 *	}
 *
 * A failed CHECK is reported with its place and the test goes on; SKIP leaves the test and is counted.
 */
#ifndef UNIT_TEST_H
#define UNIT_TEST_H

#include "base/int.h"

struct test {
	const char *name;
	void (*run)(void);
	struct test *next;
};

void test_register(struct test *t);
void test_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void test_check_eq(const char *file, int line, const char *what, s64 got, s64 want);
void test_check_str(const char *file, int line, const char *what, const char *got,
		    const char *want);
void test_skip(const char *reason);

#define TEST(id)                                                                                   \
	static void test_run_##id(void);                                                           \
	__attribute__((constructor)) static void test_add_##id(void)                               \
	{                                                                                          \
		static struct test t = { #id, test_run_##id, NULL };                               \
		test_register(&t);                                                                 \
	}                                                                                          \
	static void test_run_##id(void)

#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond))                                                                       \
			test_fail(__FILE__, __LINE__, "%s", #cond);                                \
	} while (0)
#define CHECK_EQ(got, want) test_check_eq(__FILE__, __LINE__, #got, (s64)(got), (s64)(want))
#define CHECK_STR(got, want) test_check_str(__FILE__, __LINE__, #got, got, want)
#define SKIP(reason)                                                                               \
	do {                                                                                       \
		test_skip(reason);                                                                 \
		return;                                                                            \
	} while (0)

#endif
