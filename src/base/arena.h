/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory for a whole job: allocate piecemeal, free at once. Running out of memory ends the
 * program here and nowhere else, so every length that comes from outside is bounded before
 * it reaches an arena.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/int.h"

struct arena_block;
struct arena {
	struct arena_block *blocks;
};

void arena_init(struct arena *a);
void arena_done(struct arena *a); /* frees all that was allocated; a may be used again */

/* Zeroed memory, aligned to 16 bytes; never NULL. */
void *arena_alloc(struct arena *a, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n); /* at most n bytes, NUL added */
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Ends the program because memory ran out: for the few that allocate outside an arena. */
__attribute__((noreturn)) void arena_exhausted(void);

#define arena_new(a, T) ((T *)arena_alloc(a, sizeof(T)))
#define arena_array(a, T, n) ((T *)arena_alloc(a, sizeof(T) * (n)))

#endif
