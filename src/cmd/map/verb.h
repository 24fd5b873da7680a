/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs of skep map, and what they share. */
#ifndef CMD_MAP_VERB_H
#define CMD_MAP_VERB_H

#include "cmd/noun/noun.h"
#include "inspect/mapinfo.h"

#define MAP_ARGS "id ID|name NAME|pinned PATH"
#define MAP_DATA_HELP                                                                              \
	"Keys and values are bytes (0x01 0 0 0, hex 01 00 00 00), or through their types as in C " \
	"or JSON: 7,\n"                                                                            \
	"'{ .pid = 1, .comm = \"sh\" }', '{\"pid\": 1}', 10.0.0.1.\n"

extern const struct noun_verb map_verb_show, map_verb_dump, map_verb_lookup, map_verb_getnext,
	map_verb_next, map_verb_update, map_verb_delete, map_verb_create, map_verb_pin,
	map_verb_freeze, map_verb_peek, map_verb_push, map_verb_pop, map_verb_enqueue,
	map_verb_dequeue, map_verb_event_pipe, map_verb_watch;

/* The one map that the next words name, opened, with what is known of it: a descriptor that the caller closes, or -errno, reported. */
int map_verb_open(struct noun_args *a, struct mapinfo *m);

/* The end of a verb that prints nothing else: null in JSON if all went well. Returns err. */
int map_verb_end(struct noun_args *a, int err);

/* The option for addresses in JSON; own is a bool. */
extern const struct opt map_verb_options[1];
int map_verb_take(struct noun_args *a, int i, const char *value);

#endif
