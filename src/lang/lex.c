/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tokens are cut by hand: a word, a number, a string, a sigil with its name, or the longest
 * punctuation that fits. A mistake is reported once, where it stands, and gives TOKEN_ERROR or a
 * value of 0, so that the parser need not report it again.
 */
#include "lang/lex.h"

#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "lang/lang.h"

int lex_check(const char *source, size_t len, struct diag *d)
{
	struct loc at = { .line = 1, .col = 1, .len = 1 };

	if (len > LANG_MAX_SOURCE)
		return diag_error(d, LOC_NONE, "the script is larger than %u bytes",
				  LANG_MAX_SOURCE);
	for (size_t i = 0; i < len;) {
		size_t n = text_utf8(source + i, len - i);
		u8 c = (u8)source[i];

		at.offset = (u32)i;
		if (c == 0 || c == 127 || (c < ' ' && !lex_is_blank(c) && c != '\n' && c != 27))
			return diag_error(d, at, "the script is not text: it has a byte 0x%02x", c);
		if (!n)
			return diag_error(d, at, "the script is not UTF-8: it has a byte 0x%02x",
					  c);
		at.col += (u32)n;
		if (c == '\n') {
			at.line++;
			at.col = 1;
		}
		i += n;
	}
	return 0;
}

void lex_init(struct lex *l, struct arena *arena, const char *source, size_t len, struct diag *d)
{
	*l = (struct lex){
		.arena = arena,
		.d = d,
		.source = source,
		.len = (u32)len,
		.line = 1,
	};
	if (len >= 3 && !memcmp(source, "\xef\xbb\xbf", 3))
		l->pos = l->line_start = 3;
	if (lex_char(l, 0) == '#' && lex_char(l, 1) == '!') {
		while (lex_char(l, 0) && lex_char(l, 0) != '\n')
			l->pos++;
	}
}

void lex_error(struct lex *l, struct loc loc, const char *fmt, ...)
{
	struct buf text = { 0 };
	va_list ap;

	if (!l->d)
		return;
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	diag_error(l->d, loc, "%s", buf_str(&text));
	buf_done(&text);
}

void lex_hint(struct lex *l, const char *fmt, ...)
{
	struct buf text = { 0 };
	va_list ap;

	if (!l->d)
		return;
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	diag_hint(l->d, "%s", buf_str(&text));
	buf_done(&text);
}

int lex_char(const struct lex *l, u32 ahead)
{
	return ahead < l->len - l->pos ? (u8)l->source[l->pos + ahead] : 0;
}

u32 lex_word_len(const struct lex *l, u32 at)
{
	u32 n = at;

	if (n >= l->len || lex_is_digit((u8)l->source[n]))
		return 0;
	while (n < l->len && lex_is_word((u8)l->source[n]))
		n++;
	return n - at;
}

struct loc lex_here(const struct lex *l)
{
	return (struct loc){
		.offset = l->pos,
		.line = l->line,
		.col = l->pos - l->line_start + 1,
	};
}

void lex_back(struct lex *l, const struct token *t)
{
	l->pos = t->loc.offset;
	l->line = t->loc.line;
	l->line_start = t->loc.offset - (t->loc.col - 1);
	l->cond_count = t->conds;
}

int lex_char_after(const struct lex *l, const struct token *t)
{
	struct lex ahead = *l;

	lex_back(&ahead, t);
	ahead.pos += t->loc.len;
	ahead.d = NULL;
	lex_layout(&ahead);
	return lex_char(&ahead, 0);
}

static const struct {
	enum token_kind kind;
	const char *name;
} keywords[] = {
#define KEYWORD(id, text) { TOKEN_##id, text },
#include "lang/token.def"
};

static const struct {
	enum token_kind kind;
	u32 len;
	const char *text;
} puncts[] = {
#define PUNCT(id, text) { TOKEN_##id, sizeof(text) - 1, text },
#include "lang/token.def"
};

const char *token_text(enum token_kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++) {
		if (keywords[i].kind == kind)
			return keywords[i].name;
	}
	for (size_t i = 0; i < ARRAY_SIZE(puncts); i++) {
		if (puncts[i].kind == kind)
			return puncts[i].text;
	}
	return NULL;
}

const char *token_kind_name(enum token_kind kind)
{
	switch (kind) {
	case TOKEN_END:
		return "end";
	case TOKEN_ERROR:
		return "error";
	case TOKEN_IDENT:
		return "name";
	case TOKEN_INT:
		return "integer";
	case TOKEN_STRING:
		return "string";
	case TOKEN_VAR:
		return "variable";
	case TOKEN_MAP:
		return "map";
	case TOKEN_PARAM:
	case TOKEN_PARAM_COUNT:
		return "parameter";
	case TOKEN_PROBE:
		return "probe";
	default:
		return lex_is_word((u8)token_text(kind)[0]) ? "keyword" : "mark";
	}
}

static void lex_word(struct lex *l, struct token *t)
{
	u32 n = lex_word_len(l, l->pos);

	t->kind = TOKEN_IDENT;
	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++) {
		if (!strncmp(keywords[i].name, l->source + l->pos, n) && !keywords[i].name[n])
			t->kind = keywords[i].kind;
	}
	l->pos += n;
}

/* $x, $1, $#, @x and @. */
static void lex_sigil(struct lex *l, struct token *t)
{
	bool is_map = lex_char(l, 0) == '@';
	u32 n;

	l->pos++;
	n = lex_word_len(l, l->pos);
	l->pos += n;
	t->loc.len = n + 1;
	if (is_map || n) {
		t->kind = is_map ? TOKEN_MAP : TOKEN_VAR;
	} else if (lex_char(l, 0) == '#') {
		l->pos++;
		t->kind = TOKEN_PARAM_COUNT;
	} else if (lex_is_digit(lex_char(l, 0))) {
		t->kind = TOKEN_PARAM;
		for (; lex_is_digit(lex_char(l, 0)); l->pos++) {
			if (t->value <= UINT32_MAX)
				t->value = t->value * 10 + (u64)(lex_char(l, 0) - '0');
		}
		t->loc.len = l->pos - t->loc.offset;
		if (!t->value || t->value > 65535) {
			lex_error(l, t->loc, "there is no parameter %.*s",
				  t->loc.len > 20 ? 20 : (int)t->loc.len,
				  l->source + t->loc.offset);
			lex_hint(l, "the first one is $1, and $# is their number");
			t->kind = TOKEN_ERROR;
		}
	} else {
		lex_error(l, t->loc, "expected a name after '$'");
		t->kind = TOKEN_ERROR;
	}
}

static void lex_punct(struct lex *l, struct token *t)
{
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(puncts); i++) {
		if (puncts[i].len <= l->len - l->pos &&
		    !memcmp(puncts[i].text, l->source + l->pos, puncts[i].len)) {
			t->kind = puncts[i].kind;
			l->pos += puncts[i].len;
			return;
		}
	}
	n = text_utf8(l->source + l->pos, l->len - l->pos);
	t->kind = TOKEN_ERROR;
	t->loc.len = n ? (u32)n : 1;
	l->pos += t->loc.len;
	if ((u8)l->source[t->loc.offset] >= ' ')
		lex_error(l, t->loc, "unexpected character '%.*s'", (int)t->loc.len,
			  l->source + t->loc.offset);
	else
		lex_error(l, t->loc, "unexpected character 0x%02x", (u8)l->source[t->loc.offset]);
}

struct token lex_next(struct lex *l)
{
	struct token t = { .kind = TOKEN_END };
	int c;

	lex_layout(l);
	t.loc = lex_here(l);
	t.conds = l->cond_count;
	c = lex_char(l, 0);
	if (l->pos >= l->len)
		return t;
	if (lex_is_digit(c))
		lex_number(l, &t);
	else if (lex_is_word(c))
		lex_word(l, &t);
	else if (c == '"')
		lex_string(l, &t);
	else if (c == '\'')
		lex_char_literal(l, &t);
	else if (c == '$' || c == '@')
		lex_sigil(l, &t);
	else
		lex_punct(l, &t);
	t.loc.len = l->pos - t.loc.offset;
	if (t.kind != TOKEN_STRING) {
		t.text = l->source + t.loc.offset;
		t.len = t.loc.len;
	}
	return t;
}
