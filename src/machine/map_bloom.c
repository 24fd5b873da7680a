/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bloom filters: each value sets a few bits of a field, chosen by as many hashes; a value whose bits are all set may have been
 * pushed. The field has some 1.4 bits for each entry and hash, in a power of two, as the kernel's.
 */
#include <sys/random.h>

#include "machine/mapimpl.h"

enum { DEFAULT_HASHES = 5, MAX_HASHES = 15 };

struct common {
	u64 seed;
};

struct map_bloom {
	struct map map;
	struct common *common;
	u32 *words;
	u64 mask; /* of bits */
	u32 hashes;
};

static struct map_bloom *bloom_of(struct map *m)
{
	return (struct map_bloom *)m;
}

static u64 mix(u64 a, u64 b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (u64)product ^ (u64)(product >> 64);
}

static u64 hash_value(const struct map_bloom *b, const u8 *value)
{
	u64 sum = b->common->seed;
	u32 left = b->map.spec.value_size;

	for (; left > 8; left -= 8, value += 8)
		sum = mix(sum ^ mapvalue_partial(value, 8), 0x9e3779b97f4a7c15);
	return mix(sum ^ mapvalue_partial(value, left), 0xd6e8feb86659fd93);
}

/* The i-th bit of a value with this hash. */
static u64 bit_of(const struct map_bloom *b, u64 hash, u32 i)
{
	return mix(hash + i, 0xa0761d6478bd642f) & b->mask;
}

static int bloom_push(struct map *m, const void *value, u64 flags)
{
	struct map_bloom *b = bloom_of(m);
	u64 hash = hash_value(b, value);

	if (flags != BPF_ANY)
		return -EINVAL;
	for (u32 i = 0; i < b->hashes; i++) {
		u64 bit = bit_of(b, hash, i);

		__atomic_fetch_or(&b->words[bit / 32], 1u << bit % 32, __ATOMIC_RELAXED);
	}
	return 0;
}

static int bloom_peek(struct map *m, void *value)
{
	struct map_bloom *b = bloom_of(m);
	u64 hash = hash_value(b, value);

	for (u32 i = 0; i < b->hashes; i++) {
		u64 bit = bit_of(b, hash, i);

		if (!(__atomic_load_n(&b->words[bit / 32], __ATOMIC_RELAXED) >> bit % 32 & 1))
			return -ENOENT;
	}
	return 0;
}

/* The value is what is asked about. */
static int bloom_read(struct map *m, const void *key, void *value, u64 flags)
{
	(void)key, (void)flags;
	return bloom_peek(m, value);
}

static int bloom_write(struct map *m, const void *key, const void *value, u64 flags)
{
	(void)key;
	return bloom_push(m, value, flags);
}

static int bloom_check(const struct map_spec *s, struct diag *d)
{
	if (s->key_size || !s->value_size || !s->max_entries)
		return map_refuse(s, d, -EINVAL, "it has values and entries, and no keys");
	if (s->extra > MAX_HASHES)
		return map_refuse(s, d, -EINVAL, "map_extra is the number of hashes, 0 to 15");
	if (map_check_flags(s, BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | MAP_ACCESS_FLAGS, d))
		return -EINVAL;
	if (s->value_size > MAP_MAX_VALUE)
		return map_refuse(s, d, -E2BIG, "its values are too large");
	return 0;
}

static int bloom_open(struct map *m, struct diag *d)
{
	struct map_bloom *b = bloom_of(m);
	u64 bits = 64, want;
	int err;

	b->hashes = m->spec.extra ? (u32)m->spec.extra : DEFAULT_HASHES;
	want = (u64)m->spec.max_entries * b->hashes / 5 * 7;
	while (bits < want && bits < 1ull << 32)
		bits <<= 1;
	b->mask = bits - 1;
	err = mapstore_open(&m->store, &m->spec, 64 + bits / 8, d);
	if (err)
		return err;
	b->common = (void *)m->store.base;
	b->words = (void *)(m->store.base + 64);
	if (m->store.is_fresh && !(m->spec.flags & BPF_F_ZERO_SEED) &&
	    getrandom(&b->common->seed, sizeof(u64), GRND_NONBLOCK) != sizeof(u64))
		b->common->seed = 0;
	return 0;
}

const struct map_ops map_bloom_ops = {
	.size = sizeof(struct map_bloom),
	.check = bloom_check,
	.open = bloom_open,
	.push = bloom_push,
	.peek = bloom_peek,
	.read = bloom_read,
	.write = bloom_write,
	.may_be_inner = true,
	.no_remove = -EOPNOTSUPP,
	.no_next = -EOPNOTSUPP,
};
