/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep map create, pin and freeze. */
#include <bpf/bpf.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/map/verb.h"
#include "cmd/noun/pin.h"
#include "cmd/noun/select.h"
#include "inspect/pin.h"

struct create {
	const char *path, *name;
	u32 type, key, value, entries;
	struct bpf_map_create_opts opts;
	int inner; /* a descriptor, -1: none */
};

static int take_type(struct noun_args *a, struct create *c)
{
	const char *word;
	struct nearest near;
	int err = noun_need(a, "the type", &word);

	if (err)
		return err;
	c->type = map_type_find(word);
	if (c->type != MAP_TYPE_UNSPEC)
		return 0;
	near = nearest_to(word);
	noun_usage(a, "there is no type of map '%s'", word);
	for (u32 i = 1; i < MAP_TYPE_COUNT; i++)
		if (map_type_info(i))
			nearest_try(&near, map_type_info(i)->name);
	if (nearest_name(&near))
		diag_hint(a->diag, "did you mean '%s'?", nearest_name(&near));
	return -EINVAL;
}

/* A number, or names with commas between them. */
static int take_flags(struct noun_args *a, struct create *c)
{
	const char *word;
	u64 v;
	int err = noun_need(a, "the flags", &word);

	if (err)
		return err;
	if (text_u64(word, &v) && v <= UINT32_MAX) {
		c->opts.map_flags = (u32)v;
		return 0;
	}
	while (*word) {
		size_t len = strcspn(word, ",");
		u32 bit = 0;

		while (mapinfo_flag_name(bit) && (strlen(mapinfo_flag_name(bit)) != len ||
						  strncmp(mapinfo_flag_name(bit), word, len) != 0))
			bit++;
		if (!mapinfo_flag_name(bit)) {
			noun_usage(a, "there is no flag '%.*s'", (int)len, word);
			diag_hint(a->diag, "flags are a number, or names like no_prealloc,rdonly");
			return -EINVAL;
		}
		c->opts.map_flags |= 1u << bit;
		word += len;
		word += *word == ',';
	}
	return 0;
}

static int take_device(struct noun_args *a, struct create *c)
{
	const char *word;
	int err = noun_need(a, "the device", &word);

	if (err)
		return err;
	c->opts.map_ifindex = if_nametoindex(word);
	return c->opts.map_ifindex ? 0 : diag_errno(a->diag, errno, "no device '%s'", word);
}

static int take_inner(struct noun_args *a, struct create *c)
{
	u32 id;

	c->inner = noun_select_one(a, HANDLE_MAP, &id);
	c->opts.inner_map_fd = c->inner < 0 ? 0 : (u32)c->inner;
	return c->inner < 0 ? c->inner : 0;
}

static int take_number(struct noun_args *a, const char *what, u64 max, u32 *out)
{
	u64 v = 0;
	int err = noun_need_u64(a, what, max, &v);

	*out = (u32)v;
	return err;
}

static int take_one(struct noun_args *a, struct create *c)
{
	u64 extra;
	int err;

	if (noun_take(a, "type"))
		return take_type(a, c);
	if (noun_take(a, "key"))
		return take_number(a, "the size of keys", 1u << 30, &c->key);
	if (noun_take(a, "value"))
		return take_number(a, "the size of values", 1u << 30, &c->value);
	if (noun_take(a, "entries"))
		return take_number(a, "the number of entries", UINT32_MAX, &c->entries);
	if (noun_take(a, "name"))
		return noun_need(a, "the name", &c->name);
	if (noun_take(a, "flags"))
		return take_flags(a, c);
	if (noun_take(a, "inner_map"))
		return take_inner(a, c);
	if (noun_take(a, "dev"))
		return take_device(a, c);
	if (noun_take(a, "numa")) {
		c->opts.map_flags |= BPF_F_NUMA_NODE;
		return take_number(a, "the NUMA node", 1u << 16, &c->opts.numa_node);
	}
	if (noun_take(a, "extra")) {
		err = noun_need_u64(a, "map_extra", UINT64_MAX, &extra);
		c->opts.map_extra = extra;
		return err;
	}
	return noun_end(a);
}

static int create(struct noun_args *a, struct create *c)
{
	const struct map_type_info *t = map_type_info(c->type);
	const char *why;
	int err, fd;

	/* What maps of the type cannot do without is no choice. */
	c->opts.map_flags |= t->needs;
	fd = bpf_map_create(c->type, c->name, c->key, c->value, c->entries, &c->opts);
	if (fd < 0) {
		diag_errno(a->diag, -fd, "the kernel creates no such map");
		why = map_type_check(c->type, c->key, c->value, c->entries, c->opts.map_flags);
		if (why)
			diag_hint(a->diag, "%s: %s", t->name, why);
		else if (t->traits & MAP_TRAIT_OF_MAPS && c->inner < 0)
			diag_hint(a->diag, "give one that others are like: inner_map MAP");
		else if (t->traits & MAP_TRAIT_STORAGE && !(t->entries != MAP_ENTRIES_NONE))
			diag_hint(a->diag, "maps of this type may need to have types (BTF), "
					   "which those of objects have");
		return fd;
	}
	err = pin_make(fd, c->path, a->diag);
	close(fd);
	return err;
}

static int run_create(struct noun_args *a)
{
	struct create c = { .inner = -1, .opts.sz = sizeof(c.opts) };
	int err = noun_need(a, "the path of its pin", &c.path);

	while (!err && noun_peek(a))
		err = take_one(a, &c);
	if (!err && c.type == MAP_TYPE_UNSPEC)
		err = noun_usage(a, "the type is missing");
	if (!err)
		err = create(a, &c);
	if (c.inner >= 0)
		close(c.inner);
	return map_verb_end(a, err);
}

static int run_pin(struct noun_args *a)
{
	return noun_pin(a, HANDLE_MAP);
}

static int run_freeze(struct noun_args *a)
{
	struct mapinfo m;
	int err, fd = map_verb_open(a, &m);

	if (fd < 0)
		return fd;
	err = noun_end(a);
	if (!err && m.frozen) {
		err = diag_error(a->diag, LOC_NONE, "map %u is frozen already", m.info.id);
	} else if (!err) {
		err = bpf_map_freeze(fd);
		if (err == -EBUSY)
			diag_error(a->diag, LOC_NONE,
				   "map %u is being written, or mapped for that by somebody",
				   m.info.id);
		else if (err)
			diag_errno(a->diag, -err, "cannot freeze map %u", m.info.id);
	}
	close(fd);
	return map_verb_end(a, err);
}

const struct noun_verb map_verb_create = {
	.name = "create",
	.args = "PATH type TYPE key BYTES value BYTES entries N [name NAME] [flags FLAGS] "
		"[inner_map MAP] "
		"[dev DEVICE] [numa NODE] [extra N]",
	.help = "Create a map and pin it.\n"
		"Flags are a number or names: no_prealloc,rdonly_prog.\n",
	.run = run_create,
};

const struct noun_verb map_verb_pin = {
	.name = "pin",
	.args = MAP_ARGS " PATH",
	.help = "Pin a map.\n"
		"So it stays when nobody has it open.\n",
	.run = run_pin,
};

const struct noun_verb map_verb_freeze = {
	.name = "freeze",
	.args = MAP_ARGS,
	.help = "Make a map read-only for user space, for ever.\n",
	.run = run_freeze,
};
