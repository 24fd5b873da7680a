/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LPM tries by their interface, and beside a plain list of prefixes. */
#include <string.h>

#include "unit/machine_maps.h"
#include "unit/test.h"

struct key {
	u32 bits;
	u8 data[4];
};

static int put(struct map *m, u32 bits, u8 a, u8 b, u8 c, u32 value)
{
	struct key k = { bits, { a, b, c } };

	return map_update(m, &k, &value, BPF_ANY, NULL);
}

static u32 get(struct map *m, u32 bits, u8 a, u8 b, u8 c)
{
	struct key k = { bits, { a, b, c } };
	const u32 *value = map_lookup(m, &k, NULL);

	return value ? *value : 0;
}

TEST(machine_map_lpm_finds_the_longest)
{
	struct map_spec s = maps_spec(BPF_MAP_TYPE_LPM_TRIE, 8, 4, 10, BPF_F_NO_PREALLOC);
	struct map *m = maps_make(&s);
	struct key k = { 33, { 0 } };
	u32 value = 1;

	CHECK_EQ(put(m, 16, 192, 168, 0, 16), 0);
	CHECK_EQ(put(m, 24, 192, 168, 0, 24), 0);
	CHECK_EQ(put(m, 24, 192, 168, 1, 25), 0);
	CHECK_EQ(put(m, 24, 192, 168, 128, 26), 0);
	CHECK_EQ(get(m, 32, 192, 168, 0), 24);
	CHECK_EQ(get(m, 32, 192, 168, 1), 25);
	CHECK_EQ(get(m, 32, 192, 168, 2), 16);
	CHECK_EQ(get(m, 20, 192, 168, 0), 16); /* shorter than the longest that fits */
	CHECK_EQ(get(m, 32, 192, 169, 0), 0);
	CHECK_EQ(put(m, 0, 0, 0, 0, 99), 0);
	CHECK_EQ(get(m, 32, 10, 0, 0), 99);
	CHECK_EQ(get(m, 33, 10, 0, 0), 0);
	CHECK_EQ(map_update(m, &k, &value, BPF_ANY, NULL), -EINVAL);
	CHECK_EQ(map_delete(m, &k), -EINVAL);
	k.bits = 23; /* a fork, and no entry */
	memcpy(k.data, (u8[]){ 192, 168, 0, 0 }, 4);
	CHECK_EQ(map_delete(m, &k), -ENOENT);
	CHECK_EQ(map_update(m, &k, &value, BPF_EXIST, NULL), -ENOENT);
	CHECK_EQ(map_update(m, &k, &value, BPF_NOEXIST, NULL), 0);
	CHECK_EQ(map_update(m, &k, &value, BPF_NOEXIST, NULL), -EEXIST);
	CHECK_EQ(map_update(m, &k, &value, 4, NULL), -EINVAL);
	CHECK_EQ(map_delete(m, &k), 0);
	CHECK_EQ(map_count(m), 5);
	CHECK_EQ(map_each(m, NULL, NULL, NULL), -EINVAL);
	map_put(m);
}

TEST(machine_map_lpm_order)
{
	static const u32 want[] = { 24, 25, 26, 16 };
	struct map_spec s = maps_spec(BPF_MAP_TYPE_LPM_TRIE, 8, 4, 4, BPF_F_NO_PREALLOC);
	struct map *m = maps_make(&s);
	struct key k, keys[4];
	u32 value, values[4], count = 3;
	u64 cursor = 0;

	CHECK_EQ(map_next(m, NULL, &k), -ENOENT);
	put(m, 16, 192, 168, 0, 16);
	put(m, 24, 192, 168, 0, 24);
	put(m, 24, 192, 168, 128, 26);
	put(m, 24, 192, 168, 1, 25);
	CHECK_EQ(put(m, 8, 1, 0, 0, 1), -ENOSPC);
	CHECK_EQ(put(m, 16, 192, 168, 0, 16), 0);
	for (u32 i = 0; i < 4; i++) {
		CHECK_EQ(map_next(m, i ? &k : NULL, &k), 0);
		CHECK_EQ(map_read(m, &k, &value, 0), 0);
		CHECK_EQ(value, want[i]);
	}
	CHECK_EQ(map_next(m, &k, &k), -ENOENT);
	k.bits = 30; /* none of the map's */
	CHECK_EQ(map_next(m, &k, &k), 0);
	CHECK_EQ(map_read(m, &k, &value, 0), 0);
	CHECK_EQ(value, 24);
	CHECK_EQ(map_read_batch(m, &cursor, keys, values, &count, false), 0);
	CHECK_EQ(count, 3);
	CHECK_EQ(values[2], 26);
	CHECK_EQ(map_read_batch(m, &cursor, keys, values, &count, false), -ENOENT);
	CHECK_EQ(count, 1);
	CHECK_EQ(values[0], 16);
	map_put(m);
}

TEST(machine_map_lpm_specs)
{
	static const struct {
		u32 key, value, entries, flags;
		int err;
	} cases[] = {
		{ 5, 1, 1, BPF_F_NO_PREALLOC, 0 },
		{ 260, 1, 1, BPF_F_NO_PREALLOC, 0 },
		{ 4, 1, 1, BPF_F_NO_PREALLOC, -EINVAL },
		{ 261, 1, 1, BPF_F_NO_PREALLOC, -EINVAL },
		{ 8, 0, 1, BPF_F_NO_PREALLOC, -EINVAL },
		{ 8, 1, 0, BPF_F_NO_PREALLOC, -EINVAL },
		{ 8, 1, 1, 0, -EINVAL },
		{ 8, 1 << 20, UINT32_MAX, BPF_F_NO_PREALLOC, -E2BIG },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct map_spec s = maps_spec(BPF_MAP_TYPE_LPM_TRIE, cases[i].key, cases[i].value,
					      cases[i].entries, cases[i].flags);

		CHECK_EQ(maps_try(&s), cases[i].err);
	}
}

/* A list of prefixes of up to 16 bits, looked through from the longest on. */
struct list {
	u32 value[17][1 << 16];
};
static struct list list;

static u32 list_get(u32 address)
{
	for (u32 bits = 17; bits-- > 0;) {
		u32 value = list.value[bits][bits ? address >> (16 - bits) << (16 - bits) : 0];

		if (value)
			return value;
	}
	return 0;
}

TEST(machine_map_lpm_as_a_list)
{
	struct map_spec s = maps_spec(BPF_MAP_TYPE_LPM_TRIE, 6, 4, 5000, BPF_F_NO_PREALLOC);
	struct map *m = maps_make(&s);
	u64 seed = 5, count = 0;
	struct {
		u32 bits;
		u8 data[2];
	} k;

	memset(&list, 0, sizeof(list));
	for (u32 i = 1; i < 30000; i++) {
		u64 r = maps_random(&seed);
		u32 bits = (u32)r % 17, address = (u32)(r >> 20) & 0x0fff;
		u32 cut = bits ? address >> (16 - bits) << (16 - bits) : 0;
		u32 *slot = &list.value[bits][cut];
		const u32 *found;

		k.bits = bits;
		k.data[0] = (u8)(address >> 8);
		k.data[1] = (u8)address;
		if (r >> 60 < 7) {
			CHECK_EQ(map_delete(m, &k), *slot ? 0 : -ENOENT);
			count -= *slot != 0;
			*slot = 0;
		} else if (count < 5000) {
			CHECK_EQ(map_update(m, &k, &i, BPF_ANY, NULL), 0);
			count += *slot == 0;
			*slot = i;
		}
		k.bits = 16;
		found = map_lookup(m, &k, NULL);
		CHECK_EQ(found ? *found : 0, list_get(address));
	}
	CHECK_EQ(map_count(m), count);
	map_put(m);
}
