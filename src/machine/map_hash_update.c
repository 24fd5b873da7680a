/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hash maps: updates and deletions. The model is in map_hash.h. */
#include "machine/map_hash.h"

/* The link that leads to the key, in its chain; the stripe's lock is held. NULL: it is not there. */
static inline __attribute__((always_inline)) u32 *find_link(const struct map_hash *h,
							    const void *key, u32 hash,
							    const u32 key_size)
{
	u32 *at = &h->heads[hash & h->mask];

	while (*at) {
		struct hash_elem *e = hash_elem(h, *at);

		if (hash_is_key(h, e, key, hash, key_size))
			return at;
		at = &e->next;
	}
	return NULL;
}

/* A new element owns nothing, and nobody holds its lock; what a run puts there that has an old one's value is its to keep. */
static void fill_kept(struct map_hash *h, struct hash_elem *e, const void *value, u32 cpu)
{
	const struct map *m = &h->map;
	u8 *to = hash_value(h, e);

	hash_drop(h, e);
	if (!h->is_percpu) {
		map_put_value(m, to, value);
		return;
	}
	for (u32 i = 0; i < m->spec.cpus; i++, to += m->value_stride) {
		static const u8 zeroes[MAP_MAX_PERCPU];
		const u8 *all = (const u8 *)value + (u64)i * m->value_stride;

		map_put_fields(m, to, cpu == MAP_ALL_CPUS ? all : i == cpu ? value : zeroes);
	}
}

/* Of a new element, with fields of zeroes; of per-CPU maps the other CPUs' values are zeroes. */
static void fill_value(struct map_hash *h, struct hash_elem *e, const void *value, u32 cpu)
{
	const struct map *m = &h->map;
	u8 *to = hash_value(h, e);
	u32 step = m->value_stride;

	if (m->spec.kept_count || m->listener_count) {
		fill_kept(h, e, value, cpu);
		return;
	}
	if (!h->is_percpu) {
		if (m->field_count)
			mapvalue_zero(to, step);
		map_put_value(m, to, value);
		return;
	}
	for (u32 i = 0; i < m->spec.cpus; i++, to += step) {
		if (cpu == MAP_ALL_CPUS)
			mapvalue_put(to, (const u8 *)value + (u64)i * step, step);
		else if (i == cpu)
			mapvalue_put(to, value, m->spec.value_size);
		else
			mapvalue_zero(to, step);
	}
}

/* Over the value of an element that is in use. */
static void overwrite(struct map_hash *h, struct hash_elem *e, const void *value, u64 flags,
		      u32 cpu)
{
	const struct map *m = &h->map;
	u8 *to = hash_value(h, e);
	u32 step = m->value_stride;

	if (!h->is_percpu)
		map_replace_value(m, to, value, flags);
	else if (cpu != MAP_ALL_CPUS)
		map_replace_value(m, to + (u64)cpu * step, value, 0);
	else {
		map_put_cpus(m, to, value);
		map_drop_cpus(m, to);
	}
	/* The kernel counts an update as a use. */
	if (h->is_lru)
		__atomic_store_n(&e->state, HASH_HOT, __ATOMIC_RELAXED);
}

/* Links an element that is complete but for this, at the head. */
static inline void link_first(struct map_hash *h, u32 link, u32 hash, u32 next)
{
	struct hash_elem *e = hash_elem(h, link);

	__atomic_store_n(&e->next, next, __ATOMIC_RELEASE);
	__atomic_store_n(&h->heads[hash & h->mask], link, __ATOMIC_RELEASE);
}

static inline __attribute__((always_inline)) struct hash_elem *fill(struct map_hash *h, u32 link,
								    const void *key, u32 hash,
								    enum hash_state state,
								    const u32 key_size)
{
	struct hash_elem *e = hash_elem(h, link);

	__atomic_store_n(&e->hash, hash, __ATOMIC_RELAXED);
	__atomic_store_n(&e->state, state, __ATOMIC_RELAXED);
	mapvalue_put(e->data, key, key_size ? key_size : h->key_size);
	return e;
}

/* The spare takes the place of what *at leads to. */
static inline __attribute__((always_inline)) void replace(struct map_hash *h, struct hash_stripe *s,
							  u32 *at, const void *key,
							  const void *value, u32 hash,
							  const u32 key_size)
{
	u32 *head = &h->heads[hash & h->mask], old = *at, link = s->spare;
	struct hash_elem *was = hash_elem(h, old);
	struct hash_elem *e = fill(h, link, key, hash, HASH_HOT, key_size);

	if (h->map.field_count)
		mapvalue_zero(hash_value(h, e), h->map.value_stride);
	map_put_value(&h->map, hash_value(h, e), value);
	if (at == head) {
		link_first(h, link, hash, was->next);
	} else {
		link_first(h, link, hash, *head);
		hash_change(s);
		__atomic_store_n(at, was->next, __ATOMIC_RELEASE);
	}
	hash_change(s);
	__atomic_store_n(&was->state, HASH_FREE, __ATOMIC_RELAXED);
	s->spare = old;
}

static inline __attribute__((always_inline)) int insert(struct map_hash *h, struct hash_stripe *s,
							const void *key, const void *value,
							u32 hash, u32 cpu, const u32 key_size)
{
	u32 link = hash_take(h, s), *head = &h->heads[hash & h->mask];

	if (!link)
		return h->is_lru ? -ENOMEM : -E2BIG;
	fill_value(h, fill(h, link, key, hash, HASH_COLD, key_size), value, cpu);
	link_first(h, link, hash, *head);
	__atomic_store_n(&s->count, s->count + 1, __ATOMIC_RELAXED);
	return 0;
}

static inline __attribute__((always_inline)) int put(struct map *m, const void *key,
						     const void *value, u64 flags, u32 cpu,
						     const u32 key_size)
{
	struct map_hash *h = hash_of(m);
	u32 hash = hash_key(h, key, key_size), *at;
	struct hash_stripe *s = hash_stripe(h, hash);
	u64 lock = flags & BPF_F_LOCK;
	int err = 0;

	if ((flags & ~(u64)BPF_F_LOCK) > BPF_EXIST || (lock && !map_has_lock(m)))
		return -EINVAL;
	flags &= ~(u64)BPF_F_LOCK;
	hash_lock(h, s);
	at = find_link(h, key, hash, key_size);
	if (at && flags == BPF_NOEXIST)
		err = -EEXIST;
	else if (at && (h->is_in_place || lock))
		overwrite(h, hash_elem(h, *at), value, lock, cpu);
	else if (at)
		replace(h, s, at, key, value, hash, key_size);
	else if (flags == BPF_EXIST)
		err = -ENOENT;
	else
		err = insert(h, s, key, value, hash, cpu, key_size);
	hash_unlock(s);
	return err;
}

#define UPDATE(name, key_size)                                                                     \
	static int name(struct map *m, const void *key, const void *value, u64 flags,              \
			struct run *run)                                                           \
	{                                                                                          \
		u32 cpu = 0;                                                                       \
                                                                                                   \
		if (hash_of(m)->is_percpu) {                                                       \
			cpu = map_cpu(run);                                                        \
			if (cpu >= m->spec.cpus)                                                   \
				return -EINVAL;                                                    \
		}                                                                                  \
		return put(m, key, value, flags, cpu, key_size);                                   \
	}
UPDATE(update_4, 4)
UPDATE(update_8, 8)
UPDATE(update_16, 16)
UPDATE(update_any, 0)
#undef UPDATE

map_update_fn hash_update_function(u32 key_size)
{
	switch (key_size) {
	case 4:
		return update_4;
	case 8:
		return update_8;
	case 16:
		return update_16;
	default:
		return update_any;
	}
}

int hash_write(struct map *m, const void *key, const void *value, u64 flags)
{
	if (hash_of(m)->is_percpu)
		switch (m->spec.key_size) {
		case 4:
			return put(m, key, value, flags, MAP_ALL_CPUS, 4);
		case 8:
			return put(m, key, value, flags, MAP_ALL_CPUS, 8);
		case 16:
			return put(m, key, value, flags, MAP_ALL_CPUS, 16);
		default:
			return put(m, key, value, flags, MAP_ALL_CPUS, 0);
		}
	return hash_update_function(m->spec.key_size)(m, key, value, flags, NULL);
}

/* Takes it out, and hands its value out if that is asked for. */
static int take_out(struct map *m, const void *key, void *value, u64 flags)
{
	struct map_hash *h = hash_of(m);
	u32 hash;
	struct hash_elem *e = hash_find_any(h, key, &hash);
	struct hash_stripe *s = hash_stripe(h, hash);
	u32 link;

	if (!e)
		return -ENOENT;
	hash_lock(h, s);
	e = hash_find_any(h, key, &hash);
	if (!e) {
		hash_unlock(s);
		return -ENOENT;
	}
	link = (u32)(((u8 *)e - h->elems) / 8);
	if (value)
		hash_read_elem(h, e, value, flags);
	hash_unlink(h, s, link, hash);
	hash_unlock(s);
	hash_give(h, link);
	return 0;
}

int hash_remove(struct map *m, const void *key)
{
	return take_out(m, key, NULL, 0);
}

int hash_take_value(struct map *m, const void *key, void *value, u64 flags)
{
	return take_out(m, key, value, flags);
}
