/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Constants that the parser itself needs: the sizes of arrays, the widths of bit-fields and the
 * values of enumerators, which may refer to earlier ones. 64-bit signed arithmetic that wraps
 * around.
 */
#include "lang/parse.h"

static bool parse_eval(struct parser *p, const struct node *n, s64 *value);

void parse_define_constant(struct parser *p, const char *name, s64 value)
{
	s64 *v = arena_new(p->arena, s64);

	*v = value;
	table_set_str(&p->constants, name, v);
}

static bool parse_eval_unary(struct parser *p, const struct node *n, s64 *value)
{
	s64 v;

	if (!parse_eval(p, n->unary.operand, &v))
		return false;
	switch (n->unary.op) {
	case OP_NEG:
		*value = (s64)(0 - (u64)v);
		return true;
	case OP_BNOT:
		*value = ~v;
		return true;
	case OP_NOT:
		*value = !v;
		return true;
	default:
		parse_error(p, n->loc, "expected a constant");
		return false;
	}
}

static bool parse_eval_divide(struct parser *p, const struct node *n, s64 a, s64 b, s64 *value)
{
	bool is_div = n->binary.op == OP_DIV;

	if (!b) {
		parse_error(p, n->loc, "division by zero");
		return false;
	}
	if (b == -1)
		*value = is_div ? (s64)(0 - (u64)a) : 0;
	else
		*value = is_div ? a / b : a % b;
	return true;
}

static bool parse_eval_binary(struct parser *p, const struct node *n, s64 *value)
{
	s64 a, b;

	if (!parse_eval(p, n->binary.left, &a) || !parse_eval(p, n->binary.right, &b))
		return false;
	switch (n->binary.op) {
	case OP_ADD:
		*value = (s64)((u64)a + (u64)b);
		return true;
	case OP_SUB:
		*value = (s64)((u64)a - (u64)b);
		return true;
	case OP_MUL:
		*value = (s64)((u64)a * (u64)b);
		return true;
	case OP_DIV:
	case OP_MOD:
		return parse_eval_divide(p, n, a, b, value);
	case OP_AND:
		*value = a & b;
		return true;
	case OP_OR:
		*value = a | b;
		return true;
	case OP_XOR:
		*value = a ^ b;
		return true;
	case OP_SHL:
		*value = b < 0 || b > 63 ? 0 : (s64)((u64)a << b);
		return true;
	case OP_SHR:
		*value = b < 0 || b > 63 ? 0 : a >> b;
		return true;
	case OP_EQ:
		*value = a == b;
		return true;
	case OP_NE:
		*value = a != b;
		return true;
	case OP_LT:
		*value = a < b;
		return true;
	case OP_LE:
		*value = a <= b;
		return true;
	case OP_GT:
		*value = a > b;
		return true;
	case OP_GE:
		*value = a >= b;
		return true;
	case OP_LAND:
		*value = a && b;
		return true;
	default:
		*value = a || b;
		return true;
	}
}

static bool parse_eval_name(struct parser *p, const struct node *n, s64 *value)
{
	const s64 *v = table_get_str(&p->constants, n->name);

	if (!v) {
		parse_error(p, n->loc, "'%s' is no constant", n->name);
		parse_hint(p, "enumerators that the script has defined before can be used here");
		return false;
	}
	*value = *v;
	return true;
}

static bool parse_eval(struct parser *p, const struct node *n, s64 *value)
{
	s64 cond;

	switch (n->kind) {
	case NODE_INT:
	case NODE_BOOL:
		*value = (s64)n->integer.value;
		return true;
	case NODE_IDENT:
		return parse_eval_name(p, n, value);
	case NODE_UNARY:
		return parse_eval_unary(p, n, value);
	case NODE_BINARY:
		return parse_eval_binary(p, n, value);
	case NODE_TERNARY:
		if (!parse_eval(p, n->ternary.cond, &cond))
			return false;
		if (cond && !n->ternary.then) {
			*value = cond;
			return true;
		}
		return parse_eval(p, cond ? n->ternary.then : n->ternary.otherwise, value);
	default:
		parse_error(p, n->loc, "expected a constant");
		return false;
	}
}

bool parse_constant(struct parser *p, s64 *value)
{
	const struct node *n = parse_expr(p);

	return n && parse_eval(p, n, value);
}
