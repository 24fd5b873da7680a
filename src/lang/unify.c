/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A place's type only ever grows: strings to the longest, integers by this order, so the repeated walks
 * come to an end.
 *
 *	a literal >= 0, a bool  (neutral)  takes whatever sign the others have
 *	uint8 .. uint32         (small)    fits int64 as well as uint64
 *	int*, uint64            (firm)     stay; the first of two firm ones wins
 *
 * Inside tuples nothing is known of literals, and int64 wins over uint64.
 */
#include "lang/unify.h"

static const struct type *unify_tuple(struct check *c, const struct type *a, const struct type *b)
{
	const struct type **elements;
	bool same = true;

	if (a->field_count != b->field_count)
		return NULL;
	elements = arena_array(c->arena, const struct type *, a->field_count + 1);
	for (u32 i = 0; i < a->field_count; i++) {
		elements[i] = unify_join(c, a->fields[i].type, b->fields[i].type);
		if (!elements[i])
			return NULL;
		same &= elements[i] == a->fields[i].type;
	}
	return same ? a : type_tuple(c->arena, elements, a->field_count);
}

const struct type *unify_widen(struct check *c, const struct type *t)
{
	const struct type **elements;
	bool same = true;

	if (t->kind == TYPE_INT && t->size < 8)
		return t->is_signed ? &type_s64 : &type_u64;
	if (t->kind != TYPE_TUPLE)
		return t;
	elements = arena_array(c->arena, const struct type *, t->field_count + 1);
	for (u32 i = 0; i < t->field_count; i++) {
		elements[i] = unify_widen(c, t->fields[i].type);
		same &= elements[i] == t->fields[i].type;
	}
	return same ? t : type_tuple(c->arena, elements, t->field_count);
}

static const struct type *unify_larger(const struct type *a, const struct type *b)
{
	return b->size > a->size ? b : a;
}

static const struct type *unify_pointers(const struct type *a, const struct type *b)
{
	if (a->target == b->target || type_equal(a->target, b->target) ||
	    b->target->kind == TYPE_NONE)
		return a;
	return a->target->kind == TYPE_NONE ? b : NULL;
}

/* Aggregations, stacks and what else has only its kind to agree in. */
static const struct type *unify_same_kind(const struct type *a, const struct type *b)
{
	switch (a->kind) {
	case TYPE_KSTACK:
	case TYPE_USTACK:
		if (a->stack_mode != b->stack_mode)
			return NULL;
		return b->limit > a->limit ? b : a;
	case TYPE_HIST:
		return a->bits == b->bits ? a : NULL;
	case TYPE_LHIST:
		return a->min == b->min && a->max == b->max && a->step == b->step ? a : NULL;
	case TYPE_SUM:
	case TYPE_MIN:
	case TYPE_MAX:
	case TYPE_AVG:
	case TYPE_STATS:
		return b->is_signed ? b->is_signed == a->is_signed ? a : b : a;
	case TYPE_RECORD:
	case TYPE_ARRAY:
	case TYPE_FUNC:
		return type_equal(a, b) ? a : NULL;
	default:
		return a;
	}
}

const struct type *unify_join(struct check *c, const struct type *a, const struct type *b)
{
	if (a == b)
		return a;
	if (type_is_integer(a) && type_is_integer(b)) {
		if (a->kind == b->kind && a->kind != TYPE_INT && type_equal(a, b))
			return a;
		if (a->kind == TYPE_INT && (a->is_signed || !b->is_signed))
			return a;
		return a->kind == TYPE_INT || b->is_signed || b->kind != TYPE_INT ? &type_s64 : b;
	}
	if (a->kind != b->kind)
		return NULL;
	switch (a->kind) {
	case TYPE_PTR:
		return unify_pointers(a, b);
	case TYPE_STRING:
	case TYPE_BUF:
		return unify_larger(a, b);
	case TYPE_TUPLE:
		return unify_tuple(c, a, b);
	default:
		return unify_same_kind(a, b);
	}
}

enum strength unify_strength(const struct node *n)
{
	if (n->kind == NODE_INT)
		return n->integer.is_unsigned || n->integer.is_enum || (s64)n->integer.value < 0
			       ? STRENGTH_FIRM
			       : STRENGTH_NEUTRAL;
	if (n->kind == NODE_TERNARY) {
		enum strength a =
			unify_strength(n->ternary.then ? n->ternary.then : n->ternary.cond);
		enum strength b = unify_strength(n->ternary.otherwise);

		return a > b ? a : b;
	}
	if (n->kind == NODE_VAR && n->var.var)
		return ((const struct check_var *)n->var.var)->slot.strength;
	if (n->kind == NODE_MAP && n->map.map && n->map.map->value &&
	    !type_is_aggregate(n->map.map->value))
		return ((const struct check_map *)n->map.map)->value.strength;
	if (!n->type || n->type->kind == TYPE_BOOL)
		return STRENGTH_NEUTRAL;
	if (n->type->kind == TYPE_INT && !n->type->is_signed && n->type->size < 8)
		return STRENGTH_SMALL;
	return STRENGTH_FIRM;
}

/* The sign of a place that holds `a` when `b` comes too. */
static const struct type *unify_integers(const struct type *a, enum strength strong,
					 const struct type *b, enum strength other)
{
	if (a->kind != TYPE_INT)
		a = a->is_signed || a->kind == TYPE_BOOL ? &type_s64 : &type_u64;
	if (b->kind != TYPE_INT)
		b = b->is_signed || b->kind == TYPE_BOOL ? &type_s64 : &type_u64;
	if (a->is_signed == b->is_signed || other == STRENGTH_NEUTRAL)
		return a;
	return other > strong || strong == STRENGTH_NEUTRAL ? b : a;
}

bool unify_slot(struct check *c, struct slot *slot, const struct type *t, enum strength strength,
		struct loc loc)
{
	const struct type *joined;
	bool integers, pointer;

	t = unify_widen(c, t);
	if (!slot->type) {
		*slot = (struct slot){ t, strength, loc };
		c->changed = true;
		return true;
	}
	integers = type_is_integer(slot->type) && type_is_integer(t);
	pointer = (slot->type->kind == TYPE_PTR && t->kind == TYPE_INT &&
		   strength == STRENGTH_NEUTRAL) ||
		  (t->kind == TYPE_PTR && slot->type->kind == TYPE_INT &&
		   slot->strength == STRENGTH_NEUTRAL);
	if (pointer) /* 0 for "none" */
		joined = t->kind == TYPE_PTR ? t : slot->type;
	else if (integers &&
		 !(slot->type->kind == t->kind && t->kind != TYPE_INT && type_equal(slot->type, t)))
		joined = unify_integers(slot->type, slot->strength, t, strength);
	else
		joined = unify_join(c, slot->type, t);
	if (!joined)
		return false;
	if (joined != slot->type || strength > slot->strength)
		c->changed = true;
	if (strength > slot->strength)
		slot->strength = strength;
	slot->type = joined;
	return true;
}
