/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growing doubles the room; the old array stays behind in the arena, so a vector costs at most twice its size. */
#include "base/vec.h"

#include <string.h>

enum { VEC_FIRST = 8 };

void *vec_grow(struct arena *a, void *at, size_t n, size_t *cap, size_t size)
{
	size_t room;
	void *moved;

	if (n < *cap) {
		/* A shortened vector has old elements in its room. */
		memset((u8 *)at + n * size, 0, size);
		return at;
	}
	room = n < VEC_FIRST ? VEC_FIRST : n * 2;
	if (room > (size_t)PTRDIFF_MAX / size)
		arena_exhausted();
	moved = arena_alloc(a, room * size);
	if (n)
		memcpy(moved, at, n * size);
	*cap = room;
	return moved;
}
