/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a map holds is put back, whatever was done to it meanwhile, and where it was. */
#include "machine/mapcopy.h"

#include "unit/machine_maps.h"
#include "unit/test.h"

static struct map *make(struct arena *a, enum bpf_map_type type, u32 key, u32 entries, u32 flags)
{
	struct map_spec spec = { .name = "m",
				 .type = type,
				 .key_size = key,
				 .value_size = 8,
				 .max_entries = entries,
				 .flags = flags,
				 .cpus = 2,
				 .spin_lock = -1,
				 .timer = -1,
				 .work = -1 };
	struct map *m = NULL;
	struct diag d;

	diag_init(&d, a);
	if (map_new(&spec, &d, &m))
		test_fail(__FILE__, __LINE__, "%s", d.items.n ? d.items.at[0].text : "");
	return m;
}

TEST(machine_mapcopy_hash)
{
	struct arena a;
	struct mapcopy *c;
	struct map *m;
	u64 value, *place;

	arena_init(&a);
	m = make(&a, BPF_MAP_TYPE_HASH, 4, 1000, 0);
	for (u32 key = 0; key < 500; key++) {
		value = key * 3;
		CHECK_EQ(map_update(m, &key, &value, BPF_ANY, NULL), 0);
	}
	place = map_lookup(m, &(u32){ 17 }, NULL);
	c = mapcopy_take(m);
	for (u32 round = 0; round < 2; round++) {
		for (u32 key = 0; key < 1000; key += 2) {
			value = 99;
			if (key % 4)
				map_delete(m, &key);
			else
				map_update(m, &key, &value, BPF_ANY, NULL);
		}
		mapcopy_put_back(c, m);
		CHECK_EQ(map_count(m), 500);
		for (u32 key = 0; key < 1000; key++) {
			u64 *at = map_lookup(m, &key, NULL);

			CHECK(key < 500 ? at && *at == key * 3 : !at);
		}
		CHECK(map_lookup(m, &(u32){ 17 }, NULL) == place);
	}
	mapcopy_free(c);
	map_put(m);
	arena_done(&a);
}

/* A large map of which a page was touched, a map that was empty, and one that keeps its values in another. */
TEST(machine_mapcopy_others)
{
	u64 value = 7, id = 4711;
	struct mapcopy *c[3];
	struct map *m[3];
	struct arena a;

	arena_init(&a);
	m[0] = make(&a, BPF_MAP_TYPE_ARRAY, 4, 1u << 20, 0);
	m[1] = make(&a, BPF_MAP_TYPE_QUEUE, 0, 10, 0);
	m[2] = make(&a, BPF_MAP_TYPE_TASK_STORAGE, 4, 0, BPF_F_NO_PREALLOC);
	map_update(m[0], &(u32){ 777777 }, &value, BPF_ANY, NULL);
	CHECK(map_storage(m[2], id, &value, true, NULL) != NULL);
	for (u32 i = 0; i < 3; i++)
		c[i] = mapcopy_take(m[i]);
	value = 8;
	map_update(m[0], &(u32){ 777777 }, &value, BPF_ANY, NULL);
	map_update(m[0], &(u32){ 5 }, &value, BPF_ANY, NULL);
	CHECK_EQ(map_push(m[1], &value, 0), 0);
	CHECK_EQ(map_storage_delete(m[2], id), 0);
	for (u32 i = 0; i < 3; i++)
		mapcopy_put_back(c[i], m[i]);
	CHECK_EQ(*(u64 *)map_lookup(m[0], &(u32){ 777777 }, NULL), 7);
	CHECK_EQ(*(u64 *)map_lookup(m[0], &(u32){ 5 }, NULL), 0);
	CHECK_EQ(map_pop(m[1], &value), -ENOENT);
	CHECK(map_storage(m[2], id, NULL, false, NULL) &&
	      *(u64 *)map_storage(m[2], id, NULL, false, NULL) == 7);
	for (u32 i = 0; i < 3; i++) {
		mapcopy_free(c[i]);
		map_put(m[i]);
	}
	arena_done(&a);
}
