/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LRU hash maps: which element has to go when none is free. A hand goes round all elements: it spares each that was used
 * since it last came by, once, and takes the first that was not. This is the "second chance" that the kernel's lists give too;
 * but the map is really full before anything goes, where the kernel's lists for each CPU make it evict earlier.
 */
#include "machine/map_hash.h"

/* Takes the element out if it is still in the map and cold; the caller's stripe is locked already. */
static bool take_cold(struct map_hash *h, struct hash_stripe *held, u32 link)
{
	const struct hash_elem *e = hash_elem(h, link);
	u32 hash = __atomic_load_n(&e->hash, __ATOMIC_RELAXED);
	struct hash_stripe *s = hash_stripe(h, hash);
	bool is_taken;

	/* Only tried: whoever holds it may be looking here for one of ours. */
	if (s != held && !maplock_try(&s->lock, h->map.owner))
		return false;
	/* Under another stripe's lock it may just become something else. */
	is_taken = __atomic_load_n(&e->hash, __ATOMIC_RELAXED) == hash &&
		   __atomic_load_n(&e->state, __ATOMIC_RELAXED) == HASH_COLD &&
		   hash_unlink(h, s, link, hash);
	if (s != held)
		hash_unlock(s);
	return is_taken;
}

u32 hash_evict(struct map_hash *h, struct hash_stripe *held)
{
	u64 total = (u64)h->map.spec.max_entries + h->stripe_mask + 1;

	/* Twice round finds one unless others use all elements meanwhile, or hold their locks. */
	for (u64 i = 0; i < 4 * total + 1000; i++) {
		u64 n = __atomic_fetch_add(&h->common->hand, 1, __ATOMIC_RELAXED) % total;
		u32 link = (u32)(n + 1) * h->stride;
		u32 *state = &hash_elem(h, link)->state;
		u32 was = __atomic_load_n(state, __ATOMIC_RELAXED);

		if (was == HASH_HOT)
			__atomic_compare_exchange_n(state, &was, HASH_COLD, false, __ATOMIC_RELAXED,
						    __ATOMIC_RELAXED);
		else if (was == HASH_COLD && take_cold(h, held, link))
			return link;
	}
	return 0;
}
