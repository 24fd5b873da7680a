/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What operators are applied to: literals, names, calls, variables and maps with their keys,
 * tuples, sizeof and offsetof. And what the language has here but is not read yet, each with a
 * message of its own.
 */
#include <string.h>

#include "lang/lang.h"
#include "lang/parse.h"

bool parse_list(struct parser *p, struct node *above, enum token_kind close, const char *what,
		struct node **items, u32 *count)
{
	bool in_predicate = p->in_predicate;
	struct node **tail = items;

	p->in_predicate = false;
	*items = NULL;
	*count = 0;
	do {
		struct node *n;

		if (parse_at(p, close) || parse_at(p, TOKEN_COMMA)) {
			parse_unexpected(p, what);
			break;
		}
		n = parse_expr(p);
		if (!parse_above(p, above, n))
			break;
		*tail = n;
		tail = &n->next;
		++*count;
		if (parse_at(p, close)) {
			parse_next(p);
			p->in_predicate = in_predicate;
			return true;
		}
		if (!parse_at(p, TOKEN_COMMA)) {
			parse_unexpected(p, arena_printf(p->arena, "',' or '%s' after %s",
							 token_text(close), what));
			if (parse_at(p, TOKEN_ASSIGN))
				parse_hint(p, "did you mean '=='?");
			break;
		}
	} while (parse_accept(p, TOKEN_COMMA));
	p->in_predicate = in_predicate;
	return false;
}

static struct node *parse_call(struct parser *p, struct token name)
{
	struct node *n = parse_new(p, NODE_CALL, name.loc);

	n->call.name = parse_text(p, &name);
	parse_next(p);
	if (!parse_accept(p, TOKEN_RPAREN) &&
	    !parse_list(p, n, TOKEN_RPAREN, "an argument", &n->call.args, &n->call.count))
		return NULL;
	n->loc = parse_since(p, name.loc);
	return n;
}

static struct node *parse_name(struct parser *p)
{
	struct token t = parse_next(p);
	struct node *n;

	if (parse_at(p, TOKEN_LPAREN))
		return parse_call(p, t);
	n = parse_new(p, NODE_IDENT, t.loc);
	n->name = parse_text(p, &t);
	return n;
}

static struct node *parse_map(struct parser *p)
{
	struct token t = parse_next(p);
	struct node *n = parse_new(p, NODE_MAP, t.loc);

	n->map.name = parse_text(p, &t);
	if (!parse_accept(p, TOKEN_LBRACKET))
		return n;
	if (!parse_list(p, n, TOKEN_RBRACKET, "a key", &n->map.keys, &n->map.key_count))
		return NULL;
	n->loc = parse_since(p, t.loc);
	return n;
}

static struct node *parse_int(struct parser *p)
{
	struct token t = parse_next(p);
	struct node *n = parse_new(p, NODE_INT, t.loc);
	const struct token *dot = parse_peek(p, 0);

	n->integer.value = t.value;
	n->integer.is_unsigned = t.value > INT64_MAX;
	if (dot->kind == TOKEN_DOT && dot->loc.offset == t.loc.offset + t.loc.len &&
	    parse_peek(p, 1)->kind == TOKEN_INT) {
		parse_next(p);
		parse_next(p);
		parse_error(p, parse_since(p, t.loc), "there are no floating-point numbers");
	}
	return n;
}

/* Strings that stand side by side are one. */
static struct node *parse_string(struct parser *p)
{
	struct token t = parse_next(p);
	struct node *n = parse_new(p, NODE_STRING, t.loc);
	struct buf all = { 0 };

	n->string.s = t.text;
	n->string.len = t.len;
	if (!parse_at(p, TOKEN_STRING))
		return n;
	buf_put(&all, t.text, t.len);
	while (parse_at(p, TOKEN_STRING)) {
		t = parse_next(p);
		buf_put(&all, t.text, t.len);
	}
	n->loc = parse_since(p, n->loc);
	if (all.len > LANG_MAX_STRING) {
		parse_error(p, n->loc, "a string has at most %u bytes, this one %zu",
			    LANG_MAX_STRING, all.len);
		buf_clear(&all);
	}
	n->string.len = (u32)all.len;
	n->string.s = memcpy(arena_alloc(p->arena, all.len + 1), buf_str(&all), all.len);
	buf_done(&all);
	return n;
}

static struct node *parse_simple(struct parser *p, enum node_kind kind)
{
	struct token t = parse_next(p);
	struct node *n = parse_new(p, kind, t.loc);

	if (kind == NODE_BOOL) {
		n->integer.value = t.kind == TOKEN_TRUE;
	} else if (kind == NODE_VAR) {
		n->var.name = parse_text(p, &t);
	} else {
		n->param.number = (u32)t.value;
		n->param.count = t.kind == TOKEN_PARAM_COUNT;
	}
	return n;
}

/* Behind "(a,": the rest of a tuple. */
static struct node *parse_tuple(struct parser *p, struct loc from, struct node *first)
{
	struct node *n = parse_new(p, NODE_TUPLE, from);

	n->tuple.items = first;
	n->tuple.count = 1;
	n = parse_above(p, n, first);
	if (!n)
		return NULL;
	if (!parse_accept(p, TOKEN_RPAREN)) {
		u32 more;

		if (!parse_list(p, n, TOKEN_RPAREN, "a tuple's element", &first->next, &more))
			return NULL;
		n->tuple.count += more;
	}
	n->loc = parse_since(p, from);
	return n;
}

static struct node *parse_paren(struct parser *p)
{
	struct loc from = parse_next(p).loc;
	bool in_predicate = p->in_predicate;
	struct node *n;

	if (parse_at(p, TOKEN_RPAREN))
		return parse_error(p, loc_join(from, parse_peek(p, 0)->loc),
				   "empty tuples are not supported yet");
	if (parse_at(p, TOKEN_IDENT) && parse_peek(p, 1)->kind == TOKEN_ASSIGN)
		return parse_error(p, loc_join(from, parse_peek(p, 1)->loc),
				   "records are not supported yet");
	p->in_predicate = false;
	n = parse_expr(p);
	p->in_predicate = in_predicate;
	if (!n)
		return NULL;
	if (parse_accept(p, TOKEN_COMMA))
		return parse_tuple(p, from, n);
	if (!parse_expect(p, TOKEN_RPAREN, "the expression"))
		return NULL;
	n->loc = parse_since(p, from);
	return n;
}

static struct node *parse_sizeof(struct parser *p)
{
	struct loc from = parse_next(p).loc;
	struct node *n = parse_new(p, NODE_SIZEOF, from);

	if (!parse_at(p, TOKEN_LPAREN)) {
		n->size.expr = parse_unary(p);
		n = parse_above(p, n, n->size.expr);
	} else if (parse_next(p), parse_is_type_until(p, TOKEN_RPAREN)) {
		n->size.of = parse_type(p);
		if (!n->size.of || !parse_expect(p, TOKEN_RPAREN, "the type"))
			return NULL;
	} else {
		u32 count;

		if (!parse_list(p, n, TOKEN_RPAREN, "a type or an expression", &n->size.expr,
				&count))
			return NULL;
		if (count != 1)
			return parse_error(p, parse_since(p, from), "sizeof has one operand");
	}
	if (n)
		n->loc = parse_since(p, from);
	return n;
}

/* "a.b.c", as written but without blanks. */
static const char *parse_path(struct parser *p)
{
	struct buf path = { 0 };
	const char *s;

	do {
		const struct token *t = parse_peek(p, 0);

		if (!t->len || !lex_word_len(&p->lex, t->loc.offset)) {
			buf_done(&path);
			return parse_unexpected(p, "a field's name");
		}
		if (path.len)
			buf_putc(&path, '.');
		buf_put(&path, t->text, t->len);
		parse_next(p);
	} while (parse_accept(p, TOKEN_DOT));
	s = arena_strdup(p->arena, buf_str(&path));
	buf_done(&path);
	return s;
}

static struct node *parse_offsetof(struct parser *p)
{
	struct loc from = parse_next(p).loc;
	struct node *n = parse_new(p, NODE_OFFSETOF, from);

	if (!parse_expect(p, TOKEN_LPAREN, "'offsetof'"))
		return NULL;
	if (parse_is_type_until(p, TOKEN_COMMA)) {
		n->size.of = parse_type(p);
		if (!n->size.of)
			return NULL;
	} else {
		n->size.expr = parse_expr(p);
		n = parse_above(p, n, n->size.expr);
	}
	if (!n || !parse_expect(p, TOKEN_COMMA, "the type"))
		return NULL;
	n->size.path = parse_path(p);
	if (!n->size.path || !parse_expect(p, TOKEN_RPAREN, "the field"))
		return NULL;
	n->loc = parse_since(p, from);
	return n;
}

static struct node *parse_no_primary(struct parser *p)
{
	const struct token *t = parse_peek(p, 0);

	switch (t->kind) {
	case TOKEN_LBRACE:
		return parse_error(p, t->loc, "blocks as values are not supported yet");
	case TOKEN_IF:
		parse_error(p, t->loc, "'if' as a value is not supported yet");
		parse_hint(p, "use cond ? a : b");
		if (parse_enter(p))
			parse_if(p);
		parse_leave(p);
		return NULL;
	case TOKEN_TYPEOF:
	case TOKEN_TYPEINFO:
	case TOKEN_COMPTIME:
		return parse_error(p, t->loc, "'%s' is not supported yet", token_text(t->kind));
	default:
		return parse_unexpected(p, "an expression");
	}
}

struct node *parse_primary(struct parser *p)
{
	switch (parse_peek(p, 0)->kind) {
	case TOKEN_INT:
		return parse_int(p);
	case TOKEN_STRING:
		return parse_string(p);
	case TOKEN_TRUE:
	case TOKEN_FALSE:
		return parse_simple(p, NODE_BOOL);
	case TOKEN_VAR:
		return parse_simple(p, NODE_VAR);
	case TOKEN_PARAM:
	case TOKEN_PARAM_COUNT:
		return parse_simple(p, NODE_PARAM);
	case TOKEN_MAP:
		return parse_map(p);
	case TOKEN_IDENT:
		return parse_name(p);
	case TOKEN_LPAREN:
		return parse_paren(p);
	case TOKEN_SIZEOF:
		return parse_sizeof(p);
	case TOKEN_OFFSETOF:
		return parse_offsetof(p);
	default:
		return parse_no_primary(p);
	}
}
