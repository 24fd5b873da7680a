/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Expressions: literals, variables, builtins, what lies in memory (fields, elements). */
#include <string.h>

#include "base/text.h"
#include "lang/check_map.h"
#include "lang/check_type.h"
#include "lang/unify.h"

void check_make_int(struct node *n, u64 value, const struct type *type)
{
	n->kind = NODE_INT;
	n->integer.value = value;
	n->integer.is_unsigned = false;
	n->integer.is_enum = type && type->kind == TYPE_ENUM;
	n->type = type;
}

void check_make_string(struct check *c, struct node *n, const char *s, size_t len)
{
	if (len >= LANG_MAX_STRING) {
		check_error(c, n->loc, "a string of %zu bytes is too long", len);
		len = LANG_MAX_STRING - 1;
	}
	n->kind = NODE_STRING;
	n->string.s = s;
	n->string.len = (u32)len;
	n->type = NULL;
}

void check_param_text(struct check *c, struct node *n)
{
	const struct check_param *p = table_get(&c->from_param, &n, sizeof(n));

	if (n->kind != NODE_INT || !p)
		return;
	check_make_string(c, n, p->text, strlen(p->text));
	check_expr(c, n);
}

bool check_in_user(const struct check *c)
{
	return c->program->kind == ATTACH_UPROBE || c->program->kind == ATTACH_URETPROBE;
}

const struct type *check_string_type(struct check *c, u32 size)
{
	const struct type *t = table_get(&c->types_made, &size, sizeof(size));

	if (t)
		return t;
	t = type_string(c->arena, size);
	table_set(&c->types_made, &size, sizeof(size), (void *)t);
	return t;
}

/* Types made from one type, under a key of it and a number. */
static struct type **check_made(struct check *c, const struct type *from, u64 what)
{
	u64 key[2] = { (u64)(uintptr_t)from, what };
	struct type **made = table_get(&c->types_made, key, sizeof(key));

	if (made)
		return made;
	made = arena_new(c->arena, struct type *);
	table_set(&c->types_made, key, sizeof(key), made);
	return made;
}

const struct type *check_ptr_type(struct check *c, const struct type *target, enum type_space space)
{
	struct type **made = check_made(c, target, space);

	if (!*made)
		*made = (struct type *)type_ptr(c->arena, target, space);
	return *made;
}

const struct type *check_in_space(struct check *c, const struct type *t, enum type_space space)
{
	struct type **made;

	if (space != SPACE_USER)
		return t;
	if (t->kind == TYPE_PTR)
		return check_ptr_type(c, t->target, SPACE_USER);
	if ((t->kind != TYPE_RECORD && t->kind != TYPE_ARRAY) || t->space == SPACE_USER)
		return t;
	made = check_made(c, t, 16 + SPACE_USER);
	if (!*made) {
		*made = type_new(c->arena, t->kind, t->size);
		**made = *t;
		(*made)->space = SPACE_USER;
	}
	return *made;
}

static bool check_is_char(const struct type *t)
{
	return t->kind == TYPE_INT && t->size == 1 && t->is_signed;
}

void check_as_array(struct node *n)
{
	if (n->kind == NODE_FIELD && n->type && n->type->kind == TYPE_STRING &&
	    n->field.found.type && n->field.found.type->kind == TYPE_ARRAY &&
	    !n->field.found.is_data_loc)
		n->type = n->field.found.type;
}

/* What reading a field gives: a char array is a string, a pointer stays in the space that it was read from. */
static const struct type *check_field_type(struct check *c, const struct field *f,
					   enum type_space space)
{
	const struct type *t = f->type;

	if (f->is_data_loc) {
		const struct type *element = t->kind == TYPE_ARRAY ? t->target : t;

		if (check_is_char(element))
			return check_string_type(c, c->u->config.max_strlen);
		return check_ptr_type(c, element, SPACE_KERNEL);
	}
	if (t->kind == TYPE_ARRAY && t->count && check_is_char(t->target))
		return check_string_type(c, t->count);
	return check_in_space(c, t, space);
}

/* Arguments */

static void check_no_args(struct check *c, struct loc loc)
{
	const struct check_program *p = c->program_info;

	check_error(c, loc, "%s has no args", p->target);
	check_hint(c, "%s", p->why ? p->why : "only probes with typed arguments have them");
}

static const struct type *check_arg(struct check *c, struct node *n)
{
	const struct check_program *p = c->program_info;
	const struct type *args = c->program->args.args;

	if (!c->program->args_known || !args) {
		check_no_args(c, n->field.base->loc);
		return NULL;
	}
	n->field.is_arg = true;
	n->field.base->type = args;
	if (!types_field(c->types, args, n->field.name, &n->field.found)) {
		struct nearest near = nearest_to(n->field.name);

		if (!check_error(c, n->loc, "%s has no argument '%s'", p->target, n->field.name))
			return NULL;
		for (u32 i = 0; i < args->field_count; i++)
			nearest_try(&near, args->fields[i].name);
		if (nearest_name(&near))
			check_hint(c, "did you mean '%s'? 'skep list -v %s' shows all",
				   nearest_name(&near), p->target);
		else
			check_hint(c, "'skep list -v %s' shows those it has", p->target);
		return NULL;
	}
	return check_field_type(c, &n->field.found, p->user_args ? SPACE_USER : SPACE_KERNEL);
}

/* Fields and elements */

static const struct type *check_tuple_field(struct check *c, struct node *n,
					    const struct type *base)
{
	if (base->kind != TYPE_TUPLE) {
		check_error(c, n->loc, "%s is no tuple, so it has no .%u", check_name(c, base),
			    n->field.number);
		return NULL;
	}
	if (n->field.number >= base->field_count) {
		check_error(c, n->loc, "%s has no .%u", check_name(c, base), n->field.number);
		check_hint(c, "its elements are .0 to .%u", base->field_count - 1);
		return NULL;
	}
	n->field.found = base->fields[n->field.number];
	return n->field.found.type;
}

const struct type *check_field(struct check *c, struct node *n)
{
	const struct type *base;
	enum type_space space;

	if (n->field.name && n->field.base->kind == NODE_BUILTIN &&
	    n->field.base->builtin->id == BUILTIN_ARGS)
		return n->type = check_arg(c, n);
	base = check_value(c, n->field.base);
	n->type = NULL;
	if (!base)
		return NULL;
	if (!n->field.name)
		return n->type = check_tuple_field(c, n, base);
	space = base->space;
	if (base->kind == TYPE_PTR)
		base = base->target;
	if (base->kind != TYPE_RECORD) {
		check_error(c, n->loc, "%s has no fields, so no '%s'",
			    check_name(c, n->field.base->type), n->field.name);
		if (type_is_integer(base))
			check_hint(c, "cast it first: ((struct name *)expression).%s",
				   n->field.name);
		return NULL;
	}
	if (!types_field(c->types, base, n->field.name, &n->field.found)) {
		check_no_field(c, n->loc, base, n->field.name);
		return NULL;
	}
	return n->type = check_field_type(c, &n->field.found, space);
}

/* t[1] of a tuple is t.1. */
static const struct type *check_tuple_index(struct check *c, struct node *n)
{
	struct node *base = n->index.base;
	s64 i;

	if (!check_bounded(c, n->index.index, "a tuple's index", 0, UINT32_MAX, &i))
		return NULL;
	n->kind = NODE_FIELD;
	memset(&n->field, 0, sizeof(n->field));
	n->field.base = base;
	n->field.number = (u32)i;
	return check_field(c, n);
}

const struct type *check_index(struct check *c, struct node *n)
{
	const struct type *base = check_value(c, n->index.base);
	const struct type *index = check_value(c, n->index.index);
	s64 i;

	n->type = NULL;
	if (!base || !index)
		return NULL;
	if (base->kind == TYPE_TUPLE)
		return n->type = check_tuple_index(c, n);
	check_as_array(n->index.base);
	base = n->index.base->type;
	if (base->kind != TYPE_ARRAY && base->kind != TYPE_PTR) {
		check_error(c, n->loc, "%s has no elements", check_name(c, base));
		return NULL;
	}
	if (!check_is_integer(c, n->index.index, "an index"))
		return NULL;
	if (base->kind == TYPE_PTR && !check_sizeof_type(c, base->target)) {
		check_error(c, n->loc, "the size of what %s points to is not known",
			    check_name(c, base));
		check_hint(c, "cast it to a pointer to a type with a size");
		return NULL;
	}
	if (base->kind == TYPE_ARRAY && base->count && check_constant(n->index.index, &i) &&
	    (i < 0 || (u64)i >= base->count)) {
		check_error(c, n->index.index->loc, "index %lld is outside of %s", (long long)i,
			    check_name(c, base));
		return NULL;
	}
	return n->type = check_in_space(c, base->target, base->space);
}

static const struct type *check_tuple(struct check *c, struct node *n)
{
	const struct type **elements =
		arena_array(c->arena, const struct type *, n->tuple.count + 1);
	const struct type *old = n->type;
	bool known = true, same = old != NULL;
	u32 i = 0;

	for (struct node *item = n->tuple.items; item; item = item->next, i++) {
		const struct type *t = check_value(c, item);

		known &= t != NULL;
		elements[i] = t ? unify_widen(c, t) : NULL;
		same = same && i < old->field_count && old->fields[i].type == elements[i];
	}
	if (!known)
		return n->type = NULL;
	return n->type = same ? old : type_tuple(c->arena, elements, n->tuple.count);
}

static const struct type *check_var(struct check *c, struct node *n)
{
	struct check_var *v = (struct check_var *)n->var.var;

	if (!v)
		return n->type = NULL;
	v->var.type = v->slot.type;
	if (!v->slot.type && !v->assigned) {
		check_error(c, n->loc, "%s is never assigned", n->var.name);
		check_hint(c, "its type is that of its first value");
	}
	return n->type = v->slot.type;
}

static const struct type *check_int(struct node *n)
{
	if (n->type && (n->integer.is_enum || n->type->kind != TYPE_NONE))
		return n->type;
	return n->type = n->integer.is_unsigned ? &type_u64 : &type_s64;
}

const struct type *check_expr(struct check *c, struct node *n)
{
	switch (n->kind) {
	case NODE_INT:
		return check_int(n);
	case NODE_BOOL:
		return n->type = &type_bool;
	case NODE_STRING:
		return n->type = check_string_type(c, n->string.len + 1);
	case NODE_BUILTIN:
		return check_builtin(c, n);
	case NODE_CALL:
		return check_call(c, n);
	case NODE_VAR:
		return check_var(c, n);
	case NODE_MAP:
		return check_map_read(c, n);
	case NODE_UNARY:
		return check_unary(c, n);
	case NODE_BINARY:
		return check_binary(c, n);
	case NODE_TERNARY:
		return check_ternary(c, n);
	case NODE_CAST:
		return check_cast(c, n);
	case NODE_SIZEOF:
		return check_sizeof(c, n);
	case NODE_OFFSETOF:
		return check_offsetof(c, n);
	case NODE_FIELD:
		return check_field(c, n);
	case NODE_INDEX:
		return check_index(c, n);
	case NODE_TUPLE:
		return check_tuple(c, n);
	case NODE_INCDEC:
		return check_incdec(c, n);
	case NODE_ASSIGN:
		return check_assign(c, n);
	default: /* a name that resolve could not place */
		return n->type = NULL;
	}
}

const struct type *check_value(struct check *c, struct node *n)
{
	const struct type *t = check_expr(c, n);

	if (t && t->kind == TYPE_NONE) {
		if (n->kind == NODE_CALL)
			check_error(c, n->loc, "%s() has no value", n->call.name);
		else
			check_error(c, n->loc, "this has no value");
		return n->type = NULL;
	}
	return t;
}

void check_condition(struct check *c, struct node *n)
{
	const struct type *t = check_value(c, n);

	if (t && !type_is_scalar(t)) {
		check_error(c, n->loc, "%s is neither true nor false", check_name(c, t));
		if (t->kind == TYPE_STRING)
			check_hint(c, "compare it with \"\"");
	}
}

bool check_is_integer(struct check *c, struct node *n, const char *what)
{
	const struct check_param *p = table_get(&c->from_param, &n, sizeof(n));

	if (!n->type)
		return false;
	if (type_is_integer(n->type))
		return true;
	if (p)
		check_error(c, n->loc, "%s has to be an integer, but $%u is \"%s\"", what,
			    p->number, p->text);
	else
		check_error(c, n->loc, "%s has to be an integer, not %s", what,
			    check_name(c, n->type));
	return false;
}

bool check_integer(struct check *c, struct node *n, const char *what)
{
	check_value(c, n);
	return check_is_integer(c, n, what);
}
