/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Queues, stacks, bloom filters, rings, stack traces, slots and storage by their interface. */
#include <stdlib.h>
#include <string.h>

#include "unit/machine_maps.h"
#include "unit/test.h"

TEST(machine_map_queue_and_stack)
{
	static const struct {
		enum bpf_map_type type;
		u32 order[3];
	} cases[] = { { BPF_MAP_TYPE_QUEUE, { 2, 3, 4 } }, { BPF_MAP_TYPE_STACK, { 4, 3, 2 } } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct map_spec s = maps_spec(cases[i].type, 0, 4, 3, 0);
		struct map *m = maps_make(&s);
		u32 v = 9;

		CHECK_EQ(map_pop(m, &v), -ENOENT);
		CHECK_EQ(v, 0);
		for (v = 1; v <= 3; v++)
			CHECK_EQ(map_push(m, &v, BPF_ANY), 0);
		CHECK_EQ(map_push(m, &v, BPF_ANY), -E2BIG);
		CHECK_EQ(map_push(m, &v, BPF_NOEXIST), -EINVAL);
		CHECK_EQ(map_push(m, &v, 3), -EINVAL);
		CHECK_EQ(map_push(m, &v, BPF_EXIST), 0); /* the oldest goes */
		CHECK_EQ(map_count(m), 3);
		CHECK_EQ(map_peek(m, &v), 0);
		CHECK_EQ(v, cases[i].order[0]);
		CHECK_EQ(map_read(m, NULL, &v, 0), 0);
		CHECK_EQ(v, cases[i].order[0]);
		for (u32 j = 0; j < 3; j++) {
			CHECK_EQ(j == 1 ? map_take(m, NULL, &v, 0) : map_pop(m, &v), 0);
			CHECK_EQ(v, cases[i].order[j]);
		}
		CHECK_EQ(map_peek(m, &v), -ENOENT);
		CHECK(!map_lookup(m, &v, NULL));
		CHECK_EQ(map_update(m, &v, &v, 0, NULL), -EINVAL);
		CHECK_EQ(map_delete(m, &v), -EINVAL);
		CHECK_EQ(map_next(m, NULL, &v), -EINVAL);
		CHECK_EQ(map_write(m, NULL, &v, BPF_ANY), 0);
		map_put(m);
		s.key_size = 4;
		CHECK_EQ(maps_try(&s), -EINVAL);
		s.key_size = 0;
		s.value_size = (4 << 20) + 1;
		CHECK_EQ(maps_try(&s), -E2BIG);
	}
}

TEST(machine_map_bloom)
{
	struct map_spec s = maps_spec(BPF_MAP_TYPE_BLOOM_FILTER, 0, 12, 1000, 0);
	struct map *m = maps_make(&s);
	u32 wrong = 0, v[3] = { 0, 1, 2 };

	for (v[0] = 0; v[0] < 1000; v[0]++)
		CHECK_EQ(map_push(m, v, BPF_ANY), 0);
	for (v[0] = 0; v[0] < 1000; v[0]++)
		CHECK_EQ(map_peek(m, v), 0);
	for (v[0] = 1000; v[0] < 11000; v[0]++)
		wrong += map_peek(m, v) == 0;
	CHECK(wrong < 1000); /* of 10,000; some 2 in 100 are to be expected */
	CHECK_EQ(map_push(m, v, BPF_EXIST), -EINVAL);
	CHECK_EQ(map_read(m, NULL, v, 0), map_peek(m, v));
	CHECK_EQ(map_write(m, NULL, v, 0), 0);
	CHECK_EQ(map_read(m, NULL, v, 0), 0);
	CHECK_EQ(map_pop(m, v), -EOPNOTSUPP);
	CHECK_EQ(map_delete(m, v), -EOPNOTSUPP);
	CHECK_EQ(map_next(m, NULL, v), -EOPNOTSUPP);
	map_put(m);
	s.extra = 16;
	CHECK_EQ(maps_try(&s), -EINVAL);
}

struct taken {
	u32 n, cpu;
	u64 sum;
	size_t len;
	int answer;
};

static int take(void *arg, u32 cpu, const void *data, size_t len)
{
	struct taken *t = arg;

	t->n++;
	t->cpu = cpu;
	t->len = len;
	if (len)
		t->sum += *(const u8 *)data;
	return t->answer;
}

TEST(machine_map_ring)
{
	struct map_spec s = maps_spec(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	struct map *m = maps_make(&s);
	struct taken t = { 0 };
	u8 byte = 1, *a, *b;

	CHECK_EQ(map_ring_output(m, &byte, 1, 0), 0);
	CHECK_EQ(map_ring_output(m, &byte, 1, 4), -EINVAL);
	CHECK_EQ(map_ring_query(m, BPF_RB_AVAIL_DATA), 16);
	CHECK_EQ(map_ring_query(m, BPF_RB_RING_SIZE), 4096);
	a = map_ring_reserve(m, 100);
	b = map_ring_reserve(m, 8);
	CHECK(a && b);
	CHECK_EQ((uintptr_t)a % 8, 0);
	*a = *b = 10;
	map_ring_submit(b, 0);
	CHECK_EQ(map_ring_consume(m, take, &t), 1); /* the second waits for the first */
	map_ring_discard(a, 0);
	CHECK_EQ(map_ring_consume(m, take, &t), 1);
	CHECK_EQ(t.n, 2);
	CHECK_EQ(t.sum, 11);
	CHECK_EQ(map_ring_query(m, BPF_RB_AVAIL_DATA), 0);
	CHECK_EQ(map_ring_query(m, BPF_RB_CONS_POS), map_ring_query(m, BPF_RB_PROD_POS));
	CHECK_EQ(map_ring_query(m, 77), 0);
	CHECK(!map_ring_reserve(m, 4096));
	CHECK(!map_ring_reserve(m, UINT64_MAX));
	CHECK_EQ(map_ring_lost(m), 2);
	CHECK(map_ring_reserve(m, 4080) != NULL);
	CHECK_EQ(map_ring_output(m, &byte, 1, 0), -EAGAIN);
	CHECK_EQ(map_update(m, &byte, &byte, 0, NULL), -EINVAL);
	CHECK_EQ(map_read(m, &byte, &byte, 0), -MAP_ENOTSUPP);
	map_put(m);
	s.max_entries = 4097;
	CHECK_EQ(maps_try(&s), -EINVAL);
	s.max_entries = 2048;
	CHECK_EQ(maps_try(&s), -EINVAL);
}

/* Records of all lengths, round and round, each in one piece. */
TEST(machine_map_ring_wraps)
{
	struct map_spec s = maps_spec(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	struct map *m = maps_make(&s);
	u8 data[4000];
	u64 seed = 3;

	for (u32 i = 0; i < 3000; i++) {
		size_t len = maps_random(&seed) % sizeof(data);
		struct taken t = { 0 };

		memset(data, (int)i, sizeof(data));
		CHECK_EQ(map_ring_output(m, data, len, 0), 0);
		CHECK_EQ(map_ring_consume(m, take, &t), 1);
		CHECK_EQ(t.len, len);
		CHECK_EQ(t.sum, len ? (u8)i : 0);
	}
	CHECK_EQ(map_ring_lost(m), 0);
	map_put(m);
}

TEST(machine_map_ring_stops_when_told)
{
	struct map_spec s = maps_spec(BPF_MAP_TYPE_USER_RINGBUF, 0, 0, 4096, 0);
	struct map *m = maps_make(&s);
	struct taken t = { .answer = -7 };

	CHECK_EQ(map_ring_output(m, "a", 1, 0), 0);
	CHECK_EQ(map_ring_output(m, "b", 1, 0), 0);
	CHECK_EQ(map_ring_consume(m, take, &t), -7);
	CHECK_EQ(map_ring_consume(m, take, &t), -7);
	CHECK_EQ(map_ring_consume(m, take, &t), 0);
	CHECK_EQ(t.sum, 'a' + 'b');
	map_put(m);
}

TEST(machine_map_perf)
{
	struct map_spec s = maps_spec(BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 0, 0);
	struct run *run = maps_run(1);
	struct taken t = { 0 };
	struct map *m;
	u8 a = 1, b[2] = { 2, 3 };

	s.cpus = 3;
	m = maps_make(&s);
	CHECK_EQ(map_spec(m)->max_entries, 3);
	CHECK_EQ(map_perf_output(m, BPF_F_CURRENT_CPU, &a, 1, b, 2, run), 0);
	CHECK_EQ(map_perf_output(m, 1, &a, 1, NULL, 0, run), 0);
	CHECK_EQ(map_perf_output(m, 2, &a, 1, NULL, 0, run), -EOPNOTSUPP);
	CHECK_EQ(map_perf_output(m, 3, &a, 1, NULL, 0, run), -E2BIG);
	CHECK_EQ(map_perf_output(m, 1ull << 60, &a, 1, NULL, 0, run), -EINVAL);
	CHECK_EQ(map_perf_output(m, BPF_F_CURRENT_CPU, &a, 70000, NULL, 0, run), -E2BIG);
	CHECK_EQ(map_ring_consume(m, take, &t), 2);
	CHECK_EQ(t.cpu, 1);
	CHECK_EQ(t.sum, 2);
	CHECK_EQ(t.len, 1);
	for (u32 i = 0; map_ring_lost(m) < 3 && i < 2 * MAP_PERF_BYTES / 8; i++)
		map_perf_output(m, BPF_F_CURRENT_CPU, b, 2, NULL, 0, run);
	CHECK_EQ(map_perf_output(m, BPF_F_CURRENT_CPU, b, 2, NULL, 0, run), -ENOSPC);
	CHECK_EQ(map_ring_lost(m), 4);
	CHECK_EQ(map_write(m, &(u32){ 0 }, &(u32){ 0 }, 0), -EBADF);
	free(run);
	map_put(m);
}

TEST(machine_map_stack_traces)
{
	struct map_spec s = maps_spec(BPF_MAP_TYPE_STACK_TRACE, 4, 32, 1000, 0);
	struct map *m = maps_make(&s);
	u64 ips[6] = { 1, 2, 3, 4, 5, 6 }, got[4], refused = 0;
	s64 id = map_stack_store(m, ips, 3, 0);
	u32 key = (u32)id, next;

	CHECK(id >= 0 && id < 1024);
	CHECK_EQ(map_stack_store(m, ips, 3, BPF_F_FAST_STACK_CMP), id);
	CHECK_EQ(map_stack_store(m, ips, 0, 0), -EFAULT);
	CHECK_EQ(map_stack_store(m, ips, 3, 1ull << 40), -EINVAL);
	CHECK_EQ(map_read(m, &key, got, 0), 0);
	CHECK(got[2] == 3 && got[3] == 0);
	CHECK_EQ(map_next(m, NULL, &next), 0);
	CHECK_EQ(next, key);
	CHECK_EQ(map_next(m, &next, &next), -ENOENT);
	CHECK_EQ(map_stack_store(m, ips, 6, 0), map_stack_store(m, ips, 4, 0));
	for (ips[0] = 100; ips[0] < 1100; ips[0]++) {
		s64 n = map_stack_store(m, ips, 2, 0);

		if (n == -EEXIST)
			CHECK(map_stack_store(m, ips, 2, BPF_F_REUSE_STACKID) >= 0);
		refused += n == -EEXIST;
	}
	CHECK(refused > 100 && refused < 700); /* 1,000 into 1,024 places */
	CHECK_EQ(map_delete(m, &(u32){ 5000 }), -E2BIG);
	CHECK_EQ(map_read(m, &(u32){ 5000 }, got, 0), -ENOENT);
	CHECK_EQ(map_delete(m, &key), 0);
	CHECK_EQ(map_delete(m, &key), -ENOENT);
	CHECK_EQ(map_read(m, &key, got, 0), -ENOENT);
	CHECK(!map_lookup(m, &key, NULL));
	map_put(m);
	s.value_size = 12;
	CHECK_EQ(maps_try(&s), -EINVAL);
	s.value_size = 128 * 8;
	CHECK_EQ(maps_try(&s), -EINVAL);
}

TEST(machine_map_prog_array)
{
	struct map_spec s = maps_spec(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0);
	struct map *m = maps_make(&s);
	u32 key = 2, next;
	int prog;

	CHECK(!map_slot(m, &key));
	CHECK_EQ(map_slot_set(m, &key, NULL), -ENOENT);
	CHECK_EQ(map_slot_set(m, &key, &prog), 0);
	CHECK(map_slot(m, &key) == &prog);
	CHECK_EQ(map_count(m), 1);
	CHECK(!map_lookup(m, &key, NULL));
	CHECK_EQ(map_next(m, &key, &next), 0);
	CHECK_EQ(next, 3);
	CHECK_EQ(map_write(m, &key, &next, 0), -EBADF);
	CHECK_EQ(map_delete(m, &key), 0);
	CHECK_EQ(map_delete(m, &key), -ENOENT);
	key = 4;
	CHECK_EQ(map_slot_set(m, &key, &prog), -E2BIG);
	CHECK_EQ(map_delete(m, &key), -E2BIG);
	CHECK(!map_slot(m, &key));
	map_put(m);
	s.value_size = 8;
	CHECK_EQ(maps_try(&s), -EINVAL);
}

TEST(machine_map_of_maps)
{
	static const enum bpf_map_type types[] = { BPF_MAP_TYPE_ARRAY_OF_MAPS,
						   BPF_MAP_TYPE_HASH_OF_MAPS };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct map_spec s = maps_spec(types[i], 4, 4, 4, 0);
		struct map_spec in = maps_spec(BPF_MAP_TYPE_ARRAY, 4, 8, 3, 0);
		struct map *inner = maps_make(&in), *other, *m;
		u32 key = 1;

		CHECK_EQ(maps_try(&s), -EBADF);
		s.inner = inner;
		m = maps_make(&s);
		CHECK_EQ(map_slot_set(m, &key, inner), 0);
		map_put(inner); /* the slot has a reference of its own */
		CHECK(map_lookup(m, &key, NULL) == inner);
		CHECK(map_lookup(map_lookup(m, &key, NULL), &key, NULL) != NULL);
		in.max_entries = 4;
		other = maps_make(&in);
		CHECK_EQ(map_slot_set(m, &key, other), -EINVAL);
		map_put(other);
		in.max_entries = 3;
		other = maps_make(&in);
		CHECK_EQ(map_slot_set(m, &key, other), 0);
		CHECK(map_slot(m, &key) == other);
		CHECK_EQ(map_count(m), 1);
		map_put(other);
		CHECK_EQ(map_delete(m, &key), 0);
		CHECK_EQ(map_delete(m, &key), -ENOENT);
		s.inner = m;
		CHECK_EQ(maps_try(&s), -EINVAL); /* not in each other */
		map_put(m);
	}
}

TEST(machine_map_inner_lives_while_runs_see_it)
{
	struct map_spec s = maps_spec(BPF_MAP_TYPE_HASH_OF_MAPS, 4, 4, 4, 0);
	struct map_spec in = maps_spec(BPF_MAP_TYPE_HASH, 4, 4, 4, 0);
	struct epoch *e = epoch_new();
	struct run *run = maps_run(0), *late = maps_run(0);
	struct map *inner = maps_make(&in), *m, *seen;
	u32 key = 1;

	s.epoch = e;
	s.inner = inner;
	m = maps_make(&s);
	epoch_join(e, &run->reader);
	epoch_join(e, &late->reader);
	CHECK_EQ(map_slot_set(m, &key, inner), 0);
	map_put(inner);
	map_enter(run);
	seen = map_lookup(m, &key, run);
	CHECK_EQ(map_delete(m, &key), 0);
	map_enter(late);
	CHECK(!map_lookup(m, &key, late));
	CHECK_EQ(map_update(seen, &key, &key, BPF_ANY, run), 0); /* ASan would tell */
	CHECK_EQ(map_count(seen), 1);
	map_leave(run);
	map_leave(late);
	epoch_part(&run->reader);
	epoch_part(&late->reader);
	map_put(m);
	epoch_free(e);
	free(run);
	free(late);
}

static void count_call(void *arg)
{
	++*(u32 *)arg;
}

TEST(machine_map_epoch)
{
	struct epoch *e = epoch_new();
	struct epoch_reader a, b;
	u32 calls = 0;

	epoch_defer(NULL, count_call, &calls);
	CHECK_EQ(calls, 1);
	epoch_join(e, &a);
	epoch_join(e, &b);
	epoch_defer(e, count_call, &calls);
	CHECK_EQ(calls, 2); /* nobody is inside */
	epoch_enter(&a);
	epoch_defer(e, count_call, &calls);
	CHECK_EQ(calls, 2);
	epoch_enter(&b);
	epoch_defer(e, count_call, &calls);
	CHECK_EQ(calls, 2);
	epoch_leave(&a);
	epoch_defer(e, count_call, &calls);
	CHECK_EQ(calls, 3); /* the one from before b entered */
	epoch_leave(&b);
	epoch_part(&a);
	epoch_part(&b);
	epoch_free(e);
	CHECK_EQ(calls, 5);
}

TEST(machine_map_devices)
{
	struct map_spec s = maps_spec(BPF_MAP_TYPE_DEVMAP, 4, 8, 4, 0);
	struct bpf_devmap_val v = { .ifindex = 3 }, got;
	struct map *m = maps_make(&s);
	u32 key = 1, next;
	int item;

	CHECK(!map_slot(m, &key));
	CHECK_EQ(map_read(m, &key, &got, 0), -ENOENT);
	CHECK_EQ(map_write(m, &key, &v, BPF_NOEXIST), -EEXIST);
	CHECK_EQ(map_write(m, &key, &v, BPF_ANY), 0);
	CHECK_EQ(*(u32 *)map_slot(m, &key), 3);
	CHECK_EQ(*(u32 *)map_lookup(m, &key, NULL), 3);
	CHECK_EQ(map_read(m, &key, &got, 0), 0);
	CHECK_EQ(got.ifindex, 3);
	CHECK_EQ(map_slot_set(m, &key, &item), 0);
	CHECK(map_slot(m, &key) == &item);
	v.ifindex = 0;
	CHECK_EQ(map_write(m, &key, &v, BPF_ANY), 0); /* none */
	CHECK(!map_slot(m, &key));
	CHECK_EQ(map_delete(m, &key), 0);
	key = 4;
	CHECK_EQ(map_write(m, &key, &v, BPF_ANY), -E2BIG);
	CHECK_EQ(map_delete(m, &key), -EINVAL);
	map_put(m);

	s.type = BPF_MAP_TYPE_DEVMAP_HASH;
	m = maps_make(&s);
	v.ifindex = 9;
	key = 1000;
	CHECK_EQ(map_write(m, &key, &v, BPF_EXIST), -ENOENT);
	CHECK_EQ(map_write(m, &key, &v, BPF_NOEXIST), 0);
	CHECK_EQ(map_write(m, &key, &v, BPF_NOEXIST), -EEXIST);
	CHECK_EQ(map_next(m, NULL, &next), 0);
	CHECK_EQ(next, key);
	CHECK_EQ(map_count(m), 1);
	CHECK_EQ(map_delete(m, &key), 0);
	CHECK_EQ(map_delete(m, &key), -ENOENT);
	map_put(m);

	s.type = BPF_MAP_TYPE_CPUMAP;
	m = maps_make(&s);
	key = 0;
	CHECK_EQ(map_write(m, &key, &(u64){ 20000 }, BPF_ANY), -EOVERFLOW);
	CHECK_EQ(map_write(m, &key, &(u64){ 192 }, BPF_ANY), 0);
	map_put(m);

	s.type = BPF_MAP_TYPE_SOCKHASH;
	s.key_size = 12;
	m = maps_make(&s);
	CHECK_EQ(map_slot_set(m, "some address", &item), 0);
	CHECK(map_lookup(m, "some address", NULL) == &item);
	CHECK_EQ(map_write(m, "some address", &item, 0), -EBADF);
	map_put(m);
}

TEST(machine_map_storage)
{
	struct map_spec s = maps_spec(BPF_MAP_TYPE_TASK_STORAGE, 4, 16, 0, BPF_F_NO_PREALLOC);
	struct map *m = maps_make(&s);
	u64 init[2] = { 1, 2 }, *a, got[2];
	u32 key = 77, next;

	CHECK(!map_storage(m, 77, NULL, false, NULL));
	a = map_storage(m, 77, init, true, NULL);
	CHECK(a && a[1] == 2);
	a[0] = 5;
	CHECK(map_storage(m, 77, init, true, NULL) == a);
	CHECK_EQ(((u64 *)map_storage(m, 1ull << 40, NULL, true, NULL))[1], 0);
	CHECK_EQ(map_read(m, &key, got, 0), 0);
	CHECK_EQ(got[0], 5);
	CHECK_EQ(map_count(m), 2);
	CHECK_EQ(map_storage_delete(m, 1ull << 40), 0);
	CHECK_EQ(map_next(m, NULL, &next), 0);
	CHECK_EQ(next, 77);
	CHECK_EQ(map_remove(m, &key), 0);
	CHECK_EQ(map_storage_delete(m, 77), -ENOENT);
	CHECK_EQ(map_write(m, &key, init, BPF_NOEXIST), 0);
	map_put(m);
	s.max_entries = 1;
	CHECK_EQ(maps_try(&s), -EINVAL);

	s = maps_spec(BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE, sizeof(struct bpf_cgroup_storage_key), 8,
		      0, 0);
	s.cpus = 2;
	m = maps_make(&s);
	CHECK(map_storage(m, 4, init, true, NULL) != NULL);
	CHECK_EQ(map_value_bytes(m), 16);
	CHECK_EQ(map_read(m, &(struct bpf_cgroup_storage_key){ .cgroup_inode_id = 4 }, got, 0), 0);
	CHECK(got[0] == 1 && got[1] == 0);
	CHECK_EQ(map_write(m, &(struct bpf_cgroup_storage_key){ .cgroup_inode_id = 5 }, got, 0),
		 -ENOENT);
	CHECK_EQ(map_write(m, &(struct bpf_cgroup_storage_key){ .cgroup_inode_id = 4 }, got, 1),
		 -EINVAL);
	map_put(m);
}
