/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands between tokens: blanks, comments, and preprocessor lines, of which only those that
 * ask for BPFTRACE_HAVE_BTF mean something (types come from BTF here, so it is as good as
 * defined):
 *
 *	#ifndef BPFTRACE_HAVE_BTF
 *	#include <linux/sched.h>      passed over
 *	#endif
 */
#include <string.h>

#include "lang/lex.h"

void lex_newline(struct lex *l)
{
	l->pos++;
	l->line++;
	l->line_start = l->pos;
}

static void lex_rest_of_line(struct lex *l)
{
	while (l->pos < l->len && lex_char(l, 0) != '\n') {
		if (lex_char(l, 0) == '\\' && lex_char(l, 1) == '\n') {
			l->pos++;
			lex_newline(l);
		} else {
			l->pos++;
		}
	}
}

static void lex_blanks(struct lex *l)
{
	while (lex_is_blank(lex_char(l, 0)))
		l->pos++;
}

static void lex_comment(struct lex *l)
{
	struct loc at = lex_here(l);

	at.len = 2;
	l->pos += 2;
	while (l->pos < l->len) {
		if (lex_char(l, 0) == '*' && lex_char(l, 1) == '/') {
			l->pos += 2;
			return;
		}
		if (lex_char(l, 0) == '\n')
			lex_newline(l);
		else
			l->pos++;
	}
	l->cut = true;
	lex_error(l, at, "this comment is never closed");
	lex_hint(l, "close it with '*/'");
}

/* The word at the place, which is passed over; *len is its length. */
static const char *lex_take_word(struct lex *l, u32 *len)
{
	const char *word;

	lex_blanks(l);
	word = l->source + l->pos;
	*len = lex_word_len(l, l->pos);
	l->pos += *len;
	return word;
}

static bool lex_is(const char *word, u32 len, const char *name)
{
	return strlen(name) == len && !memcmp(word, name, len);
}

/* Passes over a branch that is not taken, to behind its #endif or, if wanted, its #else. */
static void lex_skip_branch(struct lex *l, bool stop_at_else)
{
	u32 depth = 0;

	while (l->pos < l->len) {
		const char *word;
		u32 len;

		lex_rest_of_line(l);
		if (l->pos < l->len)
			lex_newline(l);
		lex_blanks(l);
		if (lex_char(l, 0) != '#')
			continue;
		l->pos++;
		word = lex_take_word(l, &len);
		if (lex_is(word, len, "if") || lex_is(word, len, "ifdef") ||
		    lex_is(word, len, "ifndef")) {
			depth++;
		} else if (lex_is(word, len, "endif") && !depth--) {
			l->cond_count--;
			return;
		} else if (lex_is(word, len, "else") && !depth && stop_at_else) {
			return;
		}
	}
}

static void lex_ifdef(struct lex *l, struct loc at, bool negated)
{
	u32 len;
	const char *name = lex_take_word(l, &len);

	if (!len) {
		lex_error(l, at, "expected a name after '#%s'", negated ? "ifndef" : "ifdef");
		return;
	}
	if (l->cond_count == LEX_MAX_CONDS) {
		lex_error(l, at, "'#ifdef' is nested deeper than %u levels", LEX_MAX_CONDS);
		return;
	}
	l->conds[l->cond_count++] = at;
	if (lex_is(name, len, "BPFTRACE_HAVE_BTF") == negated)
		lex_skip_branch(l, true);
}

static void lex_unsupported(struct lex *l, struct loc at, const char *word, u32 len)
{
	static const char *const directives[] = {
		"include", "define", "undef", "if", "elif", "pragma", "line", "error", "warning",
	};
	bool is_known = false;

	for (size_t i = 0; i < ARRAY_SIZE(directives); i++)
		is_known |= lex_is(word, len, directives[i]);
	if (!is_known) {
		at.len = 1;
		lex_error(l, at, "unexpected '#'");
		lex_hint(l, "comments begin with '//'");
		return;
	}
	lex_error(l, at, "'#%.*s' is not supported yet", (int)len, word);
	if (lex_is(word, len, "include"))
		lex_hint(l, "the kernel's types are known without headers; define others in the "
			    "script");
	else if (lex_is(word, len, "define"))
		lex_hint(l, "for a constant write: enum { NAME = 1 };");
}

static void lex_directive(struct lex *l)
{
	struct loc at = lex_here(l);
	const char *word;
	u32 len;

	l->pos++;
	word = lex_take_word(l, &len);
	at.len = l->pos - at.offset;
	if (lex_is(word, len, "ifdef") || lex_is(word, len, "ifndef")) {
		lex_ifdef(l, at, len == 6);
	} else if (lex_is(word, len, "else") || lex_is(word, len, "endif")) {
		if (!l->cond_count)
			lex_error(l, at, "'#%.*s' without '#ifdef'", (int)len, word);
		else if (len == 4)
			lex_skip_branch(l, false);
		else
			l->cond_count--;
	} else {
		lex_unsupported(l, at, word, len);
	}
	lex_rest_of_line(l);
}

static bool lex_at_line_start(const struct lex *l)
{
	for (u32 i = l->line_start; i < l->pos; i++) {
		if (!lex_is_blank((u8)l->source[i]))
			return false;
	}
	return true;
}

void lex_layout(struct lex *l)
{
	while (l->pos < l->len) {
		int c = lex_char(l, 0);

		if (c == '\n') {
			lex_newline(l);
		} else if (lex_is_blank(c)) {
			l->pos++;
		} else if (c == '/' && lex_char(l, 1) == '/') {
			while (l->pos < l->len && lex_char(l, 0) != '\n')
				l->pos++;
		} else if (c == '/' && lex_char(l, 1) == '*') {
			lex_comment(l);
		} else if (c == '#' && lex_at_line_start(l)) {
			lex_directive(l);
		} else {
			return;
		}
	}
	if (l->cond_count) {
		l->cut = true;
		lex_error(l, l->conds[l->cond_count - 1], "there is no '#endif' for this");
		l->cond_count = 0;
	}
}

void lex_skip_to_brace(struct lex *l)
{
	while (l->pos < l->len) {
		int c = lex_char(l, 0);

		if (c == '{')
			return;
		if (c == '\n') {
			lex_newline(l);
			continue;
		}
		l->pos++;
		if (c == ';' || c == '}')
			return;
		if (c != '"')
			continue;
		while (lex_char(l, 0) && lex_char(l, 0) != '\n' && lex_char(l, 0) != '"')
			l->pos++;
		if (lex_char(l, 0) == '"')
			l->pos++;
	}
}
