/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The same operations, at random, on a map of ours and on the kernel's of the same spec: results and contents have to be the
 * same. The sequences are the same each time.
 */
#include <bpf/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit/machine_maps.h"
#include "unit/test.h"

enum { MAX_KEY = 64, MAX_VALUE = 4096 };

struct pair {
	struct map_spec spec;
	struct map *ours;
	int fd;
	u64 seed;
	u32 keys;  /* how many different ones are used */
	u32 flags; /* of updates, at most */
	u32 value_bytes;
	u32 done;
};

static int error_of(int result)
{
	return result < 0 ? -errno : result;
}

static bool differ(struct pair *p, const char *what, s64 ours, s64 kernels)
{
	if (ours == kernels)
		return false;
	test_fail(__FILE__, __LINE__, "type %u, operation %u: %s is %lld, the kernel's %lld",
		  p->spec.type, p->done, what, (long long)ours, (long long)kernels);
	return true;
}

/* The n-th key: an index, a prefix, or bytes. */
static void make_key(struct pair *p, u32 n, u8 *key)
{
	u64 seed = n * 77;

	memset(key, 0, MAX_KEY);
	if (p->spec.type == BPF_MAP_TYPE_LPM_TRIE) {
		u32 bits = n % ((p->spec.key_size - 4) * 8 + 2); /* one is too long */

		memcpy(key, &bits, sizeof(bits));
		for (u32 i = 4; i < p->spec.key_size; i++)
			key[i] = maps_random(&seed) & 1 ? 0xc0 : 0x80;
	} else if (p->spec.key_size == 4) {
		memcpy(key, &n, sizeof(n));
	} else {
		maps_random_bytes(&seed, key, p->spec.key_size);
	}
}

static bool step_keyed(struct pair *p, u8 *key, u8 *value)
{
	u8 got[MAX_VALUE], wanted[MAX_VALUE];
	u64 r = maps_random(&p->seed), flags = (r >> 8) % (p->flags + 1);
	int err;

	memset(got, 0x55, sizeof(got));
	memset(wanted, 0x55, sizeof(wanted));
	switch (r % 8) {
	case 0:
		return differ(p, "deletion", map_remove(p->ours, key),
			      error_of(bpf_map_delete_elem(p->fd, key)));
	case 1:
		err = map_take(p->ours, key, got, 0);
		if (differ(p, "taking", err,
			   error_of(bpf_map_lookup_and_delete_elem(p->fd, key, wanted))))
			return true;
		break;
	case 2:
	case 3:
		err = map_read(p->ours, key, got, 0);
		if (differ(p, "look-up", err, error_of(bpf_map_lookup_elem(p->fd, key, wanted))))
			return true;
		break;
	default:
		return differ(p, "update", map_write(p->ours, key, value, flags),
			      error_of(bpf_map_update_elem(p->fd, key, value, flags)));
	}
	return !err && differ(p, "the value", memcmp(got, wanted, p->value_bytes), 0);
}

/* All that the kernel's map has is in ours, and nothing else; in the same order if that is given. */
static void compare_contents(struct pair *p, bool same_order)
{
	u8 key[MAX_KEY], next[MAX_KEY], our_key[MAX_KEY], ours[MAX_VALUE], wanted[MAX_VALUE];
	u32 n = 0, m = 0;

	for (; !bpf_map_get_next_key(p->fd, n ? key : NULL, next); n++) {
		memcpy(key, next, sizeof(key));
		if (bpf_map_lookup_elem(p->fd, key, wanted))
			continue;
		if (differ(p, "presence", map_read(p->ours, key, ours, 0), 0) ||
		    differ(p, "content", memcmp(ours, wanted, p->value_bytes), 0))
			return;
		if (same_order) {
			memcpy(our_key, key, sizeof(key));
			CHECK_EQ(map_next(p->ours, n ? next : NULL, our_key), 0);
		}
	}
	for (; !map_next(p->ours, m ? our_key : NULL, our_key); m++)
		;
	differ(p, "the number of elements", m, n);
	differ(p, "the count", (s64)map_count(p->ours), n);
}

static void compare_order(struct pair *p)
{
	u8 key[MAX_KEY], ours[MAX_KEY], wanted[MAX_KEY];

	for (u32 i = 0; i < p->keys; i++) {
		int err;

		make_key(p, i, key);
		err = map_next(p->ours, key, ours);
		if (differ(p, "the next key", err,
			   error_of(bpf_map_get_next_key(p->fd, key, wanted))))
			return;
		if (!err && differ(p, "the key", memcmp(ours, wanted, p->spec.key_size), 0))
			return;
	}
}

static bool open_pair(struct pair *p, const struct map_spec *spec)
{
	*p = (struct pair){ .spec = *spec, .seed = spec->type * 1000 + spec->flags, .flags = 4 };
	p->fd = maps_make_in_kernel(spec, 0);
	p->ours = maps_make(spec);
	CHECK(p->fd >= 0);
	if (p->fd < 0 || !p->ours)
		return false;
	p->value_bytes = map_value_bytes(p->ours);
	p->keys = spec->max_entries * 2 + 2;
	return p->value_bytes <= MAX_VALUE && spec->key_size <= MAX_KEY;
}

static void close_pair(struct pair *p)
{
	map_put(p->ours);
	if (p->fd >= 0)
		close(p->fd);
}

static void compare_keyed(const struct map_spec *spec, bool same_order)
{
	u8 key[MAX_KEY], value[MAX_VALUE];
	struct pair p;

	if (open_pair(&p, spec)) {
		for (p.done = 0; p.done < 4000; p.done++) {
			make_key(&p, (u32)(maps_random(&p.seed) % p.keys), key);
			maps_random_bytes(&p.seed, value, p.value_bytes);
			if (step_keyed(&p, key, value))
				break;
			if (p.done % 500 == 0)
				compare_contents(&p, false);
		}
		compare_contents(&p, false);
		if (same_order)
			compare_order(&p);
	}
	close_pair(&p);
}

TEST(machine_map_like_the_kernels_arrays)
{
	struct map_spec s;

	if (!maps_has_kernel())
		SKIP("the kernel lets this process make no maps");
	s = maps_spec(BPF_MAP_TYPE_ARRAY, 4, 8, 17, 0);
	compare_keyed(&s, true);
	s = maps_spec(BPF_MAP_TYPE_ARRAY, 4, 13, 5, BPF_F_MMAPABLE);
	compare_keyed(&s, true);
	s = maps_spec(BPF_MAP_TYPE_PERCPU_ARRAY, 4, 12, 9, 0);
	compare_keyed(&s, true);
}

TEST(machine_map_like_the_kernels_hashes)
{
	static const u32 sizes[] = { 4, 8, 16, 7, 40 };
	struct map_spec s;

	if (!maps_has_kernel())
		SKIP("the kernel lets this process make no maps");
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		s = maps_spec(BPF_MAP_TYPE_HASH, sizes[i], 9, 20, i % 2 ? BPF_F_NO_PREALLOC : 0);
		compare_keyed(&s, false);
	}
	s = maps_spec(BPF_MAP_TYPE_PERCPU_HASH, 8, 20, 20, 0);
	compare_keyed(&s, false);
	s.flags = BPF_F_NO_PREALLOC;
	compare_keyed(&s, false);
	s = maps_spec(BPF_MAP_TYPE_HASH, 4, 8, 1, 0);
	compare_keyed(&s, false);
}

TEST(machine_map_like_the_kernels_tries)
{
	struct map_spec s;

	if (!maps_has_kernel())
		SKIP("the kernel lets this process make no maps");
	s = maps_spec(BPF_MAP_TYPE_LPM_TRIE, 8, 4, 1000, BPF_F_NO_PREALLOC);
	compare_keyed(&s, true);
	s = maps_spec(BPF_MAP_TYPE_LPM_TRIE, 6, 12, 30, BPF_F_NO_PREALLOC);
	compare_keyed(&s, true);
	s = maps_spec(BPF_MAP_TYPE_LPM_TRIE, 20, 1, 100, BPF_F_NO_PREALLOC);
	compare_keyed(&s, true);
	s = maps_spec(BPF_MAP_TYPE_LPM_TRIE, 5, 8, 40, BPF_F_NO_PREALLOC);
	compare_keyed(&s, true);
}

TEST(machine_map_like_the_kernels_queues)
{
	static const enum bpf_map_type types[] = { BPF_MAP_TYPE_QUEUE, BPF_MAP_TYPE_STACK };

	if (!maps_has_kernel())
		SKIP("the kernel lets this process make no maps");
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct map_spec s = maps_spec(types[i], 0, 12, 7, 0);
		u8 value[12], got[12], wanted[12];
		struct pair p;

		if (!open_pair(&p, &s)) {
			close_pair(&p);
			return;
		}
		for (p.done = 0; p.done < 3000; p.done++) {
			u64 r = maps_random(&p.seed), flags = (r >> 8) % 4;
			int ours, kernels;

			memset(got, 1, sizeof(got));
			memset(wanted, 1, sizeof(wanted));
			maps_random_bytes(&p.seed, value, sizeof(value));
			if (r % 4 == 0) {
				ours = map_take(p.ours, NULL, got, 0);
				kernels = error_of(
					bpf_map_lookup_and_delete_elem(p.fd, NULL, wanted));
			} else if (r % 4 == 1) {
				ours = map_read(p.ours, NULL, got, 0);
				kernels = error_of(bpf_map_lookup_elem(p.fd, NULL, wanted));
			} else {
				ours = map_write(p.ours, NULL, value, flags);
				kernels = error_of(bpf_map_update_elem(p.fd, NULL, value, flags));
			}
			if (differ(&p, "the result", ours, kernels))
				break;
			if (!ours && differ(&p, "the value", memcmp(got, wanted, sizeof(got)), 0))
				break;
		}
		CHECK_EQ(map_next(p.ours, NULL, got),
			 error_of(bpf_map_get_next_key(p.fd, NULL, wanted)));
		close_pair(&p);
	}
}

/* Where one says "no" it must not have been pushed into either. */
TEST(machine_map_like_the_kernels_bloom_filters)
{
	struct map_spec s = maps_spec(BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 500, 0);
	u32 ours = 0, kernels = 0;
	struct pair p;

	if (!maps_has_kernel())
		SKIP("the kernel lets this process make no maps");
	if (open_pair(&p, &s)) {
		for (u64 v = 0; v < 500; v++) {
			CHECK_EQ(map_write(p.ours, NULL, &v, 0), 0);
			CHECK_EQ(bpf_map_update_elem(p.fd, NULL, &v, 0), 0);
		}
		for (u64 v = 0; v < 500; v++) {
			CHECK_EQ(map_read(p.ours, NULL, &v, 0), 0);
			CHECK_EQ(bpf_map_lookup_elem(p.fd, NULL, &v), 0);
		}
		for (u64 v = 500; v < 20500; v++) {
			ours += !map_read(p.ours, NULL, &v, 0);
			kernels += !bpf_map_lookup_elem(p.fd, NULL, &v);
		}
		CHECK(ours < kernels * 2 + 200); /* wrong "maybe"s are as rare */
		CHECK_EQ(map_write(p.ours, NULL, &s, BPF_EXIST),
			 error_of(bpf_map_update_elem(p.fd, NULL, &s, BPF_EXIST)));
		CHECK_EQ(map_remove(p.ours, NULL), error_of(bpf_map_delete_elem(p.fd, NULL)));
	}
	close_pair(&p);
}

/* Neither may hold more than fits, nor have lost what was always in use. */
TEST(machine_map_like_the_kernels_lru)
{
	static const enum bpf_map_type types[] = { BPF_MAP_TYPE_LRU_HASH,
						   BPF_MAP_TYPE_LRU_PERCPU_HASH };

	if (!maps_has_kernel())
		SKIP("the kernel lets this process make no maps");
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct map_spec s = maps_spec(types[i], 8, 8, 1000, 0);
		u64 value[64] = { 1 };
		u32 present = 0;
		struct pair p;

		if (!open_pair(&p, &s)) {
			close_pair(&p);
			return;
		}
		for (u64 key = 0; key < 20000; key++) {
			u64 hot = key % 10;

			CHECK_EQ(map_write(p.ours, &key, value, 0), 0);
			CHECK_EQ(bpf_map_update_elem(p.fd, &key, value, 0), 0);
			CHECK_EQ(map_write(p.ours, &hot, value, 0), 0);
			CHECK_EQ(bpf_map_update_elem(p.fd, &hot, value, 0), 0);
		}
		for (u64 key = 0; key < 20000; key++) {
			bool is_there = !map_read(p.ours, &key, value, 0);

			if (key < 10)
				CHECK(is_there && !bpf_map_lookup_elem(p.fd, &key, value));
			present += is_there;
		}
		CHECK_EQ(present, 1000);
		CHECK_EQ(map_count(p.ours), 1000);
		CHECK_EQ(map_write(p.ours, value, value, 4),
			 error_of(bpf_map_update_elem(p.fd, value, value, 4)));
		close_pair(&p);
	}
}

TEST(machine_map_like_the_kernels_maps_of_maps)
{
	static const enum bpf_map_type types[] = { BPF_MAP_TYPE_ARRAY_OF_MAPS,
						   BPF_MAP_TYPE_HASH_OF_MAPS };
	struct map_spec in = maps_spec(BPF_MAP_TYPE_ARRAY, 4, 8, 3, 0);
	struct map *inner, *larger;
	int inner_fd, larger_fd;

	if (!maps_has_kernel())
		SKIP("the kernel lets this process make no maps");
	inner = maps_make(&in);
	inner_fd = maps_make_in_kernel(&in, 0);
	in.max_entries = 4;
	larger = maps_make(&in);
	larger_fd = maps_make_in_kernel(&in, 0);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct map_spec s = maps_spec(types[i], 4, 4, 6, 0);
		u64 seed = i;
		struct map *m;
		int fd;

		s.inner = inner;
		m = maps_make(&s);
		fd = maps_make_in_kernel(&s, inner_fd);
		CHECK(fd >= 0);
		for (u32 n = 0; n < 60; n++) { /* the kernel waits for its programs after each */
			u64 r = maps_random(&seed);
			u32 key = (u32)(r >> 8) % 10, id;
			bool wrong = r >> 20 & 1;

			if (r % 3)
				CHECK_EQ(map_slot_set(m, &key, wrong ? larger : inner),
					 error_of(bpf_map_update_elem(
						 fd, &key, wrong ? &larger_fd : &inner_fd, 0)));
			else
				CHECK_EQ(map_remove(m, &key),
					 error_of(bpf_map_delete_elem(fd, &key)));
			CHECK_EQ(map_slot(m, &key) != NULL, !bpf_map_lookup_elem(fd, &key, &id));
		}
		map_put(m);
		close(fd);
	}
	map_put(inner);
	map_put(larger);
	close(inner_fd);
	close(larger_fd);
}

/* What specs are refused, and with which error. */
TEST(machine_map_like_the_kernels_specs)
{
	static const enum bpf_map_type types[] = {
		BPF_MAP_TYPE_HASH,         BPF_MAP_TYPE_ARRAY,
		BPF_MAP_TYPE_PROG_ARRAY,   BPF_MAP_TYPE_PERCPU_HASH,
		BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_STACK_TRACE,
		BPF_MAP_TYPE_LRU_HASH,     BPF_MAP_TYPE_LPM_TRIE,
		BPF_MAP_TYPE_DEVMAP,       BPF_MAP_TYPE_LRU_PERCPU_HASH,
		BPF_MAP_TYPE_CPUMAP,       BPF_MAP_TYPE_XSKMAP,
		BPF_MAP_TYPE_QUEUE,        BPF_MAP_TYPE_STACK,
		BPF_MAP_TYPE_DEVMAP_HASH,  BPF_MAP_TYPE_RINGBUF,
		BPF_MAP_TYPE_BLOOM_FILTER, BPF_MAP_TYPE_USER_RINGBUF,
		BPF_MAP_TYPE_SOCKMAP,      BPF_MAP_TYPE_SOCKHASH,
	};
	static const u32 sizes[] = { 0, 1, 4, 5, 8, 16, 260, 261, 513, 40000 };
	static const u32 flags[] = { 0,
				     BPF_F_NO_PREALLOC,
				     BPF_F_NO_COMMON_LRU,
				     BPF_F_RDONLY,
				     BPF_F_RDONLY | BPF_F_WRONLY,
				     BPF_F_RDONLY_PROG,
				     BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG,
				     BPF_F_ZERO_SEED,
				     BPF_F_MMAPABLE,
				     BPF_F_PRESERVE_ELEMS,
				     BPF_F_INNER_MAP,
				     BPF_F_CLONE };
	static const u32 entries[] = { 0, 1, 2, 4096 };
	u64 seed = 1;

	if (!maps_has_kernel())
		SKIP("the kernel lets this process make no maps");
	for (u32 i = 0; i < 1500; i++) {
		u64 r = maps_random(&seed);
		struct map_spec s =
			maps_spec(types[r % ARRAY_SIZE(types)], sizes[(r >> 8) % ARRAY_SIZE(sizes)],
				  sizes[(r >> 16) % ARRAY_SIZE(sizes)],
				  entries[(r >> 24) % ARRAY_SIZE(entries)],
				  r >> 60 < 8 ? 0 : flags[(r >> 32) % ARRAY_SIZE(flags)]);
		int fd, ours;

		if (r >> 56 & 1 && s.type != BPF_MAP_TYPE_BLOOM_FILTER)
			s.key_size = s.key_size ? 4 : 0;
		/* How many CPUs a kernel was built for is its own affair. */
		if (s.type == BPF_MAP_TYPE_CPUMAP && s.max_entries > 2)
			continue;
		fd = maps_make_in_kernel(&s, 0);
		ours = maps_try(&s);
		if (ours != (fd < 0 ? fd : 0))
			test_fail(__FILE__, __LINE__,
				  "type %u, key %u, value %u, %u entries, flags 0x%x: %d, the "
				  "kernel's %d",
				  s.type, s.key_size, s.value_size, s.max_entries, s.flags, ours,
				  fd);
		if (fd >= 0)
			close(fd);
	}
}
