/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep map: the kernel's maps, what is in them, and changing it. */
#include "cmd/map/map.h"

#include <unistd.h>

#include "cmd/map/verb.h"
#include "cmd/noun/json.h"
#include "cmd/noun/select.h"

static const struct noun_verb *const verbs[] = {
	&map_verb_show,  &map_verb_dump,    &map_verb_lookup,  &map_verb_getnext,
	&map_verb_next,  &map_verb_update,  &map_verb_delete,  &map_verb_create,
	&map_verb_pin,   &map_verb_freeze,  &map_verb_peek,    &map_verb_push,
	&map_verb_pop,   &map_verb_enqueue, &map_verb_dequeue, &map_verb_event_pipe,
	&map_verb_watch,
};

static const struct noun noun = {
	.name = "map",
	.brief = "Maps in the kernel, and what is in them",
	.verbs = verbs,
	.n = ARRAY_SIZE(verbs),
};

const struct opt map_verb_options[1] = {
	{ 'a', "addresses", NULL, "IP addresses and ports as such in JSON, too" },
};

int map_verb_take(struct noun_args *a, int i, const char *value)
{
	(void)i;
	(void)value;
	*(bool *)a->own = true;
	return 0;
}

int map_verb_open(struct noun_args *a, struct mapinfo *m)
{
	u32 id;
	int err, fd = noun_select_one(a, HANDLE_MAP, &id);

	if (fd < 0)
		return fd;
	err = mapinfo_read(fd, m);
	if (!err)
		return fd;
	close(fd);
	return diag_errno(a->diag, -err, "cannot read what map %u is", id);
}

int map_verb_end(struct noun_args *a, int err)
{
	if (!err)
		noun_json_done(a->out);
	return err;
}

int cmd_map(int argc, char **argv)
{
	return noun_run(&noun, argc, argv);
}
