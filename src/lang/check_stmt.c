/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Statements, and the expressions that change a variable or map. */
#include "lang/check_call.h"
#include "lang/check_map.h"
#include "lang/check_type.h"
#include "lang/unify.h"

enum { CHECK_MAX_UNROLL = 100 };

static void check_list(struct check *c, struct node *list);

/* Assignments */

static void check_var_mismatch(struct check *c, const struct check_var *v, const struct type *t,
			       struct loc loc)
{
	check_error(c, loc, "%s is %s here but was %s at %u:%u", v->var.name, check_name(c, t),
		    check_name(c, v->slot.type), v->slot.loc.line, v->slot.loc.col);
}

/* A variable of `let $x: type` keeps its type. */
static bool check_fits_fixed(struct check *c, const struct type *to, const struct type *t)
{
	if (type_is_integer(to) && type_is_integer(t))
		return true;
	if (to->kind == TYPE_STRING && t->kind == TYPE_STRING)
		return t->size <= to->size;
	return unify_join(c, to, t) != NULL;
}

static bool check_var_store(struct check *c, struct node *target, const struct type *t,
			    enum strength strength)
{
	struct check_var *v = (struct check_var *)target->var.var;

	if (!v)
		return false;
	if (t->kind == TYPE_FUNC) {
		check_error(c, target->loc, "%s cannot be stored", check_name(c, t));
		return false;
	}
	if (v->fixed ? !check_fits_fixed(c, v->slot.type, t)
		     : !unify_slot(c, &v->slot, t, strength, target->loc)) {
		check_var_mismatch(c, v, t, target->loc);
		return false;
	}
	v->var.type = v->slot.type;
	target->type = v->slot.type;
	return true;
}

static bool check_target_map(struct check *c, struct node *target)
{
	struct check_map *m = (struct check_map *)target->map.map;

	m->map.is_written = true;
	target->type = NULL;
	return check_map_keys(c, m, target->map.keys, target->map.key_count, target->loc);
}

/* @m = count() */
static const struct type *check_assign_aggregate(struct check *c, struct node *n)
{
	struct node *target = n->assign.target, *value = n->assign.value;
	const struct type *t = check_aggregate(c, value);

	if (target->kind != NODE_MAP || n->assign.op != OP_NONE) {
		check_error(c, n->loc, "%s() has to be assigned to a map", value->call.name);
		check_hint(c, "for example: @ = %s", value->call.func->form);
		return &type_none;
	}
	check_target_map(c, target);
	if (t && check_map_store(c, target, t, STRENGTH_FIRM, value->loc))
		target->type = ((struct check_map *)target->map.map)->value.type;
	return &type_none;
}

static bool check_store(struct check *c, struct node *target, const struct type *t,
			enum strength strength, struct loc loc)
{
	struct check_map *m;

	if (target->kind == NODE_VAR)
		return check_var_store(c, target, t, strength);
	m = (struct check_map *)target->map.map;
	if (!check_map_store(c, target, t, strength, loc))
		return false;
	target->type = m->value.type;
	return true;
}

/* x += y: as x + y, with room for y in x. */
static const struct type *check_compound(struct check *c, struct node *n)
{
	struct node *target = n->assign.target, *value = n->assign.value;
	struct node sum = { .kind = NODE_BINARY, .loc = n->loc };
	const struct type *t = check_value(c, value);
	struct slot *slot;

	if (target->kind == NODE_MAP && !check_target_map(c, target))
		return NULL;
	if (target->kind == NODE_VAR && !target->var.var)
		return NULL;
	slot = target->kind == NODE_MAP ? &((struct check_map *)target->map.map)->value
					: &((struct check_var *)target->var.var)->slot;
	if (!t)
		return NULL;
	if (!slot->type || (type_is_integer(slot->type) && type_is_integer(t))) {
		bool below = n->assign.op == OP_SUB && type_is_integer(t) &&
			     (!slot->type || slot->strength == STRENGTH_SMALL);

		if (!check_store(c, target, below ? &type_s64 : t,
				 below ? STRENGTH_FIRM : unify_strength(value), value->loc))
			return NULL;
	}
	if (type_is_aggregate(slot->type)) {
		check_store(c, target, t, STRENGTH_FIRM, value->loc);
		return NULL;
	}
	target->type = slot->type;
	sum.binary.op = n->assign.op;
	sum.binary.left = target;
	sum.binary.right = value;
	if (!check_binary(c, &sum))
		return NULL;
	n->assign.is_unsigned = sum.binary.is_unsigned;
	return target->type = slot->type;
}

const struct type *check_assign(struct check *c, struct node *n)
{
	struct node *target = n->assign.target, *value = n->assign.value;
	const struct type *t;

	n->type = NULL;
	if (check_is_aggregation(value))
		return n->type = check_assign_aggregate(c, n);
	if (n->assign.op != OP_NONE)
		return n->type = check_compound(c, n);
	t = check_value(c, value);
	if (target->kind == NODE_MAP && !check_target_map(c, target))
		return NULL;
	if (!t || !check_store(c, target, t, unify_strength(value), value->loc))
		return NULL;
	return n->type = target->type;
}

const struct type *check_incdec(struct check *c, struct node *n)
{
	struct node *target = n->incdec.target;
	const struct type *t;

	n->type = NULL;
	if (target->kind == NODE_MAP) {
		struct check_map *m = (struct check_map *)target->map.map;

		m->map.is_read = true;
		if (!check_target_map(c, target))
			return NULL;
		if (!m->value.type || type_is_aggregate(m->value.type)) {
			if (!check_store(c, target, &type_s64, STRENGTH_NEUTRAL, n->loc))
				return NULL;
		}
		t = target->type = m->value.type;
	} else {
		t = check_value(c, target);
	}
	if (!t)
		return NULL;
	if (type_is_integer(t) || (t->kind == TYPE_PTR && t->target->kind != TYPE_NONE))
		return n->type = t;
	check_error(c, n->loc, "'%s' does not work for %s", n->incdec.increment ? "++" : "--",
		    check_name(c, t));
	return NULL;
}

static void check_let(struct check *c, struct node *n)
{
	struct check_var *v = (struct check_var *)n->let.var->var.var;
	const struct type *t = NULL;

	if (n->let.type && v && !v->slot.type) {
		t = check_type(c, n->let.type, check_in_user(c) ? SPACE_USER : SPACE_KERNEL);
		if (t && (t->kind == TYPE_NONE || !check_sizeof_type(c, t))) {
			check_error(c, n->let.type->loc, "a variable cannot have type %s",
				    check_name(c, t));
			t = NULL;
		}
		if (t) {
			v->slot = (struct slot){ t, STRENGTH_FIRM, n->let.var->loc };
			v->fixed = true;
			c->changed = true;
		}
	}
	n->let.var->type = v && v->slot.type ? v->slot.type : &type_none;
	if (!n->let.value)
		return;
	if (check_is_aggregation(n->let.value)) {
		check_error(c, n->loc, "%s() has to be assigned to a map", n->let.value->call.name);
		return;
	}
	t = check_value(c, n->let.value);
	if (t)
		check_var_store(c, n->let.var, t, unify_strength(n->let.value));
}

/* Loops */

static void check_body(struct check *c, struct node *body)
{
	c->loops++;
	check_list(c, body);
	c->loops--;
}

static void check_unroll(struct check *c, struct node *n)
{
	struct node *count = n->loop.condition;
	s64 times;

	if (check_bounded(c, count, "unroll: the count", 1, CHECK_MAX_UNROLL, &times) &&
	    count->kind != NODE_INT)
		check_make_int(count, (u64)times, NULL);
	check_list(c, n->loop.body);
}

static void check_loop_var(struct check *c, struct node *var, const struct type *t)
{
	struct check_var *v = (struct check_var *)var->var.var;

	if (!v || !t)
		return;
	if (!v->slot.type || !type_equal(v->slot.type, t)) {
		v->slot = (struct slot){ t, STRENGTH_FIRM, var->loc };
		c->changed = true;
	}
	v->var.type = v->slot.type;
	var->type = v->slot.type;
}

static void check_for_range(struct check *c, struct node *n)
{
	check_integer(c, n->range.from, "a range's begin");
	check_integer(c, n->range.to, "a range's end");
	check_loop_var(c, n->range.var, &type_s64);
	check_body(c, n->range.body);
}

/* What $kv is: ((key), value), or NULL. */
static const struct type *check_pair(struct check *c, struct node *n)
{
	struct check_map *m = check_map_whole(c, n->each.map, "for goes over");
	const struct type *pair[2];

	if (!m)
		return NULL;
	m->map.is_read = true;
	if (m->map.key_known && !m->key_count) {
		check_error(c, n->each.map->loc, "for cannot go over %s: it has no keys",
			    m->map.name);
		return NULL;
	}
	if (!m->key.type || !m->value.type)
		return NULL;
	pair[0] = m->key.type;
	pair[1] = check_map_value(m->value.type);
	if (!pair[1]) {
		check_error(c, n->each.map->loc, "for cannot go over %s: a %s has no single value",
			    m->map.name, check_name(c, m->value.type));
		check_hint(c, "print(%s) shows it", m->map.name);
		return NULL;
	}
	return type_tuple(c->arena, pair, 2);
}

static void check_for_map(struct check *c, struct node *n)
{
	check_loop_var(c, n->each.var, check_pair(c, n));
	check_body(c, n->each.body);
}

/* Everything else */

static void check_unused(struct check *c, const struct node *n)
{
	const struct node *e = n->expr;

	if (!e->type || e->type->kind == TYPE_NONE || e->kind == NODE_ASSIGN ||
	    e->kind == NODE_INCDEC || n->discard ||
	    (e->kind == NODE_CALL && e->call.func && e->call.func->id == FUNC_DELETE))
		return;
	check_warning(c, e->loc, "unused value");
	check_hint(c, "write '_ = ...' if that is meant");
}

static void check_one(struct check *c, struct node *n)
{
	unsigned errors;

	switch (n->kind) {
	case NODE_EXPR:
		errors = c->d->errors;
		check_expr(c, n->expr);
		if (c->d->errors == errors)
			check_unused(c, n);
		break;
	case NODE_LET:
		check_let(c, n);
		break;
	case NODE_IF:
		check_condition(c, n->cond.condition);
		check_list(c, n->cond.then);
		check_list(c, n->cond.otherwise);
		break;
	case NODE_WHILE:
		check_condition(c, n->loop.condition);
		check_body(c, n->loop.body);
		break;
	case NODE_UNROLL:
		check_unroll(c, n);
		break;
	case NODE_FOR_RANGE:
		check_for_range(c, n);
		break;
	case NODE_FOR_MAP:
		check_for_map(c, n);
		break;
	case NODE_BREAK:
	case NODE_CONTINUE:
		if (!c->loops)
			check_error(c, n->loc, "%s outside of a loop",
				    n->kind == NODE_BREAK ? "break" : "continue");
		break;
	case NODE_RETURN:
		if (n->expr)
			check_integer(c, n->expr, "a return value");
		break;
	case NODE_BLOCK:
		check_list(c, n->block.stmts);
		break;
	default:
		check_expr(c, n);
	}
}

static void check_list(struct check *c, struct node *list)
{
	for (; list; list = list->next)
		check_one(c, list);
}

void check_clause(struct check *c, struct clause *clause)
{
	c->loops = 0;
	if (clause->predicate)
		check_condition(c, clause->predicate);
	check_list(c, clause->body);
}
