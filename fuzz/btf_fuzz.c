/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: an input is a BTF if it can be opened as one, and a tracefs declaration in any case. Of a
 * BTF everything is asked that a script could ask.
 */
#include <string.h>

#include "btf/types_impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct walk {
	struct types *types;
	struct arena *arena;
	u32 left; /* answers still to be looked at: an input has at most some thousands */
};

static void ignore_value(void *arg, const char *name, s64 value)
{
	size_t *sum = arg;

	*sum += strlen(name) + (size_t)value;
}

static bool walk_type(void *arg, const struct type *type)
{
	struct walk *w = arg;
	const struct field *fields;
	struct field f;
	size_t sum = 0;
	u32 count;

	fields = types_fields(w->types, type, &count);
	for (u32 i = 0; i < count; i++) {
		sum += strlen(type_name(w->arena, fields[i].type));
		sum += types_size(w->types, fields[i].type) + type_align(fields[i].type);
	}
	types_field(w->types, type, "absent", &f);
	types_enum_each(w->types, type, ignore_value, &sum);
	sum += strlen(types_print(w->types, w->arena, type));
	return --w->left > 0;
}

static bool walk_func(void *arg, const char *module, const char *name)
{
	struct walk *w = arg;
	struct func_proto p;

	types_func(w->types, module, name, &p);
	return --w->left > 0;
}

static bool walk_tracepoint(void *arg, const char *name)
{
	struct walk *w = arg;
	struct func_proto p;

	types_raw_tracepoint(w->types, name, &p);
	return --w->left > 0;
}

static void walk_btf(struct types *t, struct arena *a)
{
	struct walk w = { .types = t, .arena = a, .left = 200 };
	const struct type *type;
	s64 value;

	types_each_named(t, walk_type, &w);
	w.left = 200;
	types_each_func(t, NULL, walk_func, &w);
	w.left = 200;
	types_each_raw_tracepoint(t, walk_tracepoint, &w);
	types_find(t, TYPE_NONE, "pid_t_like");
	types_enumerator(t, "A", &value, &type);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct types *t;
	struct field f;
	const char *text;

	arena_init(&a);
	t = types_new(&a);
	text = arena_strndup(&a, (const char *)data, size);
	if (!types_parse_field(t, text, 4, true, &f))
		type_name(&a, f.type);
	if (!types_parse_field(t, text, (u32)size, false, &f))
		type_name(&a, f.type);
	if (!types_use_bytes(t, data, size))
		walk_btf(t, &a);
	types_free(t);
	arena_done(&a);
	return 0;
}
