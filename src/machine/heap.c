/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A class for each size of slots: powers of two, and the half between two of them. Free slots are a list; those that runs may
 * still see wait in another one, and are handed to the epoch many at a time, as each deferral costs more than a slot does.
 */
#include "machine/heap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/arena.h"
#include "machine/maplock.h"
#include "machine/mapvalue.h"

#define CHUNK (64u << 10)
#define CHUNKS (u32)(HEAP_MAX_BYTES / CHUNK)
#define LEAST 64u /* bytes of the smallest slots */
#define CLASSES 33
#define BATCH 64
#define REST 255 /* in place of a class: of a slot that begins in a chunk before */

struct class
{
	u32 lock;
	u32 waiting_count;
	void *free, *waiting; /* lists, through the word at HEAP_LINK */
	u8 *fresh, *fresh_end;
} __attribute__((aligned(64)));

struct heap {
	struct class classes[CLASSES];
	struct epoch *epoch;
	u8 *base; /* NULL until the first slot is taken */
	u32 lock; /* of chunks */
	u32 chunk_count;
	u64 generation;      /* changes when all is put back */
	u64 used;            /* slots */
	u8 class_of[CHUNKS]; /* and one; 0: not in use */
};

/* What waits for the runs to end. */
struct batch {
	struct heap *heap;
	u64 generation;
	u32 class;
	void *first, *last;
};

struct heapcopy {
	struct class classes[CLASSES];
	u32 chunk_count;
	u64 used;
	u8 *class_of, *bytes;
};

static u64 slot_size(u32 class)
{
	u64 whole = (u64)LEAST << (class / 2);

	return class % 2 ? whole + whole / 2 : whole;
}

static void **link_of(void *slot)
{
	return (void **)((u8 *)slot + HEAP_LINK);
}

struct heap *heap_new(struct epoch *epoch)
{
	struct heap *h = aligned_alloc(64, (sizeof(*h) + 63) & ~(size_t)63);

	if (!h)
		arena_exhausted();
	memset(h, 0, sizeof(*h));
	h->epoch = epoch;
	return h;
}

void heap_free(struct heap *h)
{
	if (h && h->base)
		munmap(h->base, HEAP_MAX_BYTES);
	free(h);
}

/* Chunks in a row for one or more slots of a class. NULL: there are none left. */
static u8 *take_chunks(struct heap *h, u32 class, u64 bytes)
{
	u32 count = (u32)((bytes + CHUNK - 1) / CHUNK);
	u8 *at = NULL;

	maplock_take(&h->lock, MAPLOCK_VALUE);
	if (!h->base) {
		void *base = mmap(NULL, HEAP_MAX_BYTES, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (base != MAP_FAILED)
			__atomic_store_n(&h->base, base, __ATOMIC_RELEASE);
	}
	if (h->base && count <= CHUNKS - h->chunk_count) {
		at = h->base + (u64)h->chunk_count * CHUNK;
		for (u32 i = count; i-- > 0;)
			__atomic_store_n(&h->class_of[h->chunk_count + i],
					 (u8)(i ? REST : class + 1), __ATOMIC_RELEASE);
		h->chunk_count += count;
	}
	maplock_release(&h->lock);
	return at;
}

/* With the class's lock held. */
static void *take_slot(struct heap *h, u32 class)
{
	struct class *c = &h->classes[class];
	u64 size = slot_size(class), bytes = size > CHUNK ? size : CHUNK / size * size;
	void *slot = c->free;

	if (slot) {
		c->free = *link_of(slot);
		return slot;
	}
	if (c->fresh == c->fresh_end) {
		c->fresh = take_chunks(h, class, bytes);
		c->fresh_end = c->fresh ? c->fresh + bytes : NULL;
	}
	slot = c->fresh;
	if (slot)
		c->fresh += size;
	return slot;
}

void *heap_take(struct heap *h, u64 size)
{
	u32 class = 0;
	void *slot;

	if (size > HEAP_MAX_SLOT)
		return NULL;
	while (slot_size(class) < size)
		class ++;
	maplock_take(&h->classes[class].lock, MAPLOCK_VALUE);
	slot = take_slot(h, class);
	maplock_release(&h->classes[class].lock);
	if (!slot)
		return NULL;
	__atomic_fetch_add(&h->used, 1, __ATOMIC_RELAXED);
	/* By words, as what a run has read it by may be older than what it was taken for. */
	mapvalue_zero(slot, (u32)size);
	return slot;
}

static void use_again(void *arg)
{
	struct batch *b = arg;
	struct class *c = &b->heap->classes[b->class];

	maplock_take(&c->lock, MAPLOCK_VALUE);
	if (b->generation == b->heap->generation) {
		*link_of(b->last) = c->free;
		c->free = b->first;
	}
	maplock_release(&c->lock);
	free(b);
}

void heap_give(struct heap *h, void *slot)
{
	u32 chunk = (u32)((u64)((u8 *)slot - h->base) / CHUNK);
	u32 class = h->class_of[chunk] - 1u;
	struct class *c = &h->classes[class];
	struct batch *b = NULL;

	__atomic_fetch_sub(&h->used, 1, __ATOMIC_RELAXED);
	maplock_take(&c->lock, MAPLOCK_VALUE);
	*link_of(slot) = c->waiting;
	c->waiting = slot;
	c->waiting_count++;
	if (c->waiting_count >= BATCH && (b = malloc(sizeof(*b)))) {
		void *last = c->waiting;

		while (*link_of(last))
			last = *link_of(last);
		*b = (struct batch){ h, h->generation, class, c->waiting, last };
		c->waiting = NULL;
		c->waiting_count = 0;
	}
	maplock_release(&c->lock);
	if (b)
		epoch_defer(h->epoch, use_again, b);
}

u64 heap_used(const struct heap *h)
{
	return __atomic_load_n(&h->used, __ATOMIC_RELAXED);
}

void *heap_slot(const struct heap *h, u64 address)
{
	const u8 *base = __atomic_load_n(&h->base, __ATOMIC_ACQUIRE);
	u64 at = address - (u64)(uintptr_t)base;
	u32 chunk = (u32)(at / CHUNK);
	u64 size, in_chunk;
	u8 class;

	if (!base || at >= HEAP_MAX_BYTES)
		return NULL;
	while ((class = __atomic_load_n(&h->class_of[chunk], __ATOMIC_ACQUIRE)) == REST)
		chunk--;
	if (!class)
		return NULL;
	size = slot_size(class - 1u);
	in_chunk = (at - (u64)chunk * CHUNK) / size * size;
	/* What is left at the end of a chunk is no slot. */
	if (size <= CHUNK && in_chunk + size > CHUNK)
		return NULL;
	return (u8 *)(uintptr_t)base + (u64)chunk * CHUNK + in_chunk;
}

/* ---- all of it */

struct heapcopy *heap_copy(struct heap *h)
{
	struct heapcopy *c = aligned_alloc(64, (sizeof(*c) + 63) & ~(size_t)63);
	u64 bytes = (u64)h->chunk_count * CHUNK;

	if (!c)
		arena_exhausted();
	memcpy(c->classes, h->classes, sizeof(c->classes));
	c->chunk_count = h->chunk_count;
	c->used = h->used;
	c->class_of = malloc(CHUNKS);
	c->bytes = malloc(bytes + 1);
	if (!c->class_of || !c->bytes)
		arena_exhausted();
	memcpy(c->class_of, h->class_of, CHUNKS);
	if (bytes)
		memcpy(c->bytes, h->base, bytes);
	return c;
}

void heap_put_back(struct heap *h, const struct heapcopy *c)
{
	u64 bytes = (u64)c->chunk_count * CHUNK;

	h->generation++;
	memcpy(h->classes, c->classes, sizeof(h->classes));
	memcpy(h->class_of, c->class_of, CHUNKS);
	h->chunk_count = c->chunk_count;
	h->used = c->used;
	if (bytes)
		memcpy(h->base, c->bytes, bytes);
}

void heapcopy_free(struct heapcopy *c)
{
	if (!c)
		return;
	free(c->class_of);
	free(c->bytes);
	free(c);
}
