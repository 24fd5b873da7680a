/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Until maps and compiled code are there: arrays and program arrays, and no compiler.
 */
#include <stdlib.h>
#include <string.h>

#include "machine/code.h"

struct map {
	struct map_spec spec;
	u8 *values;
	void **slots;
};

int map_new(const struct map_spec *spec, struct diag *d, struct map **out)
{
	(void)d;
	*out = calloc(1, sizeof(**out));
	(*out)->spec = *spec;
	(*out)->values = calloc(spec->max_entries, spec->value_size);
	(*out)->slots = calloc(spec->max_entries, sizeof(void *));
	return 0;
}

void map_put(struct map *m)
{
	if (!m)
		return;
	free(m->values);
	free(m->slots);
	free(m);
}

const struct map_spec *map_spec(const struct map *m)
{
	return &m->spec;
}

int map_write(struct map *m, const void *key, const void *value, u64 flags)
{
	(void)flags;
	memcpy(m->values + *(const u32 *)key * m->spec.value_size, value, m->spec.value_size);
	return 0;
}

void *map_slot(struct map *m, const void *key)
{
	u32 i = *(const u32 *)key;

	return i < m->spec.max_entries ? m->slots[i] : NULL;
}

int map_slot_set(struct map *m, const void *key, void *item)
{
	u32 i = *(const u32 *)key;

	if (i >= m->spec.max_entries)
		return -E2BIG;
	m->slots[i] = item;
	return 0;
}

u8 *map_array(struct map *m, u32 *stride)
{
	*stride = m->spec.value_size;
	return m->spec.type == BPF_MAP_TYPE_ARRAY ? m->values : NULL;
}

int jit_compile(struct code *c, struct diag *d)
{
	(void)c;
	(void)d;
	return -ENOTSUP;
}

void jit_free(struct jit *j)
{
	(void)j;
}
