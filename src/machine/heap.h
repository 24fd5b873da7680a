/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory for what programs make while they run: slots of some sizes, in chunks of one large mapping. So any address can be
 * asked whether it is in a slot, and where that begins; all is given back at once with the heap; and what is in it can be kept
 * and put back.
 *
 *	base	[ chunk: slot | slot | slot ... ][ chunk, of slots of another size ][ slot that takes several chunks ] ...
 *
 * What was given back is used again when no run can see it any more. Until then a slot stays as it is, but for the word at
 * HEAP_LINK, which is the heap's.
 */
#ifndef MACHINE_HEAP_H
#define MACHINE_HEAP_H

#include "machine/epoch.h"

#define HEAP_MAX_BYTES (1ull << 30)
#define HEAP_MAX_SLOT (4u << 20)
#define HEAP_LINK 8 /* where in a free slot its link is */

struct heap;
struct heapcopy;

/* epoch: of the runs; it has to be freed before the heap, which runs what was deferred. */
struct heap *heap_new(struct epoch *epoch);
void heap_free(struct heap *h); /* NULL is accepted */
/* size bytes of zeroes; NULL if that is more than HEAP_MAX_SLOT, or there is no memory left. Any thread. */
void *heap_take(struct heap *h, u64 size);
void heap_give(struct heap *h, void *slot);
/* The slot that an address is in, in use or not; NULL if it is in none. */
void *heap_slot(const struct heap *h, u64 address);
u64 heap_used(const struct heap *h); /* slots in use */

/* All slots as they are now, while nobody uses them, to be put back at the same addresses. */
struct heapcopy *heap_copy(struct heap *h);
void heap_put_back(struct heap *h, const struct heapcopy *c);
void heapcopy_free(struct heapcopy *c); /* NULL is accepted */

#endif
