/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types as the session needs them: with all that printing a value takes, since it has no BTF at hand. Enums bring
 * the names of their values, records their fields, as deep as anybody reads.
 */
#include "gen/lower.h"

#define MAX_DEPTH 4

struct names {
	struct arena *arena;
	vec_of(struct enumerator) list;
};

static void add_name(void *arg, const char *name, s64 value)
{
	struct names *n = arg;

	*vec_add(n->arena, &n->list) = (struct enumerator){ .name = name, .value = value };
}

static const struct type *describe(struct gen *g, const struct type *t, u32 depth);

static const struct type *with_names(struct gen *g, const struct type *t)
{
	struct names names = { .arena = g->script->arena };
	struct type *copy = arena_new(g->script->arena, struct type);

	types_enum_each(g->unit->types, t, add_name, &names);
	*copy = *t;
	copy->enumerators = names.list.at;
	copy->enumerator_count = (u32)names.list.n;
	return copy;
}

static const struct type *with_fields(struct gen *g, const struct type *t, u32 depth)
{
	u32 count = t->field_count;
	const struct field *from = t->fields;
	struct type *copy = arena_new(g->script->arena, struct type);

	if (!from && depth < MAX_DEPTH)
		from = types_fields(g->unit->types, t, &count);
	*copy = *t;
	if (t->kind == TYPE_RECORD && !copy->size)
		copy->size = types_size(g->unit->types, t);
	if (!from || depth >= MAX_DEPTH)
		return copy;
	struct field *fields = arena_array(g->script->arena, struct field, count + 1);
	for (u32 i = 0; i < count; i++) {
		fields[i] = from[i];
		fields[i].type = describe(g, from[i].type, depth + 1);
	}
	copy->fields = fields;
	copy->field_count = count;
	return copy;
}

static const struct type *describe(struct gen *g, const struct type *t, u32 depth)
{
	switch (t->kind) {
	case TYPE_ENUM:
		return t->enumerators ? t : with_names(g, t);
	case TYPE_TUPLE:
	case TYPE_RECORD:
		return with_fields(g, t, depth);
	case TYPE_ARRAY: {
		struct type *copy = arena_new(g->script->arena, struct type);
		*copy = *t;
		copy->target = describe(g, t->target, depth);
		return copy;
	}
	default:
		return t;
	}
}

const struct type *describe_type(struct gen *g, const struct type *t)
{
	return t ? describe(g, t, 0) : NULL;
}
