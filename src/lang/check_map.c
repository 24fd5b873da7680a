/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A map's key and value are settled by all programs together: each use makes room for its own types in the
 * map's slots, and a use that does not go with what is there is an error that names both places.
 */
#include "lang/check_map.h"

#include <string.h>

#include "base/text.h"
#include "lang/resolve.h"
#include "lang/unify.h"

static struct check_map *check_map_of(const struct node *n)
{
	return (struct check_map *)n->map.map;
}

/* A value's type for messages: "a count", "a hist of 2 bits", "int64". */
static const char *check_map_a(struct check *c, const struct type *t)
{
	static const char *const names[] = {
		[TYPE_COUNT] = "a count", [TYPE_SUM] = "a sum",      [TYPE_MIN] = "a min",
		[TYPE_MAX] = "a max",     [TYPE_AVG] = "an avg",     [TYPE_STATS] = "a stats",
		[TYPE_HIST] = "a hist",   [TYPE_LHIST] = "an lhist",
	};

	if (!type_is_aggregate(t))
		return check_name(c, t);
	if (t->kind == TYPE_HIST && t->bits)
		return arena_printf(c->arena, "a hist of %u bits", t->bits);
	if (t->kind == TYPE_LHIST)
		return arena_printf(c->arena, "an lhist from %lld to %lld by %lld",
				    (long long)t->min, (long long)t->max, (long long)t->step);
	return names[t->kind];
}

const struct type *check_map_value(const struct type *value)
{
	switch (value->kind) {
	case TYPE_COUNT:
		return &type_s64;
	case TYPE_SUM:
	case TYPE_MIN:
	case TYPE_MAX:
	case TYPE_AVG:
		return value->is_signed ? &type_s64 : &type_u64;
	case TYPE_STATS:
	case TYPE_HIST:
	case TYPE_LHIST:
		return NULL;
	default:
		return value;
	}
}

/* Keys */

static const char *check_map_count(struct check *c, u32 count)
{
	if (!count)
		return "no key";
	return arena_printf(c->arena, "%u key%s", count, count == 1 ? "" : "s");
}

static bool check_map_key_type(struct check *c, const struct node *key)
{
	const struct type *t = key->type;

	if (t->kind != TYPE_FUNC && !type_is_aggregate(t))
		return true;
	check_error(c, key->loc, "%s cannot be a map's key", check_name(c, t));
	return false;
}

/* The type of all keys together; NULL if one is not known. */
static const struct type *check_map_key(struct check *c, struct node *keys, u32 count)
{
	const struct type **types = arena_array(c->arena, const struct type *, count + 1);
	bool known = true;
	u32 i = 0;

	for (struct node *k = keys; k; k = k->next, i++) {
		types[i] = check_value(c, k);
		if (types[i] && check_map_key_type(c, k))
			types[i] = unify_widen(c, types[i]);
		else
			known = false;
	}
	if (!known)
		return NULL;
	return count == 1 ? types[0] : type_tuple(c->arena, types, count);
}

/* How many keys: a tuple's elements count as such. */
static bool check_map_key_count(struct check *c, struct check_map *m, u32 count, struct loc loc)
{
	struct loc first = m->key_count_loc;

	if (!m->map.key_known) {
		m->map.key_known = true;
		m->key_count = count;
		m->key_count_loc = loc;
		c->changed = true;
	}
	if (m->key_count == count)
		return true;
	check_error(c, loc, "%s is used with %s here but with %s at %u:%u", m->map.name,
		    check_map_count(c, count), check_map_count(c, m->key_count), first.line,
		    first.col);
	return false;
}

bool check_map_keys(struct check *c, struct check_map *m, struct node *keys, u32 count,
		    struct loc loc)
{
	const struct type *t = NULL;
	enum strength strength = STRENGTH_FIRM;

	if (count) {
		t = check_map_key(c, keys, count);
		if (count == 1 && t) {
			strength = unify_strength(keys);
			if (t->kind == TYPE_TUPLE)
				count = t->field_count;
		}
	}
	if (count <= 1 && !t && keys)
		return false;
	if (!check_map_key_count(c, m, count, loc) || (count && !t))
		return false;
	if (!count)
		return true;
	if (!unify_slot(c, &m->key, t, strength, loc)) {
		check_error(c, loc, "%s has key %s here but %s at %u:%u", m->map.name,
			    check_name(c, t), check_name(c, m->key.type), m->key.loc.line,
			    m->key.loc.col);
		return false;
	}
	m->map.key = m->key.type;
	return true;
}

/* Values */

bool check_map_store(struct check *c, struct node *n, const struct type *t, enum strength strength,
		     struct loc loc)
{
	struct check_map *m = check_map_of(n);

	m->map.is_written = true;
	if (t->kind == TYPE_FUNC || t->kind == TYPE_NONE) {
		check_error(c, loc, "%s cannot be stored in a map", check_name(c, t));
		return false;
	}
	if (!unify_slot(c, &m->value, t, strength, n->loc)) {
		check_error(c, n->loc, "%s is %s here but was %s at %u:%u", m->map.name,
			    check_map_a(c, t), check_map_a(c, m->value.type), m->value.loc.line,
			    m->value.loc.col);
		return false;
	}
	m->map.value = m->value.type;
	return true;
}

static bool check_map_undefined(struct check *c, struct check_map *m, struct loc loc)
{
	struct nearest near = nearest_to(m->map.name);

	if (m->map.is_written || c->quiet)
		return m->map.is_written;
	if (c->u->ast->broken) /* it may have been written where the mistake was */
		return false;
	if (!check_error(c, loc, "undefined map: %s", m->map.name))
		return false;
	for (size_t i = 0; i < c->u->maps.n; i++) {
		if (c->u->maps.at[i]->is_written)
			nearest_try(&near, c->u->maps.at[i]->name);
	}
	check_nearest(c, &near);
	return false;
}

const struct type *check_map_read(struct check *c, struct node *n)
{
	struct check_map *m = check_map_of(n);
	const struct type *t;

	n->type = NULL;
	m->map.is_read = true;
	if (!check_map_undefined(c, m, n->loc)) {
		for (struct node *k = n->map.keys; k; k = k->next)
			check_value(c, k);
		return NULL;
	}
	if (!n->map.key_count && m->map.key_known && m->key_count) {
		check_error(c, n->loc, "%s needs its key here: it has %s at %u:%u", m->map.name,
			    check_map_count(c, m->key_count), m->key_count_loc.line,
			    m->key_count_loc.col);
		return NULL;
	}
	if (!check_map_keys(c, m, n->map.keys, n->map.key_count, n->loc) || !m->value.type)
		return NULL;
	t = check_map_value(m->value.type);
	if (!t) {
		check_error(c, n->loc, "%s is %s, which has no single value", m->map.name,
			    check_map_a(c, m->value.type));
		check_hint(c, "print(%s) shows it", m->map.name);
	}
	return n->type = t;
}

struct check_map *check_map_whole(struct check *c, struct node *n, const char *what)
{
	struct check_map *m;

	if (n->kind != NODE_MAP) {
		check_error(c, n->loc, "%s a map", what);
		check_value(c, n);
		return NULL;
	}
	m = check_map_of(n);
	if (n->map.key_count) {
		check_error(c, n->loc, "%s a whole map, without a key", what);
		check_hint(c, "write %s", m->map.name);
		return NULL;
	}
	n->type = &type_none;
	return check_map_undefined(c, m, n->loc) ? m : NULL;
}

/* Declarations and the end */

static void check_map_decl(struct check *c, const struct map_decl *decl)
{
	static const char *const names[] = { "hash", "lruhash", "percpuhash", "percpulruhash" };
	struct check_map *m = table_get_str(&c->maps, decl->name);
	struct nearest near = nearest_to(decl->storage);
	size_t i;
	s64 entries;

	if (m) {
		check_error(c, decl->loc, "%s is already declared at %u:%u", decl->name,
			    m->map.loc.line, m->map.loc.col);
		return;
	}
	m = resolve_map(c, decl->name, decl->loc);
	m->declared = true;
	for (i = 0; i < ARRAY_SIZE(names) && strcmp(names[i], decl->storage) != 0; i++)
		nearest_try(&near, names[i]);
	if (i == ARRAY_SIZE(names)) {
		check_error(c, decl->loc, "unknown kind of map '%s'", decl->storage);
		if (nearest_name(&near))
			check_nearest(c, &near);
		else
			check_hint(c, "one of: hash, lruhash, percpuhash, percpulruhash");
		return;
	}
	m->map.storage = i == 0   ? MAP_PLAIN
			 : i == 1 ? MAP_LRU
			 : i == 2 ? MAP_PERCPU
				  : MAP_PERCPU_LRU;
	if (!decl->max_entries || !check_constant(decl->max_entries, &entries) || entries < 1 ||
	    entries > 1 << 30)
		check_error(c, decl->loc, "%s needs a number of entries from 1 to %d", decl->name,
			    1 << 30);
	else
		m->map.max_entries = (u32)entries;
}

void check_map_decls(struct check *c, const struct map_decl *decls)
{
	for (; decls; decls = decls->next)
		check_map_decl(c, decls);
}

void check_map_finish(struct check *c)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->u->maps.n; i++) {
		struct map *map = c->u->maps.at[i];
		struct check_map *m = (struct check_map *)map;

		if (m->declared && !map->is_written && !map->is_read) {
			check_warning(c, map->loc, "%s is declared but never used", map->name);
			continue;
		}
		if (m->declared && map->key_known && !map->key)
			check_error(c, map->loc, "%s is declared as a hash but used without a key",
				    map->name);
		if (!map->value && !c->d->errors)
			check_error(c, map->loc,
				    "the type of %s is not known: it is only assigned from itself",
				    map->name);
		map->index = (u32)kept;
		c->u->maps.at[kept++] = map;
	}
	c->u->maps.n = kept;
}
