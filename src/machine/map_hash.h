/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hash maps: buckets with chains of elements in one piece of memory, which a link finds by its distance in words.
 *
 *	common   seed, elements that were deleted, elements never used, the hand of LRU
 *	stripes  [lock, version, spare, count] ...	each for many buckets
 *	heads    [link] ...			a power of two
 *	elements [next, hash, state, free][key][value] ...	a per-CPU map has each CPU's value in a row
 *
 * Reading takes no lock. A writer holds the stripe's lock, and an element that takes another one's place is complete before
 * it is linked at the head. Elements are used again at once, so a reader may stand on one that moves to another place, or pass
 * the head before the new element is there and come to where the old one was. So who finds nothing looks at the stripe's
 * version, which changes between linking the one and unlinking the other, and again before an unlinked one is used again:
 * if it moved, the search begins anew. What is in the map all the time is found each time; the kernel's lists do not promise that.
 *
 * An update writes the stripe's spare element, links it, and what it replaces is the next spare: values are seen old or new,
 * and no memory is looked for. Maps whose values cannot move (per-CPU, with timers) are written in place.
 */
#ifndef MACHINE_MAP_HASH_H
#define MACHINE_MAP_HASH_H

#include "machine/mapimpl.h"

/* Of an element, for LRU; the kernel's reference bit. */
enum hash_state { HASH_FREE, HASH_COLD, HASH_HOT };

struct hash_elem {
	u32 next; /* link; 0: the last */
	u32 hash;
	u32 state;
	u32 next_free;
	u8 data[]; /* the key in whole words, then the value */
};

struct hash_stripe {
	u32 lock;
	u32 version;
	u32 spare; /* link */
	s64 count; /* elements in its buckets */
} __attribute__((aligned(64)));

struct hash_common {
	u64 seed[2];
	u64 free; /* link of the first, and a number that changes with each change in the upper half */
	u32 fresh; /* elements that were handed out for the first time */
	u64 hand __attribute__((aligned(64))); /* where LRU goes on looking */
};

struct map_hash {
	struct map map;
	u64 seed[2];
	u8 *elems; /* a link is in words from here */
	u32 *heads;
	struct hash_stripe *stripes;
	struct hash_common *common;
	u32 mask, stripe_mask; /* of buckets, of stripes */
	u32 stride;            /* of an element, in words */
	u32 value_at;          /* in data */
	u32 key_size;
	bool is_percpu, is_lru;
	bool is_in_place;
};

static inline struct map_hash *hash_of(struct map *m)
{
	return (struct map_hash *)m;
}

static inline struct hash_elem *hash_elem(const struct map_hash *h, u32 link)
{
	return (struct hash_elem *)(h->elems + (u64)link * 8);
}

static inline void *hash_value(const struct map_hash *h, struct hash_elem *e)
{
	return e->data + h->value_at;
}

static inline struct hash_stripe *hash_stripe(const struct map_hash *h, u32 hash)
{
	return &h->stripes[hash & h->mask & h->stripe_mask];
}

static inline u64 hash_mix(u64 a, u64 b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (u64)product ^ (u64)(product >> 64);
}

u32 hash_long_key(const struct map_hash *h, const u8 *key, u32 size);

/* key_size is a constant where this is inlined: 4, 8 or 16 get code of their own, 0 is any. */
static inline __attribute__((always_inline)) u32 hash_key(const struct map_hash *h, const void *key,
							  const u32 key_size)
{
	u64 words[2] = { 0 };

	if (!key_size)
		return hash_long_key(h, key, h->key_size);
	memcpy(words, key, key_size);
	return (u32)hash_mix(words[0] ^ h->seed[0], words[1] ^ h->seed[1]);
}

static inline __attribute__((always_inline)) bool hash_is_key(const struct map_hash *h,
							      const struct hash_elem *e,
							      const void *key, u32 hash,
							      const u32 key_size)
{
	if (key_size)
		return mapvalue_equal(e->data, key, key_size);
	return __atomic_load_n(&e->hash, __ATOMIC_RELAXED) == hash &&
	       mapvalue_equal(e->data, key, h->key_size);
}

static inline u32 hash_load_link(const u32 *at)
{
	return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

/* Without a lock; NULL if it is not there. */
static inline __attribute__((always_inline)) struct hash_elem *hash_find(const struct map_hash *h,
									 const void *key, u32 hash,
									 const u32 key_size)
{
	const u32 *head = &h->heads[hash & h->mask];
	const u32 *now = &hash_stripe(h, hash)->version;
	u32 version;

	do {
		version = hash_load_link(now);
		for (u32 link = hash_load_link(head); link;) {
			struct hash_elem *e = hash_elem(h, link);

			if (hash_is_key(h, e, key, hash, key_size))
				return e;
			link = hash_load_link(&e->next);
		}
	} while (hash_load_link(now) != version);
	return NULL;
}

/* With the stripe's lock: see the model above. */
static inline void hash_change(struct hash_stripe *s)
{
	__atomic_store_n(&s->version, s->version + 1, __ATOMIC_RELEASE);
}

/* Of any key, for what need not be fast. */
struct hash_elem *hash_find_any(const struct map_hash *h, const void *key, u32 *hash);

static inline void hash_lock(const struct map_hash *h, struct hash_stripe *s)
{
	maplock_take(&s->lock, h->map.owner);
}

static inline void hash_unlock(struct hash_stripe *s)
{
	maplock_release(&s->lock);
}

/* An element that nobody uses, 0 if there is none; held: the stripe whose lock the caller has. LRU maps evict one. */
u32 hash_take(struct map_hash *h, struct hash_stripe *held);
void hash_give(struct map_hash *h, u32 link);
/* Tells those who want to know that what it owns is to be dropped. */
void hash_drop(struct map_hash *h, struct hash_elem *e);
/* Takes an element out of its chain; the stripe's lock is held. False: it is in none. */
bool hash_unlink(struct map_hash *h, struct hash_stripe *s, u32 link, u32 hash);
u32 hash_evict(struct map_hash *h, struct hash_stripe *held); /* map_lru.c */

/* map_hash_update.c */
map_update_fn hash_update_function(u32 key_size);
int hash_write(struct map *m, const void *key, const void *value, u64 flags);
int hash_remove(struct map *m, const void *key);
int hash_take_value(struct map *m, const void *key, void *value, u64 flags);

/* map_hash_walk.c */
void hash_read_elem(struct map_hash *h, struct hash_elem *e, void *value, u64 flags);
int hash_next(struct map *m, const void *key, void *next);
s64 hash_each(struct map *m, int (*fn)(void *arg, const void *key, void *value), void *arg,
	      u32 cpu);
int hash_read_batch(struct map *m, u64 *cursor, void *keys, void *values, u32 *count,
		    bool and_delete);

#endif
