/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Growable arrays that live in an arena:
 *
 *	vec_of(struct insn) code = {0};
 *	*vec_add(arena, &code) = insn;          // a zeroed new element
 *	for (size_t i = 0; i < code.n; i++) use(&code.at[i]);
 *
 * Growing moves the elements, so keep indices rather than pointers across vec_add.
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include "base/arena.h"

#define vec_of(T)                                                                                  \
	struct {                                                                                   \
		T *at;                                                                             \
		size_t n, cap;                                                                     \
	}

/* A pointer to a new zeroed element at the end. */
#define vec_add(arena, v)                                                                          \
	((v)->at = vec_grow(arena, (v)->at, (v)->n, &(v)->cap, sizeof(*(v)->at)),                  \
	 &(v)->at[(v)->n++])

/* Room for one more of n elements of the given size; returns the (moved) array. */
void *vec_grow(struct arena *a, void *at, size_t n, size_t *cap, size_t size);

#endif
