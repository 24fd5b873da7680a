/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps and what they hold: bytes, as the program left them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cmd/debug/impl.h"
#include "isa/map_type.h"

enum { SHOWN = 64, BYTES_SHOWN = 256 };

static const char *type_name(const struct map_spec *s)
{
	const struct map_type_info *info = map_type_info((u32)s->type);

	return info ? info->name : "unknown";
}

int debug_maps(struct debug *d, const struct debug_line *line)
{
	if (line->count)
		return debug_fail(d, "maps takes nothing");
	for (u32 i = 0; i < d->img.maps.n; i++) {
		struct map *m = machine_map(d->machine, i);
		const struct map_spec *s = map_spec(m);

		out_printf(&d->out,
			   "%-16s %s, keys of %u bytes, values of %u, %" PRIu64 " of %u elements\n",
			   d->img.maps.at[i].name, type_name(s), s->key_size, s->value_size,
			   map_count(m), s->max_entries);
	}
	if (!d->img.maps.n)
		out_puts(&d->out, "there are no maps\n");
	return 0;
}

static void print_bytes(struct debug *d, const u8 *bytes, size_t n)
{
	for (size_t i = 0; i < n && i < BYTES_SHOWN; i++)
		out_printf(&d->out, " %02x", bytes[i]);
	if (n > BYTES_SHOWN)
		out_printf(&d->out, " and %zu more", n - BYTES_SHOWN);
}

/* Whether a type is a number; one that is not known may be. Ids may form cycles. */
static bool is_number(const struct rawbtf *b, u32 id)
{
	for (int i = 0; id && i < 32; i++) {
		const struct btf_type *t = rawbtf_type(b, id);

		if (!t)
			return false;
		switch (BTF_INFO_KIND(t->info)) {
		case BTF_KIND_INT:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
			return true;
		case BTF_KIND_VAR:
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_TYPE_TAG:
			id = t->type;
			continue;
		default:
			return false;
		}
	}
	return !id;
}

/* Its number, too, where it is one. */
static void print_value(struct debug *d, u32 type, const u8 *bytes, size_t n)
{
	u64 v = 0;

	print_bytes(d, bytes, n);
	if ((n != 1 && n != 2 && n != 4 && n != 8) || !is_number(d->img.btf, type))
		return;
	memcpy(&v, bytes, n);
	out_printf(&d->out, " (%" PRIu64 ")", v);
}

static int print_variables(struct debug *d, const struct image_map *im, struct map *m)
{
	u32 stride;
	const u8 *values = map_array(m, &stride);

	for (size_t i = 0; values && i < im->variables.n; i++) {
		const struct image_variable *v = &im->variables.at[i];

		if (v->offset > im->value_size || v->size > im->value_size - v->offset)
			continue;
		out_printf(&d->out, "%s =", v->name);
		print_value(d, v->type, values + v->offset, v->size);
		out_puts(&d->out, "\n");
	}
	if (values && !im->variables.n)
		debug_hexdump(d, im->name, 0, values, im->value_size);
	return 0;
}

/* Arrays are mostly zeroes: these elements are left out. */
static bool is_zero(const u8 *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

static void print_slot(struct debug *d, struct map *m, const void *key)
{
	const void *item = map_slot(m, key);

	for (u32 i = 0; i < d->img.progs.n; i++) {
		if (machine_code(d->machine, i) == item)
			out_printf(&d->out, " %s", d->img.progs.at[i].name);
	}
	for (u32 i = 0; i < d->img.maps.n; i++) {
		if (machine_map(d->machine, i) == item)
			out_printf(&d->out, " map %s", d->img.maps.at[i].name);
	}
}

struct walk {
	struct map *map;
	u32 type; /* of values */
	u8 *key, *next, *value;
	u64 shown, more;
};

static void print_element(struct debug *d, struct walk *w)
{
	const struct map_spec *s = map_spec(w->map);
	bool is_array = s->type == BPF_MAP_TYPE_ARRAY || s->type == BPF_MAP_TYPE_PERCPU_ARRAY;
	u32 size = map_value_bytes(w->map);
	bool has_slot = map_slot(w->map, w->key) != NULL;

	if (!has_slot &&
	    (map_read(w->map, w->key, w->value, 0) || (is_array && is_zero(w->value, size))))
		return;
	if (w->shown == SHOWN) {
		w->more++;
		return;
	}
	w->shown++;
	print_bytes(d, w->key, s->key_size);
	out_puts(&d->out, " =");
	if (has_slot)
		print_slot(d, w->map, w->key);
	else
		print_value(d, w->type, w->value, size);
	out_puts(&d->out, "\n");
}

static int print_elements(struct debug *d, const struct image_map *im, struct map *m)
{
	u32 key_size = map_spec(m)->key_size;
	struct walk w = { .map = m,
			  .type = im->value_type,
			  .key = calloc(1, key_size),
			  .next = calloc(1, key_size),
			  .value = calloc(1, map_value_bytes(m) + 1) };

	if (!w.key || !w.next || !w.value)
		arena_exhausted();
	for (bool any = !map_next(m, NULL, w.key); any;) {
		print_element(d, &w);
		any = !map_next(m, w.key, w.next);
		memcpy(w.key, w.next, key_size);
	}
	if (w.more)
		out_printf(&d->out, "and %" PRIu64 " more\n", w.more);
	if (!w.shown)
		out_puts(&d->out, "nothing but zeroes or free places\n");
	free(w.key);
	free(w.next);
	free(w.value);
	return 0;
}

static int unknown_map(struct debug *d, const char *name)
{
	struct nearest n = nearest_to(name);

	for (u32 i = 0; i < d->img.maps.n; i++)
		nearest_try(&n, d->img.maps.at[i].name);
	if (nearest_name(&n))
		return debug_fail(d, "there is no map '%s'; did you mean '%s'?", name,
				  nearest_name(&n));
	return debug_fail(d, "there is no map '%s'", name);
}

int debug_map(struct debug *d, const struct debug_line *line)
{
	const struct image_map *im;
	struct map *m;
	s32 index;

	if (line->count != 1)
		return debug_fail(d, "map takes the name of a map");
	index = image_find_map(&d->img, line->args[0]);
	if (index == IMAGE_NONE)
		return unknown_map(d, line->args[0]);
	im = &d->img.maps.at[index];
	m = machine_map(d->machine, (u32)index);
	if (im->origin >= IMAGE_MAP_DATA)
		return print_variables(d, im, m);
	if (im->type == BPF_MAP_TYPE_RINGBUF) {
		out_printf(&d->out,
			   "%" PRIu64 " bytes that nobody has read, %" PRIu64 " records lost\n",
			   map_ring_query(m, BPF_RB_AVAIL_DATA), map_ring_lost(m));
		return 0;
	}
	if (!map_spec(m)->key_size) {
		out_printf(&d->out, "%" PRIu64 " elements\n", map_count(m));
		return 0;
	}
	return print_elements(d, im, m);
}
