/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines: each is parsed into a line of text that tells what was understood. */
#include "base/opt.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "unit/test.h"

static const struct opt opts[] = {
	{ 'e', "eval", "SCRIPT", "run this script" },
	{ 'q', "quiet", NULL, "keep messages to a minimum" },
	{ 'v', NULL, NULL, "tell more\nand the kernel's log" },
	{ 0, "dry-run", NULL, "attach nothing" },
	{ 0, "a-long-option-with", "A-LONG-VALUE", "help on a line of its own" },
	{ 'p', NULL, "PID", "look at this process" },
};

/* What the words of a command line come to: options with their values, then `|` and the operands. */
static void check_parse(int line, const char *const *words, const char *want)
{
	struct opt_state s = { .pos = 1 };
	struct buf got = { 0 };
	struct arena arena;
	struct diag d;
	int i;

	arena_init(&arena);
	diag_init(&d, &arena);
	while (words[s.argc])
		s.argc++;
	s.argv = (char **)(uintptr_t)words;
	for (;;) {
		const char *value = NULL;

		i = opt_next(&s, opts, ARRAY_SIZE(opts), &value, &d);
		if (i < 0)
			break;
		if (opts[i].name)
			buf_puts(&got, opts[i].name);
		else
			buf_putc(&got, opts[i].letter);
		if (value)
			buf_printf(&got, "=%s", value);
		buf_putc(&got, ' ');
	}
	if (i == -1) {
		buf_putc(&got, '|');
		for (int n = s.pos; n < s.argc; n++)
			buf_printf(&got, " %s", words[n]);
		CHECK_EQ(d.errors, 0);
	} else {
		CHECK_EQ(i, -2);
		CHECK_EQ(d.items.n, 1);
		buf_printf(&got, "! %s", d.items.at[0].text);
		if (d.items.at[0].hint)
			buf_printf(&got, " (%s)", d.items.at[0].hint);
	}
	test_check_str(__FILE__, line, "command line", buf_str(&got), want);
	buf_done(&got);
	arena_done(&arena);
}

#define CHECK_PARSE(want, ...)                                                                     \
	check_parse(__LINE__, (const char *const[]){ "skep", ##__VA_ARGS__, NULL }, want)

TEST(opt_operands)
{
	CHECK_PARSE("|");
	CHECK_PARSE("| file arg", "file", "arg");
	CHECK_PARSE("| -", "-");
	CHECK_PARSE("|  -q", "", "-q");
	CHECK_PARSE("quiet | file -q", "-q", "file", "-q");
	CHECK_PARSE("quiet | -q", "-q", "--", "-q");
	CHECK_PARSE("| -- x", "--", "--", "x");
}

TEST(opt_short_ones)
{
	CHECK_PARSE("quiet v | x", "-q", "-v", "x");
	CHECK_PARSE("quiet v quiet | x", "-qvq", "x");
	CHECK_PARSE("eval=a | x", "-e", "a", "x");
	CHECK_PARSE("eval=a | x", "-ea", "x");
	CHECK_PARSE("quiet eval=a | x", "-qea", "x");
	CHECK_PARSE("quiet eval=a | x", "-qe", "a", "x");
	CHECK_PARSE("eval=-q | ", "-e", "-q", "");
	CHECK_PARSE("eval= |", "-e", "");
	CHECK_PARSE("p=1 |", "-p1");
	CHECK_PARSE("eval=qv |", "-eqv");
}

TEST(opt_long_ones)
{
	CHECK_PARSE("quiet | x", "--quiet", "x");
	CHECK_PARSE("eval=a | x", "--eval", "a", "x");
	CHECK_PARSE("eval=a | x", "--eval=a", "x");
	CHECK_PARSE("eval= | x", "--eval=", "x");
	CHECK_PARSE("eval=a=b |", "--eval=a=b");
	CHECK_PARSE("eval=--quiet |", "--eval", "--quiet");
	CHECK_PARSE("dry-run quiet |", "--dry-run", "-q");
}

TEST(opt_mistakes)
{
	CHECK_PARSE("! unknown option '--quit' (did you mean '--quiet'?)", "--quit");
	CHECK_PARSE("! unknown option '--dryrun' (did you mean '--dry-run'?)", "--dryrun=1");
	CHECK_PARSE("! unknown option '--xyzzy'", "--xyzzy");
	CHECK_PARSE("! unknown option '--qu'", "--qu");
	CHECK_PARSE("! unknown option '--'", "--=x");
	CHECK_PARSE("! unknown option '-x'", "-x");
	CHECK_PARSE("quiet ! unknown option '-x'", "-qxv");
	CHECK_PARSE("quiet ! unknown option '--'", "-q-");
	CHECK_PARSE("! option '--quiet' takes no value", "--quiet=yes");
	CHECK_PARSE("! option '--eval' needs a value: SCRIPT", "--eval");
	CHECK_PARSE("quiet ! option '-e' needs a value: SCRIPT", "-qe");
}

TEST(opt_goes_on_behind_a_mistake)
{
	const char *words[] = { "skep", "-xq", "--what", "file", NULL };
	struct opt_state s = { .argc = 4, .argv = (char **)(uintptr_t)words, .pos = 1 };
	const char *value = NULL;
	struct arena arena;
	struct diag d;

	arena_init(&arena);
	diag_init(&d, &arena);
	CHECK_EQ(opt_next(&s, opts, ARRAY_SIZE(opts), &value, &d), -2);
	CHECK_EQ(opt_next(&s, opts, ARRAY_SIZE(opts), &value, &d), -2);
	CHECK_EQ(opt_next(&s, opts, ARRAY_SIZE(opts), &value, &d), -1);
	CHECK_EQ(s.pos, 3);
	CHECK_EQ(d.errors, 2);
	arena_done(&arena);
}

TEST(opt_help_in_two_columns)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	opt_help(opts, ARRAY_SIZE(opts), to);
	fclose(to);
	CHECK_STR(text, "  -e, --eval SCRIPT         run this script\n"
			"  -q, --quiet               keep messages to a minimum\n"
			"  -v                        tell more\n"
			"                            and the kernel's log\n"
			"      --dry-run             attach nothing\n"
			"      --a-long-option-with A-LONG-VALUE\n"
			"                            help on a line of its own\n"
			"  -p PID                    look at this process\n");
	free(text);
}
