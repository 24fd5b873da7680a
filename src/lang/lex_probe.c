/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of probes, which are raw text:
 *
 *	kprobe:vfs_*    uprobe:/bin/bash:readline/pid == 1/    usdt:"/my path/x":f
 *
 * The one difficulty is '/', which paths have and predicates begin with. It is part of the name in
 * the second field of a probe that takes a path there and in any field that it begins. Elsewhere
 * it begins a predicate, unless what follows up to the next blank looks like the rest of a name
 * ("main.a/b.F {").
 */
#include <string.h>

#include "lang/lex.h"

enum { PROBE_MAX_NAME = 8192 };

static bool lex_takes_path(const char *name, u32 len)
{
	static const char *const kinds[] = {
		"uprobe", "u", "uretprobe", "ur", "usdt", "U",
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strlen(kinds[i]) == len && !memcmp(kinds[i], name, len))
			return true;
	}
	return false;
}

/* Whether the '/' at the place, which is in no path, belongs to the name all the same. */
static bool lex_slash_in_name(const struct lex *l)
{
	struct lex ahead = *l;
	int last = 0;
	int c;

	ahead.d = NULL;
	ahead.pos++;
	for (;; ahead.pos++) {
		c = lex_char(&ahead, 0);
		if (!lex_is_word(c) && (!c || !strchr("./*?+-:[]", c)))
			break;
		last = c;
	}
	if (!last || last == '/' || (c && c != '{' && c != ',' && c != '\n' && !lex_is_blank(c)))
		return false;
	lex_layout(&ahead);
	c = lex_char(&ahead, 0);
	if (c == '/') {
		ahead.pos++;
		lex_layout(&ahead);
		return lex_char(&ahead, 0) != '{';
	}
	return c == '{' || c == ',';
}

/* A quoted part, to behind its closing quote. */
static void lex_quoted(struct lex *l)
{
	struct loc at = lex_here(l);

	l->pos++;
	for (; lex_char(l, 0) && lex_char(l, 0) != '\n'; l->pos++) {
		if (lex_char(l, 0) == '"') {
			l->pos++;
			return;
		}
		if (lex_char(l, 0) == '\\' && lex_char(l, 1) && lex_char(l, 1) != '\n')
			l->pos++;
	}
	at.len = l->pos - at.offset;
	lex_error(l, at, "this string is never closed");
	lex_hint(l, "close it with '\"' on the same line");
}

/* Whether the '/' at the place ends the name; *in_path says and is told whether the field is a
 * path. */
static bool lex_slash_ends(const struct lex *l, bool has_colon, bool *in_path)
{
	int next = lex_char(l, 1);

	if (*in_path)
		return false;
	if (next == '/' || next == '*' || !has_colon || !lex_slash_in_name(l))
		return true;
	*in_path = true;
	return false;
}

struct token lex_probe(struct lex *l)
{
	struct token t = { .kind = TOKEN_PROBE, .loc = lex_here(l), .conds = l->cond_count };
	bool in_path = false;
	u32 field = 0;
	int c;

	while ((c = lex_char(l, 0)) && c != '\n' && !lex_is_blank(c) && !strchr("{},;", c)) {
		if (c == '/' && lex_slash_ends(l, field > 0, &in_path))
			break;
		if (c == '"') {
			lex_quoted(l);
			continue;
		}
		if (c == ':') {
			field++;
			in_path = lex_char(l, 1) == '/' ||
				  (field == 1 &&
				   lex_takes_path(l->source + t.loc.offset, l->pos - t.loc.offset));
		}
		l->pos += c == '\\' && lex_char(l, 1) && lex_char(l, 1) != '\n' ? 2 : 1;
		if (c == '=' && !field)
			t.loc = lex_here(l);
	}
	t.loc.len = l->pos - t.loc.offset;
	t.text = l->source + t.loc.offset;
	t.len = t.loc.len;
	if (t.len > PROBE_MAX_NAME) {
		lex_error(l, t.loc, "a probe's name has at most %d bytes", PROBE_MAX_NAME);
		t.len = PROBE_MAX_NAME;
	}
	return t;
}
