/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copying keys and values in and out of memory that other threads use at the same time: by words of 8 bytes, each of which
 * is read and written whole, as the kernel does. Map memory is in such words, the last one padded; callers' memory is not.
 */
#ifndef MACHINE_MAPVALUE_H
#define MACHINE_MAPVALUE_H

#include <string.h>

#include "base/int.h"

static inline u32 mapvalue_round(u32 size)
{
	return (size + 7) & ~7u;
}

static inline u64 mapvalue_word(const void *shared)
{
	return __atomic_load_n((const u64 *)shared, __ATOMIC_RELAXED);
}

/* The up to 8 bytes of a caller that are left, as a word. */
static inline u64 mapvalue_partial(const u8 *from, u32 left)
{
	u64 word = 0;

	memcpy(&word, from, left < 8 ? left : 8);
	return word;
}

static inline void mapvalue_put(void *shared, const void *from, u32 size)
{
	u64 *to = shared, word;
	const u8 *at = from;

	for (; size >= 8; size -= 8, at += 8) {
		memcpy(&word, at, 8);
		__atomic_store_n(to++, word, __ATOMIC_RELAXED);
	}
	if (size)
		__atomic_store_n(to, mapvalue_partial(at, size), __ATOMIC_RELAXED);
}

static inline void mapvalue_get(void *to, const void *shared, u32 size)
{
	const u64 *from = shared;
	u8 *at = to;
	u64 word;

	for (; size >= 8; size -= 8, at += 8) {
		word = mapvalue_word(from++);
		memcpy(at, &word, 8);
	}
	if (size) {
		word = mapvalue_word(from);
		memcpy(at, &word, size);
	}
}

static inline void mapvalue_zero(void *shared, u32 size)
{
	u64 *to = shared;

	for (u32 i = 0; i < mapvalue_round(size) / 8; i++)
		__atomic_store_n(to + i, 0, __ATOMIC_RELAXED);
}

/* Whether size bytes of a caller are what is in the map's memory. */
static inline bool mapvalue_equal(const void *shared, const void *with, u32 size)
{
	const u64 *a = shared;
	const u8 *b = with;
	u64 word;

	for (; size >= 8; size -= 8, b += 8) {
		memcpy(&word, b, 8);
		if (mapvalue_word(a++) != word)
			return false;
	}
	return !size || mapvalue_word(a) == mapvalue_partial(b, size);
}

#endif
