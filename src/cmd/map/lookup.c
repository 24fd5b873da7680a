/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep map lookup and getnext: one entry, one key. */
#include <bpf/bpf.h>
#include <string.h>
#include <unistd.h>

#include "cmd/map/data.h"
#include "cmd/map/verb.h"
#include "inspect/mapread.h"

static int look_up(struct noun_args *a, int fd, struct map_entry *e, struct map_data *d)
{
	int err = bpf_map_lookup_elem(fd, d->key, d->value);

	if (!err) {
		map_entry_print(e, d->key, d->value);
		if (a->out->json)
			out_json_end(a->out);
		return 0;
	}
	if (a->out->json && err == -ENOENT) {
		out_json_null(a->out, NULL);
		out_json_end(a->out);
	}
	/* A place in the words is none of this. */
	diag_set_source(a->diag, NULL, NULL, 0);
	if (err == -ENOENT)
		diag_error(a->diag, LOC_NONE, "map %u has no entry with this key", e->m->info.id);
	else
		diag_error(a->diag, LOC_NONE, "cannot look up in map %u: %s", e->m->info.id,
			   mapread_error(e->m, err));
	return err;
}

static int run_lookup(struct noun_args *a)
{
	struct mapinfo m;
	struct map_entry e;
	struct map_data d;
	int err, fd = map_verb_open(a, &m);

	if (fd < 0)
		return fd;
	map_entry_init(&e, a, &m, *(bool *)a->own);
	map_data_init(&d, a, &e);
	err = map_data_key(&d);
	if (!err)
		err = noun_end(a);
	if (!err)
		err = look_up(a, fd, &e, &d);
	map_data_done(&d);
	map_entry_done(&e);
	close(fd);
	return err;
}

static void print_next(struct noun_args *a, struct map_entry *e, const u8 *key, const u8 *next)
{
	if (a->out->json) {
		out_json_open(a->out, NULL, '{');
		if (key)
			map_entry_print_key(e, "key", key);
		else
			out_json_null(a->out, "key");
		map_entry_print_key(e, "next_key", next);
		out_json_close(a->out, '}');
		out_json_end(a->out);
		return;
	}
	out_puts(a->out, key ? "key:\n" : "key: None\n");
	if (key) {
		map_entry_put_key(e, key);
		out_puts(a->out, "\n");
	}
	out_puts(a->out, "next key:\n");
	map_entry_put_key(e, next);
	out_puts(a->out, "\n");
}

static int get_next(struct noun_args *a, int fd, struct map_entry *e, struct map_data *d)
{
	u8 *next = arena_alloc(a->arena, (size_t)e->m->info.key_size + 8);
	bool is_first = !noun_peek(a);
	int err = is_first ? 0 : map_data_key(d);

	if (!err)
		err = noun_end(a);
	if (err)
		return err;
	err = bpf_map_get_next_key(fd, is_first ? NULL : d->key, next);
	if (!err) {
		print_next(a, e, is_first ? NULL : d->key, next);
		return 0;
	}
	diag_set_source(a->diag, NULL, NULL, 0);
	if (err == -ENOENT)
		diag_error(a->diag, LOC_NONE,
			   is_first ? "map %u is empty" : "map %u has no key behind this one",
			   e->m->info.id);
	else
		diag_error(a->diag, LOC_NONE, "cannot get a key of map %u: %s", e->m->info.id,
			   mapread_error(e->m, err));
	return err;
}

static int run_getnext(struct noun_args *a)
{
	struct mapinfo m;
	struct map_entry e;
	struct map_data d;
	int err, fd = map_verb_open(a, &m);

	if (fd < 0)
		return fd;
	map_entry_init(&e, a, &m, false);
	map_data_init(&d, a, &e);
	if (mapread_refusal(&m))
		err = diag_error(a->diag, LOC_NONE, "map %u cannot be gone through: %s", m.info.id,
				 mapread_refusal(&m));
	else
		err = get_next(a, fd, &e, &d);
	map_data_done(&d);
	map_entry_done(&e);
	close(fd);
	return err;
}

const struct noun_verb map_verb_lookup = {
	.name = "lookup",
	.args = MAP_ARGS " key DATA",
	.help = "Print the entry with a key.\n" MAP_DATA_HELP,
	.opts = map_verb_options,
	.n = ARRAY_SIZE(map_verb_options),
	.own_size = sizeof(bool),
	.take = map_verb_take,
	.run = run_lookup,
};

const struct noun_verb map_verb_getnext = {
	.name = "getnext",
	.args = MAP_ARGS " [key DATA]",
	.help = "Print the key that comes behind one, or the first.\n",
	.run = run_getnext,
};

const struct noun_verb map_verb_next = {
	.name = "next",
	.args = MAP_ARGS " [key DATA]",
	.help = "The same as getnext.\n",
	.run = run_getnext,
};
