/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep map dump: all entries, as they are read: no more of them are kept than a batch. */
#include <inttypes.h>
#include <string.h>

#include "cmd/map/entry.h"
#include "cmd/map/verb.h"
#include "cmd/noun/select.h"
#include "inspect/mapread.h"

struct dump {
	struct noun_args *a;
	u32 maps; /* that are meant */
	int err;  /* of the last one that could not be dumped */
};

static int count(void *arg, int fd, u32 id)
{
	struct dump *d = arg;

	(void)fd;
	(void)id;
	d->maps++;
	return 0;
}

/* Several maps are told apart by what they are. */
static void put_head(struct out *o, const struct mapinfo *m)
{
	char buf[16];
	const char *type = mapinfo_type_name(m, buf);

	if (!o->json) {
		out_printf(o, "%u: %s  name %s\n", m->info.id, type, m->info.name);
		return;
	}
	out_json_open(o, NULL, '{');
	out_json_u64(o, "id", m->info.id);
	out_json_str(o, "type", type, strlen(type));
	out_json_str(o, "name", m->info.name, strlen(m->info.name));
	out_json_u64(o, "flags", m->info.map_flags);
	out_json_key(o, "elements", 8);
}

static int put_entries(struct dump *d, int fd, const struct mapinfo *m, u64 *n, bool *changed)
{
	bool addresses = *(bool *)d->a->own;
	struct map_entry e;
	struct mapentry at;
	struct mapread r;
	int got = mapread_begin(&r, fd, m);

	if (got)
		return got;
	map_entry_init(&e, d->a, m, addresses);
	while (!d->a->out->failed && (got = mapread_next(&r, &at)) > 0) {
		++*n;
		if (at.err)
			map_entry_print_error(&e, at.key, mapread_error(m, at.err));
		else
			map_entry_print(&e, at.key, at.value);
	}
	*changed = r.changed;
	map_entry_done(&e);
	mapread_end(&r);
	return got;
}

static int dump(void *arg, int fd, u32 id)
{
	struct dump *d = arg;
	struct out *o = d->a->out;
	struct mapinfo m;
	bool changed = false;
	u64 n = 0;
	int err = mapinfo_read(fd, &m);

	if (err)
		return diag_errno(d->a->diag, -err, "cannot read what map %u is", id);
	if (mapread_refusal(&m)) {
		d->err = diag_error(d->a->diag, LOC_NONE, "map %u cannot be gone through: %s", id,
				    mapread_refusal(&m));
		if (m.type && !m.info.key_size && m.info.value_size)
			diag_hint(d->a->diag, "'skep map peek' shows the next value");
		return 0;
	}
	if (d->maps > 1)
		put_head(o, &m);
	if (o->json)
		out_json_open(o, NULL, '[');
	err = put_entries(d, fd, &m, &n, &changed);
	if (o->json)
		out_json_close(o, ']');
	else if (!o->failed)
		out_printf(o, "Found %s%" PRIu64 " element%s\n", changed ? "about " : "", n,
			   n == 1 ? "" : "s");
	if (o->json && d->maps > 1)
		out_json_close(o, '}');
	if (err)
		return diag_errno(d->a->diag, -err, "map %u cannot be read to its end", id);
	return 0;
}

static int run(struct noun_args *a)
{
	struct dump d = { .a = a };
	struct select s;
	int err = noun_select(a, HANDLE_MAP, &s);

	if (!err)
		err = noun_end(a);
	if (err)
		return err;
	if (s.by == SELECT_ALL)
		return noun_usage(a, "which map is missing");
	err = select_each(&s, count, &d, a->diag);
	if (err)
		return err;
	if (a->out->json && d.maps > 1)
		out_json_open(a->out, NULL, '[');
	err = select_each(&s, dump, &d, a->diag);
	if (a->out->json && d.maps > 1)
		out_json_close(a->out, ']');
	if (a->out->json && a->out->comma)
		out_json_end(a->out);
	return err ? err : d.err;
}

const struct noun_verb map_verb_dump = {
	.name = "dump",
	.args = MAP_ARGS,
	.help = "Print all entries of a map.\n"
		"Or of all maps with a name; also while they change. Fields that are IP addresses "
		"or ports by their type or\nname are shown as such.\n",
	.opts = map_verb_options,
	.n = ARRAY_SIZE(map_verb_options),
	.own_size = sizeof(bool),
	.take = map_verb_take,
	.run = run,
};
