/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Blocks and statements. A statement ends in ';' or with its block; the last of a block needs no
 * ';'. After a mistake the block goes on with the next statement; a mistake in the head of an `if`
 * or a loop still has its body read.
 */
#include <string.h>

#include "base/text.h"
#include "lang/lang.h"
#include "lang/parse.h"

static struct node *parse_stmt(struct parser *p);

static const u8 assign_ops[TOKEN_COUNT] = {
	[TOKEN_ADD_ASSIGN] = OP_ADD, [TOKEN_SUB_ASSIGN] = OP_SUB, [TOKEN_MUL_ASSIGN] = OP_MUL,
	[TOKEN_DIV_ASSIGN] = OP_DIV, [TOKEN_MOD_ASSIGN] = OP_MOD, [TOKEN_AND_ASSIGN] = OP_AND,
	[TOKEN_OR_ASSIGN] = OP_OR,   [TOKEN_XOR_ASSIGN] = OP_XOR, [TOKEN_SHL_ASSIGN] = OP_SHL,
	[TOKEN_SHR_ASSIGN] = OP_SHR,
};

const char *parse_near_keyword(const char *word)
{
	struct nearest n = nearest_to(word);

#define KEYWORD(id, text) nearest_try(&n, text);
#include "lang/token.def"
	return strlen(word) < 2 ? NULL : nearest_name(&n);
}

/* The word that a statement began with, if it is the cause: hints at the keyword meant. */
static void parse_hint_keyword(struct parser *p, const struct token *word)
{
	const char *near;

	if (word->kind != TOKEN_IDENT)
		return;
	near = parse_near_keyword(parse_text(p, word));
	if (near)
		parse_hint(p, "did you mean '%s'?", near);
}

/* Whether the next token stands on a later line than the last one: a missing ';' is then all
 * that is wrong. */
static bool parse_on_new_line(struct parser *p)
{
	const struct token *t = parse_peek(p, 0);

	return t->loc.line > p->last.line || t->kind == TOKEN_END;
}

static struct loc parse_behind_last(const struct parser *p)
{
	struct loc at = p->last;

	at.offset += at.len;
	at.col += at.len;
	at.len = 1;
	return at;
}

bool parse_expect_semicolon(struct parser *p, const char *after)
{
	if (parse_accept(p, TOKEN_SEMICOLON) || parse_at(p, TOKEN_RBRACE))
		return true;
	if (parse_on_new_line(p) && !parse_at(p, TOKEN_ERROR)) {
		if (!parse_at(p, TOKEN_END))
			parse_error(p, parse_behind_last(p), "expected ';' after %s", after);
		return true;
	}
	parse_expect(p, TOKEN_SEMICOLON, after);
	return false;
}

/* A statement's body; one without braces is reported and read all the same. NULL after a
 * mistake. */
static struct node *parse_body(struct parser *p, const char *what)
{
	struct node *body = NULL;

	if (parse_at(p, TOKEN_LBRACE))
		return parse_block(p, what);
	parse_expect(p, TOKEN_LBRACE, what);
	if (parse_at(p, TOKEN_END) || parse_at(p, TOKEN_RBRACE) || parse_at(p, TOKEN_ASSIGN) ||
	    parse_at(p, TOKEN_ERROR))
		return NULL;
	parse_hint(p, "its body needs braces");
	if (parse_enter(p))
		body = parse_stmt(p);
	parse_leave(p);
	return body;
}

/* After a mistake in what stands before a block: to the block, if it comes before the
 * statement's end. */
static bool parse_recover_head(struct parser *p, bool past_semicolons)
{
	while (!parse_at(p, TOKEN_LBRACE)) {
		if (parse_at(p, TOKEN_END) || parse_at(p, TOKEN_RBRACE) ||
		    (parse_at(p, TOKEN_SEMICOLON) && !past_semicolons))
			return false;
		parse_next(p);
	}
	return true;
}

/* A condition, with or without parentheses, and the body after it. A condition with a mistake
 * becomes NULL, which nobody sees as the script is refused; false only if what follows is not
 * the next statement. */
static bool parse_head_and_body(struct parser *p, const char *what, struct node **cond,
				struct node **body)
{
	*cond = parse_at(p, TOKEN_LBRACE) ? parse_unexpected(p, "a condition") : parse_expr(p);
	if (*cond && parse_at(p, TOKEN_ASSIGN)) {
		parse_error(p, parse_peek(p, 0)->loc, "assignment in a condition");
		parse_hint(p, "did you mean '=='?");
		*cond = NULL;
	}
	if (!*cond && !parse_recover_head(p, false))
		return false;
	*body = parse_body(p, what);
	return *body != NULL;
}

/* The `else if` at the place, to be the otherwise of n; NULL if they are too many. */
static struct node *parse_else_if(struct parser *p, struct node *n)
{
	if (p->elses++ == PARSE_MAX_ELSE) {
		parse_error(p, p->last, "more than %d 'else if' in a row", PARSE_MAX_ELSE);
		return parse_stop(p);
	}
	n->cond.otherwise = parse_new(p, NODE_IF, p->last);
	return n->cond.otherwise;
}

struct node *parse_if(struct parser *p)
{
	struct node *first = parse_new(p, NODE_IF, parse_peek(p, 0)->loc);
	u32 elses = p->elses;
	bool ok = true;

	for (struct node *n = first; n; n = parse_else_if(p, n)) {
		n->loc = parse_next(p).loc;
		ok &= parse_head_and_body(p, "the condition of 'if'", &n->cond.condition,
					  &n->cond.then);
		n->loc = parse_since(p, n->loc);
		if (p->unclosed || !parse_accept(p, TOKEN_ELSE))
			break;
		if (!parse_at(p, TOKEN_IF)) {
			n->cond.otherwise = parse_body(p, "'else'");
			ok &= n->cond.otherwise != NULL;
			break;
		}
	}
	p->elses = elses;
	first->loc = parse_since(p, first->loc);
	return ok && !p->stopped ? first : NULL;
}

static struct node *parse_loop(struct parser *p, enum node_kind kind)
{
	struct token t = parse_next(p);
	struct node *n = parse_new(p, kind, t.loc);
	const char *what =
		kind == NODE_WHILE ? "the condition of 'while'" : "the count of 'unroll'";

	if (!parse_head_and_body(p, what, &n->loop.condition, &n->loop.body))
		return NULL;
	n->loc = parse_since(p, t.loc);
	return n;
}

static struct node *parse_var(struct parser *p, const char *after)
{
	struct token t = *parse_peek(p, 0);
	struct node *n;

	if (t.kind != TOKEN_VAR) {
		parse_unexpected(p, arena_printf(p->arena, "a variable after %s", after));
		if (t.kind == TOKEN_IDENT)
			parse_hint(p, "variables begin with '$'");
		return NULL;
	}
	parse_next(p);
	n = parse_new(p, NODE_VAR, t.loc);
	n->var.name = parse_text(p, &t);
	return n;
}

/* What stands between the '(' of a for loop, if it has one, and its body. */
static bool parse_for_head(struct parser *p, struct node *n)
{
	struct node *var = parse_var(p, "'for'");
	struct node *from;

	if (!var)
		return false;
	if (!parse_at(p, TOKEN_COLON)) {
		parse_unexpected(p, "':' after the loop's variable");
		parse_hint(p, "loops are written: for ($i : 0..10) or for ($kv : @map)");
		return false;
	}
	parse_next(p);
	from = parse_binary(p);
	if (!from)
		return false;
	if (parse_accept(p, TOKEN_RANGE)) {
		n->kind = NODE_FOR_RANGE;
		n->range.var = var;
		n->range.from = from;
		n->range.to = parse_binary(p);
		return n->range.to != NULL;
	}
	if (from->kind != NODE_MAP || from->map.keys) {
		parse_error(p, from->loc, "expected a map or a range");
		parse_hint(p, "loops are written: for ($i : 0..10) or for ($kv : @map)");
		return false;
	}
	n->kind = NODE_FOR_MAP;
	n->each.var = var;
	n->each.map = from;
	return true;
}

static struct node *parse_for(struct parser *p)
{
	struct token t = parse_next(p);
	struct node *n = parse_new(p, NODE_FOR_RANGE, t.loc);
	bool has_paren = parse_accept(p, TOKEN_LPAREN);
	bool ok = parse_for_head(p, n);
	struct node *body;

	if (ok && has_paren)
		ok = parse_expect(p, TOKEN_RPAREN, "the range");
	if (!ok && !parse_recover_head(p, has_paren))
		return NULL;
	body = parse_body(p, "the head of 'for'");
	if (!body)
		return NULL;
	if (n->kind == NODE_FOR_RANGE)
		n->range.body = body;
	else
		n->each.body = body;
	n->loc = parse_since(p, t.loc);
	return n;
}

static struct node *parse_jump(struct parser *p)
{
	struct token t = parse_next(p);
	struct node *n;

	n = parse_new(p,
		      t.kind == TOKEN_BREAK      ? NODE_BREAK
		      : t.kind == TOKEN_CONTINUE ? NODE_CONTINUE
						 : NODE_RETURN,
		      t.loc);
	if (t.kind == TOKEN_RETURN && !parse_at(p, TOKEN_SEMICOLON) && !parse_at(p, TOKEN_RBRACE)) {
		n->expr = parse_expr(p);
		if (!n->expr)
			return NULL;
		n->loc = parse_since(p, t.loc);
	}
	return parse_expect_semicolon(p, parse_show(p, &t)) ? n : NULL;
}

static struct node *parse_let(struct parser *p)
{
	struct token t = parse_next(p);
	struct node *n = parse_new(p, NODE_LET, t.loc);

	if (parse_at(p, TOKEN_MAP)) {
		parse_error(p, parse_peek(p, 0)->loc, "maps are declared outside of probes");
		return NULL;
	}
	n->let.var = parse_var(p, "'let'");
	if (!n->let.var)
		return NULL;
	if (parse_accept(p, TOKEN_COLON)) {
		n->let.type = parse_type(p);
		if (!n->let.type)
			return NULL;
	}
	if (parse_accept(p, TOKEN_ASSIGN)) {
		n->let.value = parse_expr(p);
		if (!n->let.value)
			return NULL;
	}
	n->loc = parse_since(p, t.loc);
	return parse_expect_semicolon(p, "the declaration") ? n : NULL;
}

static struct node *parse_no_target(struct parser *p, const struct node *target)
{
	parse_error(p, target->loc, "only variables and maps can be assigned to");
	if (target->kind == NODE_FIELD && !target->field.name)
		parse_hint(p, "tuples cannot be changed: assign a new one");
	else if (target->kind == NODE_IDENT)
		parse_hint(p, "variables begin with '$', maps with '@'");
	return NULL;
}

/* An expression for its effect, an assignment, or `_ = e`. */
static struct node *parse_expr_stmt(struct parser *p)
{
	struct token t = *parse_peek(p, 0);
	struct node *n = parse_new(p, NODE_EXPR, t.loc);
	enum token_kind kind;

	if (parse_is_word(&t, "_") && parse_peek(p, 1)->kind == TOKEN_ASSIGN) {
		parse_next(p);
		parse_next(p);
		n->discard = true;
	}
	n->expr = parse_expr(p);
	if (!n->expr)
		return NULL;
	kind = parse_peek(p, 0)->kind;
	if (!n->discard && (kind == TOKEN_ASSIGN || assign_ops[kind])) {
		struct node *assign = parse_new(p, NODE_ASSIGN, t.loc);

		if (!parse_is_target(n->expr))
			return parse_no_target(p, n->expr);
		parse_next(p);
		assign->assign.op = assign_ops[kind];
		assign->assign.target = n->expr;
		assign->assign.value = parse_expr(p);
		assign = parse_above(p, assign, assign->assign.target);
		assign = assign ? parse_above(p, assign, assign->assign.value) : NULL;
		if (!assign)
			return NULL;
		assign->loc = parse_since(p, t.loc);
		n->expr = assign;
	}
	n->loc = parse_since(p, t.loc);
	if (parse_at(p, TOKEN_ASSIGN)) {
		parse_error(p, parse_peek(p, 0)->loc, "an assignment is no value");
		parse_hint(p, "assign in a statement of its own, or compare with '=='");
		return NULL;
	}
	if (parse_expect_semicolon(p, "the statement"))
		return n;
	if (n->expr->kind == NODE_IDENT || n->expr->kind == NODE_CALL)
		parse_hint_keyword(p, &t);
	return NULL;
}

/* A probe at the line's beginning, inside of a block: a '}' is missing before it. */
static bool parse_at_probe(struct parser *p)
{
	static const char *const plain[] = { "BEGIN", "END", "begin", "end" };
	struct token t = *parse_peek(p, 0);
	enum token_kind kind;

	if (t.kind != TOKEN_IDENT || t.loc.col != 1)
		return false;
	kind = parse_peek(p, 1)->kind;
	if (kind == TOKEN_COLON)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		if (parse_is_word(&t, plain[i]) && (kind == TOKEN_LBRACE || kind == TOKEN_DIV))
			return true;
	}
	return false;
}

static struct node *parse_stmt(struct parser *p)
{
	const struct token *t = parse_peek(p, 0);

	switch (t->kind) {
	case TOKEN_LBRACE:
		return parse_block(p, "");
	case TOKEN_IF:
		return parse_if(p);
	case TOKEN_WHILE:
		return parse_loop(p, NODE_WHILE);
	case TOKEN_UNROLL:
		return parse_loop(p, NODE_UNROLL);
	case TOKEN_FOR:
		return parse_for(p);
	case TOKEN_BREAK:
	case TOKEN_CONTINUE:
	case TOKEN_RETURN:
		return parse_jump(p);
	case TOKEN_LET:
		return parse_let(p);
	case TOKEN_IMPORT:
		return parse_error(p, t->loc, "'import' is not supported yet");
	case TOKEN_ELSE:
		parse_error(p, t->loc, "'else' without 'if'");
		parse_next(p);
		return NULL;
	case TOKEN_RPAREN:
	case TOKEN_RBRACKET:
		return parse_unexpected(p, "a statement");
	default:
		return parse_expr_stmt(p);
	}
}

/* Statements up to the closing brace. */
static void parse_stmts(struct parser *p, struct node *block, struct loc open)
{
	struct node **tail = &block->block.stmts;

	while (!parse_at(p, TOKEN_RBRACE) && !p->unclosed) {
		struct node *n;

		if (parse_accept(p, TOKEN_SEMICOLON))
			continue;
		if (parse_at(p, TOKEN_END) || parse_at_probe(p)) {
			p->unclosed = !parse_at(p, TOKEN_END);
			p->lost_count = true;
			parse_unexpected(p, "'}'");
			parse_hint(p, "the '{' in line %u, column %u, is not closed", open.line,
				   open.col);
			return;
		}
		n = parse_stmt(p);
		if (n) {
			*tail = n;
			tail = &n->next;
		} else if (!p->unclosed) {
			parse_recover(p);
		}
	}
}

struct node *parse_block(struct parser *p, const char *after)
{
	struct loc open = parse_peek(p, 0)->loc;
	struct node *n = parse_new(p, NODE_BLOCK, open);

	if (!parse_expect(p, TOKEN_LBRACE, after))
		return NULL;
	if (parse_enter(p))
		parse_stmts(p, n, open);
	parse_leave(p);
	if (!p->unclosed)
		parse_accept(p, TOKEN_RBRACE);
	n->loc = parse_since(p, open);
	return n;
}
