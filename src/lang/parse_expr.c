/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operators, by climbing precedence:
 *
 *	expr   = binary [ "?" expr ":" expr | "?:" expr ]
 *	binary = unary { operator unary }
 *	unary  = ("!" | "~" | "-" | "*" | "&" | "++" | "--" | "(" type ")") unary | postfix
 *	postfix = primary { "." name | "." number | "->" name | "[" expr "]" | "++" | "--" }
 *
 * Assignment is a statement: parse_stmt.c. What nests is bounded by parse_enter, what only chains
 * (a + b + c, x.a.b.c) by the height of the tree, as later passes walk it recursively.
 */
#include "lang/lang.h"
#include "lang/parse.h"

static const struct {
	u8 precedence;
	u8 op;
} binary_ops[TOKEN_COUNT] = {
	[TOKEN_LOR] = { 1, OP_LOR },  [TOKEN_LAND] = { 2, OP_LAND }, [TOKEN_OR] = { 3, OP_OR },
	[TOKEN_XOR] = { 4, OP_XOR },  [TOKEN_AND] = { 5, OP_AND },   [TOKEN_EQ] = { 6, OP_EQ },
	[TOKEN_NE] = { 6, OP_NE },    [TOKEN_LT] = { 7, OP_LT },     [TOKEN_LE] = { 7, OP_LE },
	[TOKEN_GT] = { 7, OP_GT },    [TOKEN_GE] = { 7, OP_GE },     [TOKEN_SHL] = { 8, OP_SHL },
	[TOKEN_SHR] = { 8, OP_SHR },  [TOKEN_ADD] = { 9, OP_ADD },   [TOKEN_SUB] = { 9, OP_SUB },
	[TOKEN_MUL] = { 10, OP_MUL }, [TOKEN_DIV] = { 10, OP_DIV },  [TOKEN_MOD] = { 10, OP_MOD },
};

static const u8 unary_ops[TOKEN_COUNT] = {
	[TOKEN_NOT] = OP_NOT,   [TOKEN_BNOT] = OP_BNOT, [TOKEN_SUB] = OP_NEG,
	[TOKEN_MUL] = OP_DEREF, [TOKEN_AND] = OP_ADDR,
};

struct node *parse_new(struct parser *p, enum node_kind kind, struct loc loc)
{
	struct node *n = arena_new(p->arena, struct node);

	n->kind = kind;
	n->loc = loc;
	return n;
}

struct node *parse_above(struct parser *p, struct node *n, const struct node *operand)
{
	if (!n || !operand)
		return NULL;
	if (n->height <= operand->height)
		n->height = (u16)(operand->height + 1);
	if (n->height <= PARSE_MAX_HEIGHT)
		return n;
	parse_error(p, operand->loc, "this expression has more than %d levels", PARSE_MAX_HEIGHT);
	parse_hint(p, "use parentheses or variables to split it");
	return parse_stop(p);
}

bool parse_is_target(const struct node *n)
{
	return n->kind == NODE_VAR || n->kind == NODE_MAP;
}

static struct node *parse_field(struct parser *p, struct node *base, bool arrow)
{
	struct node *n = parse_new(p, NODE_FIELD, base->loc);
	struct token t = *parse_peek(p, 0);

	n->field.base = base;
	n->field.arrow = arrow;
	if (t.kind == TOKEN_INT && !arrow) {
		if (t.value > UINT16_MAX)
			return parse_error(p, t.loc, "no tuple has so many fields");
		n->field.number = (u32)t.value;
	} else if (t.text && t.len && lex_is_word((u8)t.text[0]) && t.kind != TOKEN_INT &&
		   t.kind != TOKEN_STRING) {
		n->field.name = parse_text(p, &t);
	} else {
		return parse_unexpected(p, arrow ? "a field's name after '->'"
						 : "a field's name or number after '.'");
	}
	parse_next(p);
	n->loc = parse_since(p, base->loc);
	return parse_above(p, n, base);
}

static struct node *parse_index(struct parser *p, struct node *base)
{
	struct node *n = parse_new(p, NODE_INDEX, base->loc);
	u32 count;

	n->index.base = base;
	if (!parse_list(p, n, TOKEN_RBRACKET, "an index", &n->index.index, &count))
		return NULL;
	if (count != 1)
		return parse_error(p, parse_since(p, base->loc), "an array has one index here");
	n->loc = parse_since(p, base->loc);
	return parse_above(p, n, base);
}

static struct node *parse_incdec(struct parser *p, struct node *target, struct token op,
				 bool prefix)
{
	struct node *n;

	if (!target)
		return NULL;
	if (!parse_is_target(target))
		return parse_error(p, op.loc, "'%.*s' needs a variable or a map", (int)op.len,
				   op.text);
	n = parse_new(p, NODE_INCDEC, parse_since(p, prefix ? op.loc : target->loc));
	n->incdec.target = target;
	n->incdec.increment = op.kind == TOKEN_INCREMENT;
	n->incdec.prefix = prefix;
	return parse_above(p, n, target);
}

static struct node *parse_postfix(struct parser *p)
{
	struct node *n = parse_primary(p);

	while (n) {
		switch (parse_peek(p, 0)->kind) {
		case TOKEN_DOT:
			parse_next(p);
			n = parse_field(p, n, false);
			break;
		case TOKEN_ARROW:
			parse_next(p);
			n = parse_field(p, n, true);
			break;
		case TOKEN_LBRACKET:
			parse_next(p);
			n = parse_index(p, n);
			break;
		case TOKEN_INCREMENT:
		case TOKEN_DECREMENT:
			n = parse_incdec(p, n, parse_next(p), false);
			break;
		default:
			return n;
		}
	}
	return NULL;
}

static struct node *parse_cast(struct parser *p)
{
	struct loc at = parse_next(p).loc;
	struct type_expr *to = parse_type(p);
	struct node *n;

	if (!to || !parse_expect(p, TOKEN_RPAREN, "the type"))
		return NULL;
	n = parse_new(p, NODE_CAST, at);
	n->cast.to = to;
	n->cast.operand = parse_unary(p);
	n->loc = parse_since(p, at);
	return parse_above(p, n, n->cast.operand);
}

/* A negative literal is one node, so that INT64_MIN can be written. */
static bool parse_negates(const struct node *n)
{
	return n && n->kind == NODE_INT && n->integer.value <= (u64)INT64_MAX + 1 &&
	       (n->integer.is_unsigned || (s64)n->integer.value >= 0);
}

static struct node *parse_operator(struct parser *p, enum operation op)
{
	struct token t = parse_next(p);
	struct node *operand = parse_unary(p);
	struct node *n;

	if (op == OP_NEG && parse_negates(operand)) {
		operand->integer.value = 0 - operand->integer.value;
		operand->integer.is_unsigned = false;
		operand->loc = parse_since(p, t.loc);
		return operand;
	}
	n = parse_new(p, NODE_UNARY, parse_since(p, t.loc));
	n->unary.op = op;
	n->unary.operand = operand;
	return parse_above(p, n, operand);
}

struct node *parse_unary(struct parser *p)
{
	enum token_kind kind = parse_peek(p, 0)->kind;
	bool is_step = kind == TOKEN_INCREMENT || kind == TOKEN_DECREMENT;
	struct node *n = NULL;
	struct token t;

	if (!unary_ops[kind] && !is_step && !parse_at_cast(p))
		return parse_postfix(p);
	if (!parse_enter(p)) {
		parse_leave(p);
		return NULL;
	}
	if (is_step) {
		t = parse_next(p);
		n = parse_incdec(p, parse_unary(p), t, true);
	} else if (unary_ops[kind]) {
		n = parse_operator(p, unary_ops[kind]);
	} else {
		n = parse_cast(p);
	}
	parse_leave(p);
	return n;
}

/* The precedence of the operator that is next, 0 if none is or it ends a predicate. */
static u8 parse_precedence(struct parser *p)
{
	const struct token *t = parse_peek(p, 0);

	if (t->kind == TOKEN_DIV && p->in_predicate && lex_char_after(&p->lex, t) == '{')
		return 0;
	return binary_ops[t->kind].precedence;
}

static struct node *parse_climb(struct parser *p, u8 least)
{
	struct node *left = parse_unary(p);
	u8 precedence;

	while (left && (precedence = parse_precedence(p)) >= least && precedence) {
		struct node *n = parse_new(p, NODE_BINARY, left->loc);

		n->binary.op = binary_ops[parse_next(p).kind].op;
		n->binary.left = left;
		n->binary.right = parse_climb(p, (u8)(precedence + 1));
		n->loc = parse_since(p, left->loc);
		n = parse_above(p, n, n->binary.right);
		left = parse_above(p, n, left);
	}
	return left;
}

struct node *parse_binary(struct parser *p)
{
	return parse_climb(p, 1);
}

static struct node *parse_ternary(struct parser *p, struct node *cond)
{
	struct node *n = parse_new(p, NODE_TERNARY, cond->loc);

	parse_next(p);
	n->ternary.cond = cond;
	n = parse_above(p, n, cond);
	if (n && !parse_at(p, TOKEN_COLON)) {
		n->ternary.then = parse_expr(p);
		n = parse_above(p, n, n->ternary.then);
	}
	if (!n || !parse_expect(p, TOKEN_COLON, "the first choice of '?'"))
		return NULL;
	n->ternary.otherwise = parse_expr(p);
	n->loc = parse_since(p, cond->loc);
	return parse_above(p, n, n->ternary.otherwise);
}

struct node *parse_expr(struct parser *p)
{
	struct node *n = NULL;

	if (parse_enter(p)) {
		n = parse_binary(p);
		if (n && parse_at(p, TOKEN_QUESTION))
			n = parse_ternary(p, n);
	}
	parse_leave(p);
	return n;
}
