/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Open addressing with linear probing; the number of slots is a power of two and at most three
 * quarters of them are taken, so a search always ends at an empty one. Nothing is ever removed.
 */
#include "base/table.h"

#include <string.h>

enum { TABLE_FIRST = 16 };

struct table_slot {
	const void *key; /* NULL while the slot is empty; a NUL follows the key's bytes */
	size_t len;
	u64 hash;
	void *value;
};

/* FNV-1a, then a mix so that the low bits depend on all of the key (murmur3's finalizer). */
static u64 table_hash(const void *key, size_t len)
{
	const u8 *p = key;
	u64 h = 0xcbf29ce484222325;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3;
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccd;
	return h ^ h >> 33;
}

/* The slot that has the key, or the empty one where it belongs. */
static struct table_slot *table_find(const struct table *t, const void *key, size_t len, u64 hash)
{
	size_t i = (size_t)hash & (t->cap - 1);

	for (;; i = (i + 1) & (t->cap - 1)) {
		struct table_slot *s = &t->slots[i];

		if (!s->key)
			return s;
		if (s->hash == hash && s->len == len && (!len || !memcmp(s->key, key, len)))
			return s;
	}
}

static void table_grow(struct table *t)
{
	struct table_slot *old = t->slots;
	size_t n = t->cap;

	t->cap = n ? n * 2 : TABLE_FIRST;
	t->slots = arena_array(t->arena, struct table_slot, t->cap);
	for (size_t i = 0; i < n; i++) {
		if (old[i].key)
			*table_find(t, old[i].key, old[i].len, old[i].hash) = old[i];
	}
}

void table_init(struct table *t, struct arena *arena)
{
	*t = (struct table){ .arena = arena };
}

void *table_get(const struct table *t, const void *key, size_t len)
{
	if (!t->cap)
		return NULL;
	return table_find(t, key, len, table_hash(key, len))->value;
}

void *table_get_str(const struct table *t, const char *key)
{
	return table_get(t, key, strlen(key));
}

void table_set(struct table *t, const void *key, size_t len, void *value)
{
	u64 hash = table_hash(key, len);
	struct table_slot *s;
	u8 *copy;

	if (t->n >= t->cap / 4 * 3)
		table_grow(t);
	s = table_find(t, key, len, hash);
	if (!s->key) {
		copy = arena_alloc(t->arena, len + 1);
		if (len)
			memcpy(copy, key, len);
		*s = (struct table_slot){ .key = copy, .len = len, .hash = hash };
		t->n++;
	}
	s->value = value;
}

void table_set_str(struct table *t, const char *key, void *value)
{
	table_set(t, key, strlen(key), value);
}

bool table_next(const struct table *t, size_t *pos, const void **key, size_t *len, void **value)
{
	for (; *pos < t->cap; ++*pos) {
		const struct table_slot *s = &t->slots[*pos];

		if (!s->key)
			continue;
		*key = s->key;
		*len = s->len;
		*value = s->value;
		++*pos;
		return true;
	}
	return false;
}
