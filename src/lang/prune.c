/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lang/prune.h"

static bool is_whole(const struct node *n);

static bool all_whole(const struct node *list)
{
	for (; list; list = list->next)
		if (!is_whole(list))
			return false;
	return true;
}

static struct node *prune_statements(struct node *list)
{
	struct node *first = NULL, **end = &first;

	for (struct node *next; list; list = next) {
		next = list->next;
		list->next = NULL;
		if (!is_whole(list))
			continue;
		*end = list;
		end = &list->next;
	}
	return first;
}

/* A body keeps what is whole in it; it is missing only if it is not there at all. */
static bool prune_body(struct node *body)
{
	if (!body)
		return false;
	if (body->kind != NODE_BLOCK)
		return is_whole(body);
	body->block.stmts = prune_statements(body->block.stmts);
	return true;
}

static bool is_whole_expression(const struct node *n)
{
	switch (n->kind) {
	case NODE_CALL:
		return all_whole(n->call.args);
	case NODE_MAP:
		return all_whole(n->map.keys);
	case NODE_UNARY:
		return is_whole(n->unary.operand);
	case NODE_BINARY:
		return is_whole(n->binary.left) && is_whole(n->binary.right);
	case NODE_TERNARY:
		return is_whole(n->ternary.cond) && is_whole(n->ternary.otherwise) &&
		       (!n->ternary.then || is_whole(n->ternary.then));
	case NODE_CAST:
		return n->cast.to && is_whole(n->cast.operand);
	case NODE_SIZEOF:
	case NODE_OFFSETOF:
		return n->size.of || is_whole(n->size.expr);
	case NODE_FIELD:
		return is_whole(n->field.base);
	case NODE_INDEX:
		return is_whole(n->index.base) && is_whole(n->index.index);
	case NODE_TUPLE:
		return n->tuple.items && all_whole(n->tuple.items);
	case NODE_INCDEC:
		return is_whole(n->incdec.target);
	case NODE_ASSIGN:
		return is_whole(n->assign.target) && is_whole(n->assign.value);
	default:
		return true;
	}
}

static bool is_whole(const struct node *n)
{
	if (!n)
		return false;
	switch (n->kind) {
	case NODE_EXPR:
		return is_whole(n->expr);
	case NODE_RETURN:
		return !n->expr || is_whole(n->expr);
	case NODE_LET:
		return n->let.var && (!n->let.value || is_whole(n->let.value));
	case NODE_IF:
		return is_whole(n->cond.condition) && prune_body(n->cond.then) &&
		       (!n->cond.otherwise || prune_body(n->cond.otherwise));
	case NODE_WHILE:
	case NODE_UNROLL:
		return is_whole(n->loop.condition) && prune_body(n->loop.body);
	case NODE_FOR_RANGE:
		return n->range.var && is_whole(n->range.from) && is_whole(n->range.to) &&
		       prune_body(n->range.body);
	case NODE_FOR_MAP:
		return n->each.var && is_whole(n->each.map) && prune_body(n->each.body);
	case NODE_BLOCK:
		return prune_body((struct node *)(uintptr_t)n);
	default:
		return is_whole_expression(n);
	}
}

void prune_script(struct script_ast *ast)
{
	struct clause *first = NULL, **end = &first;

	for (struct clause *c = ast->clauses, *next; c; c = next) {
		next = c->next;
		c->next = NULL;
		if (!c->probes || !prune_body(c->body))
			continue;
		if (c->predicate && !is_whole(c->predicate))
			c->predicate = NULL;
		*end = c;
		end = &c->next;
	}
	ast->clauses = first;
}
