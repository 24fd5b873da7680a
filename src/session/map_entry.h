/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of a map, read and reduced: their order and their form. Shared by map.c and map_entry.c. */
#ifndef SESSION_MAP_ENTRY_H
#define SESSION_MAP_ENTRY_H

#include "session/value.h"

struct map_entry {
	u8 *key, *value;
	u64 rank; /* of value, for sorting */
};

/* Bytes of a value as one CPU has it; 0 if the type is damaged. */
u32 map_value_size(const struct type *t);

/* Numbers and aggregations ascend by value, all else by key; entries read twice are dropped. Returns how many
 * remain. */
size_t map_sort(const struct script_map *map, struct map_entry *entries, size_t count);

/* Values are whole: as many bytes as map_value_size says. */
void map_value_text(struct values *v, struct buf *b, const struct type *t, const u8 *value);
void map_value_json(struct values *v, struct out *o, const struct type *t, const u8 *value);
/* Several keys are a tuple, shown without its parentheses. */
void map_key_text(struct values *v, struct buf *b, const struct type *t, const u8 *key,
		  const char *comma);
bool map_is_chart(const struct type *t);         /* hist and lhist: several lines */
const char *map_json_type(const struct type *t); /* "map", "stats" or "hist" */

#endif
