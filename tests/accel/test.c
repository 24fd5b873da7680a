/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a case does with its findings: it prints the first one and ends. */
#include "accel/test.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct {
	struct test_case *first, **last;
} registered;

void test_register(struct test_case *c)
{
	if (!registered.last)
		registered.last = &registered.first;
	*registered.last = c;
	registered.last = &c->next;
}

struct test_case *test_first(void)
{
	return registered.first;
}

/* A line in one write, as several processes may have something to say. */
void test_fail(struct at at, const char *fmt, ...)
{
	char line[1024];
	int n = snprintf(line, sizeof(line), "%s:%d: %s: ", at.file, at.line,
			 at.t->test_case->name);
	va_list ap;

	va_start(ap, fmt);
	n += vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, ap);
	va_end(ap);
	if (n > (int)sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	line[n++] = '\n';
	if (write(STDOUT_FILENO, line, (size_t)n) != n)
		_exit(TEST_FAILED + 1);
	_exit(TEST_FAILED);
}

void test_skip(struct at at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(at.t->progress->reason, sizeof(at.t->progress->reason), fmt, ap);
	va_end(ap);
	_exit(TEST_SKIPPED);
}

void test_check_eq(struct at at, const char *what, s64 got, s64 want)
{
	if (got != want)
		test_fail(at, "%s is %lld, not %lld", what, (long long)got, (long long)want);
}

int test_ok(struct at at, const char *what, s64 result)
{
	if (result < 0)
		test_fail(at, "%s: %s", what, strerror(errno));
	return (int)result;
}

void test_errno(struct at at, const char *what, s64 result, int want)
{
	if (result >= 0)
		test_fail(at, "%s is %lld, and should fail: %s", what, (long long)result,
			  strerror(want));
	if (errno != want)
		test_fail(at, "%s: %s, not: %s", what, strerror(errno), strerror(want));
}

void test_progress(struct at at, const char *what, u64 done, u64 want)
{
	struct progress *p = at.t->progress;

	p->file = at.file;
	p->line = at.line;
	p->what = what;
	p->done = done;
	p->want = want;
}

u64 test_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000 + (u64)now.tv_nsec / 1000000;
}

void test_sleep(unsigned ms)
{
	struct timespec left = { ms / 1000, (long)(ms % 1000) * 1000000 };

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}
