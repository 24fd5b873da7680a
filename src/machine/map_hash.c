/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hash maps: what is allowed, how the memory is laid out, look-ups, elements that are free. The model is in map_hash.h. */
#include "machine/map_hash.h"

#include <sys/random.h>

enum { MAX_STRIPES = 64 };

static bool type_is_percpu(enum bpf_map_type t)
{
	return t == BPF_MAP_TYPE_PERCPU_HASH || t == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool type_is_lru(enum bpf_map_type t)
{
	return t == BPF_MAP_TYPE_LRU_HASH || t == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static int hash_check(const struct map_spec *s, struct diag *d)
{
	u32 allowed = BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU | BPF_F_NUMA_NODE | BPF_F_ZERO_SEED |
		      MAP_ACCESS_FLAGS;
	bool is_lru = type_is_lru(s->type), is_percpu = type_is_percpu(s->type);

	if (map_check_flags(s, allowed, d))
		return -EINVAL;
	if (!is_lru && s->flags & BPF_F_NO_COMMON_LRU)
		return map_refuse(s, d, -EINVAL, "only LRU maps have lists of each CPU");
	if (is_lru && s->flags & BPF_F_NO_PREALLOC)
		return map_refuse(s, d, -MAP_ENOTSUPP,
				  "an LRU map has all its memory from the start");
	if (s->flags & BPF_F_NUMA_NODE && (is_percpu || s->flags & BPF_F_NO_COMMON_LRU))
		return map_refuse(s, d, -EINVAL, "a per-CPU map has no node of its own");
	if (!s->max_entries || !s->key_size || !s->value_size)
		return map_refuse(s, d, -EINVAL, "a hash map has keys, values and entries");
	if ((u64)s->key_size + s->value_size >= MAP_MAX_VALUE - sizeof(struct hash_elem))
		return map_refuse(s, d, -E2BIG, "its keys and values are too large");
	if (is_percpu && mapvalue_round(s->value_size) > MAP_MAX_PERCPU)
		return map_refuse(s, d, -E2BIG, "values of a CPU are too large");
	return 0;
}

u32 hash_long_key(const struct map_hash *h, const u8 *key, u32 size)
{
	u64 sum = h->seed[0] ^ size;

	for (; size > 8; size -= 8, key += 8)
		sum = hash_mix(sum ^ mapvalue_partial(key, 8), h->seed[1]);
	return (u32)hash_mix(sum ^ mapvalue_partial(key, size), h->seed[1]);
}

struct hash_elem *hash_find_any(const struct map_hash *h, const void *key, u32 *hash)
{
	switch (h->key_size) {
	case 4:
		*hash = hash_key(h, key, 4);
		return hash_find(h, key, *hash, 4);
	case 8:
		*hash = hash_key(h, key, 8);
		return hash_find(h, key, *hash, 8);
	case 16:
		*hash = hash_key(h, key, 16);
		return hash_find(h, key, *hash, 16);
	default:
		*hash = hash_key(h, key, 0);
		return hash_find(h, key, *hash, 0);
	}
}

/* ---- look-ups, by size of key and kind of map */

static inline __attribute__((always_inline)) void *look_up(struct map *m, const void *key,
							   const u32 key_size, const bool is_lru)
{
	const struct map_hash *h = hash_of(m);
	struct hash_elem *e = hash_find(h, key, hash_key(h, key, key_size), key_size);

	if (!e)
		return NULL;
	if (is_lru && __atomic_load_n(&e->state, __ATOMIC_RELAXED) == HASH_COLD)
		__atomic_store_n(&e->state, HASH_HOT, __ATOMIC_RELAXED);
	return hash_value(h, e);
}

#define LOOKUP(name, key_size, is_lru)                                                             \
	static void *name(struct map *m, const void *key, struct run *run)                         \
	{                                                                                          \
		void *value = look_up(m, key, key_size, is_lru);                                   \
                                                                                                   \
		(void)run;                                                                         \
		return value;                                                                      \
	}
LOOKUP(look_up_4, 4, false)
LOOKUP(look_up_8, 8, false)
LOOKUP(look_up_16, 16, false)
LOOKUP(look_up_any, 0, false)
LOOKUP(look_up_lru_4, 4, true)
LOOKUP(look_up_lru_8, 8, true)
LOOKUP(look_up_lru_16, 16, true)
LOOKUP(look_up_lru_any, 0, true)
#undef LOOKUP

static map_lookup_fn lookup_function(u32 key_size, bool is_lru)
{
	switch (key_size) {
	case 4:
		return is_lru ? look_up_lru_4 : look_up_4;
	case 8:
		return is_lru ? look_up_lru_8 : look_up_8;
	case 16:
		return is_lru ? look_up_lru_16 : look_up_16;
	default:
		return is_lru ? look_up_lru_any : look_up_any;
	}
}

static void *hash_lookup_percpu(struct map *m, const void *key, u32 cpu)
{
	const struct map_hash *h = hash_of(m);
	u8 *value = lookup_function(h->key_size, h->is_lru)(m, key, NULL);

	return value ? value + (u64)cpu * m->value_stride : NULL;
}

static void *percpu_lookup(struct map *m, const void *key, struct run *run)
{
	u32 cpu = map_cpu(run);

	return cpu < m->spec.cpus ? hash_lookup_percpu(m, key, cpu) : NULL;
}

/* ---- elements that nobody uses */

u32 hash_take(struct map_hash *h, struct hash_stripe *held)
{
	struct hash_common *c = h->common;
	u64 old = __atomic_load_n(&c->free, __ATOMIC_ACQUIRE);

	while ((u32)old) {
		const struct hash_elem *e = hash_elem(h, (u32)old);
		u64 next = __atomic_load_n(&e->next_free, __ATOMIC_RELAXED);

		next |= ((old >> 32) + 1) << 32;
		if (__atomic_compare_exchange_n(&c->free, &old, next, false, __ATOMIC_ACQ_REL,
						__ATOMIC_ACQUIRE))
			return (u32)old;
	}
	if (__atomic_load_n(&c->fresh, __ATOMIC_RELAXED) < h->map.spec.max_entries) {
		u32 i = __atomic_fetch_add(&c->fresh, 1, __ATOMIC_RELAXED);

		if (i < h->map.spec.max_entries)
			return (i + 1) * h->stride;
	}
	return h->is_lru ? hash_evict(h, held) : 0;
}

void hash_give(struct map_hash *h, u32 link)
{
	struct hash_common *c = h->common;
	struct hash_elem *e = hash_elem(h, link);
	u64 old = __atomic_load_n(&c->free, __ATOMIC_RELAXED), first;

	do {
		__atomic_store_n(&e->next_free, (u32)old, __ATOMIC_RELAXED);
		first = ((old >> 32) + 1) << 32 | link;
	} while (!__atomic_compare_exchange_n(&c->free, &old, first, false, __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
}

void hash_drop(struct map_hash *h, struct hash_elem *e)
{
	if (h->is_percpu)
		map_drop_cpus(&h->map, hash_value(h, e));
	else
		map_drop_value(&h->map, hash_value(h, e));
}

bool hash_unlink(struct map_hash *h, struct hash_stripe *s, u32 link, u32 hash)
{
	u32 *at = &h->heads[hash & h->mask];
	struct hash_elem *e = hash_elem(h, link);

	while (*at && *at != link)
		at = &hash_elem(h, *at)->next;
	if (*at != link)
		return false;
	__atomic_store_n(at, e->next, __ATOMIC_RELEASE);
	hash_change(s);
	__atomic_store_n(&e->state, HASH_FREE, __ATOMIC_RELAXED);
	__atomic_store_n(&s->count, s->count - 1, __ATOMIC_RELAXED);
	hash_drop(h, e);
	return true;
}

static int hash_read(struct map *m, const void *key, void *value, u64 flags)
{
	u32 hash;
	struct hash_elem *e = hash_find_any(hash_of(m), key, &hash);

	if (!e)
		return -ENOENT;
	hash_read_elem(hash_of(m), e, value, flags);
	return 0;
}

static u64 hash_count(struct map *m)
{
	const struct map_hash *h = hash_of(m);
	s64 n = 0;

	for (u32 i = 0; i <= h->stripe_mask; i++)
		n += __atomic_load_n(&h->stripes[i].count, __ATOMIC_RELAXED);
	return n > 0 ? (u64)n : 0;
}

/* ---- memory */

static u32 power_of_two(u32 n)
{
	u32 p = 1;

	while (p < n)
		p <<= 1;
	return p;
}

/* One element more than are needed, as link 0 is none. */
static u64 layout(struct map_hash *h)
{
	const struct map_spec *s = &h->map.spec;
	u64 stripes = (u64)h->stripe_mask + 1, size = 0;
	u64 stride = sizeof(struct hash_elem) + (u64)mapvalue_round(s->key_size) +
		     (u64)h->map.value_stride * (h->is_percpu ? s->cpus : 1);

	h->stride = (u32)(stride / 8);
	h->value_at = mapvalue_round(s->key_size);
	if (!mapstore_add(&size, 1, (sizeof(struct hash_common) + 63) & ~63ull) ||
	    !mapstore_add(&size, stripes, sizeof(struct hash_stripe)) ||
	    !mapstore_add(&size, (u64)h->mask + 1, sizeof(u32)))
		return MAP_MAX_BYTES + 1;
	size = (size + 63) & ~63ull;
	return mapstore_add(&size, s->max_entries + stripes + 1, stride) ? size : MAP_MAX_BYTES + 1;
}

static void find_parts(struct map_hash *h)
{
	u8 *at = h->map.store.base;

	h->common = (void *)at;
	at += (sizeof(struct hash_common) + 63) & ~63ull;
	h->stripes = (void *)at;
	at += ((u64)h->stripe_mask + 1) * sizeof(struct hash_stripe);
	h->heads = (void *)at;
	at += ((((u64)h->mask + 1) * sizeof(u32)) + 63) & ~63ull;
	h->elems = at;
}

static void set_up(struct map_hash *h)
{
	struct hash_common *c = h->common;

	if (h->map.spec.flags & BPF_F_ZERO_SEED ||
	    getrandom(c->seed, sizeof(c->seed), GRND_NONBLOCK) != sizeof(c->seed)) {
		c->seed[0] = 0x9e3779b97f4a7c15;
		c->seed[1] = 0xd6e8feb86659fd93;
	}
	c->seed[1] |= 1;
	for (u32 i = 0; i <= h->stripe_mask; i++)
		h->stripes[i].spare = (h->map.spec.max_entries + 1 + i) * h->stride;
}

static int hash_open(struct map *m, struct diag *d)
{
	struct map_hash *h = hash_of(m);
	u64 size;
	int err;

	if (m->spec.max_entries > 1u << 30)
		return map_refuse(&m->spec, d, -E2BIG, "it has too many entries");
	h->is_percpu = type_is_percpu(m->spec.type);
	h->is_lru = type_is_lru(m->spec.type);
	h->is_in_place =
		h->is_percpu || m->spec.timer >= 0 || m->spec.work >= 0 || m->spec.kept_count;
	h->key_size = m->spec.key_size;
	h->mask = power_of_two(m->spec.max_entries) - 1;
	h->stripe_mask = h->mask < MAX_STRIPES ? h->mask : MAX_STRIPES - 1;
	size = layout(h);
	if (size > MAP_MAX_BYTES)
		return map_refuse(&m->spec, d, -E2BIG, "it would take more memory than a map may");
	err = mapstore_open(&m->store, &m->spec, size, d);
	if (err)
		return err;
	find_parts(h);
	if (m->store.is_fresh)
		set_up(h);
	memcpy(h->seed, h->common->seed, sizeof(h->seed));
	m->lookup = h->is_percpu ? percpu_lookup : lookup_function(h->key_size, h->is_lru);
	m->update = hash_update_function(h->key_size);
	return 0;
}

#define HASH_OPS                                                                                   \
	.size = sizeof(struct map_hash), .check = hash_check, .open = hash_open,                   \
	.remove = hash_remove, .read = hash_read, .write = hash_write, .take = hash_take_value,    \
	.next = hash_next, .each = hash_each, .count = hash_count, .read_batch = hash_read_batch,  \
	.may_be_inner = true, .has_pointers = true

static const void *hash_key_of(struct map *m, const void *value, u32 *index)
{
	(void)index;
	return (const u8 *)value - hash_of(m)->value_at;
}

const struct map_ops map_hash_ops = { HASH_OPS, .has_lock = true, .has_timer = true,
				      .has_roots = true, .key_of = hash_key_of };
const struct map_ops map_lru_ops = { HASH_OPS, .has_timer = true, .key_of = hash_key_of };
const struct map_ops map_percpu_hash_ops = { HASH_OPS, .lookup_percpu = hash_lookup_percpu };
const struct map_ops map_percpu_lru_ops = { HASH_OPS, .lookup_percpu = hash_lookup_percpu };
