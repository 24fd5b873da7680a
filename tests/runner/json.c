/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One reader walks a value and tells it piece by piece: brackets, commas, colons, strings, numbers, words. Two texts are
 * equal if their pieces are, one by one.
 */
#include "runner/json.h"

#include <ctype.h>
#include <string.h>

enum { JSON_DEPTH = 64 };

static const char *skip_space(const char *s)
{
	return s + strspn(s, " \t\r\n");
}

/* Behind a string; NULL if it is none. */
static const char *skip_string(const char *s)
{
	if (*s++ != '"')
		return NULL;
	for (; *s != '"'; s++) {
		if ((unsigned char)*s < ' ')
			return NULL;
		if (*s == '\\' && (!*++s || !strchr("\"\\/bfnrtu", *s)))
			return NULL;
	}
	return s + 1;
}

static const char *skip_digits(const char *s)
{
	return isdigit((unsigned char)*s) ? s + strspn(s, "0123456789") : NULL;
}

static const char *skip_number(const char *s)
{
	s = skip_digits(s + (*s == '-'));
	if (s && *s == '.')
		s = skip_digits(s + 1);
	if (s && (*s == 'e' || *s == 'E')) {
		s++;
		s = skip_digits(s + (*s == '-' || *s == '+'));
	}
	return s;
}

/* Behind a string, number or word; NULL if there is none. */
static const char *skip_leaf(const char *s)
{
	static const char *const words[] = { "true", "false", "null" };

	if (*s == '"')
		return skip_string(s);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strncmp(s, words[i], strlen(words[i])))
			return s + strlen(words[i]);
	}
	return skip_number(s);
}

/* Behind a value; NULL if it is none. */
static const char *skip_value(const char *s, int depth)
{
	bool object = *s == '{';
	char close = object ? '}' : ']';

	if (!object && *s != '[')
		return skip_leaf(s);
	if (depth == JSON_DEPTH)
		return NULL;
	s = skip_space(s + 1);
	if (*s == close)
		return s + 1;
	for (;;) {
		if (object) {
			s = skip_string(s);
			if (!s || *(s = skip_space(s)) != ':')
				return NULL;
			s = skip_space(s + 1);
		}
		s = skip_value(s, depth + 1);
		if (!s)
			return NULL;
		s = skip_space(s);
		if (*s == close)
			return s + 1;
		if (*s != ',')
			return NULL;
		s = skip_space(s + 1);
	}
}

bool json_valid(const char *text)
{
	const char *end = skip_value(skip_space(text), 0);

	return end && !*skip_space(end);
}

/* Behind the value that a wildcard in want stands for; NULL if want has none here or the value is another. */
static const char *skip_wild(const char **want, const char *got)
{
	static const char *const wild[] = { "\"<any>\"", "\"<number>\"", "\"<string>\"" };

	for (size_t i = 0; i < ARRAY_SIZE(wild); i++) {
		size_t len = strlen(wild[i]);

		if (strncmp(*want, wild[i], len) != 0)
			continue;
		*want += len;
		return !i ? skip_value(got, 0) : i == 1 ? skip_number(got) : skip_string(got);
	}
	return NULL;
}

static bool is_leaf(char c)
{
	return c && !strchr("{}[],:", c);
}

bool json_equal(const char *want, const char *got)
{
	if (!json_valid(want) || !json_valid(got))
		return false;
	for (;;) {
		const char *end;

		want = skip_space(want);
		got = skip_space(got);
		end = skip_wild(&want, got);
		if (end) {
			got = end;
			continue;
		}
		if (!*want || !*got)
			return *want == *got;
		end = is_leaf(*want) ? skip_leaf(want) : want + 1;
		if (strncmp(want, got, (size_t)(end - want)) != 0)
			return false;
		got += end - want;
		want = end;
		/* 1 is not 12. */
		if (isdigit((unsigned char)end[-1]) && is_leaf(*got) &&
		    !isspace((unsigned char)*got))
			return false;
	}
}
