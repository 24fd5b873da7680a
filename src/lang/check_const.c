/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known while compiling: literals, constant expressions, sizes and offsets. */
#include <string.h>

#include "lang/check_type.h"

/* sizeof and offsetof become integers */

const struct type *check_sizeof(struct check *c, struct node *n)
{
	const struct type *t =
		n->size.of ? check_type(c, n->size.of, SPACE_KERNEL) : check_value(c, n->size.expr);
	u32 size;

	if (!t)
		return n->type = NULL;
	if (!n->size.of) {
		check_as_array(n->size.expr);
		t = n->size.expr->type;
	}
	size = check_sizeof_type(c, t);
	if (!size && t->kind != TYPE_ARRAY && t->kind != TYPE_RECORD) {
		check_error(c, n->loc, "the size of %s is not known", check_name(c, t));
		return n->type = NULL;
	}
	if (!n->size.of && c->quiet)
		return n->type = &type_u64; /* a string may still grow */
	check_make_int(n, size, &type_u64);
	return n->type;
}

const struct type *check_offsetof(struct check *c, struct node *n)
{
	const struct type *t =
		n->size.of ? check_type(c, n->size.of, SPACE_KERNEL) : check_value(c, n->size.expr);
	const char *path = n->size.path;
	u64 offset = 0;

	n->type = NULL;
	if (!t)
		return NULL;
	if (t->kind == TYPE_PTR)
		t = t->target;
	while (*path) {
		size_t len = strcspn(path, ".");
		const char *name = arena_strndup(c->arena, path, len);
		struct field f;

		if (t->kind != TYPE_RECORD) {
			check_error(c, n->loc, "%s has no fields, so no '%s'", check_name(c, t),
				    name);
			return NULL;
		}
		if (!types_field(c->types, t, name, &f)) {
			check_no_field(c, n->loc, t, name);
			return NULL;
		}
		offset += f.offset;
		t = f.type;
		path += len;
		path += *path == '.';
	}
	check_make_int(n, offset, &type_u64);
	return n->type;
}

const char *check_literal(struct check *c, const struct node *n, const char *what)
{
	if (n->kind == NODE_STRING)
		return n->string.s;
	check_error(c, n->loc, "%s has to be a string literal", what);
	return NULL;
}

static bool check_fold(enum operation op, s64 a, s64 b, s64 *out)
{
	switch (op) {
	case OP_ADD:
		*out = (s64)((u64)a + (u64)b);
		return true;
	case OP_SUB:
		*out = (s64)((u64)a - (u64)b);
		return true;
	case OP_MUL:
		*out = (s64)((u64)a * (u64)b);
		return true;
	case OP_DIV:
		if (!b || (a == INT64_MIN && b == -1))
			return false;
		*out = a / b;
		return true;
	case OP_SHL:
		if (b < 0 || b > 63)
			return false;
		*out = (s64)((u64)a << b);
		return true;
	case OP_OR:
		*out = a | b;
		return true;
	default:
		return false;
	}
}

bool check_constant(const struct node *n, s64 *value)
{
	s64 a, b;

	switch (n->kind) {
	case NODE_INT:
	case NODE_BOOL:
		*value = (s64)n->integer.value;
		return !n->integer.is_unsigned || n->kind == NODE_BOOL;
	case NODE_UNARY:
		if (n->unary.op != OP_NEG || !check_constant(n->unary.operand, &a))
			return false;
		*value = (s64)(0 - (u64)a);
		return true;
	case NODE_BINARY:
		return check_constant(n->binary.left, &a) && check_constant(n->binary.right, &b) &&
		       check_fold(n->binary.op, a, b, value);
	default:
		return false;
	}
}

bool check_bounded(struct check *c, struct node *n, const char *what, s64 least, s64 most,
		   s64 *value)
{
	s64 v;

	if (!check_integer(c, n, what))
		return false;
	if (!check_constant(n, &v)) {
		check_error(c, n->loc, "%s has to be a constant", what);
		return false;
	}
	if (v < least || v > most) {
		check_error(c, n->loc, "%s has to be from %lld to %lld, not %lld", what,
			    (long long)least, (long long)most, (long long)v);
		return false;
	}
	*value = v;
	return true;
}
