/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one place that knows which members of a node are nodes. */
#include "lang/walk.h"

static void walk_one(walk_fn fn, void *arg, struct node *list)
{
	if (list)
		fn(arg, list);
}

static void walk_statement(struct node *n, walk_fn fn, void *arg)
{
	switch (n->kind) {
	case NODE_EXPR:
	case NODE_RETURN:
		walk_one(fn, arg, n->expr);
		break;
	case NODE_LET:
		walk_one(fn, arg, n->let.value);
		walk_one(fn, arg, n->let.var);
		break;
	case NODE_IF:
		walk_one(fn, arg, n->cond.condition);
		walk_one(fn, arg, n->cond.then);
		walk_one(fn, arg, n->cond.otherwise);
		break;
	case NODE_WHILE:
	case NODE_UNROLL:
		walk_one(fn, arg, n->loop.condition);
		walk_one(fn, arg, n->loop.body);
		break;
	case NODE_FOR_RANGE:
		walk_one(fn, arg, n->range.from);
		walk_one(fn, arg, n->range.to);
		walk_one(fn, arg, n->range.var);
		walk_one(fn, arg, n->range.body);
		break;
	case NODE_FOR_MAP:
		walk_one(fn, arg, n->each.map);
		walk_one(fn, arg, n->each.var);
		walk_one(fn, arg, n->each.body);
		break;
	case NODE_BLOCK:
		walk_one(fn, arg, n->block.stmts);
		break;
	default:
		break;
	}
}

void walk_children(struct node *n, walk_fn fn, void *arg)
{
	switch (n->kind) {
	case NODE_CALL:
		walk_one(fn, arg, n->call.args);
		break;
	case NODE_MAP:
		walk_one(fn, arg, n->map.keys);
		break;
	case NODE_UNARY:
		walk_one(fn, arg, n->unary.operand);
		break;
	case NODE_BINARY:
		walk_one(fn, arg, n->binary.left);
		walk_one(fn, arg, n->binary.right);
		break;
	case NODE_TERNARY:
		walk_one(fn, arg, n->ternary.cond);
		walk_one(fn, arg, n->ternary.then);
		walk_one(fn, arg, n->ternary.otherwise);
		break;
	case NODE_CAST:
		walk_one(fn, arg, n->cast.operand);
		break;
	case NODE_SIZEOF:
	case NODE_OFFSETOF:
		walk_one(fn, arg, n->size.expr);
		break;
	case NODE_FIELD:
		walk_one(fn, arg, n->field.base);
		break;
	case NODE_INDEX:
		walk_one(fn, arg, n->index.base);
		walk_one(fn, arg, n->index.index);
		break;
	case NODE_TUPLE:
		walk_one(fn, arg, n->tuple.items);
		break;
	case NODE_INCDEC:
		walk_one(fn, arg, n->incdec.target);
		break;
	case NODE_ASSIGN:
		walk_one(fn, arg, n->assign.value);
		walk_one(fn, arg, n->assign.target);
		break;
	default:
		walk_statement(n, fn, arg);
	}
}

struct walk {
	walk_node_fn fn;
	void *arg;
};

static void walk_list(void *arg, struct node *list)
{
	struct walk *w = arg;

	for (; list; list = list->next) {
		w->fn(w->arg, list);
		walk_children(list, walk_list, w);
	}
}

void walk_nodes(struct node *list, walk_node_fn fn, void *arg)
{
	struct walk w = { fn, arg };

	if (list)
		walk_list(&w, list);
}
