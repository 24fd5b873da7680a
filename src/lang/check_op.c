/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operators. Integers are computed in 64 bits; the result is unsigned if an operand is uint64, or if all
 * that are not literals are unsigned. Subtraction gives int64, comparisons give bool. What was put into a variable as a
 * narrow unsigned number still counts as one.
 */
#include "lang/check_type.h"
#include "lang/unify.h"

static const char *check_op_name(enum operation op)
{
	static const char *const names[] = {
		[OP_NONE] = "", [OP_ADD] = "+",   [OP_SUB] = "-",   [OP_MUL] = "*",
		[OP_DIV] = "/", [OP_MOD] = "%",   [OP_AND] = "&",   [OP_OR] = "|",
		[OP_XOR] = "^", [OP_SHL] = "<<",  [OP_SHR] = ">>",  [OP_EQ] = "==",
		[OP_NE] = "!=", [OP_LT] = "<",    [OP_LE] = "<=",   [OP_GT] = ">",
		[OP_GE] = ">=", [OP_LAND] = "&&", [OP_LOR] = "||",  [OP_NEG] = "-",
		[OP_NOT] = "!", [OP_BNOT] = "~",  [OP_DEREF] = "*", [OP_ADDR] = "&",
	};

	return names[op];
}

static bool check_op_compares(enum operation op)
{
	return op >= OP_EQ && op <= OP_GE;
}

/* Unary */

static const struct type *check_deref(struct check *c, struct node *n, const struct type *t)
{
	if (t->kind == TYPE_INT && t->size == 8)
		return &type_u64;
	if (t->kind != TYPE_PTR) {
		check_error(c, n->loc, "%s is no pointer", check_name(c, t));
		return NULL;
	}
	if (t->target->kind == TYPE_NONE || t->target->kind == TYPE_FUNC) {
		check_error(c, n->loc, "%s cannot be followed", check_name(c, t));
		check_hint(c, "cast it to a pointer to what is there: *(uint64 *)p");
		return NULL;
	}
	return check_in_space(c, t->target, t->space);
}

static const struct type *check_address(struct check *c, struct node *n, const struct type *t)
{
	struct node *of = n->unary.operand;
	const struct node *base;

	if (of->kind == NODE_VAR) {
		of->var.var->addressed = true;
		return check_ptr_type(c, t, SPACE_KERNEL);
	}
	check_as_array(of);
	base = of->kind == NODE_FIELD   ? of->field.base
	       : of->kind == NODE_INDEX ? of->index.base
					: NULL;
	if (base && base->type && base->type->kind == TYPE_PTR &&
	    !(of->kind == NODE_FIELD && of->field.found.bit_size))
		return check_ptr_type(c, of->type, base->type->space);
	check_error(c, n->loc, "this has no address");
	check_hint(c, "& is for variables, and for fields and elements behind a pointer");
	return NULL;
}

const struct type *check_unary(struct check *c, struct node *n)
{
	enum operation op = n->unary.op;
	const struct type *t = check_value(c, n->unary.operand);

	n->type = NULL;
	if (!t)
		return NULL;
	if (op == OP_DEREF)
		return n->type = check_deref(c, n, t);
	if (op == OP_ADDR)
		return n->type = check_address(c, n, t);
	if (op == OP_NOT && type_is_scalar(t))
		return n->type = &type_bool;
	if (op == OP_NOT ||
	    !check_is_integer(c, n->unary.operand,
			      op == OP_NEG ? "the operand of '-'" : "the operand of '~'")) {
		if (op == OP_NOT)
			check_error(c, n->loc, "'!' needs an integer, bool or pointer, not %s",
				    check_name(c, t));
		return NULL;
	}
	if (op == OP_NEG)
		return n->type = &type_s64;
	return n->type = t->is_signed || t->kind == TYPE_BOOL ? &type_s64 : &type_u64;
}

/* Binary */

static bool check_is_unsigned(const struct type *t)
{
	return !t->is_signed && t->kind != TYPE_BOOL;
}

/* A uint64 or pointer, other than a variable that only ever got narrower numbers. */
static bool check_is_wide(const struct node *n)
{
	return n->type->kind == TYPE_PTR ||
	       (n->type->size == 8 && !n->type->is_signed && unify_strength(n) == STRENGTH_FIRM);
}

/* Of integers, both known. */
static const struct type *check_promote(const struct node *n)
{
	const struct type *a = n->binary.left->type;
	const struct type *b = n->binary.right->type;
	bool ua = check_is_unsigned(a), ub = check_is_unsigned(b);

	if (n->binary.op == OP_SUB)
		return &type_s64;
	if (n->binary.op == OP_SHL || n->binary.op == OP_SHR)
		return ua ? &type_u64 : &type_s64;
	if (n->binary.is_unsigned || (ua && ub) ||
	    (ua && unify_strength(n->binary.right) == STRENGTH_NEUTRAL) ||
	    (ub && unify_strength(n->binary.left) == STRENGTH_NEUTRAL))
		return &type_u64;
	return &type_s64;
}

static const struct type *check_wrong_operands(struct check *c, struct node *n)
{
	const struct type *a = n->binary.left->type;
	const struct type *b = n->binary.right->type;
	struct node *sides[] = { n->binary.left, n->binary.right };

	for (size_t i = 0; i < ARRAY_SIZE(sides); i++) {
		if (sides[i]->type->kind == TYPE_STRING &&
		    table_get(&c->from_param, &sides[i], sizeof(sides[i]))) {
			check_is_integer(c, sides[i],
					 arena_printf(c->arena, "an operand of '%s'",
						      check_op_name(n->binary.op)));
			return NULL;
		}
	}
	if (check_op_compares(n->binary.op) && a->kind == b->kind)
		check_error(c, n->loc, "'%s' does not work for %s", check_op_name(n->binary.op),
			    check_name(c, a));
	else if (check_op_compares(n->binary.op))
		check_error(c, n->loc, "%s cannot be compared with %s", check_name(c, a),
			    check_name(c, b));
	else
		check_error(c, n->loc, "'%s' does not work for %s and %s",
			    check_op_name(n->binary.op), check_name(c, a), check_name(c, b));
	if (a->kind == TYPE_PTR && b->kind == TYPE_PTR && n->binary.op == OP_SUB)
		check_hint(c, "cast both to uint64");
	else if ((a->kind == TYPE_PTR && b->kind == TYPE_STRING) ||
		 (a->kind == TYPE_STRING && b->kind == TYPE_PTR))
		check_hint(c, "str() makes a string of a pointer");
	return NULL;
}

static bool check_comparable(struct check *c, enum operation op, const struct type *a,
			     const struct type *b)
{
	if (type_is_scalar(a) && type_is_scalar(b))
		return true;
	if (op != OP_EQ && op != OP_NE)
		return false;
	if (a->kind != b->kind)
		return false;
	if (a->kind == TYPE_STRING)
		return true;
	if (a->kind == TYPE_ARRAY)
		return a->count == b->count && type_is_integer(a->target) &&
		       type_is_integer(b->target) && a->target->size == b->target->size;
	return a->kind == TYPE_TUPLE && unify_join(c, a, b);
}

static const struct type *check_compare(struct check *c, struct node *n)
{
	struct node *left = n->binary.left, *right = n->binary.right;

	if (left->type->kind == TYPE_STRING)
		check_param_text(c, right);
	if (right->type->kind == TYPE_STRING)
		check_param_text(c, left);
	if (left->type->kind == TYPE_ARRAY)
		check_as_array(right);
	if (right->type->kind == TYPE_ARRAY)
		check_as_array(left);
	if (check_comparable(c, n->binary.op, left->type, right->type))
		return &type_bool;
	return check_wrong_operands(c, n);
}

/* A pointer and an integer; the result is of the pointer's type. */
static const struct type *check_pointer_math(struct check *c, struct node *n)
{
	const struct type *a = n->binary.left->type;
	const struct type *b = n->binary.right->type;

	if (a->kind == TYPE_PTR && type_is_integer(b) &&
	    (n->binary.op == OP_ADD || n->binary.op == OP_SUB))
		return a;
	if (b->kind == TYPE_PTR && type_is_integer(a) && n->binary.op == OP_ADD)
		return b;
	return check_wrong_operands(c, n);
}

static const struct type *check_arithmetic(struct check *c, struct node *n)
{
	const struct type *a = n->binary.left->type;
	const struct type *b = n->binary.right->type;
	s64 v;

	if (!type_is_integer(a) || !type_is_integer(b))
		return check_pointer_math(c, n);
	if ((n->binary.op == OP_DIV || n->binary.op == OP_MOD) &&
	    check_constant(n->binary.right, &v) && !v) {
		check_error(c, n->loc, "division by zero");
		return NULL;
	}
	if ((n->binary.op == OP_SHL || n->binary.op == OP_SHR) &&
	    check_constant(n->binary.right, &v) && (v < 0 || v > 63)) {
		check_error(c, n->binary.right->loc, "a shift has to be from 0 to 63, not %lld",
			    (long long)v);
		return NULL;
	}
	return check_promote(n);
}

const struct type *check_binary(struct check *c, struct node *n)
{
	const struct type *a, *b;

	n->type = NULL;
	if (n->binary.op == OP_LAND || n->binary.op == OP_LOR) {
		check_condition(c, n->binary.left);
		check_condition(c, n->binary.right);
		return n->type = &type_bool;
	}
	a = check_value(c, n->binary.left);
	b = check_value(c, n->binary.right);
	if (!a || !b)
		return check_op_compares(n->binary.op) ? n->type = &type_bool : NULL;
	n->binary.is_unsigned = check_is_wide(n->binary.left) || check_is_wide(n->binary.right);
	if (check_op_compares(n->binary.op))
		return n->type = check_compare(c, n);
	return n->type = check_arithmetic(c, n);
}

const struct type *check_ternary(struct check *c, struct node *n)
{
	struct node *then = n->ternary.then ? n->ternary.then : n->ternary.cond;
	struct slot slot = { 0 };
	bool changed = c->changed, fits;
	const struct type *a, *b;

	n->type = NULL;
	check_condition(c, n->ternary.cond);
	a = n->ternary.then ? check_expr(c, n->ternary.then) : n->ternary.cond->type;
	b = check_expr(c, n->ternary.otherwise);
	if (!a || !b)
		return NULL;
	if (a->kind == TYPE_NONE || b->kind == TYPE_NONE)
		fits = a->kind == b->kind;
	else if (type_is_integer(a) && type_is_integer(b) && a->kind == b->kind && type_equal(a, b))
		return n->type = a;
	else
		fits = unify_slot(c, &slot, a, unify_strength(then), n->loc) &&
		       unify_slot(c, &slot, b, unify_strength(n->ternary.otherwise), n->loc);
	c->changed = changed;
	if (!fits) {
		check_error(c, n->loc, "the two values of ?: do not go together: %s and %s",
			    check_name(c, a), check_name(c, b));
		return NULL;
	}
	return n->type = slot.type ? slot.type : &type_none;
}

/* Casts */

/* An array of integers from an integer: its length follows from the sizes if it is not given. */
static const struct type *check_cast_array(struct check *c, struct node *n, const struct type *from,
					   const struct type *to)
{
	u32 each = to->target->size;

	if (type_is_integer(to->target) && type_is_integer(from)) {
		if (!to->count && each)
			to = type_array(c->arena, to->target, from->size / each);
		if (to->size == from->size)
			return to;
		check_error(c, n->loc, "%s has %u bytes and %s has %u", check_name(c, from),
			    from->size, check_name(c, to), to->size);
		check_hint(c, "cast the integer to the array's size first");
		return NULL;
	}
	if (from->kind == TYPE_ARRAY && type_equal(from, to))
		return to;
	check_error(c, n->loc, "%s cannot be cast to %s", check_name(c, from), check_name(c, to));
	return NULL;
}

static const struct type *check_cast_pointer(struct check *c, struct node *n,
					     const struct type *from, const struct type *to)
{
	if (from->kind == TYPE_PTR)
		return check_ptr_type(c, to->target, from->space);
	if (type_is_integer(from))
		return to;
	if (n->cast.operand->kind == NODE_BUILTIN && n->cast.operand->builtin->id == BUILTIN_ARGS &&
	    !c->program->args.slots)
		return check_ptr_type(c, to->target, SPACE_CTX);
	check_error(c, n->loc, "%s cannot be cast to %s", check_name(c, from), check_name(c, to));
	if (from->kind == TYPE_ARRAY || from->kind == TYPE_RECORD)
		check_hint(c, "take its address with &");
	return NULL;
}

static const struct type *check_cast_string(struct check *c, struct node *n,
					    const struct type *from, const struct type *to)
{
	if (from->kind == TYPE_STRING)
		return to;
	check_error(c, n->loc, "%s cannot be cast to %s", check_name(c, from), check_name(c, to));
	check_hint(c, "str() reads a string from a pointer");
	return NULL;
}

static bool check_cast_integer(const struct type *from, const struct type *to)
{
	if (type_is_scalar(from))
		return true;
	if (from->kind == TYPE_KSYM)
		return to->kind == TYPE_INT;
	return from->kind == TYPE_ARRAY && to->kind == TYPE_INT && from->size == to->size &&
	       type_is_integer(from->target);
}

const struct type *check_cast(struct check *c, struct node *n)
{
	enum type_space space = check_in_user(c) ? SPACE_USER : SPACE_KERNEL;
	const struct type *from = check_value(c, n->cast.operand);
	const struct type *to = check_type(c, n->cast.to, space);

	n->type = NULL;
	if (!to || !from)
		return NULL;
	check_as_array(n->cast.operand);
	from = n->cast.operand->type;
	switch (to->kind) {
	case TYPE_PTR:
		return n->type = check_cast_pointer(c, n, from, to);
	case TYPE_ARRAY:
		return n->type = check_cast_array(c, n, from, to);
	case TYPE_STRING:
		return n->type = check_cast_string(c, n, n->cast.operand->type, to);
	case TYPE_INT:
	case TYPE_BOOL:
	case TYPE_ENUM:
		if (check_cast_integer(from, to))
			return n->type = to;
		break;
	case TYPE_RECORD:
		check_error(c, n->loc, "a value cannot be cast to %s itself", check_name(c, to));
		check_hint(c, "cast to a pointer to it, and follow that");
		return NULL;
	default:
		break;
	}
	check_error(c, n->loc, "%s cannot be cast to %s", check_name(c, from), check_name(c, to));
	return NULL;
}
