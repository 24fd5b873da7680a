/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/exec/maps.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "btf/rawvalue.h"
#include "isa/map_type.h"
#include "verify/field.h"

#define DIFFERENCES_SHOWN 16 /* of a map */

/* Entries of a map: key and value each, in the order of keys. */
struct contents {
	const struct image_map *map;
	struct fields fields;    /* of a value */
	u32 traits, value_bytes; /* with all CPUs' values */
	struct buf entries;
	u64 count, kept;
	int err; /* it cannot be read */
};

static size_t entry_bytes(const struct contents *c)
{
	return (size_t)c->map->key_size + c->value_bytes;
}

static const u8 *key_at(const struct contents *c, u64 i)
{
	return (const u8 *)c->entries.data + i * entry_bytes(c);
}

static const u8 *value_at(const struct contents *c, u64 i)
{
	return key_at(c, i) + c->map->key_size;
}

static bool is_section(const struct image_map *m)
{
	return m->origin >= IMAGE_MAP_DATA;
}

static bool is_queue(const struct image_map *m)
{
	return m->type == BPF_MAP_TYPE_QUEUE || m->type == BPF_MAP_TYPE_STACK;
}

static bool has_values(const struct image_map *m, u32 traits)
{
	return m->origin != IMAGE_MAP_RODATA && m->origin != IMAGE_MAP_KCONFIG &&
	       (is_queue(m) || (traits & MAP_TRAIT_OPEN && m->key_size));
}

static bool is_zero(const u8 *at, size_t n)
{
	return !n || (!at[0] && !memcmp(at, at + 1, n - 1));
}

/* As it was before anything ran. */
static bool is_untouched(const struct contents *c, const u8 *value)
{
	if (c->map->data && is_section(c->map))
		return !memcmp(value, c->map->data, c->value_bytes);
	return c->traits & MAP_TRAIT_INDEXED && is_zero(value, c->value_bytes);
}

/* The kernel hides what is in a list, too, but by an empty one that has the address of a copy in it. */
static void hide_lists(const struct contents *c, u8 *value)
{
	for (u32 i = 0; i < c->fields.count; i++) {
		const struct field *f = &c->fields.at[i];

		if (f->kind == FIELD_LIST_HEAD && f->offset + f->size <= c->value_bytes)
			memset(value + f->offset, 0, f->size);
	}
}

static void keep(struct contents *c, const void *key, const void *value)
{
	c->count++;
	if (entry_bytes(c) > EXEC_MAP_BYTES - c->entries.len)
		return;
	buf_put(&c->entries, key, c->map->key_size);
	buf_put(&c->entries, value, c->value_bytes);
	c->kept++;
}

/* Small keys are numbers, mostly. */
static int by_key(const void *a, const void *b, void *arg)
{
	u32 size = *(const u32 *)arg;
	u64 x = 0, y = 0;

	if (size > sizeof(x))
		return memcmp(a, b, size);
	memcpy(&x, a, size);
	memcpy(&y, b, size);
	return x < y ? -1 : x > y;
}

static void read_entries(struct exec_engine *e, u32 map, struct contents *c)
{
	u32 key_size = c->map->key_size;
	u8 *key = calloc(1, key_size + 1), *next = calloc(1, key_size + 1),
	   *value = calloc(1, (size_t)c->value_bytes + 8), *swap;
	u64 limit = c->map->max_entries; /* keys may not come to an end where a map is changed */
	int err;

	if (!key || !next || !value)
		arena_exhausted();
	if (is_queue(c->map)) {
		while (limit-- && !e->ops->take(e, map, value))
			keep(c, key, value);
	} else {
		for (err = e->ops->next(e, map, NULL, next); !err && limit--;
		     err = e->ops->next(e, map, key, next)) {
			swap = key, key = next, next = swap;
			err = e->ops->read(e, map, key, value);
			if (err && err != -ENOENT)
				break;
			hide_lists(c, value);
			if (!err && !is_untouched(c, value))
				keep(c, key, value);
		}
		if (err && err != -ENOENT)
			c->err = err;
		if (c->kept)
			qsort_r(c->entries.data, c->kept, entry_bytes(c), by_key, &key_size);
	}
	free(key);
	free(next);
	free(value);
}

static u32 traits_of(const struct image_map *m)
{
	const struct map_type_info *info = map_type_info(m->type);

	return info ? info->traits : 0;
}

static void contents_read(struct exec_engine *e, u32 map, struct contents *c)
{
	const struct image_map *m = &e->job->img->maps.at[map];

	*c = (struct contents){ .map = m, .traits = traits_of(m), .value_bytes = m->value_size };
	fields_read(e->job->img->btf, m->value_type, &c->fields);
	if (c->traits & MAP_TRAIT_PER_CPU)
		c->value_bytes = ((m->value_size + 7) & ~7u) * e->job->cpus;
	read_entries(e, map, c);
	if (c->err)
		diag_warning(e->job->diag, LOC_NONE, "map %s of the %s cannot be read: %s", m->name,
			     e->ops->name, strerror(-c->err));
}

/* ---- printing */

/* In text only the CPUs whose value is not zero. */
static void put_cpus(const struct contents *c, const struct exec_job *job, const u8 *value,
		     struct out *o)
{
	u32 size = c->map->value_size, stride = (size + 7) & ~7u, shown = 0;

	if (o->json)
		out_json_open(o, "values", '[');
	for (u32 cpu = 0; cpu < job->cpus; cpu++) {
		const u8 *at = value + (size_t)cpu * stride;

		if (!o->json && is_zero(at, size))
			continue;
		if (!o->json)
			out_printf(o, "%sCPU %u: ", shown++ ? ", " : "", cpu);
		rawvalue_print(o, NULL, job->img->btf, c->map->value_type, at, size);
	}
	if (o->json) {
		out_json_close(o, ']');
	} else if (!shown) {
		out_puts(o, "all CPUs: ");
		rawvalue_print(o, NULL, job->img->btf, c->map->value_type, value, size);
	}
}

static void put_value(const struct contents *c, const struct exec_job *job, const u8 *value,
		      struct out *o)
{
	if (c->traits & MAP_TRAIT_PER_CPU)
		put_cpus(c, job, value, o);
	else
		rawvalue_print(o, "value", job->img->btf, c->map->value_type, value,
			       c->map->value_size);
}

static void put_entry(const struct contents *c, const struct exec_job *job, u64 i, struct out *o)
{
	if (o->json)
		out_json_open(o, NULL, '{');
	else
		out_puts(o, "  ");
	if (c->map->key_size) {
		out_puts(o, o->json ? "" : "[");
		rawvalue_print(o, "key", job->img->btf, c->map->key_type, key_at(c, i),
			       c->map->key_size);
		out_puts(o, o->json ? "" : "] = ");
	}
	put_value(c, job, value_at(c, i), o);
	if (o->json)
		out_json_close(o, '}');
	else
		out_puts(o, "\n");
}

/* A section of variables, one by one: those that are not as they began. False if it is not known what is in it. */
static bool put_variables(const struct contents *c, const struct exec_job *job, const u8 *value,
			  struct out *o)
{
	const struct rawbtf *btf = job->img->btf;
	const struct btf_type *t = btf ? rawbtf_type(btf, c->map->value_type) : NULL;
	const struct btf_var_secinfo *v;

	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_DATASEC)
		return false;
	v = (const void *)(t + 1);
	if (o->json)
		out_json_open(o, "variables", '{');
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		const struct btf_type *var = rawbtf_type(btf, v[i].type);
		const u8 *at = value + v[i].offset;

		if (!var || v[i].offset > c->value_bytes ||
		    v[i].size > c->value_bytes - v[i].offset ||
		    (c->map->data ? !memcmp(at, c->map->data + v[i].offset, v[i].size)
				  : is_zero(at, v[i].size)))
			continue;
		if (!o->json)
			out_printf(o, "  %s = ", rawbtf_str(btf, var->name_off));
		rawvalue_print(o, rawbtf_str(btf, var->name_off), btf, v[i].type, at, v[i].size);
		if (!o->json)
			out_puts(o, "\n");
	}
	if (o->json)
		out_json_close(o, '}');
	return true;
}

static void put_head(const struct contents *c, struct out *o)
{
	const struct map_type_info *info = map_type_info(c->map->type);
	const char *type = info ? info->name : "unknown";

	if (o->json) {
		out_json_open(o, NULL, '{');
		out_json_str(o, "type", "map", 3);
		out_json_str(o, "name", c->map->name, strlen(c->map->name));
		out_json_str(o, "map_type", type, strlen(type));
		out_json_u64(o, "count", c->count);
	} else if (is_section(c->map)) {
		out_printf(o, "\nvariables in %s:\n", c->map->name);
	} else {
		out_printf(o, "\nmap %s (%s, %" PRIu64 " of %u %s):\n", c->map->name, type,
			   c->count, c->map->max_entries,
			   c->traits & MAP_TRAIT_INDEXED ? "elements are not zero" : "entries");
	}
}

static u64 shown_of(const struct contents *c, const struct out *o)
{
	return o->json || c->kept < EXEC_MAP_SHOWN ? c->kept : EXEC_MAP_SHOWN;
}

static void put_all(const struct contents *c, const struct exec_job *job,
		    void (*put)(const struct contents *c, const struct exec_job *job, u64 i,
				struct out *o),
		    struct out *o)
{
	u64 shown = shown_of(c, o);

	if (o->json)
		out_json_open(o, "entries", '[');
	for (u64 i = 0; i < shown; i++)
		put(c, job, i, o);
	if (o->json)
		out_json_close(o, ']');
}

static void put_end(const struct contents *c, struct out *o)
{
	u64 shown = shown_of(c, o);

	if (o->json) {
		out_json_close(o, '}');
		out_json_end(o);
	} else if (shown < c->count) {
		out_printf(o, "  and %" PRIu64 " more%s\n", c->count - shown,
			   shown < c->kept ? ", which -f json shows" : "");
	}
}

static void contents_print(const struct contents *c, const struct exec_job *job, struct out *o)
{
	put_head(c, o);
	if (!is_section(c->map) || c->kept != 1 || !put_variables(c, job, value_at(c, 0), o))
		put_all(c, job, put_entry, o);
	put_end(c, o);
}

/* ---- maps of maps: which of the object's maps are where, each of which is printed by itself */

static void put_inner(const struct contents *c, const struct exec_job *job, u64 i, struct out *o)
{
	s32 inner;

	memcpy(&inner, value_at(c, i), sizeof(inner));
	const char *name = inner < 0 ? "" : job->img->maps.at[inner].name;

	if (o->json)
		out_json_open(o, NULL, '{');
	out_puts(o, o->json ? "" : "  [");
	rawvalue_print(o, "key", job->img->btf, c->map->key_type, key_at(c, i), c->map->key_size);
	if (!o->json) {
		out_printf(o, inner < 0 ? "] = a map of others\n" : "] = map %s\n", name);
		return;
	}
	if (inner >= 0)
		out_json_str(o, "map", name, strlen(name));
	out_json_close(o, '}');
}

/* As values the numbers of the maps. */
static void read_inner(struct exec_engine *e, u32 map, struct contents *c)
{
	u32 key_size = c->map->key_size;
	u8 *key = calloc(1, key_size + 1), *next = calloc(1, key_size + 1), *swap;
	u64 limit = c->map->max_entries;

	if (!key || !next)
		arena_exhausted();
	for (int err = e->ops->next(e, map, NULL, next); !err && limit--;
	     err = e->ops->next(e, map, key, next)) {
		s32 inner = e->ops->inner(e, map, next);

		swap = key, key = next, next = swap;
		if (inner != -ENOENT)
			keep(c, key, &inner);
	}
	if (c->kept)
		qsort_r(c->entries.data, c->kept, entry_bytes(c), by_key, &key_size);
	free(key);
	free(next);
}

static void print_inner(struct exec_engine *e, u32 map, struct out *o)
{
	const struct image_map *m = &e->job->img->maps.at[map];
	struct contents c = { .map = m, .value_bytes = sizeof(s32) };

	read_inner(e, map, &c);
	if (c.count) {
		put_head(&c, o);
		put_all(&c, e->job, put_inner, o);
		put_end(&c, o);
	}
	buf_done(&c.entries);
}

void exec_maps_print(struct exec_engine *e, struct out *o)
{
	const struct image *img = e->job->img;

	for (u32 i = 0; i < img->maps.n; i++) {
		const struct image_map *m = &img->maps.at[i];
		struct contents c;

		if (traits_of(m) & MAP_TRAIT_OF_MAPS)
			print_inner(e, i, o);
		if (!has_values(m, traits_of(m)))
			continue;
		contents_read(e, i, &c);
		if (c.count)
			contents_print(&c, e->job, o);
		buf_done(&c.entries);
	}
}

/* ---- comparing */

struct difference {
	struct exec_engine *engines[2];
	const struct contents *of[2];
	struct out *o;
	u64 count;
};

static void json_difference(const struct difference *d, const u8 *key, const u8 *const values[2])
{
	const struct contents *c = d->of[0];
	const struct exec_job *job = d->engines[0]->job;

	out_json_open(d->o, NULL, '{');
	out_json_str(d->o, "type", "difference", 10);
	out_json_str(d->o, "map", c->map->name, strlen(c->map->name));
	rawvalue_print(d->o, "key", job->img->btf, c->map->key_type, key, c->map->key_size);
	for (int i = 0; i < 2; i++) {
		out_json_open(d->o, exec_label(d->engines[i]), '{');
		if (values[i])
			put_value(d->of[i], job, values[i], d->o);
		out_json_close(d->o, '}');
	}
	out_json_close(d->o, '}');
	out_json_end(d->o);
}

/* values: NULL where an engine has none. */
static void tell(struct difference *d, const u8 *key, const u8 *a, const u8 *b)
{
	const struct contents *c = d->of[0];
	const struct exec_job *job = d->engines[0]->job;
	const u8 *const values[2] = { a, b };

	if (d->count++ >= DIFFERENCES_SHOWN)
		return;
	if (d->o->json) {
		json_difference(d, key, values);
		return;
	}
	out_printf(d->o, "differs: %s %s", is_section(c->map) ? "variables in" : "map",
		   c->map->name);
	if (c->map->key_size && !is_section(c->map)) {
		out_puts(d->o, "[");
		rawvalue_print(d->o, NULL, job->img->btf, c->map->key_type, key, c->map->key_size);
		out_puts(d->o, "]");
	}
	for (int i = 0; i < 2; i++) {
		out_printf(d->o, "%s %s ", i ? "," : ":", exec_label(d->engines[i]));
		if (values[i])
			put_value(d->of[i], job, values[i], d->o);
		else
			out_puts(d->o, "nothing");
	}
	out_puts(d->o, "\n");
}

static void compare(struct difference *d)
{
	const struct contents *a = d->of[0], *b = d->of[1];
	u32 key_size = a->map->key_size;
	u64 i = 0, k = 0;

	while (i < a->kept || k < b->kept) {
		int order = i == a->kept ? 1 : k == b->kept ? -1 : 0;

		if (!order && !is_queue(a->map))
			order = by_key(key_at(a, i), key_at(b, k), &key_size);
		if (order < 0)
			tell(d, key_at(a, i), value_at(a, i), NULL);
		else if (order > 0)
			tell(d, key_at(b, k), NULL, value_at(b, k));
		else if (memcmp(value_at(a, i), value_at(b, k), a->value_bytes))
			tell(d, key_at(a, i), value_at(a, i), value_at(b, k));
		i += order <= 0;
		k += order >= 0;
	}
}

u32 exec_maps_compare(struct exec_engine *a, struct exec_engine *b, struct out *o)
{
	const struct image *img = a->job->img;
	u32 maps = 0;

	for (u32 i = 0; i < img->maps.n; i++) {
		struct contents of[2];
		struct difference d = { { a, b }, { &of[0], &of[1] }, o, 0 };

		if (!has_values(&img->maps.at[i], traits_of(&img->maps.at[i])))
			continue;
		contents_read(a, i, &of[0]);
		contents_read(b, i, &of[1]);
		compare(&d);
		if (d.count > DIFFERENCES_SHOWN && !o->json)
			out_printf(o, "differs: map %s: and %" PRIu64 " more keys\n",
				   img->maps.at[i].name, d.count - DIFFERENCES_SHOWN);
		maps += d.count > 0;
		buf_done(&of[0].entries);
		buf_done(&of[1].entries);
	}
	return maps;
}
