/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep map update and delete. */
#include <bpf/bpf.h>
#include <string.h>
#include <unistd.h>

#include "btf/rawvalue.h"
#include "cmd/map/data.h"
#include "cmd/map/verb.h"
#include "inspect/mapread.h"

struct update {
	struct map_data data;
	bool has_value;
	u64 flags;
	s64 cpu; /* -1: all */
};

static bool is_section(const struct map_entry *e)
{
	const struct btf_type *t = e->types.btf ? rawbtf_type(e->types.btf, e->types.value) : NULL;

	return t && BTF_INFO_KIND(t->info) == BTF_KIND_DATASEC;
}

static int take_flag(struct noun_args *a, struct update *u)
{
	static const struct {
		const char *name;
		u64 flags;
	} names[] = { { "any", BPF_ANY }, { "exist", BPF_EXIST }, { "noexist", BPF_NOEXIST } };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(noun_peek(a), names[i].name) != 0)
			continue;
		noun_next(a);
		u->flags = names[i].flags;
		return 0;
	}
	return noun_end(a);
}

static int take(struct noun_args *a, struct update *u, const struct mapinfo *m)
{
	bool has_key = false;
	u64 cpu;
	int err = 0;

	while (!err && noun_peek(a)) {
		if (noun_take(a, "value")) {
			err = map_data_value(&u->data);
			u->has_value = true;
		} else if (m->traits & MAP_TRAIT_PER_CPU && noun_take(a, "cpu")) {
			err = noun_need_u64(a, "the CPU", m->cpus - 1, &cpu);
			u->cpu = err ? -1 : (s64)cpu;
		} else if (m->info.key_size && !has_key) {
			err = map_data_key(&u->data);
			has_key = true;
		} else {
			err = take_flag(a, u);
		}
	}
	if (!err && m->info.key_size && !has_key)
		err = noun_usage(a, "the key is missing");
	if (!err && !u->has_value)
		err = noun_usage(a, "the value is missing");
	return err;
}

/* Variables that are not named stay as they are, and CPUs. */
static int complete(struct update *u, int fd, const struct map_entry *e)
{
	const struct mapinfo *m = e->m;
	u8 *value = u->data.value, *named = u->data.named, *now;
	int err = 0;

	if (!is_section(e) && u->cpu < 0) {
		for (u32 cpu = 1; cpu < m->cpus; cpu++)
			memcpy(value + (size_t)cpu * m->stride, value, m->info.value_size);
		return 0;
	}
	now = arena_alloc(u->data.a->arena, (size_t)m->value_bytes + 8);
	err = bpf_map_lookup_elem(fd, u->data.key, now);
	if (err && err != -ENOENT)
		return err;
	if (u->cpu >= 0) {
		memcpy(now + (size_t)u->cpu * m->stride, value, m->info.value_size);
	} else {
		for (u32 i = 0; i < m->info.value_size; i++)
			now[i] = (u8)((now[i] & ~named[i]) | (value[i] & named[i]));
	}
	u->data.value = now;
	return 0;
}

static int failed(struct noun_args *a, const struct mapinfo *m, const char *what, int err)
{
	diag_set_source(a->diag, NULL, NULL, 0);
	if (err == -EEXIST)
		return diag_error(a->diag, LOC_NONE, "map %u has an entry with this key already",
				  m->info.id);
	if (err == -ENOENT)
		return diag_error(a->diag, LOC_NONE, "map %u has no entry with this key",
				  m->info.id);
	if (err == -E2BIG && m->traits & MAP_TRAIT_INDEXED)
		return diag_error(a->diag, LOC_NONE, "map %u has keys up to %u only", m->info.id,
				  m->info.max_entries - 1);
	if (err == -E2BIG)
		return diag_error(a->diag, LOC_NONE, "map %u is full: it has room for %u entries",
				  m->info.id, m->info.max_entries);
	if (err == -EINVAL && m->traits & MAP_TRAIT_INDEXED && !strcmp(what, "delete"))
		return diag_error(a->diag, LOC_NONE,
				  "elements of a map of type %s always are there", m->type->name);
	diag_errno(a->diag, -err, "cannot %s an entry of map %u", what, m->info.id);
	if (err == -EPERM && m->frozen)
		diag_hint(a->diag, "it is frozen: user space cannot change it any more");
	return err;
}

static int run_update(struct noun_args *a)
{
	struct update u = { .cpu = -1 };
	struct map_entry e;
	struct mapinfo m;
	int err, fd = map_verb_open(a, &m);

	if (fd < 0)
		return fd;
	map_entry_init(&e, a, &m, false);
	map_data_init(&u.data, a, &e);
	err = take(a, &u, &m);
	if (!err) {
		err = complete(&u, fd, &e);
		if (!err)
			err = bpf_map_update_elem(fd, m.info.key_size ? u.data.key : NULL,
						  u.data.value, u.flags);
		if (err)
			failed(a, &m, "update", err);
	}
	map_data_done(&u.data);
	map_entry_done(&e);
	close(fd);
	return map_verb_end(a, err);
}

static int run_delete(struct noun_args *a)
{
	struct map_data d;
	struct map_entry e;
	struct mapinfo m;
	int err, fd = map_verb_open(a, &m);

	if (fd < 0)
		return fd;
	map_entry_init(&e, a, &m, false);
	map_data_init(&d, a, &e);
	err = map_data_key(&d);
	if (!err)
		err = noun_end(a);
	if (!err) {
		err = bpf_map_delete_elem(fd, d.key);
		if (err)
			failed(a, &m, "delete", err);
	}
	map_data_done(&d);
	map_entry_done(&e);
	close(fd);
	return map_verb_end(a, err);
}

const struct noun_verb map_verb_update = {
	.name = "update",
	.args = MAP_ARGS " [key DATA] value VALUE [any|exist|noexist] [cpu N]",
	.help = "Set the value of a key.\n"
		"'exist' changes entries only, 'noexist' adds them only. Of sections of variables "
		"only those that are named\nchange; of per-CPU maps all CPUs' values, or one's. "
		"Values of prog_arrays and of maps of maps are programs\nand maps: id 7, name "
		"NAME, pinned PATH.\n" MAP_DATA_HELP,
	.run = run_update,
};

const struct noun_verb map_verb_delete = {
	.name = "delete",
	.args = MAP_ARGS " key DATA",
	.help = "Remove the entry with a key.\n" MAP_DATA_HELP,
	.run = run_delete,
};
