/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stand-ins for what the machine is used with, each weak, so that the real one wins where it is linked too: arrays and
 * program arrays, images of bare instructions, no reader of objects, no compiler.
 */
#include <stdlib.h>
#include <string.h>

#include "machine/code.h"

#define STAND_IN __attribute__((weak))

struct map {
	struct map_spec spec;
	u8 *values;
	void **slots;
};

STAND_IN int map_new(const struct map_spec *spec, struct diag *d, struct map **out)
{
	(void)d;
	*out = calloc(1, sizeof(**out));
	(*out)->spec = *spec;
	(*out)->values = calloc(spec->max_entries, spec->value_size);
	(*out)->slots = calloc(spec->max_entries, sizeof(void *));
	return 0;
}

STAND_IN void map_put(struct map *m)
{
	if (!m)
		return;
	free(m->values);
	free(m->slots);
	free(m);
}

STAND_IN const struct map_spec *map_spec(const struct map *m)
{
	return &m->spec;
}

STAND_IN int map_write(struct map *m, const void *key, const void *value, u64 flags)
{
	(void)flags;
	memcpy(m->values + *(const u32 *)key * m->spec.value_size, value, m->spec.value_size);
	return 0;
}

STAND_IN void *map_slot(struct map *m, const void *key)
{
	u32 i = *(const u32 *)key;

	return i < m->spec.max_entries ? m->slots[i] : NULL;
}

STAND_IN int map_slot_set(struct map *m, const void *key, void *item)
{
	u32 i = *(const u32 *)key;

	if (i >= m->spec.max_entries)
		return -E2BIG;
	m->slots[i] = item;
	return 0;
}

STAND_IN u8 *map_array(struct map *m, u32 *stride)
{
	*stride = m->spec.value_size;
	return m->spec.type == BPF_MAP_TYPE_ARRAY ? m->values : NULL;
}

STAND_IN int jit_compile(struct code *c, struct diag *d)
{
	(void)c;
	(void)d;
	return -ENOTSUP;
}

STAND_IN void jit_free(struct jit *j)
{
	(void)j;
}

STAND_IN void image_of_insns(struct image *img, struct arena *arena, enum bpf_prog_type type,
			     const struct bpf_insn *insns, u32 count)
{
	struct image_prog *p;
	struct image_func *f;

	memset(img, 0, sizeof(*img));
	img->arena = arena;
	img->license = "GPL";
	p = vec_add(arena, &img->progs);
	p->name = "main";
	p->section = p->target = "";
	p->type = type;
	p->insns = insns;
	p->count = count;
	f = vec_add(arena, &p->funcs);
	f->name = "main";
	f->count = count;
}

STAND_IN const struct image_line *image_line(const struct image_prog *p, u32 insn)
{
	(void)p;
	(void)insn;
	return NULL;
}

STAND_IN void image_done(struct image *img)
{
	(void)img;
}

STAND_IN int image_open(struct image *img, struct arena *arena, const void *elf, size_t len,
			const struct image_options *opts, struct diag *d)
{
	(void)img, (void)arena, (void)elf, (void)len, (void)opts;
	return diag_error(d, LOC_NONE, "objects cannot be read here");
}
