/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deep copies of a clause's nodes, as check writes into them. What nothing writes to (strings,
 * types as written, the names of probes) is shared. The recursion is as deep as the parser lets
 * trees become.
 */
#include "lang/lang.h"

static struct node *ast_copy(struct arena *a, const struct node *n);

static struct node *ast_copy_list(struct arena *a, const struct node *n)
{
	struct node *first = NULL;
	struct node **tail = &first;

	for (; n; n = n->next) {
		*tail = ast_copy(a, n);
		tail = &(*tail)->next;
	}
	return first;
}

static void ast_copy_expr(struct arena *a, struct node *c)
{
	switch (c->kind) {
	case NODE_CALL:
		c->call.args = ast_copy_list(a, c->call.args);
		break;
	case NODE_MAP:
		c->map.keys = ast_copy_list(a, c->map.keys);
		break;
	case NODE_UNARY:
		c->unary.operand = ast_copy(a, c->unary.operand);
		break;
	case NODE_BINARY:
		c->binary.left = ast_copy(a, c->binary.left);
		c->binary.right = ast_copy(a, c->binary.right);
		break;
	case NODE_TERNARY:
		c->ternary.cond = ast_copy(a, c->ternary.cond);
		c->ternary.then = ast_copy(a, c->ternary.then);
		c->ternary.otherwise = ast_copy(a, c->ternary.otherwise);
		break;
	case NODE_CAST:
		c->cast.operand = ast_copy(a, c->cast.operand);
		break;
	case NODE_SIZEOF:
	case NODE_OFFSETOF:
		c->size.expr = ast_copy(a, c->size.expr);
		break;
	case NODE_FIELD:
		c->field.base = ast_copy(a, c->field.base);
		break;
	case NODE_INDEX:
		c->index.base = ast_copy(a, c->index.base);
		c->index.index = ast_copy(a, c->index.index);
		break;
	case NODE_TUPLE:
		c->tuple.items = ast_copy_list(a, c->tuple.items);
		break;
	case NODE_INCDEC:
		c->incdec.target = ast_copy(a, c->incdec.target);
		break;
	case NODE_ASSIGN:
		c->assign.target = ast_copy(a, c->assign.target);
		c->assign.value = ast_copy(a, c->assign.value);
		break;
	default:
		break;
	}
}

static void ast_copy_stmt(struct arena *a, struct node *c)
{
	switch (c->kind) {
	case NODE_EXPR:
	case NODE_RETURN:
		c->expr = ast_copy(a, c->expr);
		break;
	case NODE_LET:
		c->let.var = ast_copy(a, c->let.var);
		c->let.value = ast_copy(a, c->let.value);
		break;
	case NODE_IF:
		c->cond.condition = ast_copy(a, c->cond.condition);
		c->cond.then = ast_copy(a, c->cond.then);
		c->cond.otherwise = ast_copy(a, c->cond.otherwise);
		break;
	case NODE_WHILE:
	case NODE_UNROLL:
		c->loop.condition = ast_copy(a, c->loop.condition);
		c->loop.body = ast_copy(a, c->loop.body);
		break;
	case NODE_FOR_RANGE:
		c->range.var = ast_copy(a, c->range.var);
		c->range.from = ast_copy(a, c->range.from);
		c->range.to = ast_copy(a, c->range.to);
		c->range.body = ast_copy(a, c->range.body);
		break;
	case NODE_FOR_MAP:
		c->each.var = ast_copy(a, c->each.var);
		c->each.map = ast_copy(a, c->each.map);
		c->each.body = ast_copy(a, c->each.body);
		break;
	case NODE_BLOCK:
		c->block.stmts = ast_copy_list(a, c->block.stmts);
		break;
	default:
		break;
	}
}

static struct node *ast_copy(struct arena *a, const struct node *n)
{
	struct node *c;

	if (!n)
		return NULL;
	c = arena_new(a, struct node);
	*c = *n;
	c->next = NULL;
	if (n->kind < NODE_EXPR)
		ast_copy_expr(a, c);
	else
		ast_copy_stmt(a, c);
	return c;
}

struct clause *ast_copy_clause(struct arena *a, const struct clause *c)
{
	struct clause *copy = arena_new(a, struct clause);

	*copy = *c;
	copy->predicate = ast_copy(a, c->predicate);
	copy->body = ast_copy(a, c->body);
	copy->next = NULL;
	return copy;
}
