/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parser's tokens and mistakes. Tokens come from the lexer on demand into a small ring, for a
 * look ahead; what the ring holds can be given back, for the names of probes are read by other
 * rules.
 */
#include "lang/parse.h"

#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "lang/lang.h"

const struct token *parse_peek(struct parser *p, u32 ahead)
{
	while (p->count <= ahead) {
		struct token *t = &p->ring[(p->first + p->count) % PARSE_LOOKAHEAD];

		*t = p->stopped ? (struct token){ .kind = TOKEN_END } : lex_next(&p->lex);
		p->count++;
	}
	return &p->ring[(p->first + ahead) % PARSE_LOOKAHEAD];
}

struct token parse_next(struct parser *p)
{
	struct token t = *parse_peek(p, 0);

	if (t.kind == TOKEN_END)
		return t;
	p->first++;
	p->count--;
	p->last = t.loc;
	if (p->trace)
		buf_printf(p->trace, "%u:%u\t%s\t%.*s\n", t.loc.line, t.loc.col,
			   token_kind_name(t.kind), (int)t.loc.len, p->lex.source + t.loc.offset);
	return t;
}

bool parse_at(struct parser *p, enum token_kind kind)
{
	return parse_peek(p, 0)->kind == kind;
}

bool parse_accept(struct parser *p, enum token_kind kind)
{
	if (!parse_at(p, kind))
		return false;
	parse_next(p);
	return true;
}

bool parse_is_word(const struct token *t, const char *word)
{
	return t->kind == TOKEN_IDENT && strlen(word) == t->len && !memcmp(word, t->text, t->len);
}

const char *parse_text(struct parser *p, const struct token *t)
{
	return arena_strndup(p->arena, t->text, t->len);
}

const char *parse_show(struct parser *p, const struct token *t)
{
	if (t->kind == TOKEN_END)
		return "the end of the script";
	if (t->kind == TOKEN_STRING)
		return "a string";
	if (t->len > 40)
		return arena_printf(p->arena, "'%.37s...'", t->text);
	return arena_printf(p->arena, "'%.*s'", (int)t->len, t->text);
}

struct loc parse_since(const struct parser *p, struct loc from)
{
	return loc_join(from, p->last);
}

void *parse_error(struct parser *p, struct loc loc, const char *fmt, ...)
{
	struct buf text = { 0 };
	va_list ap;

	p->silent = p->stopped;
	if (p->stopped)
		return NULL;
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	diag_error(p->d, loc, "%s", buf_str(&text));
	buf_done(&text);
	return NULL;
}

void parse_hint(struct parser *p, const char *fmt, ...)
{
	struct buf text = { 0 };
	va_list ap;

	if (p->silent)
		return;
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	diag_hint(p->d, "%s", buf_str(&text));
	buf_done(&text);
}

/* Whether a mistake at the next token was told already: by the lexer, or because the script ends
 * here. */
static bool parse_was_told(struct parser *p)
{
	enum token_kind kind = parse_peek(p, 0)->kind;

	p->silent = kind == TOKEN_ERROR || (kind == TOKEN_END && (p->end_told || p->lex.cut));
	p->end_told |= kind == TOKEN_END;
	return p->silent;
}

void *parse_unexpected(struct parser *p, const char *what)
{
	const struct token *t = parse_peek(p, 0);

	if (parse_was_told(p))
		return NULL;
	return parse_error(p, t->loc, "expected %s, not %s", what, parse_show(p, t));
}

bool parse_expect(struct parser *p, enum token_kind kind, const char *after)
{
	const struct token *t = parse_peek(p, 0);

	if (parse_accept(p, kind))
		return true;
	if (parse_was_told(p))
		return false;
	parse_error(p, t->loc, "expected '%s' after %s, not %s", token_text(kind), after,
		    parse_show(p, t));
	if (t->kind == TOKEN_ASSIGN)
		parse_hint(p, "did you mean '=='?");
	return false;
}

void *parse_stop(struct parser *p)
{
	p->stopped = true;
	p->first = p->count = 0;
	p->lex.pos = p->lex.len;
	p->lex.cond_count = 0;
	p->lex.d = NULL;
	return NULL;
}

bool parse_enter(struct parser *p)
{
	p->depth++;
	if (p->depth <= LANG_MAX_DEPTH)
		return true;
	parse_error(p, parse_peek(p, 0)->loc, "nested deeper than %d levels", LANG_MAX_DEPTH);
	parse_stop(p);
	return false;
}

void parse_leave(struct parser *p)
{
	p->depth--;
}

void parse_recover(struct parser *p)
{
	while (!parse_at(p, TOKEN_END) && !parse_at(p, TOKEN_LBRACE) &&
	       !parse_at(p, TOKEN_RBRACE)) {
		if (parse_next(p).kind == TOKEN_SEMICOLON)
			return;
	}
}

void parse_skip_block(struct parser *p)
{
	u32 depth = 0;

	do {
		enum token_kind kind = parse_next(p).kind;

		if (kind == TOKEN_END)
			return;
		depth += kind == TOKEN_LBRACE;
		depth -= kind == TOKEN_RBRACE;
	} while (depth);
}
