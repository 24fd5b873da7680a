/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From text to tokens, one at a time and on demand: the parser says whether a probe's name or an
 * ordinary token is due, as the two are written by different rules. Comments, blanks and
 * preprocessor lines are layout, which stands before any token.
 */
#ifndef LANG_LEX_H
#define LANG_LEX_H

#include "base/diag.h"

enum token_kind {
	TOKEN_END,
	TOKEN_ERROR, /* reported already */
	TOKEN_IDENT,
	TOKEN_INT,    /* value */
	TOKEN_STRING, /* text, len: unescaped */
	TOKEN_VAR,
	TOKEN_MAP,
	TOKEN_PARAM, /* value: its number */
	TOKEN_PARAM_COUNT,
	TOKEN_PROBE,
#define KEYWORD(id, text) TOKEN_##id,
#define PUNCT(id, text) TOKEN_##id,
#include "lang/token.def"
	TOKEN_COUNT
};

struct token {
	enum token_kind kind;
	struct loc loc;
	const char *text; /* into the source, or the arena for a string */
	u32 len;
	u32 conds; /* of #ifdef that were open before it */
	u64 value;
};

#define LEX_MAX_CONDS 16

struct lex {
	struct arena *arena;
	struct diag *d; /* NULL: mistakes are passed over in silence */
	const char *source;
	u32 len;
	u32 pos, line, line_start;
	bool cut; /* the rest of the text was lost to what is never closed */
	u32 cond_count;
	struct loc conds[LEX_MAX_CONDS]; /* the #ifdef lines that are open */
};

/* Whether the source is text at all: UTF-8 without control characters, of at most
 * LANG_MAX_SOURCE bytes. 0 or -EINVAL, reported. Everything below needs a source that passed. */
int lex_check(const char *source, size_t len, struct diag *d);
void lex_init(struct lex *l, struct arena *arena, const char *source, size_t len, struct diag *d);

struct token lex_next(struct lex *l);
/*
 * A probe's name, up to what ends it: a blank, ',', '{', ';', '}' or the '/' of a predicate. A '/'
 * belongs to the name in a path: in the second part of a uprobe or usdt, behind a colon, or where
 * no predicate can begin. TOKEN_PROBE, with an empty text where there is none.
 */
struct token lex_probe(struct lex *l);

/* For whoever looks at the text before a token is due. */
void lex_layout(struct lex *l);                      /* skips what is no token */
int lex_char(const struct lex *l, u32 ahead);        /* 0 at the end */
u32 lex_word_len(const struct lex *l, u32 at);       /* of the name that begins there, or 0 */
struct loc lex_here(const struct lex *l);            /* the place, of length 0 */
void lex_back(struct lex *l, const struct token *t); /* reads that token again */
/* The first character that is no layout at an offset on a token's end; nothing is reported. */
int lex_char_after(const struct lex *l, const struct token *t);
/* After a mistake outside of any block: to just before the next '{' or behind a ';' or '}'. */
void lex_skip_to_brace(struct lex *l);

/* How a token is called in messages and in -d tokens. */
const char *token_kind_name(enum token_kind kind);
/* What the kind is written like, NULL for those of several spellings. */
const char *token_text(enum token_kind kind);

/* The parts in lex_literal.c and lex_layout.c. */
void lex_number(struct lex *l, struct token *t);
void lex_string(struct lex *l, struct token *t);
void lex_char_literal(struct lex *l, struct token *t);
void lex_newline(struct lex *l); /* past the line's end at pos */
void lex_error(struct lex *l, struct loc loc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void lex_hint(struct lex *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static inline bool lex_is_word(int c)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

static inline bool lex_is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static inline bool lex_is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

#endif
