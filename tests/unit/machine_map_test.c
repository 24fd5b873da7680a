/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps of the machine: specs, permissions, arrays and hash maps by their interface. */
#include <stdlib.h>
#include <string.h>

#include "unit/machine_maps.h"
#include "unit/test.h"

TEST(machine_map_specs)
{
	static const struct {
		u32 type, key, value, entries, flags;
		int err;
	} cases[] = {
		{ BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0, 0 },
		{ BPF_MAP_TYPE_ARRAY, 8, 8, 4, 0, -EINVAL },
		{ BPF_MAP_TYPE_ARRAY, 4, 0, 4, 0, -EINVAL },
		{ BPF_MAP_TYPE_ARRAY, 4, 8, 0, 0, -EINVAL },
		{ BPF_MAP_TYPE_ARRAY, 4, 8, 4, BPF_F_NO_PREALLOC, -EINVAL },
		{ BPF_MAP_TYPE_ARRAY, 4, 8, 4, BPF_F_MMAPABLE, 0 },
		{ BPF_MAP_TYPE_ARRAY, 4, 8, 4, BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG, -EINVAL },
		{ BPF_MAP_TYPE_ARRAY, 4, 0x80000000, 1, 0, -E2BIG },
		{ BPF_MAP_TYPE_ARRAY, 4, 0x7fffffff, 0xffffffff, 0, -E2BIG },
		{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 4, BPF_F_MMAPABLE, -EINVAL },
		{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 32769, 4, 0, -E2BIG },
		{ BPF_MAP_TYPE_HASH, 0, 8, 4, 0, -EINVAL },
		{ BPF_MAP_TYPE_HASH, 8, 0, 4, 0, -EINVAL },
		{ BPF_MAP_TYPE_HASH, 8, 8, 0, 0, -EINVAL },
		{ BPF_MAP_TYPE_HASH, 8, 8, 1, BPF_F_NO_PREALLOC, 0 },
		{ BPF_MAP_TYPE_HASH, 8, 8, 1, BPF_F_NO_COMMON_LRU, -EINVAL },
		{ BPF_MAP_TYPE_HASH, 8, 4 << 20, 1, 0, -E2BIG },
		{ BPF_MAP_TYPE_HASH, 8, 8, 0xffffffff, 0, -E2BIG },
		{ BPF_MAP_TYPE_HASH, 8, 1 << 20, 1 << 20, 0, -E2BIG },
		{ BPF_MAP_TYPE_PERCPU_HASH, 8, 32769, 1, 0, -E2BIG },
		{ BPF_MAP_TYPE_LRU_HASH, 8, 8, 1, BPF_F_NO_PREALLOC, -MAP_ENOTSUPP },
		{ BPF_MAP_TYPE_LRU_HASH, 8, 8, 1, BPF_F_NO_COMMON_LRU, 0 },
		{ 0, 4, 4, 1, 0, -EINVAL },
		{ 1000, 4, 4, 1, 0, -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct map_spec s = maps_spec((enum bpf_map_type)cases[i].type, cases[i].key,
					      cases[i].value, cases[i].entries, cases[i].flags);
		int err = maps_try(&s);

		if (err != cases[i].err)
			test_fail(__FILE__, __LINE__, "case %zu: %d, not %d", i, err, cases[i].err);
	}
}

TEST(machine_map_bounds_cpus)
{
	struct map_spec s = maps_spec(BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 1, 0);

	s.cpus = MAP_MAX_CPUS + 1;
	CHECK_EQ(maps_try(&s), -E2BIG);
	s.cpus = MAP_MAX_CPUS;
	s.max_entries = UINT32_MAX;
	CHECK_EQ(maps_try(&s), -E2BIG);
	s.max_entries = 1;
	CHECK_EQ(maps_try(&s), 0);
}

TEST(machine_map_array)
{
	struct map_spec s = maps_spec(BPF_MAP_TYPE_ARRAY, 4, 6, 3, 0);
	struct map *m = maps_make(&s);
	u32 key = 0, stride = 0, next;
	u8 value[6] = "abcde", got[6];
	const u8 *row = map_array(m, &stride);

	CHECK_EQ(stride, 8);
	CHECK(map_lookup(m, &key, NULL) == row);
	CHECK_EQ(map_update(m, &key, value, BPF_ANY, NULL), 0);
	CHECK(memcmp(row, value, 6) == 0);
	CHECK_EQ(map_update(m, &key, value, BPF_NOEXIST, NULL), -EEXIST);
	CHECK_EQ(map_update(m, &key, value, BPF_EXIST, NULL), 0);
	CHECK_EQ(map_update(m, &key, value, 3, NULL), -EINVAL);
	CHECK_EQ(map_update(m, &key, value, BPF_F_LOCK, NULL), -EINVAL);
	CHECK_EQ(map_delete(m, &key), -EINVAL);
	key = 3;
	CHECK(!map_lookup(m, &key, NULL));
	CHECK_EQ(map_update(m, &key, value, BPF_ANY, NULL), -E2BIG);
	CHECK_EQ(map_read(m, &key, got, 0), -ENOENT);
	CHECK_EQ(map_next(m, &key, &next), 0);
	CHECK_EQ(next, 0);
	key = 2;
	CHECK_EQ(map_next(m, &key, &next), -ENOENT);
	key = 0;
	CHECK_EQ(map_read(m, &key, got, 0), 0);
	CHECK(memcmp(got, value, 6) == 0);
	CHECK_EQ(map_read(m, &key, got, 1), -EINVAL);
	CHECK_EQ(map_take(m, &key, got, 0), -MAP_ENOTSUPP);
	CHECK_EQ(map_push(m, value, 0), -MAP_ENOTSUPP);
	CHECK_EQ(map_count(m), 3);
	CHECK(map_memory(m) >= 24);
	map_put(m);
}

TEST(machine_map_permissions)
{
	struct map_spec s = maps_spec(BPF_MAP_TYPE_HASH, 4, 4, 3, BPF_F_RDONLY_PROG);
	u32 key = 1, value = 2, next;
	struct map *m = maps_make(&s);

	CHECK_EQ(map_update(m, &key, &value, 0, NULL), -EPERM);
	CHECK_EQ(map_write(m, &key, &value, 0), 0);
	CHECK_EQ(map_delete(m, &key), -EPERM);
	CHECK(map_lookup(m, &key, NULL) != NULL);
	CHECK_EQ(map_freeze(m), 0);
	CHECK_EQ(map_freeze(m), -EBUSY);
	CHECK_EQ(map_write(m, &key, &value, 0), -EPERM);
	CHECK_EQ(map_remove(m, &key), -EPERM);
	CHECK_EQ(map_take(m, &key, &value, 0), -EPERM);
	CHECK_EQ(map_read(m, &key, &value, 0), 0);
	map_put(m);

	s.flags = BPF_F_WRONLY | BPF_F_WRONLY_PROG;
	m = maps_make(&s);
	CHECK_EQ(map_write(m, &key, &value, 0), 0);
	CHECK_EQ(map_read(m, &key, &value, 0), -EPERM);
	CHECK_EQ(map_next(m, NULL, &next), -EPERM);
	CHECK(!map_lookup(m, &key, NULL));
	CHECK_EQ(map_update(m, &key, &value, 0, NULL), 0);
	map_put(m);

	s.flags = BPF_F_RDONLY;
	m = maps_make(&s);
	CHECK_EQ(map_write(m, &key, &value, 0), -EPERM);
	CHECK_EQ(map_freeze(m), -EPERM);
	CHECK_EQ(map_update(m, &key, &value, 0, NULL), 0);
	map_put(m);
}

static void check_hash(u32 key_size, u32 flags)
{
	struct map_spec s = maps_spec(BPF_MAP_TYPE_HASH, key_size, 12, 2, flags);
	struct map *m = maps_make(&s);
	u8 a[40] = "a", b[40] = "b", c[40] = "c", value[12] = "some value", got[12], key[40];

	a[key_size - 1] ^= 1;
	CHECK(!map_lookup(m, a, NULL));
	CHECK_EQ(map_next(m, NULL, key), -ENOENT);
	CHECK_EQ(map_update(m, a, value, BPF_EXIST, NULL), -ENOENT);
	CHECK_EQ(map_update(m, a, value, BPF_NOEXIST, NULL), 0);
	CHECK_EQ(map_update(m, a, value, BPF_NOEXIST, NULL), -EEXIST);
	CHECK_EQ(map_update(m, a, value, BPF_EXIST, NULL), 0);
	CHECK_EQ(map_update(m, a, value, 3, NULL), -EINVAL);
	CHECK_EQ(map_update(m, a, value, BPF_F_LOCK, NULL), -EINVAL);
	CHECK(memcmp(map_lookup(m, a, NULL), value, 12) == 0);
	CHECK_EQ(map_update(m, b, value, BPF_ANY, NULL), 0);
	CHECK_EQ(map_update(m, c, value, BPF_ANY, NULL), -E2BIG);
	value[0] = 'S';
	CHECK_EQ(map_update(m, b, value, BPF_ANY, NULL), 0);
	CHECK_EQ(map_count(m), 2);
	CHECK_EQ(map_read(m, b, got, 0), 0);
	CHECK(memcmp(got, value, 12) == 0);
	CHECK_EQ(map_next(m, c, key), 0); /* gone: from the beginning */
	CHECK_EQ(map_next(m, key, key), 0);
	CHECK_EQ(map_next(m, key, key), -ENOENT);
	CHECK_EQ(map_take(m, b, got, 0), 0);
	CHECK(memcmp(got, value, 12) == 0);
	CHECK_EQ(map_take(m, b, got, 0), -ENOENT);
	CHECK_EQ(map_take(m, b, got, BPF_F_LOCK), -EINVAL);
	CHECK_EQ(map_update(m, c, value, BPF_ANY, NULL), 0);
	CHECK_EQ(map_delete(m, a), 0);
	CHECK_EQ(map_delete(m, a), -ENOENT);
	CHECK_EQ(map_read(m, a, got, 0), -ENOENT);
	CHECK_EQ(map_count(m), 1);
	CHECK(!map_array(m, &(u32){ 0 }));
	map_put(m);
}

TEST(machine_map_hash)
{
	static const u32 sizes[] = { 1, 3, 4, 7, 8, 9, 15, 16, 17, 24, 33, 40 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		check_hash(sizes[i], 0);
		check_hash(sizes[i], BPF_F_NO_PREALLOC);
		check_hash(sizes[i], BPF_F_ZERO_SEED);
	}
}

TEST(machine_map_percpu)
{
	static const enum bpf_map_type types[] = { BPF_MAP_TYPE_PERCPU_ARRAY,
						   BPF_MAP_TYPE_PERCPU_HASH,
						   BPF_MAP_TYPE_LRU_PERCPU_HASH };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct map_spec s = maps_spec(types[i], 4, 12, 4, 0);
		struct run *run = maps_run(1);
		u32 key = 1, all[3][4] = { { 0 } }, one[3] = { 1, 2, 3 };
		struct map *m;

		s.cpus = 3;
		m = maps_make(&s);
		CHECK_EQ(map_value_bytes(m), 48);
		CHECK_EQ(map_update(m, &key, one, BPF_ANY, run), 0);
		CHECK_EQ(map_read(m, &key, all, 0), 0);
		CHECK_EQ(all[0][0] | all[2][0], 0);
		CHECK(memcmp(all[1], one, 12) == 0);
		CHECK_EQ(all[1][3], 0);
		all[0][2] = 7;
		all[2][1] = 8;
		CHECK_EQ(map_write(m, &key, all, BPF_NOEXIST), -EEXIST);
		CHECK_EQ(map_write(m, &key, all, BPF_F_LOCK), -EINVAL);
		CHECK_EQ(map_write(m, &key, all, BPF_ANY), 0);
		CHECK_EQ(((u32 *)map_lookup_percpu(m, &key, 0))[2], 7);
		CHECK_EQ(((u32 *)map_lookup_percpu(m, &key, 2))[1], 8);
		CHECK(map_lookup_percpu(m, &key, 1) == map_lookup(m, &key, run));
		CHECK(!map_lookup_percpu(m, &key, 3));
		run->cpu = 3;
		CHECK(!map_lookup(m, &key, run));
		CHECK_EQ(map_update(m, &key, one, BPF_ANY, run), -EINVAL);
		free(run);
		map_put(m);
	}
}

static int count_until(void *arg, const void *key, void *value)
{
	u32 *left = arg, k;

	memcpy(&k, key, sizeof(k));
	*(u32 *)value += k;
	return --*left == 0;
}

TEST(machine_map_each)
{
	static const enum bpf_map_type types[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH,
						   BPF_MAP_TYPE_LRU_HASH,
						   BPF_MAP_TYPE_PERCPU_HASH };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct map_spec s = maps_spec(types[i], 4, 4, 10, 0);
		struct map *m = maps_make(&s);
		struct run *run = maps_run(0);
		u32 left = 100;

		for (u32 key = 0; key < 10; key++)
			CHECK_EQ(map_update(m, &key, &(u32){ 100 }, BPF_ANY, run), 0);
		CHECK_EQ(map_each(m, count_until, &left, run), 10);
		for (u32 key = 0; key < 10; key++)
			CHECK_EQ(*(u32 *)map_lookup(m, &key, run), 100 + key);
		left = 4;
		CHECK_EQ(map_each(m, count_until, &left, run), 4);
		free(run);
		map_put(m);
	}
}

struct deleting {
	struct map *m;
	u32 seen;
};

static int delete_it(void *arg, const void *key, void *value)
{
	struct deleting *d = arg;

	(void)value;
	d->seen++;
	CHECK_EQ(map_delete(d->m, key), 0);
	return 0;
}

TEST(machine_map_each_deletes)
{
	struct map_spec s = maps_spec(BPF_MAP_TYPE_HASH, 8, 8, 300, 0);
	struct map *m = maps_make(&s);
	struct deleting d = { .m = m };

	for (u64 key = 0; key < 300; key++)
		CHECK_EQ(map_update(m, &key, &key, BPF_ANY, NULL), 0);
	CHECK_EQ(map_each(m, delete_it, &d, NULL), 300);
	CHECK_EQ(d.seen, 300);
	CHECK_EQ(map_count(m), 0);
	map_put(m);
}

TEST(machine_map_batches)
{
	enum { N = 100 };
	struct map_spec s = maps_spec(BPF_MAP_TYPE_HASH, 4, 8, N, 0);
	struct map *m = maps_make(&s);
	u32 keys[N], got_keys[N], count = N, total = 0;
	u64 values[N], got[N], cursor = 0, sum = 0;
	int err = 0;

	for (u32 i = 0; i < N; i++) {
		keys[i] = i * 7;
		values[i] = i;
	}
	CHECK_EQ(map_write_batch(m, keys, values, &count, 0), 0);
	CHECK_EQ(count, N);
	while (!err) {
		count = 10;
		err = map_read_batch(m, &cursor, got_keys, got, &count, false);
		for (u32 i = 0; i < count; i++)
			sum += got[i];
		total += count;
	}
	CHECK_EQ(err, -ENOENT);
	CHECK_EQ(total, N);
	CHECK_EQ(sum, N * (N - 1) / 2);
	count = 3;
	keys[1] = 5; /* not there */
	CHECK_EQ(map_remove_batch(m, keys, &count), -ENOENT);
	CHECK_EQ(count, 1);
	cursor = 0;
	count = N;
	CHECK_EQ(map_read_batch(m, &cursor, got_keys, got, &count, true), -ENOENT);
	CHECK_EQ(count, N - 1);
	CHECK_EQ(map_count(m), 0);
	map_put(m);

	s.type = BPF_MAP_TYPE_ARRAY;
	m = maps_make(&s);
	cursor = 95;
	count = 4;
	CHECK_EQ(map_read_batch(m, &cursor, got_keys, got, &count, false), 0);
	CHECK_EQ(count, 4);
	CHECK_EQ(got_keys[3], 98);
	CHECK_EQ(map_read_batch(m, &cursor, got_keys, got, &count, false), -ENOENT);
	CHECK_EQ(count, 1);
	CHECK_EQ(map_read_batch(m, &cursor, got_keys, got, &count, true), -MAP_ENOTSUPP);
	map_put(m);
}

static void note_drop(void *arg, void *value)
{
	(void)value;
	++*(u32 *)arg;
}

TEST(machine_map_fields)
{
	static const enum bpf_map_type types[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH };
	struct value {
		struct bpf_spin_lock lock;
		u32 a;
		struct bpf_timer timer;
		u64 kptr, b;
	} v = { .a = 1, .b = 2, .kptr = 3 }, got;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct map_spec s = maps_spec(types[i], 4, sizeof(v), 2, 0);
		u32 key = 1, drops = 0;
		struct value *in;
		struct map *m;

		s.spin_lock = 0;
		s.timer = 8;
		s.kept = (struct map_field[]){ { 24, 8 } };
		s.kept_count = 1;
		m = maps_make(&s);
		map_on_drop(m, note_drop, &drops);
		CHECK_EQ(map_update(m, &key, &v, BPF_ANY, NULL), 0);
		drops = 0;
		in = map_lookup(m, &key, NULL);
		CHECK_EQ(in->kptr, 0);
		in->kptr = 77;
		memset(&in->timer, 5, sizeof(in->timer));
		v.b = 9;
		CHECK_EQ(map_update(m, &key, &v, BPF_F_LOCK, NULL), 0);
		CHECK(map_lookup(m, &key, NULL) == in);
		CHECK_EQ(in->kptr, 77);
		CHECK_EQ(((u8 *)&in->timer)[3], 5);
		CHECK_EQ(in->b, 9);
		CHECK_EQ(drops, 1);
		CHECK_EQ(map_read(m, &key, &got, BPF_F_LOCK), 0);
		CHECK_EQ(got.kptr, 0);
		CHECK_EQ(got.a, 1);
		CHECK_EQ(got.b, 9);
		CHECK_EQ(in->lock.val, 0);
		map_lock(&in->lock);
		CHECK(in->lock.val != 0);
		map_unlock(&in->lock);
		CHECK_EQ(map_freeze(m), -MAP_ENOTSUPP);
		if (s.type == BPF_MAP_TYPE_HASH) {
			CHECK_EQ(map_delete(m, &key), 0);
			CHECK_EQ(drops, 2);
		}
		map_put(m);
		s.timer = 16; /* lies over the kptr */
		CHECK_EQ(maps_try(&s), -EINVAL);
		s.timer = 40; /* beyond */
		CHECK_EQ(maps_try(&s), -EINVAL);
	}
}

/* A pointer of each CPU: updates and copies leave it alone, and each is dropped. */
TEST(machine_map_fields_of_each_cpu)
{
	static const enum bpf_map_type types[] = { BPF_MAP_TYPE_PERCPU_ARRAY,
						   BPF_MAP_TYPE_PERCPU_HASH,
						   BPF_MAP_TYPE_LRU_PERCPU_HASH };
	struct value {
		u64 a, kptr;
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct map_spec s = maps_spec(types[i], 4, sizeof(struct value), 2, 0);
		struct value v = { 1, 2 }, all[3] = { { 4, 5 }, { 6, 7 }, { 8, 9 } }, *in;
		u32 key = 1, drops = 0;
		struct run *run = maps_run(1);
		struct map *m;

		s.cpus = 3;
		s.kept = (struct map_field[]){ { 8, 8 } };
		s.kept_count = 1;
		m = maps_make(&s);
		CHECK_EQ(map_update(m, &key, &v, BPF_ANY, run), 0);
		map_on_drop(m, note_drop, &drops);
		in = map_lookup(m, &key, run);
		CHECK(in && in->a == 1 && !in->kptr);
		in->kptr = 77;
		v.a = 3;
		CHECK_EQ(map_update(m, &key, &v, BPF_ANY, run), 0);
		CHECK_EQ(drops, 1);
		CHECK(map_lookup(m, &key, run) == in && in->a == 3 && in->kptr == 77);
		CHECK_EQ(map_write(m, &key, all, BPF_ANY), 0);
		CHECK_EQ(drops, 4);
		CHECK(in->a == 6 && in->kptr == 77);
		CHECK_EQ(map_read(m, &key, all, 0), 0);
		CHECK(all[0].a == 4 && all[1].a == 6 && all[2].a == 8);
		CHECK(!all[0].kptr && !all[1].kptr && !all[2].kptr);
		if (types[i] != BPF_MAP_TYPE_PERCPU_ARRAY) {
			CHECK_EQ(map_delete(m, &key), 0);
			CHECK_EQ(drops, 7);
			/* Where something was put meanwhile, it is dropped before the element is used anew. */
			CHECK_EQ(map_update(m, &key, &v, BPF_ANY, run), 0);
			CHECK_EQ(drops, 10);
		}
		free(run);
		map_put(m);
	}
}

TEST(machine_map_that_may_own_nothing)
{
	static const enum bpf_map_type types[] = { BPF_MAP_TYPE_LPM_TRIE, BPF_MAP_TYPE_QUEUE,
						   BPF_MAP_TYPE_LRU_HASH,
						   BPF_MAP_TYPE_PERCPU_ARRAY };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		bool is_queue = types[i] == BPF_MAP_TYPE_QUEUE;
		bool is_trie = types[i] == BPF_MAP_TYPE_LPM_TRIE;
		struct map_spec s = maps_spec(types[i],
					      is_queue  ? 0
					      : is_trie ? 8
							: 4,
					      32, 2, is_trie ? BPF_F_NO_PREALLOC : 0);

		s.kept = (struct map_field[]){ { 8, 16 } };
		s.kept_count = 1;
		s.keeps_roots = true;
		CHECK_EQ(maps_try(&s), -EOPNOTSUPP);
		s.keeps_roots = false;
		CHECK_EQ(maps_try(&s), is_queue || is_trie ? -EOPNOTSUPP : 0);
		s.shared = "owned-test";
		CHECK_EQ(maps_try(&s), -EOPNOTSUPP);
	}
}

TEST(machine_map_lru)
{
	struct map_spec s = maps_spec(BPF_MAP_TYPE_LRU_HASH, 8, 8, 100, 0);
	struct map *m = maps_make(&s);
	u64 got, kept = 0, used[10] = { 0 };

	for (u64 key = 0; key < 100; key++)
		CHECK_EQ(map_update(m, &key, &key, BPF_NOEXIST, NULL), 0);
	CHECK_EQ(map_count(m), 100);
	for (u64 key = 100; key < 5000; key++) {
		for (u64 i = 0; i < 10; i++)
			used[i] += map_lookup(m, &i, NULL) != NULL;
		CHECK_EQ(map_update(m, &key, &key, BPF_ANY, NULL), 0);
		CHECK_EQ(map_count(m), 100);
		CHECK_EQ(map_read(m, &key, &got, 0), 0); /* the host's reading is no use */
	}
	for (u64 i = 0; i < 10; i++)
		kept += used[i] == 4900;
	CHECK_EQ(kept, 10); /* what is always used is never evicted */
	map_put(m);

	s.max_entries = 1;
	m = maps_make(&s);
	for (u64 key = 0; key < 10; key++)
		CHECK_EQ(map_update(m, &key, &key, BPF_ANY, NULL), 0);
	CHECK_EQ(map_count(m), 1);
	map_put(m);
}
