/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of types: the script's own, C's, then the kernel's, whose BTF is opened by the first question
 * that only it can answer. Every answer is kept, also that there is none.
 */
#include "btf/types.h"

#include <stdlib.h>
#include <string.h>

#include "btf/types_impl.h"

/* Stands in the tables for "asked before, does not exist". */
static const struct type absent = { .kind = TYPE_NONE };

static void forget(struct types *t)
{
	table_init(&t->made, t->arena);
	table_init(&t->found_records, t->arena);
	table_init(&t->found_enums, t->arena);
	table_init(&t->found_others, t->arena);
	table_init(&t->found_enumerators, t->arena);
}

struct types *types_new(struct arena *arena)
{
	struct types *t = calloc(1, sizeof(*t));

	if (!t)
		arena_exhausted();
	t->arena = arena;
	t->path = "/sys/kernel/btf/vmlinux";
	vec_add(arena, &t->units)->name = "vmlinux";
	table_init(&t->tags, arena);
	table_init(&t->typedefs, arena);
	table_init(&t->enumerators, arena);
	forget(t);
	return t;
}

void types_close_unit(struct types *t, u32 unit)
{
	rawbtf_free(t->units.at[unit].btf);
	t->units.at[unit].btf = NULL;
	t->units.at[unit].was_tried = false;
}

static void close_units(struct types *t)
{
	/* Backwards: the kernel's is the base of the others. */
	for (size_t i = t->units.n; i-- > 0;)
		types_close_unit(t, (u32)i);
}

void types_free(struct types *t)
{
	if (!t)
		return;
	close_units(t);
	free(t);
}

void types_drop_kernel(struct types *t)
{
	if (!t->is_bytes)
		close_units(t);
}

bool types_have_kernel(struct types *t)
{
	return types_unit(t, 0) != NULL;
}

/* Puts a BTF in the place of the kernel's. */
static void replace_kernel(struct types *t, struct rawbtf *b)
{
	close_units(t);
	forget(t);
	t->units.n = 1;
	t->units.at[0].btf = b;
	t->is_own = true;
}

int types_use_file(struct types *t, const char *path)
{
	struct rawbtf *b;
	int err = rawbtf_open(path, NULL, &b);

	if (err)
		return err;
	replace_kernel(t, b);
	t->path = arena_strdup(t->arena, path);
	t->is_bytes = false;
	return 0;
}

int types_use_bytes(struct types *t, const void *data, size_t len)
{
	struct rawbtf *b;
	int err = rawbtf_from_bytes(data, len, NULL, &b);

	if (err)
		return err;
	replace_kernel(t, b);
	t->is_bytes = true;
	return 0;
}

struct rawbtf *types_unit(struct types *t, u32 unit)
{
	struct unit *u;
	char path[128];
	int n;

	if (unit >= t->units.n)
		return NULL;
	u = &t->units.at[unit];
	if (u->btf || u->was_tried)
		return u->btf;
	u->was_tried = true;
	if (!unit) {
		if (rawbtf_open(t->path, NULL, &u->btf))
			u->btf = NULL;
		return u->btf;
	}
	n = snprintf(path, sizeof(path), "/sys/kernel/btf/%s", u->name);
	if (n < 0 || (size_t)n >= sizeof(path) || !types_unit(t, 0) ||
	    rawbtf_open(path, t->units.at[0].btf, &u->btf))
		u->btf = NULL;
	return u->btf;
}

int types_find_unit(struct types *t, const char *module)
{
	size_t i = 0;

	if (!module || !strcmp(module, "vmlinux"))
		return types_unit(t, 0) ? 0 : -ENOENT;
	if (t->is_own || strchr(module, '/') || module[0] == '.' || !*module)
		return -ENOENT;
	for (i = 1; i < t->units.n; i++) {
		if (!strcmp(t->units.at[i].name, module))
			break;
	}
	if (i == t->units.n) {
		if (i > UNIT_MAX)
			return -ENOENT;
		*vec_add(t->arena, &t->units) =
			(struct unit){ .name = arena_strdup(t->arena, module) };
	}
	return types_unit(t, (u32)i) ? (int)i : -ENOENT;
}

/* Asks the kernel's BTF for the first of these kinds. */
static const struct type *kernel_find(struct types *t, struct table *found, u32 kinds,
				      u32 other_kinds, const char *name)
{
	const struct type *type = table_get_str(found, name);
	struct rawbtf *b;
	u32 id;

	if (type)
		return type == &absent ? NULL : type;
	b = types_unit(t, 0);
	if (!b)
		return NULL;
	id = rawbtf_find(b, kinds, name);
	if (!id && other_kinds)
		id = rawbtf_find(b, other_kinds, name);
	type = id ? types_make(t, 0, id) : NULL;
	table_set_str(found, name, (void *)(uintptr_t)(type ? type : &absent));
	return type;
}

const struct type *types_find(struct types *t, enum type_kind kind, const char *name)
{
	const struct type *own;

	if (!name || !*name)
		return NULL;
	own = table_get_str(kind == TYPE_NONE ? &t->typedefs : &t->tags, name);
	if (own)
		return kind == TYPE_NONE || own->kind == kind ? own : NULL;
	switch (kind) {
	case TYPE_RECORD:
		return kernel_find(t, &t->found_records,
				   RAWBTF_KIND(BTF_KIND_STRUCT) | RAWBTF_KIND(BTF_KIND_UNION),
				   RAWBTF_KIND(BTF_KIND_FWD), name);
	case TYPE_ENUM:
		return kernel_find(t, &t->found_enums,
				   RAWBTF_KIND(BTF_KIND_ENUM) | RAWBTF_KIND(BTF_KIND_ENUM64), 0,
				   name);
	case TYPE_NONE:
		own = types_base_find(name);
		return own ? own
			   : kernel_find(t, &t->found_others,
					 RAWBTF_KIND(BTF_KIND_TYPEDEF) | RAWBTF_KIND(BTF_KIND_INT) |
						 RAWBTF_KIND(BTF_KIND_FLOAT),
					 0, name);
	default:
		return NULL;
	}
}

/* Enters a name of the script's; names are optional. */
static int define(struct table *table, const char *name, const void *what)
{
	if (!name || !*name)
		return 0;
	if (table_get_str(table, name))
		return -EEXIST;
	table_set_str(table, name, (void *)(uintptr_t)what);
	return 0;
}

int types_define_record(struct types *t, struct type *record)
{
	return define(&t->tags, record->name, record);
}

int types_define_typedef(struct types *t, const char *name, const struct type *type)
{
	return define(&t->typedefs, name, type);
}

int types_define_enum(struct types *t, struct type *enum_type, const char *const *names,
		      const s64 *values, u32 count)
{
	int err = define(&t->tags, enum_type->name, enum_type);
	struct enumerator *list;
	u32 n;

	if (err)
		return err;
	list = arena_array(t->arena, struct enumerator, count);
	enum_type->id = TYPES_SCRIPT_ID | (u32)t->script_enums.n;
	for (n = 0; n < count; n++) {
		struct constant *c = arena_new(t->arena, struct constant);

		*c = (struct constant){ .type = enum_type, .value = values[n] };
		err = define(&t->enumerators, names[n], c);
		if (err)
			break;
		list[n] = (struct enumerator){ .name = names[n], .value = values[n] };
	}
	*vec_add(t->arena, &t->script_enums) = (struct enum_def){ .at = list, .count = n };
	return err;
}

bool types_enumerator(struct types *t, const char *name, s64 *value, const struct type **type)
{
	const struct constant *own = table_get_str(&t->enumerators, name);
	struct constant *c;
	struct rawbtf *b;
	u32 id, i;

	c = table_get_str(&t->found_enumerators, name);
	if (!own && !c) {
		b = types_unit(t, 0);
		if (!b)
			return false;
		c = arena_new(t->arena, struct constant);
		id = rawbtf_find_enumerator(b, name, &i);
		if (id) {
			c->type = types_make(t, 0, id);
			c->value = types_enum_value(rawbtf_type(b, id), i);
		}
		table_set_str(&t->found_enumerators, name, c);
	}
	if (!own)
		own = c;
	if (!own->type)
		return false;
	*value = own->value;
	*type = own->type;
	return true;
}

static bool script_named(struct types *t, bool (*fn)(void *, const struct type *), void *arg)
{
	size_t pos = 0, len;
	const void *key;
	void *type;

	while (table_next(&t->tags, &pos, &key, &len, &type)) {
		if (!fn(arg, type))
			return false;
	}
	return true;
}

void types_each_named(struct types *t, bool (*fn)(void *arg, const struct type *type), void *arg)
{
	const u32 kinds = RAWBTF_KIND(BTF_KIND_STRUCT) | RAWBTF_KIND(BTF_KIND_UNION) |
			  RAWBTF_KIND(BTF_KIND_ENUM) | RAWBTF_KIND(BTF_KIND_ENUM64);
	struct rawbtf *b = types_unit(t, 0);
	struct rawbtf_iter it = { 0 };
	const struct btf_type *bt;

	if (!script_named(t, fn, arg) || !b)
		return;
	while ((bt = rawbtf_next(b, &it)) != NULL) {
		const char *name = rawbtf_str(b, bt->name_off);

		if (!(kinds & RAWBTF_KIND(BTF_INFO_KIND(bt->info))) || !*name)
			continue;
		if (!table_get_str(&t->tags, name) && !fn(arg, types_make(t, 0, it.id)))
			return;
	}
}
