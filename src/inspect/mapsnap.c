/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash table with rows in one piece; the last row takes the place of one that is forgotten. */
#include "inspect/mapsnap.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { FIRST_SLOTS = 1024 };

void mapsnap_init(struct mapsnap *s, u32 key_size, u32 value_size)
{
	*s = (struct mapsnap){ .key_size = key_size, .value_size = value_size };
	s->cap = FIRST_SLOTS;
	s->slots = calloc(s->cap, sizeof(*s->slots));
	s->old = malloc((size_t)value_size + 1);
	if (!s->slots || !s->old)
		arena_exhausted();
}

void mapsnap_done(struct mapsnap *s)
{
	buf_done(&s->rows);
	free(s->slots);
	free(s->old);
	*s = (struct mapsnap){ 0 };
}

static size_t row_bytes(const struct mapsnap *s)
{
	return 4 + (size_t)s->key_size + s->value_size;
}

static u8 *row(const struct mapsnap *s, u32 i)
{
	return (u8 *)s->rows.data + i * row_bytes(s);
}

static u32 hash(const struct mapsnap *s, const u8 *key)
{
	u64 h = 0xcbf29ce484222325ull;

	for (u32 i = 0; i < s->key_size; i++)
		h = (h ^ key[i]) * 0x100000001b3ull;
	return (u32)(h ^ h >> 32);
}

/* The slot that has the key, or that it would go into. */
static u32 *slot_of(const struct mapsnap *s, const u8 *key)
{
	u32 at = hash(s, key) & (s->cap - 1);

	while (s->slots[at] && memcmp(row(s, s->slots[at] - 1) + 4, key, s->key_size) != 0)
		at = (at + 1) & (s->cap - 1);
	return &s->slots[at];
}

static void make_slots(struct mapsnap *s, u32 cap)
{
	free(s->slots);
	s->cap = cap;
	s->slots = calloc(cap, sizeof(*s->slots));
	if (!s->slots)
		arena_exhausted();
	for (u32 i = 0; i < s->n; i++)
		*slot_of(s, row(s, i) + 4) = i + 1;
}

void mapsnap_begin(struct mapsnap *s)
{
	s->look++;
}

enum mapsnap_change mapsnap_put(struct mapsnap *s, const u8 *key, const u8 *value, const u8 **old)
{
	u32 *slot = slot_of(s, key);
	u8 *at;

	if (*slot) {
		at = row(s, *slot - 1);
		memcpy(at, &s->look, 4);
		at += 4 + s->key_size;
		if (!memcmp(at, value, s->value_size))
			return MAPSNAP_SAME;
		memcpy(s->old, at, s->value_size);
		memcpy(at, value, s->value_size);
		*old = s->old;
		return MAPSNAP_CHANGED;
	}
	if (s->rows.len + row_bytes(s) > MAPSNAP_MAX_BYTES)
		return MAPSNAP_FULL;
	buf_put(&s->rows, &s->look, 4);
	buf_put(&s->rows, key, s->key_size);
	buf_put(&s->rows, value, s->value_size);
	*slot = ++s->n;
	if (s->n > s->cap / 2)
		make_slots(s, s->cap * 2);
	return MAPSNAP_ADDED;
}

void mapsnap_end(struct mapsnap *s, void (*fn)(void *arg, const u8 *key, const u8 *value),
		 void *arg)
{
	u32 had = s->n;

	for (u32 i = 0; i < s->n;) {
		u8 *at = row(s, i);

		if (!memcmp(at, &s->look, 4)) {
			i++;
			continue;
		}
		fn(arg, at + 4, at + 4 + s->key_size);
		s->n--;
		memmove(at, row(s, s->n), row_bytes(s));
		s->rows.len -= row_bytes(s);
	}
	if (s->n < had)
		make_slots(s, s->cap);
}
