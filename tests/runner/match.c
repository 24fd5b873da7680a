/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "runner/match.h"

#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/text.h"
#include "runner/json.h"

enum { MATCH_MAX_FILE = 1 << 20 };

/* Whether output has text as one or more whole lines. */
static bool has_lines(const char *output, const char *text)
{
	size_t len = strlen(text);

	for (const char *s = output; (s = strstr(s, text)); s++) {
		if ((s == output || s[-1] == '\n') && (!s[len] || s[len] == '\n'))
			return true;
	}
	return false;
}

/* 1: it matches, 0: it does not, -1: the expression is wrong, which why says. */
static int has_regex(const char *output, const char *ere, struct buf *why)
{
	char text[128];
	regex_t re;
	int err = regcomp(&re, ere, REG_EXTENDED | REG_NEWLINE | REG_NOSUB), result;

	if (err) {
		regerror(err, &re, text, sizeof(text));
		buf_printf(why, "wrong expression: %s\n", text);
		return -1;
	}
	result = regexec(&re, output, 0, NULL, 0) == 0;
	regfree(&re);
	return result;
}

/* Takes the next line off a text; NULL at its end. */
static char *next_line(char **text)
{
	char *line = *text, *end;

	if (!line || !*line)
		return NULL;
	end = strchr(line, '\n');
	if (end)
		*end++ = '\0';
	*text = end;
	return line;
}

static bool has_json(const char *output, const char *want)
{
	char *copy = strdup(output), *rest = copy, *line;
	bool found = false;

	while (!found && (line = next_line(&rest)))
		found = json_equal(want, line);
	free(copy);
	return found;
}

/* A file beside the .test file, malloc'ed; NULL if it cannot be read, which why says. */
static char *read_expected(const struct test_case *c, const char *name, struct buf *why)
{
	struct buf path = { 0 };
	char *text;

	if (*name != '/')
		buf_printf(&path, "%s/", c->dir);
	buf_puts(&path, name);
	text = text_read_file(buf_str(&path), MATCH_MAX_FILE, NULL);
	if (!text)
		buf_printf(why, "%s: %s\n", buf_str(&path), strerror(errno));
	buf_done(&path);
	return text;
}

/* Line by line: all of the output is JSON, and what the file has. Empty lines do not count. */
static bool is_json_file(const struct test_case *c, const char *name, const char *output,
			 struct buf *why)
{
	char *expected = read_expected(c, name, why), *copy = strdup(output);
	char *wants = expected, *gots = copy, *want, *got;
	bool equal = expected;

	while (equal) {
		do
			want = next_line(&wants);
		while (want && !*want);
		do
			got = next_line(&gots);
		while (got && !*got);
		if (!want || !got)
			break;
		equal = json_equal(want, got);
		if (!equal)
			buf_printf(why, "this line of the file: %s\ndiffers from: %s\n", want, got);
	}
	if (equal && (want || got)) {
		buf_printf(why, "%s: %s\n", want ? "missing" : "too much", want ? want : got);
		equal = false;
	}
	free(expected);
	free(copy);
	return equal;
}

static bool is_file(const struct test_case *c, const char *name, const char *output,
		    struct buf *why)
{
	char *expected = read_expected(c, name, why);
	bool equal = expected && !strcmp(expected, output);

	if (expected && !equal)
		buf_printf(why, "the output is not what %s has:\n%s", name, expected);
	free(expected);
	return equal;
}

bool match_line(const struct test_case *c, const struct case_line *l, const char *output,
		struct buf *why)
{
	const char *v = l->value;
	bool ok = true;

	switch (l->directive) {
	case CASE_EXPECT:
		ok = strstr(output, v);
		break;
	case CASE_EXPECT_LINE:
		ok = has_lines(output, v);
		break;
	case CASE_EXPECT_NONE:
		ok = !strstr(output, v);
		break;
	case CASE_EXPECT_REGEX:
		ok = has_regex(output, v, why) == 1;
		break;
	case CASE_EXPECT_REGEX_NONE:
		ok = has_regex(output, v, why) == 0;
		break;
	case CASE_EXPECT_FILE:
		return is_file(c, v, output, why);
	case CASE_EXPECT_JSON:
		if (*v != '{' && *v != '[')
			return is_json_file(c, v, output, why);
		ok = has_json(output, v);
		break;
	default:
		break;
	}
	if (!ok)
		buf_printf(why, "%s %s\n", directive_name(l->directive), v);
	return ok;
}

bool match_status(const struct test_case *c, int status, struct buf *why)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	const char *want = case_value(c, CASE_RETURN_CODE);
	bool ok = want ? code == atoi(want) : case_value(c, CASE_WILL_FAIL) ? code != 0 : code == 0;

	if (ok)
		return true;
	if (WIFSIGNALED(status))
		buf_printf(why, "killed by signal %d\n", WTERMSIG(status));
	else
		buf_printf(why, "exit status %d\n", code);
	return false;
}
