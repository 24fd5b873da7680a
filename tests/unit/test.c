/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs the unit tests, all or those whose names contain the first argument. Prints what failed, what
 * was skipped and why, and last the counts. TEST_TRIES in the environment is how often a test may be tried
 * (1) before it counts as failed, for machines on which others work; what passes only then is counted.
 */
#include "unit/test.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
	struct test *first, **last;
	const struct test *running;
	bool failed, skipped; /* the running one */
} unit;

void test_register(struct test *t)
{
	if (!unit.last)
		unit.last = &unit.first;
	*unit.last = t;
	unit.last = &t->next;
}

void test_fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	unit.failed = true;
	printf("%s:%d: %s: ", file, line, unit.running->name);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

void test_check_eq(const char *file, int line, const char *what, s64 got, s64 want)
{
	if (got != want)
		test_fail(file, line, "%s is %lld (0x%llx), not %lld (0x%llx)", what,
			  (long long)got, (unsigned long long)got, (long long)want,
			  (unsigned long long)want);
}

void test_check_str(const char *file, int line, const char *what, const char *got, const char *want)
{
	if (!got || !want ? got != want : strcmp(got, want) != 0)
		test_fail(file, line, "%s is\n\t\"%s\", not\n\t\"%s\"", what, got ? got : "(null)",
			  want ? want : "(null)");
}

void test_skip(const char *reason)
{
	unit.skipped = true;
	printf("skipped %s: %s\n", unit.running->name, reason);
}

/* Whether it took more than one try. */
static bool run(const struct test *t, int tries)
{
	for (int left = tries;; left--) {
		unit.running = t;
		unit.failed = unit.skipped = false;
		t->run();
		if (!unit.failed || left <= 1)
			return left < tries;
		printf("once more %s\n", t->name);
	}
}

int main(int argc, char **argv)
{
	const char *tries = getenv("TEST_TRIES");
	unsigned passed = 0, failed = 0, skipped = 0, late = 0;

	for (const struct test *t = unit.first; t; t = t->next) {
		if (argc > 1 && !strstr(t->name, argv[1]))
			continue;
		bool more = run(t, tries ? atoi(tries) : 1);

		if (unit.failed)
			failed++;
		else if (unit.skipped)
			skipped++;
		else
			passed++;
		late += more && !unit.failed;
	}
	if (late)
		printf("%u of them passed not at the first try\n", late);
	printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
	return failed > 0;
}
