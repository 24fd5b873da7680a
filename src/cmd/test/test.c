/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep test: runs the cases of test files, each in a machine of its own.
 *
 *	files ─► cases ─► plan (by the object) ─► verifier ─► interpreter, compiler, or the kernel ─► what differs
 */
#include "cmd/test/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/opt.h"
#include "base/text.h"
#include "cmd/exec/output.h"
#include "cmd/test/report.h"

#define MAX_DEPTH 16    /* of folders */
#define MAX_FILES 65536 /* of tests */

enum option {
	OPTION_VERBOSE,
	OPTION_FILTER,
	OPTION_ENGINE,
	OPTION_COVERAGE,
	OPTION_FORMAT,
	OPTION_HELP,
};

static const struct opt options[] = {
	[OPTION_VERBOSE] = { 'v', "verbose", NULL, "list the cases that pass, too" },
	[OPTION_FILTER] = { 0, "filter", "TEXT", "only cases that have this in their name" },
	[OPTION_ENGINE] = { 0, "engine", "NAME", "what runs them: machine (default) or kernel" },
	[OPTION_COVERAGE] = { 0, "coverage", "FILE", "write which source lines ran, for lcov" },
	[OPTION_FORMAT] = { 'f', NULL, "FORMAT", "how to write results: text (default) or json" },
	[OPTION_HELP] = { 'h', "help", NULL, "this text" },
};

struct testing {
	struct arena arena;
	struct diag diag;
	struct out out;
	struct test_report report;
	struct test_objects objects;
	struct test_how how;
	struct exec_coverage coverage;
	const char *filter, *coverage_path;
	vec_of(const char *) paths, files;
	bool json, help;
};

/* ---- the command line */

static int take_option(struct testing *t, enum option option, const char *value)
{
	switch (option) {
	case OPTION_VERBOSE:
		t->report.lists_all = true;
		return 0;
	case OPTION_FILTER:
		t->filter = value;
		return 0;
	case OPTION_COVERAGE:
		t->coverage_path = value;
		t->how.coverage = &t->coverage;
		return 0;
	case OPTION_ENGINE:
		t->how.in_kernel = !strcmp(value, "kernel");
		if (!t->how.in_kernel && strcmp(value, "machine") != 0)
			return diag_error(&t->diag, LOC_NONE,
					  "--engine takes machine or kernel, not '%s'", value);
		return 0;
	case OPTION_FORMAT:
		t->json = !strcmp(value, "json");
		if (!t->json && strcmp(value, "text") != 0)
			return diag_error(&t->diag, LOC_NONE, "-f takes text or json, not '%s'",
					  value);
		return 0;
	default:
		t->help = true;
		return 0;
	}
}

static int parse_options(struct testing *t, int argc, char **argv)
{
	struct opt_state state = { .argc = argc, .argv = argv, .pos = 1 };
	const char *value;
	int option;

	for (;;) { /* options may also follow the files */
		while ((option = opt_next(&state, options, ARRAY_SIZE(options), &value,
					  &t->diag)) >= 0) {
			if (take_option(t, (enum option)option, value))
				return -EINVAL;
		}
		if (option < -1)
			return -EINVAL;
		if (state.pos >= argc)
			break;
		*vec_add(&t->arena, &t->paths) = argv[state.pos++];
	}
	if (t->help)
		return 0;
	if (!t->paths.n) {
		diag_error(&t->diag, LOC_NONE, "there is nothing to test: give files or folders");
		diag_hint(&t->diag, "of a folder all files *.test are taken");
		return -EINVAL;
	}
	if (t->how.in_kernel && t->coverage_path)
		return diag_error(
			&t->diag, LOC_NONE,
			"--coverage counts in the machine's interpreter, not in the kernel");
	return 0;
}

static void help(void)
{
	puts("usage: skep test [OPTIONS] DIR|FILE...\n\n"
	     "Runs unit tests for the programs of BPF objects in skep's own machine: without the "
	     "kernel\nand without privilege.\n");
	opt_help(options, ARRAY_SIZE(options), stdout);
}

/* ---- files */

static bool is_test(const char *name)
{
	size_t n = strlen(name);

	return n > 5 && !strcmp(name + n - 5, ".test");
}

static int find_files(struct testing *t, const char *path, u32 depth)
{
	struct dirent **entries;
	struct stat st;
	int n, err = 0;

	if (stat(path, &st))
		return diag_errno(&t->diag, errno, "%s cannot be read", path);
	if (!S_ISDIR(st.st_mode)) {
		if (t->files.n == MAX_FILES)
			return diag_error(&t->diag, LOC_NONE, "more than %d files", MAX_FILES);
		*vec_add(&t->arena, &t->files) = arena_strdup(&t->arena, path);
		return 0;
	}
	if (!depth)
		return diag_error(&t->diag, LOC_NONE, "%s: folders within folders end here", path);
	n = scandir(path, &entries, NULL, alphasort);
	if (n < 0)
		return diag_errno(&t->diag, errno, "%s cannot be read", path);
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		size_t length = strlen(path);
		const char *slash = length && path[length - 1] == '/' ? "" : "/";
		const char *inner = arena_printf(&t->arena, "%s%s%s", path, slash, name);

		/* Links to folders may lead in circles. */
		if (!err && name[0] != '.' &&
		    (is_test(name) || (!lstat(inner, &st) && S_ISDIR(st.st_mode))))
			err = find_files(t, inner, depth - 1);
		free(entries[i]);
	}
	free(entries);
	return err;
}

/* ---- cases */

static void run_case(struct testing *t, const struct test_file *file, const struct test_case *c)
{
	struct test_plan p = { .file = file, .c = c, .objects = &t->objects };
	struct test_outcome outcome = { 0 };
	struct arena a;
	struct diag d;

	arena_init(&a);
	diag_init(&d, &a);
	diag_init(&p.fib_diag, &a);
	diag_init(&p.cgroups_diag, &a);
	diag_init(&p.socks_diag, &a);
	diag_set_source(&d, file->path, file->text, file->len);
	p.arena = p.fib.arena = &a;
	p.d = &d;
	if (test_plan_make(&p)) {
		outcome.result = TEST_FAILED;
	} else if (p.skip) {
		outcome.result = TEST_SKIPPED;
		outcome.why = p.skip;
	} else {
		test_run(&p, &t->how, &outcome);
	}
	test_report_case(&t->report, &p, &outcome);
	out_idle(&t->out);
	arena_done(&a);
}

static void run_file(struct testing *t, const char *path)
{
	struct test_file file;
	struct diag d;
	size_t len;
	char *text = text_read_file(path, TEST_MAX_BYTES, &len);

	diag_init(&d, &t->arena);
	if (!text) {
		diag_errno(&d, errno, "%s cannot be read", path);
		test_report_broken(&t->report, path, &d);
		return;
	}
	test_file_parse(&file, &t->arena, path, text, len);
	if (!file.cases.n) {
		diag_error(&d, LOC_NONE, "%s has no cases", path);
		diag_hint(&d, "each begins with NAME and what it shows");
		test_report_broken(&t->report, path, &d);
	}
	for (size_t i = 0; i < file.cases.n; i++) {
		if (!t->filter || strstr(file.cases.at[i].name, t->filter))
			run_case(t, &file, &file.cases.at[i]);
	}
	free(text);
}

static int write_coverage(struct testing *t)
{
	struct exec_output w = { 0 };
	struct buf text = { 0 };

	if (!t->coverage_path)
		return 0;
	if (exec_output_open(&w, t->coverage_path, &t->diag))
		return -EINVAL;
	exec_coverage_write(&t->coverage, &text);
	out_write(&w.file, buf_str(&text), text.len);
	buf_done(&text);
	w.has_head = true;
	return exec_output_close(&w, &t->diag);
}

static int run_all(struct testing *t)
{
	int err = 0;

	out_init(&t->out, STDOUT_FILENO, t->json);
	t->report.out = &t->out;
	test_objects_init(&t->objects, &t->arena);
	for (size_t i = 0; i < t->files.n; i++)
		run_file(t, t->files.at[i]);
	if (!t->files.n)
		err = diag_error(&t->diag, LOC_NONE, "there are no files *.test in %s",
				 t->paths.at[0]);
	else if (t->filter && !(t->report.passed + t->report.failed + t->report.skipped))
		err = diag_error(&t->diag, LOC_NONE, "no case has '%s' in its name", t->filter);
	test_report_end(&t->report);
	out_done(&t->out);
	if (write_coverage(t))
		err = -EINVAL;
	test_objects_done(&t->objects);
	return err || t->report.failed;
}

int cmd_test(int argc, char **argv)
{
	struct testing t = { 0 };
	int code = 0;

	arena_init(&t.arena);
	diag_init(&t.diag, &t.arena);
	t.coverage.arena = &t.arena;
	if (parse_options(&t, argc, argv)) {
		code = 2;
	} else if (t.help) {
		help();
	} else {
		for (size_t i = 0; i < t.paths.n && !code; i++)
			code = find_files(&t, t.paths.at[i], MAX_DEPTH) ? 2 : 0;
		if (!code)
			code = run_all(&t);
	}
	diag_render(&t.diag, stderr);
	arena_done(&t.arena);
	return code;
}
