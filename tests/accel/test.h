/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of accel that register themselves. Each runs in a process of its own, inside the cgroup that is accelerated:
 *
 *	CASE(basics_v4)
 *	{
 *		struct pair p;
 *
 *		pair_open(AT, &p, NULL);
 *		pair_ping_pong(AT, &p, 100, 64);
 *	}
 *
 * The first thing that is wrong ends the case, in whichever of its processes and threads. Helpers take AT first, so that
 * what they find is reported at the place in the case.
 */
#ifndef ACCEL_TEST_H
#define ACCEL_TEST_H

#include "base/int.h"

struct control;
struct test;

enum naive_result {
	NAIVE_PASSES,
	NAIVE_FAILS,  /* a hazard of redirecting by addresses at once */
	NAIVE_EITHER, /* by chance, or by the kernel */
};

struct test_case {
	const char *name;
	const char *file;
	int line;
	void (*run)(struct test *t);
	const char *options; /* of `skep accel on`; NULL: none */
	unsigned seconds;    /* 0: 10 */
	enum naive_result naive;
	bool plain_differs; /* plain TCP does something else, and that is documented */
	bool plain_skips;   /* about something that is only there while accel is on */
	bool only_skep;     /* about skep's commands */
	bool alone;         /* turns it on by itself */
	struct test_case *next;
};

/* What a case is doing, for the runner to tell when time is up. Shared with it. */
struct progress {
	const char *file, *what;
	int line;
	u64 done, want;
	char reason[256]; /* why it was skipped */
};

struct test {
	const struct test_case *test_case;
	const struct control *control;
	struct progress *progress;
	unsigned scale; /* of time-outs */
	unsigned seeds; /* given out */
	u64 bytes;      /* that the case with much traffic sends */
};

struct at {
	struct test *t;
	const char *file;
	int line;
};
#define AT ((struct at){ t, __FILE__, __LINE__ })

enum { TEST_PASSED, TEST_FAILED, TEST_SKIPPED = 77 }; /* exit status of a case */

void test_register(struct test_case *c);
struct test_case *test_first(void);
_Noreturn void test_fail(struct at at, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
_Noreturn void test_skip(struct at at, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void test_check_eq(struct at at, const char *what, s64 got, s64 want);
/* The result of a call that must not be negative. */
int test_ok(struct at at, const char *what, s64 result);
void test_errno(struct at at, const char *what, s64 result, int want);
void test_progress(struct at at, const char *what, u64 done, u64 want);
/* Milliseconds by the clock, and a sleep. */
u64 test_ms(void);
void test_sleep(unsigned ms);

#define CASE(id, ...)                                                                              \
	static void case_run_##id(struct test *t);                                                 \
	__attribute__((constructor)) static void case_add_##id(void)                               \
	{                                                                                          \
		static struct test_case c = { .name = #id,                                         \
					      .file = __FILE__,                                    \
					      .line = __LINE__,                                    \
					      .run = case_run_##id,                                \
					      __VA_ARGS__ };                                       \
		test_register(&c);                                                                 \
	}                                                                                          \
	static void case_run_##id(struct test *t)

#define FAIL(...) test_fail(AT, __VA_ARGS__)
#define SKIP(...) test_skip(AT, __VA_ARGS__)
#define CHECK_AT(at, cond)                                                                         \
	do {                                                                                       \
		if (!(cond))                                                                       \
			test_fail(at, "%s", #cond);                                                \
	} while (0)
#define CHECK(cond) CHECK_AT(AT, cond)
#define CHECK_EQ(got, want) test_check_eq(AT, #got, (s64)(got), (s64)(want))
#define OK_AT(at, call) test_ok(at, #call, call)
#define OK(call) OK_AT(AT, call)
#define CHECK_ERRNO(call, want) test_errno(AT, #call, call, want)

#endif
