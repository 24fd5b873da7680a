/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values are put together in the arena line by line; a case is judged as a whole at its end. */
#include "runner/case.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "runner/kernel.h"

enum { CASE_MAX_FILE = 1 << 20 };

static const struct {
	const char *name;
	bool several, bare;
} directives[CASE_DIRECTIVES] = {
	[CASE_NAME] = { "NAME", false, false },
	[CASE_PROG] = { "PROG", false, false },
	[CASE_RUN] = { "RUN", false, false },
	[CASE_OPTIONS] = { "OPTIONS", false, false },
	[CASE_ARGS] = { "ARGS", false, false },
	[CASE_EXPECT] = { "EXPECT", true, false },
	[CASE_EXPECT_LINE] = { "EXPECT_LINE", true, false },
	[CASE_EXPECT_REGEX] = { "EXPECT_REGEX", true, false },
	[CASE_EXPECT_NONE] = { "EXPECT_NONE", true, false },
	[CASE_EXPECT_REGEX_NONE] = { "EXPECT_REGEX_NONE", true, false },
	[CASE_EXPECT_FILE] = { "EXPECT_FILE", true, false },
	[CASE_EXPECT_JSON] = { "EXPECT_JSON", true, false },
	[CASE_WILL_FAIL] = { "WILL_FAIL", false, true },
	[CASE_RETURN_CODE] = { "RETURN_CODE", false, false },
	[CASE_SETUP] = { "SETUP", true, false },
	[CASE_CLEANUP] = { "CLEANUP", true, false },
	[CASE_BEFORE] = { "BEFORE", false, false },
	[CASE_AFTER] = { "AFTER", false, false },
	[CASE_ENV] = { "ENV", true, false },
	[CASE_TIMEOUT] = { "TIMEOUT", false, false },
	[CASE_REQUIRES] = { "REQUIRES", true, false },
	[CASE_REQUIRES_FEATURE] = { "REQUIRES_FEATURE", true, false },
};

/* A file being read. */
struct reading {
	struct cases *cases;
	const char *path, *dir;
	struct test_case now; /* no lines: between two cases */
	unsigned line, mistakes;
};

static void mistake(struct reading *r, unsigned line, const char *what, const char *detail)
{
	fprintf(stderr, "%s:%u: error: %s%s\n", r->path, line, what, detail);
	r->mistakes++;
}

const char *directive_name(enum directive d)
{
	return directives[d].name;
}

const char *case_value(const struct test_case *c, enum directive d)
{
	for (size_t i = 0; i < c->lines.n; i++) {
		if (c->lines.at[i].directive == d)
			return c->lines.at[i].value;
	}
	return NULL;
}

static bool case_expects(const struct test_case *c)
{
	for (size_t i = 0; i < c->lines.n; i++) {
		enum directive d = c->lines.at[i].directive;

		if (d >= CASE_EXPECT && d <= CASE_RETURN_CODE)
			return true;
	}
	return false;
}

static bool is_number(const char *s, u64 most)
{
	u64 n;

	return text_u64(s, &n) && n <= most;
}

static void check_line(struct reading *r, const struct test_case *c, const struct case_line *l)
{
	char name[64];

	if (directives[l->directive].bare != !*l->value)
		mistake(r, c->line, *l->value ? "takes no value: " : "needs a value: ",
			directives[l->directive].name);
	switch (l->directive) {
	case CASE_ENV:
		if (!strchr(l->value, '='))
			mistake(r, c->line, "ENV is written NAME=value, not ", l->value);
		break;
	case CASE_TIMEOUT:
	case CASE_RETURN_CODE:
		if (!is_number(l->value, l->directive == CASE_TIMEOUT ? 600 : 255))
			mistake(r, c->line, "not a number in bounds: ", l->value);
		break;
	case CASE_REQUIRES_FEATURE:
		for (const char *s = l->value; kernel_feature_word(&s, name, sizeof(name));) {
			if (!kernel_knows(name))
				mistake(r, c->line, "unknown feature: ", name);
		}
		break;
	default:
		break;
	}
}

/* The end of a case: it is kept if it is sound. */
static void case_end(struct reading *r)
{
	struct test_case *c = &r->now;
	bool prog = case_value(c, CASE_PROG), run = case_value(c, CASE_RUN);
	unsigned before = r->mistakes;

	if (!c->lines.n)
		return;
	if (c->lines.at[0].directive != CASE_NAME)
		mistake(r, c->line, "a case starts with NAME", "");
	if (prog == run)
		mistake(r, c->line, "a case has one PROG or one RUN", "");
	if (run && (case_value(c, CASE_OPTIONS) || case_value(c, CASE_ARGS)))
		mistake(r, c->line, "OPTIONS and ARGS go with a PROG", "");
	if (!case_expects(c))
		mistake(r, c->line, "a case expects something", "");
	for (size_t i = 0; i < c->lines.n; i++)
		check_line(r, c, &c->lines.at[i]);
	if (r->mistakes == before)
		*vec_add(&r->cases->arena, &r->cases->at) = *c;
	*c = (struct test_case){ 0 };
}

static void case_continue(struct reading *r, const char *text)
{
	struct case_line *last;

	if (!r->now.lines.n) {
		mistake(r, r->line, "nothing that this line could go on with", "");
		return;
	}
	last = &r->now.lines.at[r->now.lines.n - 1];
	last->value = arena_printf(&r->cases->arena, "%s%s%s", last->value,
				   *last->value ? "\n" : "", text);
}

static void case_directive(struct reading *r, const char *text)
{
	size_t len = strcspn(text, " ");
	const char *value = text + len + strspn(text + len, " ");
	char *word = arena_strndup(&r->cases->arena, text, len);
	enum directive d = 0;

	while (d < CASE_DIRECTIVES && strcmp(directives[d].name, word) != 0)
		d++;
	if (d == CASE_DIRECTIVES) {
		mistake(r, r->line, "unknown directive ", word);
		return;
	}
	if (!directives[d].several && case_value(&r->now, d))
		mistake(r, r->line, "given twice: ", word);
	if (!r->now.lines.n) {
		r->now.file = r->path;
		r->now.dir = r->dir;
		r->now.line = r->line;
	}
	*vec_add(&r->cases->arena, &r->now.lines) = (struct case_line){ d, value };
}

unsigned cases_read(struct cases *c, const char *path)
{
	char *text = text_read_file(path, CASE_MAX_FILE, NULL), *line, *next;
	const char *slash = strrchr(path, '/');
	struct reading r = { .cases = c };

	if (!text) {
		fprintf(stderr, "%s: error: %s\n", path, strerror(errno));
		return 1;
	}
	line = arena_strdup(&c->arena, text);
	free(text);
	r.path = arena_strdup(&c->arena, path);
	r.dir = slash ? arena_strndup(&c->arena, path, (size_t)(slash - path)) : ".";
	for (; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		r.line++;
		if (!*line)
			case_end(&r);
		else if (*line == '\t')
			case_continue(&r, line + 1);
		else if (*line != '#')
			case_directive(&r, line);
	}
	case_end(&r);
	return r.mistakes;
}
