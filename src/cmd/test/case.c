/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/test/case.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

static const struct {
	const char *name;
	bool is_once, is_machine;
} directives[] = {
#define DIRECTIVE(name, is_once, is_machine) { #name, is_once, is_machine },
#include "cmd/test/directive.def"
#undef DIRECTIVE
};

const char *test_directive_name(enum test_directive d)
{
	return d < TEST_DIRECTIVES ? directives[d].name : "";
}

bool test_directive_is_once(enum test_directive d)
{
	return d < TEST_DIRECTIVES && directives[d].is_once;
}

bool test_directive_is_machine(enum test_directive d)
{
	return d < TEST_DIRECTIVES && directives[d].is_machine;
}

static enum test_directive find(const char *word, size_t n)
{
	for (u32 i = 0; i < TEST_DIRECTIVES; i++) {
		if (strlen(directives[i].name) == n && !memcmp(directives[i].name, word, n))
			return (enum test_directive)i;
	}
	return TEST_DIRECTIVES;
}

/* Where a line ends, and those that go on with it. Empty ones are no part of it. */
static size_t value_end(const char *text, size_t len, size_t at, size_t *next, u32 *lines)
{
	size_t end = at;

	for (;;) {
		const char *newline = memchr(text + at, '\n', len - at);
		size_t stop = newline ? (size_t)(newline - text) : len;

		for (size_t i = at; i < stop; i++) {
			if (!isspace((unsigned char)text[i]))
				end = i + 1;
		}
		*next = newline ? stop + 1 : len;
		++*lines;
		if (*next == len || (text[*next] != '\t' && text[*next] != ' '))
			return end;
		at = *next;
	}
}

/* Passes lines that have nothing in them. */
static size_t skip_empty(const char *text, size_t len, size_t at, u32 *number)
{
	for (size_t i = at; i < len && isspace((unsigned char)text[i]); i++) {
		if (text[i] != '\n')
			continue;
		at = i + 1;
		++*number;
	}
	return at;
}

static void add_line(struct test_file *f, struct arena *a, const struct test_line *line)
{
	struct test_case *c;

	if (line->directive != TEST_NAME) {
		*vec_add(a, f->cases.n ? &f->cases.at[f->cases.n - 1].lines : &f->common) = *line;
		return;
	}
	c = vec_add(a, &f->cases);
	c->name = test_text(f, line, a);
	c->loc = line->loc;
}

void test_file_parse(struct test_file *f, struct arena *a, const char *path, const char *text,
		     size_t len)
{
	const char *slash = strrchr(path, '/');
	size_t at, next;
	u32 number = 1;

	*f = (struct test_file){ .path = path, .text = text, .len = len };
	f->dir = slash ? arena_strndup(a, path, (size_t)(slash - path) + 1) : "";
	for (at = skip_empty(text, len, 0, &number); at < len;
	     at = skip_empty(text, len, next, &number)) {
		struct test_line line = { .value_line = number, .value_start = (u32)at };
		size_t n = 0;

		line.end = (u32)value_end(text, len, at, &next, &number);
		while (at + n < line.end && !isspace((unsigned char)text[at + n]))
			n++;
		if (text[at] == '#' || line.end <= at)
			continue;
		while (at + n < line.end && (text[at + n] == ' ' || text[at + n] == '\t'))
			n++;
		line.at = (u32)(at + n);
		while (n && isspace((unsigned char)text[at + n - 1]))
			n--;
		line.loc = (struct loc){ (u32)at, (u32)n, line.value_line, 1 };
		line.directive = find(text + at, n);
		add_line(f, a, &line);
	}
}

int test_line_unknown(const struct test_file *f, const struct test_line *line, struct diag *d)
{
	char word[64];
	size_t n = line->loc.len < sizeof(word) ? line->loc.len : sizeof(word) - 1;
	struct nearest near;

	if (!n)
		return diag_error(
			d,
			(struct loc){ line->at, 1, line->value_line,
				      line->at - line->value_start + 1 },
			"a line that begins with a blank goes on with the one above, but there is "
			"none");
	memcpy(word, f->text + line->loc.offset, n);
	word[n] = '\0';
	near = nearest_to(word);
	for (u32 i = 0; i < TEST_DIRECTIVES; i++)
		nearest_try(&near, directives[i].name);
	diag_error(d, line->loc, "there is no directive '%s'", word);
	if (nearest_name(&near))
		diag_hint(d, "did you mean '%s'?", nearest_name(&near));
	return -EINVAL;
}

struct literal test_value(const struct test_file *f, const struct test_line *line,
			  const struct rawbtf *btf, struct diag *d)
{
	return (struct literal){
		.btf = btf,
		.d = d,
		.text = f->text,
		.at = line->at,
		.end = line->end,
		.line = line->value_line,
		.line_start = line->value_start,
	};
}

const char *test_text(const struct test_file *f, const struct test_line *line, struct arena *a)
{
	return arena_strndup(a, f->text + line->at, line->end - line->at);
}
