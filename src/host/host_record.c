/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rings carry: their records' types. */
#include <stdio.h>
#include <string.h>

#include "btf/rawvalue.h"
#include "host/host_impl.h"

/* "struct event" or "event", as the object's BTF has it. */
static u32 find_type(const struct host *h, const char *name)
{
	const struct rawbtf *btf = h->img->btf;
	struct rawbtf_iter it = { 0 };
	const struct btf_type *t;

	if (!strncmp(name, "struct ", 7))
		name += 7;
	while (btf && (t = rawbtf_next(btf, &it))) {
		if (!strcmp(rawbtf_str(btf, t->name_off), name) && rawvalue_size(btf, it.id))
			return it.id;
	}
	return 0;
}

static bool is_ring(const struct image_map *m)
{
	return m->type == BPF_MAP_TYPE_RINGBUF || m->type == BPF_MAP_TYPE_USER_RINGBUF ||
	       m->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY;
}

/* The struct that a pointer variable points to; 0. */
static u32 pointed_record(const struct image *img, const struct image_variable *v)
{
	const struct btf_type *t = rawbtf_type(img->btf, v->type);
	u32 id = t && BTF_INFO_KIND(t->info) == BTF_KIND_VAR ? t->type : 0;

	t = rawbtf_skip(img->btf, &id, NULL);
	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_PTR)
		return 0;
	id = t->type;
	t = rawbtf_skip(img->btf, &id, NULL);
	return rawbtf_is_record(t) ? id : 0;
}

/*
 * What a map carries: its value type; else what a pointer NAME_record points to; else what the only pointer whose name begins with
 * "unused" does.
 */
static u32 find_record(const struct image *img, const struct image_map *map)
{
	char name[128];
	u32 unused = 0, count = 0;

	if (map->value_type)
		return map->value_type;
	snprintf(name, sizeof(name), "%s_record", map->name);
	for (size_t i = 0; i < img->maps.n; i++) {
		const struct image_map *m = &img->maps.at[i];

		for (size_t k = 0; k < m->variables.n; k++) {
			const struct image_variable *v = &m->variables.at[k];
			u32 type = img->btf ? pointed_record(img, v) : 0;

			if (type && !strcmp(v->name, name))
				return type;
			if (type && !strncmp(v->name, "unused", 6)) {
				unused = type;
				count++;
			}
		}
	}
	return count == 1 ? unused : 0;
}

void host_record_find(struct host *h)
{
	for (size_t i = 0; i < h->img->maps.n; i++) {
		if (is_ring(&h->img->maps.at[i]))
			h->records[i] = find_record(h->img, &h->img->maps.at[i]);
	}
}

u32 host_record_type(const struct host *h, const struct image_map *map)
{
	return h->records[map - h->img->maps.at];
}

int host_set_record(struct host *h, const char *record, struct diag *d)
{
	const char *equals = strchr(record, '='), *name = equals ? equals + 1 : record;
	size_t len = equals ? (size_t)(equals - record) : 0;
	u32 type = find_type(h, name), count = 0;

	if (!type) {
		diag_error(d, LOC_NONE, "--record: there is no type '%s' in the object", name);
		diag_hint(d,
			  "compilers keep types of maps, variables and functions only: declare "
			  "RECORD(map, struct %s);",
			  strncmp(name, "struct ", 7) ? name : name + 7);
		return -EINVAL;
	}
	for (size_t i = 0; i < h->img->maps.n; i++) {
		const struct image_map *m = &h->img->maps.at[i];

		if (!is_ring(m) || (equals && (strncmp(m->name, record, len) != 0 || m->name[len])))
			continue;
		h->records[i] = type;
		count++;
	}
	return count ? 0
		     : diag_error(d, LOC_NONE, "--record: no ring buffer or perf event array%s%.*s",
				  len ? " " : "", (int)len, record);
}
