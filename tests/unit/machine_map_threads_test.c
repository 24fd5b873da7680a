/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps that several threads use at once; `make check-tsan` runs these under the thread sanitizer. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "unit/machine_maps.h"
#include "unit/test.h"

enum { THREADS = 4, ROUNDS = 20000 };

struct shared {
	struct map *m;
	struct epoch *epoch;
	struct map_spec inner;
	u64 failures; /* counted by the threads, looked at when they have ended */
	u64 produced, consumed, sum;
	u32 finished;
};

struct worker {
	struct shared *s;
	u32 number;
	pthread_t thread;
	void (*work)(struct shared *s, u32 number);
};

static void *work(void *arg)
{
	struct worker *w = arg;

	w->work(w->s, w->number);
	__atomic_add_fetch(&w->s->finished, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* Thread 0 does the first, all others the second. */
static void run_threads(struct shared *s, void (*first)(struct shared *s, u32 number),
			void (*others)(struct shared *s, u32 number))
{
	struct worker workers[THREADS];

	for (u32 i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .s = s, .number = i, .work = i ? others : first };
		CHECK_EQ(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (u32 i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	CHECK_EQ(s->failures, 0);
}

static void fail(struct shared *s)
{
	__atomic_add_fetch(&s->failures, 1, __ATOMIC_RELAXED);
}

static bool others_work(const struct shared *s)
{
	return __atomic_load_n(&s->finished, __ATOMIC_ACQUIRE) < THREADS - 1;
}

/* ---- what stays in a hash map is always found, while all around it comes and goes */

enum { STABLE = 16 };

static void look_for_stable(struct shared *s, u32 number)
{
	u64 value;

	(void)number;
	while (others_work(s))
		for (u64 key = 0; key < STABLE; key++)
			if (map_read(s->m, &key, &value, 0) || !map_lookup(s->m, &key, NULL))
				fail(s);
}

static void churn(struct shared *s, u32 number)
{
	u64 seed = number, key;

	for (u32 i = 0; i < ROUNDS; i++) {
		u64 r = maps_random(&seed);

		key = r % STABLE;
		if (r >> 20 & 1 && map_update(s->m, &key, &key, BPF_ANY, NULL))
			fail(s);
		key = STABLE + number * 10 + (r >> 8) % 10; /* this thread's own */
		if (r >> 21 & 1)
			map_update(s->m, &key, &r, BPF_ANY, NULL);
		else
			map_delete(s->m, &key);
	}
	for (key = STABLE + number * 10; key < STABLE + number * 10 + 10; key++)
		map_delete(s->m, &key);
}

TEST(machine_map_threads_find_what_stays)
{
	static const u32 entries[] = { 64, 1024 };

	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		struct map_spec spec = maps_spec(BPF_MAP_TYPE_HASH, 8, 8, entries[i], 0);
		struct shared s = { .m = maps_make(&spec) };

		for (u64 key = 0; key < STABLE; key++)
			CHECK_EQ(map_update(s.m, &key, &key, BPF_ANY, NULL), 0);
		run_threads(&s, look_for_stable, churn);
		CHECK_EQ(map_count(s.m), STABLE);
		map_put(s.m);
	}
}

/* ---- elements are neither lost nor doubled */

static void insert_and_take(struct shared *s, u32 number)
{
	u64 seed = number, value;

	for (u32 i = 0; i < ROUNDS; i++) {
		u64 key = maps_random(&seed) % 100;

		if (!map_update(s->m, &key, &key, BPF_NOEXIST, NULL))
			__atomic_add_fetch(&s->produced, 1, __ATOMIC_RELAXED);
		key = maps_random(&seed) % 100;
		if (!map_take(s->m, &key, &value, 0)) {
			__atomic_add_fetch(&s->consumed, 1, __ATOMIC_RELAXED);
			if (value != key)
				fail(s);
		}
	}
}

TEST(machine_map_threads_insert_and_take)
{
	struct map_spec spec = maps_spec(BPF_MAP_TYPE_HASH, 8, 8, 50, 0);
	struct shared s = { .m = maps_make(&spec) };

	run_threads(&s, insert_and_take, insert_and_take);
	CHECK(s.produced > 0);
	CHECK_EQ(s.produced - s.consumed, map_count(s.m));
	map_put(s.m);
}

/* ---- values are whole under their lock */

struct locked {
	struct bpf_spin_lock lock;
	u32 a;
	u64 more[7];
};

static void write_locked(struct shared *s, u32 number)
{
	struct locked v = { .a = number };
	u32 key = 0;

	for (u32 i = 0; i < ROUNDS; i++) {
		v.a = number * ROUNDS + i;
		for (u32 j = 0; j < 7; j++)
			v.more[j] = v.a;
		if (map_update(s->m, &key, &v, BPF_F_LOCK, NULL))
			fail(s);
	}
}

static void read_locked(struct shared *s, u32 number)
{
	struct locked v;
	u32 key = 0;

	(void)number;
	while (others_work(s)) {
		if (map_read(s->m, &key, &v, BPF_F_LOCK))
			fail(s);
		for (u32 j = 0; j < 7; j++)
			if (v.more[j] != v.a)
				fail(s);
	}
}

TEST(machine_map_threads_lock_values)
{
	static const enum bpf_map_type types[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct map_spec spec = maps_spec(types[i], 4, sizeof(struct locked), 2, 0);
		struct shared s = { 0 };
		struct locked v = { 0 };

		spec.spin_lock = 0;
		s.m = maps_make(&spec);
		CHECK_EQ(map_update(s.m, &(u32){ 0 }, &v, 0, NULL), 0);
		run_threads(&s, read_locked, write_locked);
		map_put(s.m);
	}
}

/* ---- LRU never holds more than fits */

static void fill_lru(struct shared *s, u32 number)
{
	u64 seed = number;

	for (u32 i = 0; i < ROUNDS; i++) {
		u64 key = maps_random(&seed) % 1000, value;
		int err = map_update(s->m, &key, &key, BPF_ANY, NULL);

		/* The kernel too fails so when all that could go is being used. */
		if (err && err != -ENOMEM)
			fail(s);
		map_lookup(s->m, &key, NULL);
		if (!map_read(s->m, &key, &value, 0) && value >= 1000)
			fail(s);
		if (i % 16 == 0)
			map_delete(s->m, &key);
	}
}

TEST(machine_map_threads_lru)
{
	static const enum bpf_map_type types[] = { BPF_MAP_TYPE_LRU_HASH,
						   BPF_MAP_TYPE_LRU_PERCPU_HASH };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct map_spec spec = maps_spec(types[i], 8, 8, 100, 0);
		struct shared s = { 0 };
		u64 key = 0, n = 0;

		spec.cpus = 1;
		s.m = maps_make(&spec);
		run_threads(&s, fill_lru, fill_lru);
		for (bool more = !map_next(s.m, NULL, &key); more;
		     more = !map_next(s.m, &key, &key))
			n++;
		CHECK_EQ(n, map_count(s.m));
		CHECK(n <= 100);
		map_put(s.m);
	}
}

/* ---- each CPU has its own value */

static void count_on_cpu(struct shared *s, u32 number)
{
	struct run *run = maps_run(number);
	u64 zero = 0;

	for (u32 i = 0; i < ROUNDS; i++) {
		u64 key = i % 8, *value = map_lookup(s->m, &key, run);

		if (!value && map_update(s->m, &key, &zero, BPF_NOEXIST, run) == -E2BIG)
			fail(s);
		value = map_lookup(s->m, &key, run);
		if (value)
			__atomic_store_n(value, *value + 1, __ATOMIC_RELAXED);
	}
	free(run);
}

TEST(machine_map_threads_percpu)
{
	struct map_spec spec = maps_spec(BPF_MAP_TYPE_PERCPU_HASH, 8, 8, 8, 0);
	struct shared s = { 0 };
	u64 sum = 0, values[THREADS];

	spec.cpus = THREADS;
	s.m = maps_make(&spec);
	run_threads(&s, count_on_cpu, count_on_cpu);
	for (u64 key = 0; key < 8; key++) {
		CHECK_EQ(map_read(s.m, &key, values, 0), 0);
		for (u32 i = 0; i < THREADS; i++)
			sum += values[i];
	}
	CHECK_EQ(sum, THREADS * ROUNDS);
	map_put(s.m);
}

/* ---- tries */

struct prefix {
	u32 bits;
	u8 data[4];
};

static void look_for_prefix(struct shared *s, u32 number)
{
	struct prefix k = { 32, { 10, 1, 2, 3 } };
	u64 value;

	(void)number;
	while (others_work(s))
		if (map_read(s->m, &k, &value, 0) || !value)
			fail(s);
}

static void churn_prefixes(struct shared *s, u32 number)
{
	u64 seed = number;

	for (u32 i = 0; i < ROUNDS; i++) {
		u64 r = maps_random(&seed) | 1ull << 63;
		struct prefix k = { 9 + (u32)(r % 24),
				    { 10, (u8)(r >> 8) & 3, (u8)(r >> 16) & 3, 0 } };

		if (r >> 20 & 1)
			map_update(s->m, &k, &r, BPF_ANY, NULL);
		else
			map_delete(s->m, &k);
	}
}

TEST(machine_map_threads_lpm)
{
	struct map_spec spec = maps_spec(BPF_MAP_TYPE_LPM_TRIE, 8, 8, 200, BPF_F_NO_PREALLOC);
	struct shared s = { .m = maps_make(&spec) };
	struct prefix k = { 8, { 10 } };

	CHECK_EQ(map_update(s.m, &k, &(u64){ 1 }, BPF_ANY, NULL), 0);
	run_threads(&s, look_for_prefix, churn_prefixes);
	map_put(s.m);
}

/* ---- queues and rings: what goes in comes out, once */

static void push_and_pop(struct shared *s, u32 number)
{
	u64 value;

	for (u32 i = 0; i < ROUNDS; i++) {
		value = (u64)number * ROUNDS + i;
		if (!map_push(s->m, &value, BPF_ANY))
			__atomic_add_fetch(&s->sum, value, __ATOMIC_RELAXED);
		if (!map_pop(s->m, &value))
			__atomic_sub_fetch(&s->sum, value, __ATOMIC_RELAXED);
	}
}

TEST(machine_map_threads_queue)
{
	static const enum bpf_map_type types[] = { BPF_MAP_TYPE_QUEUE, BPF_MAP_TYPE_STACK };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct map_spec spec = maps_spec(types[i], 0, 8, 3, 0);
		struct shared s = { .m = maps_make(&spec) };
		u64 value;

		run_threads(&s, push_and_pop, push_and_pop);
		while (!map_pop(s.m, &value))
			s.sum -= value;
		CHECK_EQ(s.sum, 0);
		map_put(s.m);
	}
}

/* What was pushed into a Bloom filter is found from then on. */
static void push_values(struct shared *s, u32 number)
{
	u64 seed = number;

	for (u32 i = 0; i < ROUNDS; i++) {
		u64 value = maps_random(&seed);

		if (map_push(s->m, &value, BPF_ANY) || map_peek(s->m, &value))
			fail(s);
	}
}

static void peek_at_first(struct shared *s, u32 number)
{
	(void)number;
	while (others_work(s))
		if (map_peek(s->m, &(u64){ 1 }))
			fail(s);
}

TEST(machine_map_threads_bloom)
{
	struct map_spec spec = maps_spec(BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 100, 0);
	struct shared s = { .m = maps_make(&spec) };

	CHECK_EQ(map_push(s.m, &(u64){ 1 }, BPF_ANY), 0);
	run_threads(&s, peek_at_first, push_values);
	map_put(s.m);
}

static int add_record(void *arg, u32 cpu, const void *data, size_t len)
{
	struct shared *s = arg;
	u64 words[4];

	(void)cpu;
	memcpy(words, data, len);
	for (size_t i = 1; i < len / 8; i++)
		if (words[i] != words[0])
			fail(s);
	s->sum += words[0];
	s->consumed++;
	return 0;
}

static void consume_records(struct shared *s, u32 number)
{
	(void)number;
	while (others_work(s))
		map_ring_consume(s->m, add_record, s);
	map_ring_consume(s->m, add_record, s);
}

static void produce_records(struct shared *s, u32 number)
{
	for (u32 i = 0; i < ROUNDS; i++) {
		u64 words[4], n = 1 + i % 4, *to;

		for (u32 j = 0; j < 4; j++)
			words[j] = (u64)number << 32 | i;
		to = map_ring_reserve(s->m, n * 8);
		if (!to)
			continue;
		memcpy(to, words, n * 8);
		if (i % 8 == 7) {
			map_ring_discard(to, 0);
			continue;
		}
		map_ring_submit(to, 0);
		__atomic_add_fetch(&s->produced, 1, __ATOMIC_RELAXED);
	}
}

TEST(machine_map_threads_ring)
{
	struct map_spec spec = maps_spec(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	struct shared s = { .m = maps_make(&spec) };

	run_threads(&s, consume_records, produce_records);
	CHECK_EQ(s.consumed, s.produced);
	CHECK(s.produced > 0);
	map_put(s.m);
}

/* Each thread is a CPU of its own; the records are those of ring buffers. */
static void output_records(struct shared *s, u32 number)
{
	struct run *run = maps_run(number);

	for (u32 i = 0; i < ROUNDS; i++) {
		u64 words[4];

		for (u32 j = 0; j < 4; j++)
			words[j] = (u64)number << 32 | i;
		if (!map_perf_output(s->m, BPF_F_CURRENT_CPU, words, 8, words + 1, i % 4 * 8, run))
			__atomic_add_fetch(&s->produced, 1, __ATOMIC_RELAXED);
	}
	free(run);
}

TEST(machine_map_threads_perf)
{
	struct map_spec spec = maps_spec(BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, THREADS, 0);
	struct shared s = { 0 };

	spec.cpus = THREADS;
	s.m = maps_make(&spec);
	run_threads(&s, consume_records, output_records);
	CHECK_EQ(s.consumed, s.produced);
	CHECK_EQ(s.produced + map_ring_lost(s.m), (THREADS - 1) * ROUNDS);
	map_put(s.m);
}

/* ---- inner maps live as long as a run sees them */

static void replace_inner(struct shared *s, u32 number)
{
	u32 key = 0;

	(void)number;
	while (others_work(s)) {
		struct map *inner = maps_make(&s->inner);

		map_write(inner, &key, &(u64){ 5 }, BPF_ANY);
		if (map_slot_set(s->m, &key, inner))
			fail(s);
		map_put(inner);
	}
}

static void use_inner(struct shared *s, u32 number)
{
	struct run *run = maps_run(number);
	u32 key = 0;
	u64 value;

	epoch_join(s->epoch, &run->reader);
	for (u32 i = 0; i < ROUNDS; i++) {
		struct map *inner;

		map_enter(run);
		inner = map_lookup(s->m, &key, run);
		if (!inner || map_read(inner, &key, &value, 0) || value != 5)
			fail(s);
		map_leave(run);
	}
	epoch_part(&run->reader);
	free(run);
}

TEST(machine_map_threads_of_maps)
{
	static const enum bpf_map_type types[] = { BPF_MAP_TYPE_ARRAY_OF_MAPS,
						   BPF_MAP_TYPE_HASH_OF_MAPS };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct map_spec spec = maps_spec(types[i], 4, 4, 1, 0);
		struct shared s = { .epoch = epoch_new() };
		struct map *inner;
		u32 key = 0;

		s.inner = maps_spec(BPF_MAP_TYPE_HASH, 4, 8, 1, 0);
		inner = maps_make(&s.inner);
		CHECK_EQ(map_write(inner, &key, &(u64){ 5 }, BPF_ANY), 0);
		spec.inner = inner;
		spec.epoch = s.epoch;
		s.m = maps_make(&spec);
		CHECK_EQ(map_slot_set(s.m, &key, inner), 0);
		map_put(inner);
		run_threads(&s, replace_inner, use_inner);
		map_put(s.m);
		epoch_free(s.epoch);
	}
}

/* ---- stack traces, and storage */

static void store_stacks(struct shared *s, u32 number)
{
	u64 ips[4], got[4];

	for (u32 i = 0; i < ROUNDS; i++) {
		u32 key;
		s64 id;

		for (u32 j = 0; j < 4; j++)
			ips[j] = (u64)number << 32 | i;
		id = map_stack_store(s->m, ips, 4, BPF_F_REUSE_STACKID);
		key = (u32)id;
		if (id < 0)
			fail(s);
		if (!map_read(s->m, &key, got, 0) && got[0] != got[3])
			fail(s);
	}
}

TEST(machine_map_threads_stacks)
{
	struct map_spec spec = maps_spec(BPF_MAP_TYPE_STACK_TRACE, 4, 32, 16, 0);
	struct shared s = { .m = maps_make(&spec) };

	run_threads(&s, store_stacks, store_stacks);
	map_put(s.m);
}

static void store_for_ids(struct shared *s, u32 number)
{
	for (u64 id = 0; id < 500; id++) {
		u64 *value = map_storage(s->m, id, NULL, true, NULL);

		(void)number;
		if (value)
			__atomic_add_fetch(value, 1, __ATOMIC_RELAXED);
		else
			fail(s);
	}
}

/* What is deleted begins anew; all that is read is what one of them has written. */
static void store_and_delete(struct shared *s, u32 number)
{
	struct run *run = maps_run(number);
	u64 seed = number;

	epoch_join(s->epoch, &run->reader);
	for (u32 i = 0; i < ROUNDS; i++) {
		u64 id = maps_random(&seed) % 8, *value;

		map_enter(run);
		value = map_storage(s->m, id, NULL, true, run);
		if (value && __atomic_fetch_or(value, 1ull << number, __ATOMIC_RELAXED) >> THREADS)
			fail(s);
		if (i % 4 == 0)
			map_storage_delete(s->m, id);
		map_leave(run);
	}
	epoch_part(&run->reader);
	free(run);
}

TEST(machine_map_threads_storage_comes_and_goes)
{
	struct map_spec spec = maps_spec(BPF_MAP_TYPE_INODE_STORAGE, 4, 8, 0, BPF_F_NO_PREALLOC);
	struct shared s = { .epoch = epoch_new() };

	spec.epoch = s.epoch;
	s.m = maps_make(&spec);
	run_threads(&s, store_and_delete, store_and_delete);
	CHECK(map_count(s.m) <= 8);
	map_put(s.m);
	epoch_free(s.epoch);
}

TEST(machine_map_threads_storage)
{
	struct map_spec spec = maps_spec(BPF_MAP_TYPE_TASK_STORAGE, 4, 8, 0, BPF_F_NO_PREALLOC);
	struct shared s = { .m = maps_make(&spec) };

	run_threads(&s, store_for_ids, store_for_ids);
	for (u64 id = 0; id < 500; id++)
		CHECK_EQ(*(u64 *)map_storage(s.m, id, NULL, false, NULL), THREADS);
	map_put(s.m);
}
