/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests that accelerated connections are TCP connections: see --help. Cases with the same options of `skep accel on` follow
 * each other, so that it need not be turned on for each. In the end it is turned off, and nothing may be left.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "accel/cgroup.h"
#include "accel/naive.h"
#include "accel/residue.h"
#include "accel/run.h"

#define MAIN_BYTES (256ull << 20)
#define MAIN_LONG_BYTES (1ull << 30)

struct suite {
	struct control control;
	struct test test;
	struct residue before;
	unsigned cgroups;
	const char *filter;
	const char *options; /* that it is on with; NULL: it is off */
	bool is_verbose, is_list;
	unsigned tries; /* of a case, before it counts as failed */
	unsigned passed, failed, skipped,
		late; /* late: of those that passed, not at the first try */
};

static const char usage[] =
	"usage: accel-test [OPTION]... [FILTER]\n"
	"Runs the cases whose names contain FILTER over connections that skep accelerates.\n\n"
	"  -l, --list        only names them\n"
	"  -n, --naive       over the redirect that everybody writes first; tells whether\n"
	"                    those fail that it is known to fail\n"
	"  -p, --plain       over TCP as it is\n"
	"  -s, --skep PATH   the command (SKEP in the environment, or skep beside this)\n"
	"      --long        1 GB of mixed traffic instead of 256 MB\n"
	"  -v, --verbose     times, and what passes\n\n"
	"RUNNER_TIMEOUT_SCALE in the environment multiplies times; TEST_TRIES is how often a case\n"
	"may be tried (1) before it counts as failed, for machines on which others work.\n";

static const char *options_of(const struct test_case *c)
{
	return c->options ? c->options : "";
}

/* By their options, those that turn it on by themselves at last; otherwise as they are. */
static struct test_case *sorted(struct test_case *list)
{
	struct test_case *out = NULL;

	while (list) {
		struct test_case *c = list, **at = &out;

		list = c->next;
		while (*at &&
		       ((*at)->alone < c->alone ||
			((*at)->alone == c->alone && strcmp(options_of(*at), options_of(c)) <= 0)))
			at = &(*at)->next;
		c->next = *at;
		*at = c;
	}
	return out;
}

static void report(struct suite *s, const struct test_case *c, const char *what)
{
	printf("%s:%d: %s: %s\n", c->file, c->line, c->name, what);
	s->failed++;
}

static void turn_off(struct suite *s, const struct test_case *c)
{
	char why[512], text[700];

	if (s->options && control_off(&s->control, why, sizeof(why))) {
		snprintf(text, sizeof(text), "cannot turn it off: %s", why);
		report(s, c, text);
	}
	s->options = NULL;
}

/* On with the case's options, or off. Whether it could be done. */
static bool prepare(struct suite *s, const struct test_case *c)
{
	const char *want = c->alone ? NULL : options_of(c);
	char why[512], text[700];

	if (s->options && !control_is_on(&s->control))
		s->options = NULL;
	/* What the naive redirect did to one case's sockets is not to touch the next one's. */
	if (s->options && (!want || strcmp(s->options, want) || s->control.mode == CONTROL_NAIVE))
		turn_off(s, c);
	if (!want || s->options)
		return true;
	if (control_on(&s->control, want, why, sizeof(why))) {
		snprintf(text, sizeof(text), "cannot turn it on: %s", why);
		report(s, c, text);
		return false;
	}
	s->options = want;
	return true;
}

static void skip(struct suite *s, const struct test_case *c, const char *reason)
{
	printf("skipped %s: %s\n", c->name, reason);
	s->skipped++;
}

/* Whether failing is what is expected of it; text: why that is so. */
static bool should_fail(const struct suite *s, const struct test_case *c, const char **why)
{
	*why = s->control.mode == CONTROL_NAIVE ? "a naive redirect fails, as is known"
						: "TCP differs, as is documented";
	return s->control.mode == CONTROL_NAIVE
		       ? c->naive == NAIVE_FAILS
		       : s->control.mode == CONTROL_PLAIN && c->plain_differs;
}

static void judge(struct suite *s, const struct test_case *c, const struct run_result *r)
{
	const char *why;
	bool expect_failure = should_fail(s, c, &why), has_failed = r->status != TEST_PASSED;
	bool either = s->control.mode == CONTROL_NAIVE && c->naive == NAIVE_EITHER;

	if (r->status == TEST_SKIPPED) {
		skip(s, c, r->output);
	} else if (has_failed && (expect_failure || either)) {
		printf("failed, expected %s: %s\n%s", c->name,
		       either ? "a naive redirect may" : why, r->output);
		s->passed++;
	} else if (has_failed) {
		fputs(r->output, stdout);
		s->failed++;
	} else if (expect_failure) {
		report(s, c,
		       s->control.mode == CONTROL_NAIVE
			       ? "passes, although a naive redirect should fail it"
			       : "passes, although TCP should differ");
	} else {
		s->passed++;
		if (s->is_verbose)
			printf("passed %s, %llu ms\n", c->name, (unsigned long long)r->ms);
	}
}

/* Whether it failed and is to be tried once more; after that it is as if it had not been run. */
static bool run_once(struct suite *s, struct test_case *c, bool may_repeat)
{
	unsigned failed = s->failed;
	struct run_result r;

	if (!prepare(s, c))
		return false;
	s->test.test_case = c;
	run_case(&s->test, &r);
	judge(s, c, &r);
	if (c->alone)
		s->options = control_is_on(&s->control) ? "" : NULL;
	if (r.status == TEST_FAILED)
		turn_off(s, c); /* it may have left it paused */
	if (s->failed == failed || !may_repeat)
		return false;
	s->failed = failed;
	printf("once more %s\n", c->name);
	return true;
}

static void run_one(struct suite *s, struct test_case *c)
{
	unsigned passed = s->passed, left = s->tries;

	if (c->only_skep && s->control.mode != CONTROL_SKEP)
		return skip(s, c, "it is about skep's commands");
	if (c->plain_skips && s->control.mode == CONTROL_PLAIN)
		return skip(s, c, "it is about what plain TCP does not have");
	while (run_once(s, c, left > 1))
		left--;
	s->late += s->passed != passed && left < s->tries;
	fflush(stdout);
}

static void check_left(struct suite *s)
{
	char text[256];

	if (!residue_gone(&s->before, s->control.mode, 3000 * s->test.scale, text, sizeof(text))) {
		printf("%s: %s\n", "accel-test", text);
		s->failed++;
	}
	if (s->control.mode == CONTROL_SKEP && control_is_on(&s->control)) {
		printf("accel-test: " CONTROL_DIR " is left\n");
		s->failed++;
	}
	if (cgroup_remove(&s->control)) {
		printf("accel-test: cannot remove %s: %s\n", s->control.top, strerror(errno));
		s->failed++;
	}
	if (s->control.mode == CONTROL_SKEP && cgroup_count(&s->control) > s->cgroups) {
		printf("accel-test: cgroups are left below %s\n", s->control.tree);
		s->failed++;
	}
}

static void run_all(struct suite *s)
{
	struct test_case *c = sorted(test_first()), *last = NULL;

	for (; c && !run_is_interrupted(); c = c->next) {
		if (s->filter && !strstr(c->name, s->filter))
			continue;
		if (s->is_list) {
			printf("%s\n", c->name);
			continue;
		}
		run_one(s, c);
		last = c;
	}
	if (last && (s->options || control_is_on(&s->control)) &&
	    s->control.mode != CONTROL_PLAIN) {
		s->options = control_is_on(&s->control) ? "" : NULL;
		turn_off(s, last);
	}
}

static int parse(struct suite *s, int argc, char **argv)
{
	static const struct option options[] = {
		{ "list", 0, NULL, 'l' }, { "naive", 0, NULL, 'n' }, { "plain", 0, NULL, 'p' },
		{ "skep", 1, NULL, 's' }, { "long", 0, NULL, 'L' },  { "verbose", 0, NULL, 'v' },
		{ "help", 0, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "lnps:vh", options, NULL)) >= 0) {
		switch (c) {
		case 'l':
			s->is_list = true;
			break;
		case 'n':
			s->control.mode = CONTROL_NAIVE;
			break;
		case 'p':
			s->control.mode = CONTROL_PLAIN;
			break;
		case 's':
			s->control.skep = optarg;
			break;
		case 'L':
			s->test.bytes = MAIN_LONG_BYTES;
			break;
		case 'v':
			s->is_verbose = true;
			break;
		default:
			fputs(usage, c == 'h' ? stdout : stderr);
			return c == 'h' ? 0 : 2;
		}
	}
	s->filter = argv[optind];
	return -1;
}

/* The command's absolute path, as cases may change the folder. */
static void find_skep(struct suite *s, char *path, size_t size)
{
	const char *given = s->control.skep ? s->control.skep : getenv("SKEP");
	char *real = given ? realpath(given, NULL) : NULL, *slash;
	ssize_t n;

	if (given) {
		snprintf(path, size, "%s", real ? real : given);
		free(real);
	} else {
		n = readlink("/proc/self/exe", path, size - sizeof("/skep"));
		path[n > 0 ? n : 0] = '\0';
		slash = strrchr(path, '/');
		memcpy(slash ? slash : path, "/skep", sizeof("/skep"));
	}
	s->control.skep = path;
}

static unsigned number(const char *name, unsigned usual)
{
	const char *text = getenv(name);
	int n = text ? atoi(text) : 0;

	return n > 0 ? (unsigned)n : usual;
}

static int begin(struct suite *s)
{
	struct rlimit files = { 20000, 20000 };

	setrlimit(RLIMIT_NOFILE, &files);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	run_block_signals();
	s->test.control = &s->control;
	s->test.progress = mmap(NULL, sizeof(struct progress), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	s->control.naive = naive_new();
	if (s->test.progress == MAP_FAILED || !s->control.naive)
		return -1;
	cgroup_sweep(&s->control);
	residue_count(&s->before, s->control.mode);
	if (s->control.mode == CONTROL_SKEP && control_is_on(&s->control)) {
		fprintf(stderr, "accel-test: accel is on; the tests need it for themselves\n");
		return -1;
	}
	if (cgroup_make(&s->control)) {
		fprintf(stderr, "accel-test: cannot make cgroups: %s\n", strerror(errno));
		return -1;
	}
	s->cgroups = cgroup_count(&s->control);
	return 0;
}

int main(int argc, char **argv)
{
	struct suite s = { .test.bytes = MAIN_BYTES };
	const char *bytes = getenv("ACCEL_TEST_BYTES");
	char path[4096];
	int status;

	if (bytes)
		s.test.bytes = strtoull(bytes, NULL, 0);
	s.test.scale = number("RUNNER_TIMEOUT_SCALE", 1);
	s.tries = number("TEST_TRIES", 1);
	status = parse(&s, argc, argv);
	if (status >= 0)
		return status;
	find_skep(&s, path, sizeof(path));
	if (s.is_list) {
		run_all(&s);
		return 0;
	}
	if (begin(&s))
		return 1;
	run_all(&s);
	check_left(&s);
	if (run_is_interrupted())
		printf("interrupted\n");
	if (s.late)
		printf("%u of them passed not at the first try\n", s.late);
	printf("%u passed, %u failed, %u skipped\n", s.passed, s.failed, s.skipped);
	naive_free(s.control.naive);
	return s.failed > 0 || run_is_interrupted();
}
