/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep map peek, pop, push and their like: queues and stacks; filters can be asked for a value. */
#include <bpf/bpf.h>
#include <unistd.h>

#include "cmd/map/data.h"
#include "cmd/map/verb.h"
#include "inspect/mapread.h"

static int open_keyless(struct noun_args *a, struct mapinfo *m)
{
	int fd = map_verb_open(a, m);

	if (fd < 0 || (!m->info.key_size && m->info.value_size))
		return fd;
	close(fd);
	return diag_error(a->diag, LOC_NONE, "map %u has keys: use lookup and update", m->info.id);
}

/* A bloom filter is asked whether the value may be in it. */
static int peek_filter(struct noun_args *a, int fd, struct map_entry *e)
{
	struct map_data d;
	int err;

	map_data_init(&d, a, e);
	err = noun_take(a, "value") ? map_data_value(&d) : noun_usage(a, "the value is missing");
	if (!err)
		err = noun_end(a);
	if (!err)
		err = bpf_map_lookup_elem(fd, NULL, d.value);
	if ((!err || err == -ENOENT) && a->out->json) {
		out_json_open(a->out, NULL, '{');
		out_json_bool(a->out, "maybe", !err);
		out_json_close(a->out, '}');
		out_json_end(a->out);
	} else if (!err || err == -ENOENT) {
		out_puts(a->out, err ? "no\n" : "maybe\n");
	}
	map_data_done(&d);
	return err == -ENOENT ? 0 : err;
}

static int peek(struct noun_args *a, bool is_taken)
{
	struct map_entry e;
	struct mapinfo m;
	u8 *value;
	int err, fd = open_keyless(a, &m);

	if (fd < 0)
		return fd;
	map_entry_init(&e, a, &m, false);
	value = arena_alloc(a->arena, (size_t)m.value_bytes + 8);
	if (m.info.type == MAP_TYPE_BLOOM_FILTER && !is_taken) {
		err = peek_filter(a, fd, &e);
	} else {
		err = noun_end(a);
		if (!err) {
			err = is_taken ? bpf_map_lookup_and_delete_elem(fd, NULL, value)
				       : bpf_map_lookup_elem(fd, NULL, value);
			if (err == -ENOENT)
				diag_error(a->diag, LOC_NONE, "map %u is empty", m.info.id);
			else if (err)
				diag_error(a->diag, LOC_NONE, "cannot take from map %u: %s",
					   m.info.id, mapread_error(&m, err));
		}
		if (!err) {
			map_entry_print(&e, NULL, value);
			if (a->out->json)
				out_json_end(a->out);
		}
	}
	map_entry_done(&e);
	close(fd);
	return err;
}

static int run_peek(struct noun_args *a)
{
	return peek(a, false);
}

static int run_pop(struct noun_args *a)
{
	return peek(a, true);
}

static int run_push(struct noun_args *a)
{
	struct map_data d;
	struct map_entry e;
	struct mapinfo m;
	int err, fd = open_keyless(a, &m);

	if (fd < 0)
		return fd;
	map_entry_init(&e, a, &m, false);
	map_data_init(&d, a, &e);
	noun_take(a, "value");
	err = map_data_value(&d);
	if (!err)
		err = noun_end(a);
	if (!err) {
		err = bpf_map_update_elem(fd, NULL, d.value, 0);
		if (err)
			diag_set_source(a->diag, NULL, NULL, 0);
		if (err == -E2BIG)
			diag_error(a->diag, LOC_NONE, "map %u is full: it has room for %u values",
				   m.info.id, m.info.max_entries);
		else if (err)
			diag_errno(a->diag, -err, "cannot put a value into map %u", m.info.id);
	}
	map_data_done(&d);
	map_entry_done(&e);
	close(fd);
	return map_verb_end(a, err);
}

const struct noun_verb map_verb_peek = {
	.name = "peek",
	.args = MAP_ARGS " [value VALUE]",
	.help = "Print the next value of a queue or stack.\n"
		"It stays. Of a bloom filter: whether a value may be in it.\n",
	.run = run_peek,
};

const struct noun_verb map_verb_push = {
	.name = "push",
	.args = MAP_ARGS " value VALUE",
	.help = "Put a value onto a stack or into a queue.\n"
		"Or into a bloom filter.\n" MAP_DATA_HELP,
	.run = run_push,
};

const struct noun_verb map_verb_pop = {
	.name = "pop",
	.args = MAP_ARGS,
	.help = "Print the next value of a stack or queue and remove it.\n",
	.run = run_pop,
};

const struct noun_verb map_verb_enqueue = {
	.name = "enqueue",
	.args = MAP_ARGS " value VALUE",
	.help = "The same as push.\n" MAP_DATA_HELP,
	.run = run_push,
};

const struct noun_verb map_verb_dequeue = {
	.name = "dequeue",
	.args = MAP_ARGS,
	.help = "The same as pop.\n",
	.run = run_pop,
};
