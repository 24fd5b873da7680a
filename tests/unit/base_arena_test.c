/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arenas, vectors and tables: memory that is freed at once. */
#include "base/arena.h"

#include <string.h>

#include "base/table.h"
#include "base/vec.h"
#include "unit/test.h"

static bool all_zero(const u8 *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i])
			return false;
	}
	return true;
}

TEST(arena_gives_zeroed_aligned_memory)
{
	struct arena a;

	arena_init(&a);
	for (size_t size = 0; size < 3000; size += 7) {
		u8 *p = arena_alloc(&a, size);

		CHECK_EQ((uintptr_t)p % 16, 0);
		CHECK(all_zero(p, size));
		memset(p, 0xa5, size);
	}
	arena_done(&a);
}

TEST(arena_allocations_do_not_overlap)
{
	enum { N = 2000 };
	static u32 *at[N];
	struct arena a;

	arena_init(&a);
	for (u32 i = 0; i < N; i++) {
		/* Every hundredth is larger than what shares a block. */
		size_t n = i % 100 == 99 ? 20000 : i % 50 + 1;

		at[i] = arena_array(&a, u32, n);
		at[i][0] = i;
		at[i][n - 1] = i;
	}
	for (u32 i = 0; i < N; i++)
		CHECK_EQ(at[i][0], i);
	arena_done(&a);
}

TEST(arena_large_one_leaves_the_current_block_in_use)
{
	struct arena a;
	struct arena_block *first;

	arena_init(&a);
	arena_alloc(&a, 1 << 20);
	arena_alloc(&a, 16);
	first = a.blocks;
	arena_alloc(&a, 1 << 20);
	CHECK(a.blocks == first);
	arena_done(&a);
	CHECK(!a.blocks);
}

TEST(arena_may_be_used_again)
{
	struct arena a;

	arena_init(&a);
	CHECK_STR(arena_strdup(&a, "one"), "one");
	arena_done(&a);
	CHECK_STR(arena_strdup(&a, "two"), "two");
	arena_done(&a);
}

TEST(arena_strings)
{
	static const char unended[] = { 'a', 'b', 'c' };
	struct arena a;
	char *s;

	arena_init(&a);
	CHECK_STR(arena_strdup(&a, ""), "");
	CHECK_STR(arena_strndup(&a, "abcdef", 3), "abc");
	CHECK_STR(arena_strndup(&a, "ab", 30), "ab");
	CHECK_STR(arena_strndup(&a, unended, 3), "abc");
	CHECK_STR(arena_strndup(&a, "abc", 0), "");
	CHECK_STR(arena_printf(&a, "%s-%d", "x", -3), "x--3");
	CHECK_STR(arena_printf(&a, "%s", ""), "");
	s = arena_printf(&a, "%*d", 100000, 7);
	CHECK_EQ(strlen(s), 100000);
	CHECK_EQ(s[99999], '7');
	arena_done(&a);
}

TEST(vec_grows_and_keeps_its_elements)
{
	struct pair {
		u64 a;
		u8 b;
	};
	vec_of(struct pair) v = { 0 };
	struct arena a;

	arena_init(&a);
	for (u32 i = 0; i < 10000; i++) {
		struct pair *p = vec_add(&a, &v);

		CHECK(p->a == 0 && p->b == 0);
		*p = (struct pair){ i, (u8)i };
	}
	CHECK_EQ(v.n, 10000);
	CHECK(v.cap >= v.n);
	for (u32 i = 0; i < 10000; i++)
		CHECK(v.at[i].a == i && v.at[i].b == (u8)i);
	arena_done(&a);
}

TEST(vec_add_zeroes_what_was_there_before)
{
	vec_of(int) v = { 0 };
	struct arena a;

	arena_init(&a);
	*vec_add(&a, &v) = 1;
	*vec_add(&a, &v) = 2;
	v.n = 1;
	CHECK_EQ(*vec_add(&a, &v), 0);
	arena_done(&a);
}

TEST(table_finds_what_was_set)
{
	struct arena a;
	struct table t;
	int one, two;

	arena_init(&a);
	table_init(&t, &a);
	CHECK(!table_get_str(&t, "one"));
	table_set_str(&t, "one", &one);
	table_set_str(&t, "two", &two);
	CHECK(table_get_str(&t, "one") == &one);
	CHECK(table_get(&t, "two---", 3) == &two);
	CHECK(!table_get_str(&t, "on"));
	CHECK(!table_get_str(&t, "three"));
	table_set_str(&t, "one", &two);
	CHECK(table_get_str(&t, "one") == &two);
	CHECK_EQ(t.n, 2);
	arena_done(&a);
}

TEST(table_keys_are_bytes_and_are_copied)
{
	char key[] = { 'a', 0, 'b' };
	struct arena a;
	struct table t;
	int value, empty;

	arena_init(&a);
	table_init(&t, &a);
	table_set(&t, key, 3, &value);
	table_set(&t, "", 0, &empty);
	key[2] = 'c';
	CHECK(!table_get(&t, key, 3));
	CHECK(table_get(&t, "a\0b", 3) == &value);
	CHECK(!table_get(&t, "a", 1));
	CHECK(table_get(&t, NULL, 0) == &empty);
	arena_done(&a);
}

/* Far more keys than there are first slots: every chain of collisions is walked, across growth too. */
TEST(table_survives_collisions_and_growth)
{
	enum { N = 50000 };
	static u8 values[N];
	struct arena a;
	struct table t;
	u32 missing = 0, found = 0;

	arena_init(&a);
	table_init(&t, &a);
	for (u32 i = 0; i < N; i++)
		table_set(&t, &i, sizeof(i), &values[i]);
	CHECK_EQ(t.n, N);
	CHECK(t.n < t.cap);
	for (u32 i = 0; i < 2 * N; i++) {
		void *v = table_get(&t, &i, sizeof(i));

		if (i < N)
			missing += v != &values[i];
		else
			found += v != NULL;
	}
	CHECK_EQ(missing, 0);
	CHECK_EQ(found, 0);
	arena_done(&a);
}

TEST(table_iteration_sees_each_once)
{
	static u8 seen[1000];
	struct arena a;
	struct table t;
	const void *key;
	size_t pos = 0, len, n = 0;
	void *value;

	arena_init(&a);
	table_init(&t, &a);
	CHECK(!table_next(&t, &pos, &key, &len, &value));
	for (u32 i = 0; i < 1000; i++)
		table_set_str(&t, arena_printf(&a, "key %u", i), &seen[i]);
	for (pos = 0; table_next(&t, &pos, &key, &len, &value); n++) {
		u8 *v = value;

		CHECK_EQ(len, strlen(key));
		CHECK(table_get(&t, key, len) == value);
		CHECK_EQ(*v, 0);
		*v = 1;
	}
	CHECK_EQ(n, 1000);
	arena_done(&a);
}
