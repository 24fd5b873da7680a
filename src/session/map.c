/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading: keys first, then their values, so that an entry deleted meanwhile is only left out. Programs may
 * insert as fast as we read and an iteration may start over when its key is gone, so as many keys are
 * taken as the map may hold, and doubles are dropped.
 */
#include "session/map.h"

#include <string.h>

#include "session/map_entry.h"

enum { MAP_MAX_VALUE = 1 << 20, MAP_MAX_KEY = 64 << 10, MAP_NOT_OPEN = -1 };

struct map_state {
	int handle;
	u32 key_size, value_size; /* value: of one CPU, rounded up for per-CPU maps */
	u32 cpus;
	bool zeroed; /* a keyless aggregation that is shown although it is empty */
};

u32 map_value_size(const struct type *t)
{
	switch (t->kind) {
	case TYPE_COUNT:
	case TYPE_SUM:
		return 8;
	case TYPE_MIN:
	case TYPE_MAX:
	case TYPE_AVG:
	case TYPE_STATS:
		return 16;
	case TYPE_HIST:
	case TYPE_LHIST:
		return t->count <= MAP_MAX_VALUE / 8 ? 8 * t->count : 0;
	default:
		return t->size;
	}
}

int maps_init(struct maps *m, struct arena *arena, struct values *values, struct diag *d)
{
	const struct script *script = values->script;

	*m = (struct maps){ arena, values, script, values->ops, values->engine, NULL };
	m->states = arena_array(arena, struct map_state, script->maps.n);
	for (size_t i = 0; i < script->maps.n; i++) {
		const struct script_map *map = &script->maps.at[i];
		struct map_state *s = &m->states[i];
		u32 size = map_value_size(map->value);

		s->handle = MAP_NOT_OPEN;
		s->cpus = map->per_cpu ? m->ops->cpu_count(m->engine) : 1;
		s->key_size = map->key ? map->key->size : 4;
		s->value_size = map->per_cpu ? (size + 7) & ~7U : size;
		if (!size || size > MAP_MAX_VALUE || !s->key_size || s->key_size > MAP_MAX_KEY ||
		    !s->cpus || (map->value->kind == TYPE_LHIST && map->value->count < 2))
			return diag_error(d, LOC_NONE, "the description of map %s is damaged",
					  map->name);
	}
	return 0;
}

static int map_open(struct maps *m, u32 map)
{
	struct map_state *s = &m->states[map];

	if (s->handle == MAP_NOT_OPEN) {
		int handle = m->ops->map_open(m->engine, m->script->maps.at[map].bpf_name);

		if (handle < 0)
			return handle;
		s->handle = handle;
	}
	return s->handle;
}

/* The place of a variable in .bss, NULL if it lies outside. */
static u8 *map_variable(struct maps *m, u32 map)
{
	const struct script_map *sm = &m->script->maps.at[map];
	size_t size = 0;
	u8 *bss = m->ops->bss(m->engine, &size);

	if (!bss || sm->offset > size || size - sm->offset < 8 + (size_t)m->states[map].value_size)
		return NULL;
	return bss + sm->offset;
}

static u64 slot(const u8 *p, size_t index)
{
	u64 n;

	memcpy(&n, p + 8 * index, 8);
	return n;
}

static void put_slot(u8 *p, size_t index, u64 n)
{
	memcpy(p + 8 * index, &n, 8);
}

static bool is_extreme(const struct type *t)
{
	return t->kind == TYPE_MIN || t->kind == TYPE_MAX;
}

static void reduce_extreme(u8 *to, const u8 *from)
{
	if (slot(from, 1) && (!slot(to, 1) || slot(from, 0) > slot(to, 0)))
		memcpy(to, from, 16);
}

/* Adds an integer of 1, 2, 4 or 8 bytes. */
static void reduce_int(const struct type *t, u8 *to, const u8 *from)
{
	u64 a, b;

	if (!value_int(t, to, t->size, &a) || !value_int(t, from, t->size, &b))
		return;
	a += b;
	memcpy(to, &a, t->size);
}

/* Folds the values of all CPUs into the first, which is what it means from then on. */
static void map_reduce(const struct type *t, u8 *values, u32 stride, u32 cpus)
{
	u32 size = map_value_size(t);

	for (u32 cpu = 1; cpu < cpus; cpu++) {
		const u8 *from = values + (size_t)cpu * stride;

		if (is_extreme(t))
			reduce_extreme(values, from);
		else if (t->kind == TYPE_INT)
			reduce_int(t, values, from);
		else if (type_is_aggregate(t))
			for (u32 i = 0; i < size / 8; i++)
				put_slot(values, i, slot(values, i) + slot(from, i));
	}
	if (is_extreme(t) && slot(values, 1))
		put_slot(values, 0, slot(values, 0) ^ type_extreme_mask(t));
}

static bool all_zero(const u8 *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i])
			return false;
	}
	return true;
}

/* The value of a keyless map, in the arena; *value NULL if it was never assigned. */
static int map_read_scalar(struct maps *m, u32 map, struct arena *arena, u8 **value)
{
	const struct script_map *sm = &m->script->maps.at[map];
	const struct map_state *s = &m->states[map];
	size_t size = (size_t)s->value_size * s->cpus;
	const u8 *variable;
	u32 key = 0;
	int err;

	*value = NULL;
	if (!sm->bpf_name) {
		variable = map_variable(m, map);
		if (!variable)
			return -EINVAL;
		if (slot(variable, 0)) {
			*value = arena_alloc(arena, size);
			memcpy(*value, variable + 8, size);
		}
		return 0;
	}
	err = map_open(m, map);
	if (err < 0)
		return err;
	*value = arena_alloc(arena, size);
	err = m->ops->map_lookup(m->engine, s->handle, &key, *value);
	if (err == -ENOENT || (!err && !s->zeroed && all_zero(*value, size))) {
		*value = NULL;
		return 0;
	}
	map_reduce(sm->value, *value, s->value_size, s->cpus);
	return err;
}

/* All keys there are, one after the other. *count of them; NULL if there are none or on an error. */
static u8 *map_read_keys(struct maps *m, u32 map, struct buf *keys, size_t *count)
{
	const struct map_state *s = &m->states[map];
	size_t own = m->script->maps.at[map].max_entries;
	size_t max = own ? own : m->script->max_map_keys;
	const u8 *key = NULL;
	u8 *next;

	*count = 0;
	while (*count < max) {
		next = buf_extend(keys, s->key_size);
		/* Growing may have moved the key before. */
		key = *count ? next - s->key_size : NULL;
		if (m->ops->map_next(m->engine, s->handle, key, next))
			break;
		++*count;
	}
	return (u8 *)keys->data;
}

static int map_read(struct maps *m, u32 map, struct arena *arena, struct map_entry **entries,
		    size_t *count)
{
	const struct script_map *sm = &m->script->maps.at[map];
	const struct map_state *s = &m->states[map];
	u32 size = map_value_size(sm->value);
	struct buf keys = { 0 };
	size_t key_count, n = 0;
	int err = map_open(m, map);
	const u8 *key;
	u8 *values;

	if (err < 0)
		return err;
	key = map_read_keys(m, map, &keys, &key_count);
	values = arena_alloc(arena, (size_t)s->value_size * s->cpus);
	*entries = arena_array(arena, struct map_entry, key_count);
	for (size_t i = 0; i < key_count; i++, key += s->key_size) {
		struct map_entry *e = &(*entries)[n];

		if (m->ops->map_lookup(m->engine, s->handle, key, values))
			continue;
		map_reduce(sm->value, values, s->value_size, s->cpus);
		e->key = memcpy(arena_alloc(arena, s->key_size), key, s->key_size);
		e->value = memcpy(arena_alloc(arena, size), values, size);
		n++;
	}
	*count = n;
	buf_done(&keys);
	return 0;
}

static void print_value(struct maps *m, const struct type *t, const u8 *value, u32 div,
			struct out *o)
{
	m->values->div = div;
	if (o->json)
		map_value_json(m->values, o, t, value);
	else
		map_value_text(m->values, &o->buf, t, value);
	m->values->div = 1;
}

/* `@x: ` or `@x[key]: `; a chart begins on a line of its own. */
static void print_label(struct maps *m, const struct script_map *sm, const u8 *key, struct out *o)
{
	out_puts(o, sm->name);
	if (key) {
		out_write(o, "[", 1);
		map_key_text(m->values, &o->buf, sm->key, key, ", ");
		out_write(o, "]", 1);
	}
	out_puts(o, map_is_chart(sm->value) ? ":\n" : ": ");
}

static void print_scalar(struct maps *m, const struct script_map *sm, const u8 *value, u32 div,
			 struct out *o)
{
	if (o->json)
		out_json_key(o, sm->name, strlen(sm->name));
	else
		print_label(m, sm, NULL, o);
	print_value(m, sm->value, value, div, o);
	if (!o->json)
		out_write(o, "\n", 1);
}

static void print_entries(struct maps *m, const struct script_map *sm,
			  const struct map_entry *entries, size_t count, u32 div, struct out *o)
{
	struct buf key = { 0 };

	if (o->json)
		out_json_open(o, sm->name, '{');
	for (size_t i = 0; i < count; i++) {
		if (o->json) {
			buf_clear(&key);
			map_key_text(m->values, &key, sm->key, entries[i].key, ",");
			out_json_key(o, buf_str(&key), key.len);
		} else {
			print_label(m, sm, entries[i].key, o);
		}
		print_value(m, sm->value, entries[i].value, div, o);
		if (!o->json)
			out_write(o, "\n", 1);
	}
	if (o->json)
		out_json_close(o, '}');
	buf_done(&key);
}

static void json_begin(struct out *o, const struct type *t)
{
	const char *type = map_json_type(t);

	out_json_open(o, NULL, '{');
	out_json_str(o, "type", type, strlen(type));
	out_json_open(o, "data", '{');
}

static void json_end(struct out *o)
{
	out_json_close(o, '}');
	out_json_close(o, '}');
	out_json_end(o);
}

int map_print(struct maps *m, u32 map, u32 top, u32 div, struct out *o)
{
	const struct script_map *sm = &m->script->maps.at[map];
	struct map_entry *entries = NULL;
	size_t count = 0, skip = 0;
	struct arena arena;
	u8 *value = NULL;
	int err;

	arena_init(&arena);
	div = div ? div : 1;
	if (sm->key)
		err = map_read(m, map, &arena, &entries, &count);
	else
		err = map_read_scalar(m, map, &arena, &value);
	if (!err && (count || value)) {
		count = map_sort(sm, entries, count);
		skip = top && count > top ? count - top : 0;
		if (o->json)
			json_begin(o, sm->value);
		if (value)
			print_scalar(m, sm, value, div, o);
		else
			print_entries(m, sm, entries + skip, count - skip, div, o);
		if (o->json)
			json_end(o);
	}
	arena_done(&arena);
	return err;
}

int map_print_entry(struct maps *m, u32 map, const u8 *key, struct out *o)
{
	const struct script_map *sm = &m->script->maps.at[map];
	const struct map_state *s = &m->states[map];
	struct arena arena;
	u8 *value;
	int err = sm->bpf_name ? map_open(m, map) : 0;

	if (err < 0)
		return err;
	arena_init(&arena);
	if (sm->key) {
		/* What is not there counts as zero, as it does when a program reads it. */
		value = arena_alloc(&arena, (size_t)s->value_size * s->cpus);
		if (!m->ops->map_lookup(m->engine, s->handle, key, value))
			map_reduce(sm->value, value, s->value_size, s->cpus);
		err = 0;
	} else {
		err = map_read_scalar(m, map, &arena, &value);
		if (!err && !value)
			value = arena_alloc(&arena, s->value_size);
	}
	if (!err && o->json) {
		out_json_open(o, NULL, '{');
		out_json_str(o, "type", "value", 5);
		out_json_key(o, "data", 4);
		print_value(m, sm->value, value, 1, o);
		out_json_close(o, '}');
		out_json_end(o);
	} else if (!err) {
		print_value(m, sm->value, value, 1, o);
		out_write(o, "\n", 1);
	}
	arena_done(&arena);
	return err;
}

/* Sets a keyless map's value to zero. */
static int map_reset_scalar(struct maps *m, u32 map, bool unset)
{
	struct map_state *s = &m->states[map];
	struct arena arena;
	u32 key = 0;
	u8 *place;
	int err;

	if (!m->script->maps.at[map].bpf_name) {
		place = map_variable(m, map);
		if (!place)
			return -EINVAL;
		if (unset)
			memset(place, 0, 8);
		memset(place + 8, 0, s->value_size);
		return 0;
	}
	err = map_open(m, map);
	if (err < 0)
		return err;
	arena_init(&arena);
	s->zeroed = !unset;
	err = m->ops->map_update(m->engine, s->handle, &key,
				 arena_alloc(&arena, (size_t)s->value_size * s->cpus));
	arena_done(&arena);
	return err;
}

/* Deletes all entries, or sets their values to zero. */
static int map_reset(struct maps *m, u32 map, bool unset)
{
	const struct map_state *s = &m->states[map];
	struct buf keys = { 0 };
	struct arena arena;
	size_t count;
	const u8 *key;
	u8 *zero;
	int err;

	if (!m->script->maps.at[map].key)
		return map_reset_scalar(m, map, unset);
	err = map_open(m, map);
	if (err < 0)
		return err;
	arena_init(&arena);
	zero = arena_alloc(&arena, (size_t)s->value_size * s->cpus);
	key = map_read_keys(m, map, &keys, &count);
	err = 0;
	for (size_t i = 0; i < count && !err; i++, key += s->key_size) {
		err = unset ? m->ops->map_delete(m->engine, s->handle, key)
			    : m->ops->map_update(m->engine, s->handle, key, zero);
		if (err == -ENOENT)
			err = 0;
	}
	buf_done(&keys);
	arena_done(&arena);
	return err;
}

int map_clear(struct maps *m, u32 map)
{
	return map_reset(m, map, true);
}

int map_zero(struct maps *m, u32 map)
{
	return map_reset(m, map, false);
}
