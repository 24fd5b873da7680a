/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Variables get other values: before loading in libbpf's copy of the section, then in the map's own memory. */
#include <string.h>
#include <sys/mman.h>

#include "base/text.h"
#include "btf/literal.h"
#include "host/host_impl.h"

struct variable {
	const struct image_map *map;
	const struct image_variable *var;
	u32 type;
	u8 *at;
};

/* The section's bytes: libbpf's before loading, the map's own afterwards. */
static u8 *memory_of(struct host *h, size_t i, size_t *size)
{
	const struct image_map *m = &h->img->maps.at[i];
	struct bpf_map *map = bpf_object__find_map_by_name(h->object, m->name);
	void *at;

	if (!map)
		return NULL;
	at = (void *)(uintptr_t)bpf_map__initial_value(map, size);
	if (!at || !h->is_loaded || m->origin == IMAGE_MAP_RODATA)
		return at;
	if (!h->memory[i]) {
		at = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, h->maps[i], 0);
		if (at == MAP_FAILED)
			return NULL;
		h->memory[i] = at;
	}
	return h->memory[i];
}

static bool find_in(struct host *h, size_t i, const char *name, struct variable *out)
{
	const struct image_map *m = &h->img->maps.at[i];

	for (size_t k = 0; k < m->variables.n; k++) {
		const struct image_variable *v = &m->variables.at[k];
		const struct btf_type *t = rawbtf_type(h->img->btf, v->type);
		size_t size = 0;
		u8 *data;

		if (strcmp(v->name, name) != 0 || !t)
			continue;
		data = memory_of(h, i, &size);
		if (!data || v->offset > size || v->size > size - v->offset)
			return false;
		*out = (struct variable){ m, v, t->type, data + v->offset };
		return true;
	}
	return false;
}

static bool is_of_variables(const struct image_map *m)
{
	return m->origin == IMAGE_MAP_DATA || m->origin == IMAGE_MAP_RODATA ||
	       m->origin == IMAGE_MAP_BSS;
}

static bool find(struct host *h, const char *name, struct variable *out)
{
	for (size_t i = 0; i < h->img->maps.n && h->img->btf; i++) {
		const struct image_map *m = &h->img->maps.at[i];

		if (is_of_variables(m) && find_in(h, i, name, out))
			return true;
	}
	return false;
}

static int no_variable(const struct host *h, const char *name, struct diag *d)
{
	struct nearest near = nearest_to(name);

	diag_error(d, LOC_NONE, "there is no variable '%s'", name);
	for (size_t i = 0; i < h->img->maps.n; i++) {
		const struct image_map *m = &h->img->maps.at[i];

		for (size_t k = 0; is_of_variables(m) && k < m->variables.n; k++)
			nearest_try(&near, m->variables.at[k].name);
	}
	if (nearest_name(&near))
		diag_hint(d, "is it '%s'?", nearest_name(&near));
	else
		diag_hint(d, "only variables outside of functions can be set, those that are used");
	return -EINVAL;
}

int host_set(struct host *h, const char *assignment, struct diag *d)
{
	const char *equals = strchr(assignment, '='), *text;
	struct variable v;
	char *name;
	u8 *bytes;

	if (!equals || equals == assignment)
		return diag_error(d, LOC_NONE, "'%s' sets no variable: NAME=VALUE does",
				  assignment);
	name = arena_strndup(&h->arena, assignment, (size_t)(equals - assignment));
	text = arena_strdup(d->arena, equals + 1);
	if (!find(h, name, &v))
		return no_variable(h, name, d);
	if (h->is_loaded && v.map->origin == IMAGE_MAP_RODATA) {
		diag_error(d, LOC_NONE, "'%s' is a constant, which the program was verified with",
			   name);
		diag_hint(d, "give --set %s before it runs", assignment);
		return -EINVAL;
	}
	diag_set_source(d, arena_printf(d->arena, "value of %s", name), text, strlen(text));
	struct literal l = {
		.btf = h->img->btf, .d = d, .text = text, .end = (u32)strlen(text), .line = 1
	};
	bytes = arena_alloc(&h->arena, v.var->size);
	if (strlen(text) > LITERAL_MAX_TEXT || literal_value(&l, v.type, bytes, NULL, v.var->size))
		return -EINVAL;
	if (literal_skip(&l))
		return literal_expected(&l, "the end of the value");
	memcpy(v.at, bytes, v.var->size);
	return 0;
}

void host_set_number(struct host *h, const char *name, u64 value)
{
	struct variable v;

	if (find(h, name, &v) && v.var->size <= sizeof(value))
		memcpy(v.at, &value, v.var->size);
}

void host_variable_close(struct host *h)
{
	for (size_t i = 0; i < h->img->maps.n; i++) {
		if (h->memory[i])
			munmap(h->memory[i], h->img->maps.at[i].value_size);
	}
}
