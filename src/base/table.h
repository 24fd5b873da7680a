/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hash table from byte-string keys to pointers; grows in an arena; keys are copied into it. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/arena.h"

struct table {
	struct arena *arena;
	struct table_slot *slots;
	size_t n, cap;
};

void table_init(struct table *t, struct arena *arena);
void *table_get(const struct table *t, const void *key, size_t len); /* NULL if absent */
void *table_get_str(const struct table *t, const char *key);
void table_set(struct table *t, const void *key, size_t len, void *value);
void table_set_str(struct table *t, const char *key, void *value);
/* Iteration in unspecified order: start with *pos = 0; false at the end. */
bool table_next(const struct table *t, size_t *pos, const void **key, size_t *len, void **value);

#endif
