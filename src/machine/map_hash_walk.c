/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hash maps: from element to element, bucket by bucket. The model is in map_hash.h. */
#include "machine/map_hash.h"

void hash_read_elem(struct map_hash *h, struct hash_elem *e, void *value, u64 flags)
{
	if (h->is_percpu)
		map_get_cpus(&h->map, value, hash_value(h, e));
	else
		map_get_value(&h->map, value, hash_value(h, e), flags);
}

/* The first key in this bucket or one after it; false: there is none. */
static bool first_from(const struct map_hash *h, u32 bucket, void *key)
{
	for (; bucket <= h->mask; bucket++) {
		struct hash_stripe *s = hash_stripe(h, bucket);
		bool is_found;

		if (!hash_load_link(&h->heads[bucket]))
			continue;
		hash_lock(h, s);
		is_found = h->heads[bucket] != 0;
		if (is_found)
			mapvalue_get(key, hash_elem(h, h->heads[bucket])->data, h->key_size);
		hash_unlock(s);
		if (is_found)
			return true;
	}
	return false;
}

int hash_next(struct map *m, const void *key, void *next)
{
	struct map_hash *h = hash_of(m);
	struct hash_elem *e;
	u32 hash;
	bool has_next = false;

	if (!key || !hash_find_any(h, key, &hash))
		return first_from(h, 0, next) ? 0 : -ENOENT;
	hash_lock(h, hash_stripe(h, hash));
	e = hash_find_any(h, key, &hash);
	if (e && e->next) {
		mapvalue_get(next, hash_elem(h, e->next)->data, h->key_size);
		has_next = true;
	}
	hash_unlock(hash_stripe(h, hash));
	if (has_next)
		return 0;
	return first_from(h, e ? (hash & h->mask) + 1 : 0, next) ? 0 : -ENOENT;
}

s64 hash_each(struct map *m, int (*fn)(void *arg, const void *key, void *value), void *arg, u32 cpu)
{
	struct map_hash *h = hash_of(m);
	u64 offset = h->is_percpu ? (u64)cpu * m->value_stride : 0;
	s64 calls = 0;

	if (h->is_percpu && cpu >= m->spec.cpus)
		return -EINVAL;
	for (u32 bucket = 0; bucket <= h->mask; bucket++) {
		u32 link = hash_load_link(&h->heads[bucket]);

		/* The next one is looked up before the call, as fn may delete what it is given. */
		while (link) {
			struct hash_elem *e = hash_elem(h, link);

			link = hash_load_link(&e->next);
			calls++;
			if (fn(arg, e->data, (u8 *)hash_value(h, e) + offset))
				return calls;
		}
	}
	return calls;
}

static u32 chain_length(const struct map_hash *h, u32 link)
{
	u32 n = 0;

	for (; link; n++)
		link = hash_elem(h, link)->next;
	return n;
}

/* All of a bucket, or nothing of it if there is no room: -ENOSPC then. */
static int read_bucket(struct map_hash *h, u32 bucket, u8 *keys, u8 *values, u32 room, u32 *n,
		       bool and_delete)
{
	struct hash_stripe *s = hash_stripe(h, bucket);
	u32 *head = &h->heads[bucket];
	int err = 0;

	if (!hash_load_link(head))
		return 0;
	hash_lock(h, s);
	if (chain_length(h, *head) > room)
		err = -ENOSPC;
	for (u32 link = *head, next; !err && link; link = next) {
		struct hash_elem *e = hash_elem(h, link);

		next = e->next;
		mapvalue_get(keys + (u64)*n * h->key_size, e->data, h->key_size);
		hash_read_elem(h, e, values + (u64)*n * map_value_bytes(&h->map), 0);
		++*n;
		if (and_delete) {
			hash_unlink(h, s, link, bucket);
			hash_give(h, link);
		}
	}
	hash_unlock(s);
	return err;
}

int hash_read_batch(struct map *m, u64 *cursor, void *keys, void *values, u32 *count,
		    bool and_delete)
{
	struct map_hash *h = hash_of(m);
	u32 room = *count, n = 0;
	int err = 0;

	for (; *cursor <= h->mask; ++*cursor) {
		err = read_bucket(h, (u32)*cursor, keys, values, room - n, &n, and_delete);
		if (err)
			break;
	}
	*count = n;
	if (err)
		return n ? 0 : err;
	return -ENOENT;
}
