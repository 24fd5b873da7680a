/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs script cases and says what came of them:
 *
 *	runner [-v] [-l] [-j N] [-k TAG] [--filter TEXT] FILE.test|DIRECTORY...
 *
 * Environment: SKEP, the binary under test (build/skep beside the runner if not set); PROGS, the directory of test
 * programs (tests/ beside the runner); TOOLS, that of the ready-made tools (tools/ in the working directory);
 * RUNNER_TIMEOUT_SCALE, by which time-outs are multiplied; TEST_TRIES, how often a case may be tried (1) before it counts as
 * failed, for machines on which others work. What passes only then is told, and counted.
 *
 * Each case runs in a worker process, one by one unless -j asks for more at a time. After the last one the kernel has to have
 * the BPF objects that it had before, which counts as a test.
 */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "runner/case.h"
#include "runner/kernel.h"
#include "runner/run.h"

enum { MAIN_MAX_JOBS = 64, MAIN_LEAK_TRIES = 100 };

struct settings {
	struct places places;
	unsigned jobs, tries;
	bool verbose;
	const char *tag; /* "" or "6.1 " */
};

/* Shared by the workers. */
struct tally {
	size_t next; /* case to run */
	unsigned passed, failed, skipped,
		late; /* late: of those that passed, not at the first try */
	bool interrupted;
};

static int usage(FILE *to)
{
	fputs("usage: runner [-v] [-l] [-j N] [-k TAG] [--filter TEXT] FILE.test|DIRECTORY...\n"
	      "  -v             tell each case and its output\n"
	      "  -l             list the cases only\n"
	      "  -j N           so many cases at a time\n"
	      "  -k TAG         put in front of what is told, to name the kernel\n"
	      "  --filter TEXT  only those with TEXT in FILE: NAME\n",
	      to);
	return to == stderr ? 2 : 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All .test files of a directory, by name. Returns the number of mistakes. */
static unsigned read_directory(struct cases *c, const char *path)
{
	vec_of(char *) names = { 0 };
	DIR *dir = opendir(path);
	unsigned mistakes = 0;

	if (!dir) {
		fprintf(stderr, "%s: error: %s\n", path, strerror(errno));
		return 1;
	}
	for (struct dirent *e; (e = readdir(dir));) {
		if (text_glob("*.test", e->d_name))
			*vec_add(&c->arena, &names) =
				arena_printf(&c->arena, "%s/%s", path, e->d_name);
	}
	closedir(dir);
	if (names.n)
		qsort(names.at, names.n, sizeof(*names.at), compare_names);
	for (size_t i = 0; i < names.n; i++)
		mistakes += cases_read(c, names.at[i]);
	return mistakes;
}

static unsigned read_path(struct cases *c, const char *path)
{
	char full[PATH_MAX];
	struct stat st;

	if (!realpath(path, full) || stat(full, &st)) {
		fprintf(stderr, "%s: error: %s\n", path, strerror(errno));
		return 1;
	}
	return S_ISDIR(st.st_mode) ? read_directory(c, full) : cases_read(c, full);
}

/* "probes: attaches twice" */
static void case_title(const struct test_case *c, struct buf *b)
{
	const char *base = strrchr(c->file, '/') + 1;

	buf_clear(b);
	buf_printf(b, "%.*s: %s", (int)strcspn(base, "."), base, case_value(c, CASE_NAME));
}

/* Keeps those that the filter lets through. */
static void filter_cases(struct cases *c, const char *filter)
{
	struct buf title = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < c->at.n; i++) {
		case_title(&c->at.at[i], &title);
		if (!filter || strstr(title.data, filter))
			c->at.at[n++] = c->at.at[i];
	}
	c->at.n = n;
	buf_done(&title);
}

static void put_indented(struct buf *b, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		buf_printf(b, "    %.*s\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

static void put_case(struct buf *b, const struct test_case *c)
{
	static const enum directive shown[] = { CASE_OPTIONS, CASE_PROG, CASE_ARGS, CASE_RUN,
						CASE_AFTER };

	for (size_t i = 0; i < ARRAY_SIZE(shown); i++) {
		const char *value = case_value(c, shown[i]);

		if (!value)
			continue;
		buf_printf(b, "  %s\n", directive_name(shown[i]));
		put_indented(b, value);
	}
}

/* What came of the last try; what went wrong at those before it is told. */
static enum outcome try_case(const struct test_case *c, const struct settings *set, struct tally *t,
			     struct buf *why, struct buf *output, struct buf *told)
{
	struct buf title = { 0 };
	enum outcome outcome;

	case_title(c, &title);
	for (unsigned left = set->tries;; left--) {
		buf_clear(why);
		buf_clear(output);
		outcome = run_case(c, &set->places, why, output);
		if (outcome != RUN_FAILED || left <= 1)
			break;
		buf_printf(told, "%sonce more %s (%s:%u)\n  wrong\n", set->tag, title.data, c->file,
			   c->line);
		put_indented(told, buf_str(why));
		buf_puts(told, "  got\n");
		put_indented(told, buf_str(output));
	}
	if (outcome == RUN_PASSED && told->len)
		__atomic_add_fetch(&t->late, 1, __ATOMIC_RELAXED);
	buf_done(&title);
	return outcome;
}

/* Runs one case and tells of it in one piece. */
static void run_one(const struct test_case *c, const struct settings *set, struct tally *t)
{
	struct buf why = { 0 }, output = { 0 }, title = { 0 }, told = { 0 };
	enum outcome outcome = try_case(c, set, t, &why, &output, &told);

	case_title(c, &title);
	if (outcome == RUN_INTERRUPTED) {
		t->interrupted = true;
	} else if (outcome == RUN_SKIPPED) {
		__atomic_add_fetch(&t->skipped, 1, __ATOMIC_RELAXED);
		buf_printf(&told, "%sskipped %s: %s\n", set->tag, title.data, buf_str(&why));
	} else if (outcome == RUN_PASSED) {
		__atomic_add_fetch(&t->passed, 1, __ATOMIC_RELAXED);
		if (set->verbose) {
			buf_printf(&told, "%spassed %s\n", set->tag, title.data);
			put_indented(&told, buf_str(&output));
		}
	} else {
		__atomic_add_fetch(&t->failed, 1, __ATOMIC_RELAXED);
		buf_printf(&told, "%sFAILED %s (%s:%u)\n", set->tag, title.data, c->file, c->line);
		put_case(&told, c);
		buf_puts(&told, "  wrong\n");
		put_indented(&told, buf_str(&why));
		buf_puts(&told, "  got\n");
		put_indented(&told, buf_str(&output));
	}
	fputs(buf_str(&told), stdout);
	fflush(stdout);
	buf_done(&why);
	buf_done(&output);
	buf_done(&title);
	buf_done(&told);
}

static void work(const struct cases *c, const struct settings *set, struct tally *t)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	while (!t->interrupted) {
		size_t i = __atomic_fetch_add(&t->next, 1, __ATOMIC_RELAXED);

		if (i >= c->at.n)
			break;
		run_one(&c->at.at[i], set, t);
	}
}

/* Runs all cases; the workers get Ctrl-C as well and end their cases. */
static void run_workers(const struct cases *c, const struct settings *set, struct tally *t)
{
	signal(SIGINT, SIG_IGN);
	for (unsigned i = 0; i < set->jobs; i++) {
		if (!fork()) {
			signal(SIGINT, SIG_DFL);
			work(c, set, t);
			exit(0);
		}
	}
	while (wait(NULL) > 0 || errno == EINTR)
		;
	signal(SIGINT, SIG_DFL);
}

static bool has_object(const struct buf *objects, const struct kernel_object *o)
{
	for (size_t at = 0; at < objects->len; at += sizeof(*o)) {
		if (!memcmp(objects->data + at, o, sizeof(*o)))
			return true;
	}
	return false;
}

/* Those of after that are not in before; the kernel frees some a little after their last user has gone. */
static void find_leaks(const struct buf *before, struct buf *leaks)
{
	struct timespec pause = { 0, 50000000 };
	struct buf after = { 0 }, now = { 0 };

	kernel_objects(&after);
	for (int i = 0; i < MAIN_LEAK_TRIES; i++) {
		buf_clear(leaks);
		buf_clear(&now);
		kernel_objects(&now);
		for (size_t at = 0; at < after.len; at += sizeof(struct kernel_object)) {
			struct kernel_object o;

			memcpy(&o, after.data + at, sizeof(o));
			if (!has_object(before, &o) && has_object(&now, &o))
				buf_put(leaks, &o, sizeof(o));
		}
		if (!leaks->len)
			break;
		nanosleep(&pause, NULL);
	}
	buf_done(&after);
	buf_done(&now);
}

static void check_leaks(const struct buf *before, bool may_list, const char *tag, struct tally *t)
{
	struct buf leaks = { 0 }, text = { 0 };

	if (!may_list) {
		printf("%sskipped the check for leaks: BPF objects may not be listed here\n", tag);
		t->skipped++;
		return;
	}
	find_leaks(before, &leaks);
	if (leaks.len) {
		t->failed++;
		printf("%sFAILED the kernel still has BPF objects that it did not have before:\n",
		       tag);
	} else {
		t->passed++;
	}
	for (size_t at = 0; at < leaks.len; at += sizeof(struct kernel_object)) {
		struct kernel_object o;

		memcpy(&o, leaks.data + at, sizeof(o));
		buf_clear(&text);
		kernel_object_text(&o, &text);
		printf("    %s\n", text.data);
	}
	buf_done(&leaks);
	buf_done(&text);
}

/* The place named by the environment, or one relative to a directory; absolute, "" if it is not there. */
static const char *find_place(struct arena *a, const char *variable, const char *dir,
			      const char *name)
{
	const char *given = getenv(variable);
	char full[PATH_MAX];

	if (!realpath(given ? given : arena_printf(a, "%s/%s", dir, name), full)) {
		fprintf(stderr, "runner: warning: %s: %s\n", given ? given : name, strerror(errno));
		return "";
	}
	return arena_strdup(a, full);
}

/* A number of the environment, from 1 to 1000. */
static unsigned number(const char *variable, unsigned usual)
{
	const char *text = getenv(variable);
	u64 n;

	return text && text_u64(text, &n) && n && n <= 1000 ? (unsigned)n : usual;
}

static struct places find_places(struct arena *a)
{
	char self[PATH_MAX], *slash;
	struct places p = { .scale = number("RUNNER_TIMEOUT_SCALE", 1) };

	if (!realpath("/proc/self/exe", self))
		self[0] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	p.skep = find_place(a, "SKEP", self, "skep");
	p.progs = find_place(a, "PROGS", self, "tests");
	p.tools = find_place(a, "TOOLS", ".", "tools");
	return p;
}

static int run_suite(const struct cases *c, const struct settings *set)
{
	struct buf before = { 0 };
	bool may_list = kernel_objects(&before);
	struct tally *t =
		mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool failed;

	if (t == MAP_FAILED) {
		perror("runner");
		return 1;
	}
	run_workers(c, set, t);
	if (t->interrupted) {
		puts("interrupted");
		return 130;
	}
	check_leaks(&before, may_list, set->tag, t);
	if (t->late)
		printf("%s%u of them passed not at the first try\n", set->tag, t->late);
	printf("%u passed, %u failed, %u skipped\n", t->passed, t->failed, t->skipped);
	failed = t->failed;
	munmap(t, sizeof(*t));
	buf_done(&before);
	return failed;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "filter", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *filter = NULL;
	struct settings set = { .tag = "", .tries = number("TEST_TRIES", 1) };
	bool list = false;
	unsigned mistakes = 0;
	struct cases c = { 0 };
	u64 jobs = 1;
	int o, status;

	arena_init(&c.arena);
	while ((o = getopt_long(argc, argv, "vlj:k:h", options, NULL)) >= 0) {
		if (o == 'v')
			set.verbose = true;
		else if (o == 'l')
			list = true;
		else if (o == 'f')
			filter = optarg;
		else if (o == 'k')
			set.tag = arena_printf(&c.arena, "%s ", optarg);
		else if (o != 'j' || !text_u64(optarg, &jobs) || !jobs || jobs > MAIN_MAX_JOBS)
			return usage(o == 'h' ? stdout : stderr);
	}
	if (optind == argc)
		return usage(stderr);
	for (; optind < argc; optind++)
		mistakes += read_path(&c, argv[optind]);
	filter_cases(&c, filter);
	for (size_t i = 0; list && i < c.at.n; i++) {
		struct buf title = { 0 };

		case_title(&c.at.at[i], &title);
		puts(title.data);
		buf_done(&title);
	}
	set.jobs = (unsigned)jobs;
	if (!mistakes && !list)
		set.places = find_places(&c.arena);
	status = mistakes ? 2 : list ? 0 : run_suite(&c, &set);
	arena_done(&c.arena);
	return status;
}
