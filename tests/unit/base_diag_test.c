/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What diagnostics look like on the terminal, and which are kept. */
#include "base/diag.h"

#include <stdlib.h>
#include <string.h>

#include "unit/test.h"

/* A collection over a source, and what it renders. */
struct fixture {
	struct arena arena;
	struct diag diag;
	char *shown;
	size_t size;
};

static void fixture_init(struct fixture *f, const char *source)
{
	*f = (struct fixture){ 0 };
	arena_init(&f->arena);
	diag_init(&f->diag, &f->arena);
	if (source)
		diag_set_source(&f->diag, "script.bt", source, strlen(source));
}

static void fixture_done(struct fixture *f)
{
	free(f->shown);
	arena_done(&f->arena);
}

static const char *render(struct fixture *f)
{
	FILE *to;

	free(f->shown);
	to = open_memstream(&f->shown, &f->size);
	diag_render(&f->diag, to);
	fclose(to);
	return f->shown;
}

/* The place of a word, which occurs once, in the source. */
static struct loc at(const struct fixture *f, const char *word)
{
	const char *s = f->diag.source, *p = strstr(s, word);
	struct loc loc = { .offset = (u32)(p - s), .len = (u32)strlen(word), .line = 1, .col = 1 };

	for (; s < p; s++) {
		loc.col = *s == '\n' ? 1 : loc.col + 1;
		loc.line += *s == '\n';
	}
	return loc;
}

TEST(diag_renders_as_drawn)
{
	struct fixture f;

	fixture_init(&f, "// one\n\nBEGIN { prnt(\"x\"); }\n");
	CHECK_EQ(diag_error(&f.diag, at(&f, "prnt"), "unknown function '%s'", "prnt"), -EINVAL);
	diag_hint(&f.diag, "did you mean '%s'?", "print");
	CHECK_STR(render(&f), "script.bt:3:9: error: unknown function 'prnt'\n"
			      "  3 | BEGIN { prnt(\"x\"); }\n"
			      "    |         ^~~~\n"
			      "hint: did you mean 'print'?\n");
	fixture_done(&f);
}

TEST(diag_renders_in_the_order_of_the_text)
{
	struct fixture f;

	fixture_init(&f, "a b");
	diag_warning(&f.diag, at(&f, "b"), "b is odd");
	diag_error(&f.diag, at(&f, "a"), "a is wrong");
	CHECK_EQ(f.diag.errors, 1);
	CHECK_STR(render(&f), "script.bt:1:1: error: a is wrong\n"
			      "  1 | a b\n"
			      "    | ^\n"
			      "script.bt:1:3: warning: b is odd\n"
			      "  1 | a b\n"
			      "    |   ^\n");
	fixture_done(&f);
}

TEST(diag_without_a_place)
{
	struct fixture f;

	fixture_init(&f, "a b");
	diag_error(&f.diag, LOC_NONE, "nothing to do");
	diag_hint(&f.diag, "give a script");
	CHECK_EQ(diag_errno(&f.diag, ENOENT, "open %s", "/x"), -ENOENT);
	CHECK_STR(render(&f), "skep: error: nothing to do\n"
			      "hint: give a script\n"
			      "skep: error: open /x: No such file or directory\n");
	fixture_done(&f);
}

TEST(diag_with_a_place_but_no_source)
{
	struct fixture f;

	fixture_init(&f, NULL);
	f.diag.name = "x.bpf.o";
	diag_error(&f.diag, (struct loc){ 5, 1, 2, 3 }, "bad");
	CHECK_STR(render(&f), "x.bpf.o:2:3: error: bad\n");
	fixture_done(&f);
}

TEST(diag_tabs_stay_aligned)
{
	struct fixture f;

	fixture_init(&f, "\tif (\tx) {}");
	diag_error(&f.diag, at(&f, "x"), "x");
	CHECK_STR(render(&f), "script.bt:1:7: error: x\n"
			      "  1 | \tif (\tx) {}\n"
			      "    | \t    \t^\n");
	fixture_done(&f);
}

TEST(diag_gutter_is_as_wide_as_the_number)
{
	struct fixture f;
	char source[1300];

	memset(source, '\n', sizeof(source) - 1);
	strcpy(source + 1233, "oops");
	fixture_init(&f, source);
	diag_error(&f.diag, at(&f, "oops"), "no");
	CHECK_STR(render(&f), "script.bt:1234:1: error: no\n"
			      "  1234 | oops\n"
			      "       | ^~~~\n");
	fixture_done(&f);
}

TEST(diag_shows_no_control_characters)
{
	struct fixture f;

	fixture_init(&f, "a\x1b[31m\x01\x7f\xff\xc2\x9b\xc3\xa9 z\r\n");
	diag_error(&f.diag, at(&f, "z"), "bad \x1b[2Jbyte \xfe \xc3\xa9,\n\ttold twice");
	CHECK_STR(render(&f), "script.bt:1:15: error: bad .[2Jbyte . \xc3\xa9,\n\ttold twice\n"
			      "  1 | a.[31m....\xc3\xa9 z.\n"
			      "    |             ^\n");
	fixture_done(&f);
}

TEST(diag_at_the_end)
{
	struct fixture f;

	fixture_init(&f, "BEGIN {");
	diag_error(&f.diag, (struct loc){ 7, 0, 1, 8 }, "expected '}'");
	CHECK_STR(render(&f), "script.bt:1:8: error: expected '}'\n"
			      "  1 | BEGIN {\n"
			      "    |        ^\n");
	fixture_done(&f);
	fixture_init(&f, "BEGIN {\n");
	diag_error(&f.diag, (struct loc){ 8, 0, 2, 1 }, "expected '}'");
	CHECK_STR(render(&f), "script.bt:2:1: error: expected '}'\n"
			      "  2 | \n"
			      "    | ^\n");
	fixture_done(&f);
	fixture_init(&f, "");
	diag_error(&f.diag, (struct loc){ 0, 0, 1, 1 }, "empty");
	CHECK_STR(render(&f), "script.bt:1:1: error: empty\n"
			      "  1 | \n"
			      "    | ^\n");
	fixture_done(&f);
}

TEST(diag_place_of_many_lines_and_beyond_the_source)
{
	struct fixture f;

	fixture_init(&f, "ab cd\nef");
	diag_error(&f.diag, (struct loc){ 3, 100, 1, 4 }, "long");
	diag_error(&f.diag, (struct loc){ 4000, 4000000000, 9, 9 }, "lost");
	CHECK_STR(render(&f), "script.bt:1:4: error: long\n"
			      "  1 | ab cd\n"
			      "    |    ^~\n"
			      "script.bt:9:9: error: lost\n"
			      "  9 | ef\n"
			      "    |   ^\n");
	fixture_done(&f);
}

/* The caret must stand below the first byte of the word, wherever in a long line that is. */
TEST(diag_long_lines_are_windowed)
{
	for (size_t start = 0; start < 500; start++) {
		char source[600];
		struct fixture f;
		char *first, *second, *caret;

		memset(source, '-', sizeof(source) - 1);
		source[sizeof(source) - 1] = '\0';
		memcpy(source + start, "WORD", 4);
		fixture_init(&f, source);
		diag_error(&f.diag, at(&f, "WORD"), "x");
		render(&f);
		first = strchr(f.shown, '\n') + 1;
		second = strchr(first, '\n') + 1;
		caret = strchr(second, '^');
		CHECK(second - first < 120);
		CHECK(caret && !strncmp(first + (caret - second), "WORD", 4));
		CHECK(caret && !strcmp(caret, "^~~~\n"));
		fixture_done(&f);
	}
}

TEST(diag_window_marks_what_it_leaves_out)
{
	char source[301];
	struct fixture f;

	memset(source, '-', 300);
	source[300] = '\0';
	memcpy(source + 150, "WORD", 4);
	fixture_init(&f, source);
	diag_error(&f.diag, at(&f, "WORD"), "x");
	CHECK_STR(render(&f), "script.bt:1:151: error: x\n"
			      "  1 | ...------------------------------------------------WORD"
			      "--------------------------------------------...\n"
			      "    |                                                    ^~~~\n");
	fixture_done(&f);
}

TEST(diag_window_cuts_no_character)
{
	char source[1001];
	struct fixture f;

	for (size_t i = 0; i < 1000; i += 2)
		memcpy(source + i, "\xc3\xa9", 2);
	source[1000] = '\0';
	memcpy(source + 501, "W", 1);
	fixture_init(&f, source);
	diag_error(&f.diag, at(&f, "W"), "x");
	/* The byte before W was half a character, and so is the one behind it. */
	CHECK(strstr(render(&f), "...\xc3\xa9") != NULL);
	CHECK(strstr(f.shown, "\xc3\xa9...\n") != NULL);
	CHECK(strstr(f.shown, "\xc3\xa9.W\xc3\xa9") != NULL);
	fixture_done(&f);
}

TEST(diag_tells_nothing_twice)
{
	struct fixture f;

	fixture_init(&f, "a b");
	diag_error(&f.diag, at(&f, "a"), "first");
	diag_error(&f.diag, at(&f, "b"), "second");
	diag_hint(&f.diag, "of the second");
	CHECK_EQ(diag_error(&f.diag, at(&f, "a"), "first"), -EINVAL);
	diag_hint(&f.diag, "goes nowhere");
	CHECK_EQ(f.diag.items.n, 2);
	CHECK_EQ(f.diag.errors, 1 + 1);
	CHECK_STR(f.diag.items.at[0].hint, NULL);
	CHECK_STR(f.diag.items.at[1].hint, "of the second");
	diag_error(&f.diag, at(&f, "a"), "another");
	diag_hint(&f.diag, "one");
	diag_hint(&f.diag, "two");
	CHECK_STR(f.diag.items.at[2].hint, "two");
	fixture_done(&f);
}

TEST(diag_counts_errors_beyond_the_limit)
{
	struct fixture f;

	fixture_init(&f, "a");
	diag_hint(&f.diag, "of nothing");
	for (unsigned i = 0; i < DIAG_MAX_ERRORS + 1; i++)
		diag_error(&f.diag, LOC_NONE, "error %u", i);
	diag_hint(&f.diag, "of one not kept");
	CHECK_EQ(f.diag.items.n, DIAG_MAX_ERRORS);
	CHECK_STR(f.diag.items.at[DIAG_MAX_ERRORS - 1].hint, NULL);
	CHECK(strstr(render(&f), "error 49\nand 1 more error\n") != NULL);
	diag_error(&f.diag, LOC_NONE, "one more");
	CHECK_EQ(f.diag.suppressed, 2);
	CHECK(strstr(render(&f), "\nand 2 more errors\n") != NULL);
	for (unsigned i = 0; i < 10 * DIAG_MAX_ERRORS; i++)
		diag_warning(&f.diag, LOC_NONE, "warning %u", i);
	CHECK(f.diag.items.n <= 2 * DIAG_MAX_ERRORS);
	fixture_done(&f);
}

TEST(diag_keeps_both_ends_of_a_huge_message)
{
	struct fixture f;

	fixture_init(&f, "a");
	diag_error(&f.diag, LOC_NONE, "start%*send", 1000000, "");
	CHECK(strlen(f.diag.items.at[0].text) < 20000);
	CHECK(!strncmp(f.diag.items.at[0].text, "start ", 6));
	CHECK(strstr(f.diag.items.at[0].text, " end") != NULL);
	fixture_done(&f);
}

TEST(loc_join_spans_both)
{
	struct loc a = { 3, 2, 1, 4 }, b = { 10, 4, 2, 2 };
	struct loc j = loc_join(a, b);

	CHECK(j.offset == 3 && j.len == 11 && j.line == 1 && j.col == 4);
	CHECK_EQ(loc_join(a, LOC_NONE).len, 2);
	CHECK_EQ(loc_join(LOC_NONE, b).offset, 10);
	CHECK_EQ(loc_join(a, a).len, 2);
}
