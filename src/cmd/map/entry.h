/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How entries of a map are printed: their bytes, and through the types of key and value where they are known. */
#ifndef CMD_MAP_ENTRY_H
#define CMD_MAP_ENTRY_H

#include "btf/form.h"
#include "cmd/noun/noun.h"
#include "inspect/mapinfo.h"

struct map_entry {
	const struct mapinfo *m;
	struct out *out;
	struct mapinfo_types types;
	struct form *key, *value; /* NULL: bytes */
	struct form *total;       /* of per-CPU numbers; NULL: there are none */
	bool is_object;           /* values are ids of programs or maps */
	bool is_tall;             /* of per-CPU values each has a line, as they are structs */
	bool is_one_line;         /* bytes of an entry are short enough for one */
};

/* Reads the types; that they cannot be read is a warning. addresses: in JSON as text. */
void map_entry_init(struct map_entry *e, struct noun_args *a, const struct mapinfo *m,
		    bool addresses);
void map_entry_done(struct map_entry *e);

/* As bpftool has them: {"key": [..], "value": [..], "formatted": {..}}, "key: ..  value: .." and a line's end. key: NULL: there is none. */
void map_entry_print(struct map_entry *e, const void *key, const void *value);
/* What stands in the place of a value that cannot be read. */
void map_entry_print_error(struct map_entry *e, const void *key, const char *why);
/* A key by itself: in JSON bytes by the name. */
void map_entry_print_key(struct map_entry *e, const char *name, const void *key);
/* In text alone: key and value in one line, without its end. */
void map_entry_put_key(struct map_entry *e, const void *key);
void map_entry_put_value(struct map_entry *e, const void *value);

#endif
