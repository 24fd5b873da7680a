/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps: one key type and one value type for all their uses. */
#ifndef LANG_CHECK_MAP_H
#define LANG_CHECK_MAP_H

#include "lang/check.h"

void check_map_decls(struct check *c, const struct map_decl *decls);
const struct type *check_map_read(struct check *c, struct node *n);
/* Checks a use with these keys (linked) against the others; false if it is wrong or not known yet. */
bool check_map_keys(struct check *c, struct check_map *m, struct node *keys, u32 count,
		    struct loc loc);
/* A map as a whole, for print(@m), clear(@m), ...: NULL (reported) if n is no map without keys. */
struct check_map *check_map_whole(struct check *c, struct node *n, const char *what);
/* What reading a value gives: an integer for aggregations that have one, NULL for the others. */
const struct type *check_map_value(const struct type *value);
bool check_map_store(struct check *c, struct node *n, const struct type *t, enum strength strength,
		     struct loc loc);
/* After the last walk: all maps have types, or there is an error. Drops maps that nothing uses. */
void check_map_finish(struct check *c);

#endif
