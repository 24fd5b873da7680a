/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parser's files share. A parsing function takes the tokens of its construct and returns
 * its node, or NULL once it has reported a mistake; statements and definitions then go on behind
 * the next ';' or before the next brace, so that one mistake is told once and the rest of the
 * script is still read.
 */
#ifndef LANG_PARSE_H
#define LANG_PARSE_H

#include "base/table.h"
#include "lang/ast.h"
#include "lang/lex.h"
#include "lang/type_expr.h"

#define PARSE_LOOKAHEAD 32    /* tokens; a power of two */
#define PARSE_MAX_HEIGHT 2000 /* levels of an expression's tree, a + b + c being two */
#define PARSE_MAX_ELSE 500    /* `else if` around a place, as each is a level of the tree */
#define PARSE_MAX_POINTERS 16 /* stars of a type */

struct parser {
	struct lex lex;
	struct arena *arena;
	struct diag *d;
	struct script_ast *ast;
	struct token ring[PARSE_LOOKAHEAD];
	u32 first, count;
	struct loc last; /* of the token taken last */
	u32 depth;       /* of nesting */
	u32 elses;       /* `else if` around the place */
	bool stopped; /* after a mistake that ends all: only TOKEN_END is seen, nothing reported */
	bool in_predicate;      /* a '/' that a '{' follows ends the expression */
	bool unclosed;          /* a probe begins here though blocks are open: they end */
	bool lost_count;        /* of braces: one was missing, so one too many later is its echo */
	bool end_told;          /* that the script ends too early */
	bool silent;            /* the last mistake was not reported: nor is its hint */
	struct table constants; /* enumerators so far: name to s64 */
	struct config_entry **config_tail;
	struct type_def **types_tail;
	struct map_decl **maps_tail;
	struct clause **clauses_tail;
	u32 clause_count;
	struct buf *trace; /* if set: every token taken is written there */
};

/* parse.c: tokens and mistakes */
const struct token *parse_peek(struct parser *p, u32 ahead); /* ahead < PARSE_LOOKAHEAD */
struct token parse_next(struct parser *p);
bool parse_at(struct parser *p, enum token_kind kind);
bool parse_accept(struct parser *p, enum token_kind kind);
/* Takes the token or reports "expected ')' after what, not 'x'" */
bool parse_expect(struct parser *p, enum token_kind kind, const char *after);
bool parse_is_word(const struct token *t, const char *word);
const char *parse_text(struct parser *p, const struct token *t); /* a copy in the arena */
/* For messages: "'x'", "the end of the script". */
const char *parse_show(struct parser *p, const struct token *t);
/* From a token or node that began at `from` to the token taken last. */
struct loc parse_since(const struct parser *p, struct loc from);
/* Report and return NULL. */
void *parse_error(struct parser *p, struct loc loc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void parse_hint(struct parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "expected WHAT, not 'x'" at the next token; silent where the lexer has reported it already. */
void *parse_unexpected(struct parser *p, const char *what);
/* One level deeper; false, with everything stopped, if that is too deep. */
bool parse_enter(struct parser *p);
void parse_leave(struct parser *p);
/* Ends it all, after a report: "expressions nest too deep". */
void *parse_stop(struct parser *p);
/* To just behind the next ';' or before the next brace. */
void parse_recover(struct parser *p);
/* Skips tokens through the brace that closes the '{' that is next. */
void parse_skip_block(struct parser *p);

/* parse_expr.c */
struct node *parse_expr(struct parser *p);
struct node *parse_binary(struct parser *p); /* without ?: */
struct node *parse_unary(struct parser *p);
struct node *parse_new(struct parser *p, enum node_kind kind, struct loc loc);
/* Makes the node at least one higher than its operand; NULL once that is too high. */
struct node *parse_above(struct parser *p, struct node *n, const struct node *operand);
bool parse_is_target(const struct node *n); /* what can be assigned: $x, @x */

/* parse_primary.c */
struct node *parse_primary(struct parser *p);
/* Expressions with commas between them, up to a closing mark which is taken; false after a
 * mistake. */
bool parse_list(struct parser *p, struct node *above, enum token_kind close, const char *what,
		struct node **items, u32 *count);

/* parse_type.c */
bool parse_at_cast(struct parser *p); /* the next is "(type)" and an operand */
/* Whether the tokens are a type up to one of a kind: a name that may be both is taken for a
 * type. */
bool parse_is_type_until(struct parser *p, enum token_kind end);
struct type_expr *parse_type(struct parser *p);
/* The parts: what stands before any '*', and [n][m]. */
bool parse_type_base(struct parser *p, struct type_expr *t);
bool parse_dimensions(struct parser *p, struct type_expr *t);
bool parse_pointers(struct parser *p, struct type_expr *t);
bool parse_qualifier(struct parser *p); /* takes const, volatile and the like */

/* parse_const.c */
bool parse_constant(struct parser *p, s64 *value);
void parse_define_constant(struct parser *p, const char *name, s64 value);

/* parse_def.c */
void parse_definition(struct parser *p);

/* parse_stmt.c */
struct node *parse_block(struct parser *p, const char *after);
struct node *parse_if(struct parser *p);
bool parse_expect_semicolon(struct parser *p, const char *after);
/* The keyword nearest to a misspelt word, NULL if none is near. */
const char *parse_near_keyword(const char *word);

#endif
