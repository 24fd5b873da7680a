/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "session/map.h"
#include "unit/session_fake.h"
#include "unit/test.h"

/* A session's maps over a fake engine; the map in question is number 0. */
struct table_of_maps {
	struct fake f;
	struct values v;
	struct maps maps;
	struct fake_map *fake;
	struct buf text;
	u32 top, div;
	const u8 *key;
};

static struct table_of_maps *begin(const char *bpf_name, const struct type *key,
				   const struct type *value, bool per_cpu, u32 key_size,
				   u32 value_size)
{
	struct table_of_maps *t = calloc(1, sizeof(*t));

	fake_init(&t->f);
	if (bpf_name)
		t->fake = fake_map(&t->f, bpf_name, key_size, value_size);
	fake_script_map(&t->f, "@x", bpf_name, key, value, per_cpu);
	values_init(&t->v, &t->f.arena, &fake_engine, &t->f, &t->f.script);
	CHECK_EQ(maps_init(&t->maps, &t->f.arena, &t->v, &t->f.d), 0);
	return t;
}

static void end(struct table_of_maps *t)
{
	values_done(&t->v);
	buf_done(&t->text);
	fake_done(&t->f);
	free(t);
}

static void print_now(struct out *o, void *arg)
{
	struct table_of_maps *t = arg;
	int err = t->key ? map_print_entry(&t->maps, 0, t->key, o)
			 : map_print(&t->maps, 0, t->top, t->div, o);

	CHECK_EQ(err, 0);
}

static const char *shown(struct table_of_maps *t, bool json)
{
	buf_clear(&t->text);
	fake_capture(&t->text, json, print_now, t);
	return buf_str(&t->text);
}

#define CHECK_MAP(t, text, json)                                                                   \
	do {                                                                                       \
		CHECK_STR(shown(t, false), text);                                                  \
		CHECK_STR(shown(t, true), json);                                                   \
	} while (0)

static const struct type count_type = { .kind = TYPE_COUNT, .size = 8 };

TEST(session_map_scalar_variable)
{
	struct table_of_maps *t = begin(NULL, NULL, &type_s64, false, 0, 0);

	CHECK_MAP(t, "", "");
	t->f.bss[0] = 1;
	t->f.bss[1] = (u64)-5;
	CHECK_MAP(t, "@x: -5\n", "{\"type\": \"map\", \"data\": {\"@x\": -5}}\n");
	CHECK_EQ(map_zero(&t->maps, 0), 0);
	CHECK_MAP(t, "@x: 0\n", "{\"type\": \"map\", \"data\": {\"@x\": 0}}\n");
	CHECK_EQ(map_clear(&t->maps, 0), 0);
	CHECK_MAP(t, "", "");
	end(t);
}

TEST(session_map_variable_outside_bss_is_refused)
{
	struct table_of_maps *t = begin(NULL, NULL, &type_s64, false, 0, 0);
	struct out o;

	t->f.script.maps.at[0].offset = 64 * 8 - 8;
	out_init(&o, -1, false);
	CHECK_EQ(map_print(&t->maps, 0, 0, 0, &o), -EINVAL);
	out_done(&o);
	end(t);
}

TEST(session_map_keyed_ascends_by_value)
{
	struct table_of_maps *t = begin("x", &type_u32, &type_s32, false, 4, 4);

	CHECK_MAP(t, "", "");
	fake_put(t->fake, &(u32){ 1 }, &(s32){ 30 });
	fake_put(t->fake, &(u32){ 2 }, &(s32){ -10 });
	fake_put(t->fake, &(u32){ 3 }, &(s32){ 20 });
	fake_put(t->fake, &(u32){ 0 }, &(s32){ 20 });
	CHECK_MAP(t, "@x[2]: -10\n@x[0]: 20\n@x[3]: 20\n@x[1]: 30\n",
		  "{\"type\": \"map\", \"data\": {\"@x\": {\"2\": -10, \"0\": 20, \"3\": 20, "
		  "\"1\": 30}}}\n");
	t->top = 2;
	t->div = 10;
	CHECK_MAP(t, "@x[3]: 2\n@x[1]: 3\n",
		  "{\"type\": \"map\", \"data\": {\"@x\": {\"3\": 2, \"1\": 3}}}\n");
	t->top = 100;
	CHECK_STR(shown(t, false), "@x[2]: -1\n@x[0]: 2\n@x[3]: 2\n@x[1]: 3\n");
	end(t);
}

TEST(session_map_strings_ascend_by_key)
{
	struct arena a;
	struct table_of_maps *t;
	const struct type *text;

	arena_init(&a);
	text = type_string(&a, 8);
	t = begin("x", text, text, false, 8, 8);
	fake_put(t->fake, "bb\0\0\0\0\0", "2\0\0\0\0\0\0");
	fake_put(t->fake, "a b\0\0\0\0", "1\0\0\0\0\0\0");
	CHECK_MAP(t, "@x[a b]: 1\n@x[bb]: 2\n",
		  "{\"type\": \"map\", \"data\": {\"@x\": {\"a b\": \"1\", \"bb\": \"2\"}}}\n");
	end(t);
	arena_done(&a);
}

TEST(session_map_tuple_keys)
{
	struct arena a;
	struct table_of_maps *t;
	const struct type *inner[] = { &type_u8, &type_u8 }, *parts[3];
	const struct type *key;
	u8 bytes[32] = { 1 };

	arena_init(&a);
	parts[0] = &type_u32;
	parts[1] = type_string(&a, 8);
	parts[2] = type_tuple(&a, inner, 2);
	key = type_tuple(&a, parts, 3);
	memcpy(bytes + key->fields[1].offset, "abc", 4);
	memcpy(bytes + key->fields[2].offset, "\7\10", 2);
	t = begin("x", key, &type_bool, false, key->size, 1);
	fake_put(t->fake, bytes, &(u8){ 1 });
	bytes[0] = 0;
	fake_put(t->fake, bytes, &(u8){ 0 });
	CHECK_MAP(t, "@x[0, abc, (7, 8)]: false\n@x[1, abc, (7, 8)]: true\n",
		  "{\"type\": \"map\", \"data\": {\"@x\": {\"0,abc,(7,8)\": false, "
		  "\"1,abc,(7,8)\": true}}}\n");
	end(t);
	arena_done(&a);
}

TEST(session_map_doubles_are_dropped)
{
	struct table_of_maps *t = begin("x", &type_u32, &type_u32, false, 4, 4);

	fake_put(t->fake, &(u32){ 1 }, &(u32){ 5 });
	fake_put(t->fake, &(u32){ 2 }, &(u32){ 5 });
	/* As an iteration that started over sees it. */
	memcpy(t->fake->keys[1], t->fake->keys[0], 4);
	t->f.script.maps.at[0].max_entries = 2;
	CHECK_STR(shown(t, false), "@x[1]: 5\n");
	end(t);
}

TEST(session_map_count_per_cpu)
{
	struct table_of_maps *t = begin("x", NULL, &count_type, true, 4, 16);
	u64 values[2] = { 3, 4 };

	fake_put(t->fake, &(u32){ 0 }, (u64[2]){ 0, 0 });
	CHECK_MAP(t, "", "");
	fake_put(t->fake, &(u32){ 0 }, values);
	CHECK_MAP(t, "@x: 7\n", "{\"type\": \"map\", \"data\": {\"@x\": 7}}\n");
	CHECK_EQ(map_zero(&t->maps, 0), 0);
	CHECK_MAP(t, "@x: 0\n", "{\"type\": \"map\", \"data\": {\"@x\": 0}}\n");
	CHECK_EQ(map_clear(&t->maps, 0), 0);
	CHECK_MAP(t, "", "");
	end(t);
}

TEST(session_map_sum_that_comes_to_zero)
{
	static const struct type sum = { .kind = TYPE_SUM, .size = 8, .is_signed = true };
	struct table_of_maps *t = begin("x", NULL, &sum, true, 4, 16);

	fake_put(t->fake, &(u32){ 0 }, (s64[2]){ 5, -5 });
	CHECK_STR(shown(t, false), "@x: 0\n");
	fake_put(t->fake, &(u32){ 0 }, (s64[2]){ 5, -50 });
	t->div = 10;
	CHECK_STR(shown(t, false), "@x: -4\n");
	end(t);
}

TEST(session_map_min_max)
{
	static const struct type min = { .kind = TYPE_MIN, .size = 16, .is_signed = true };
	static const struct type max = { .kind = TYPE_MAX, .size = 16 };
	struct table_of_maps *t = begin("x", &type_u32, &min, true, 4, 32);
	s64 mask = (s64)type_extreme_mask(&min);

	fake_put(t->fake, &(u32){ 1 }, (s64[4]){ -3 ^ mask, 1, -9 ^ mask, 1 });
	fake_put(t->fake, &(u32){ 2 }, (s64[4]){ -3 ^ mask, 0, 9 ^ mask, 1 });
	fake_put(t->fake, &(u32){ 3 }, (s64[4]){ -5 ^ mask, 1, 9 ^ mask, 0 });
	CHECK_MAP(t, "@x[1]: -9\n@x[3]: -5\n@x[2]: 9\n",
		  "{\"type\": \"map\", \"data\": {\"@x\": {\"1\": -9, \"3\": -5, \"2\": 9}}}\n");
	end(t);
	t = begin("x", NULL, &max, true, 4, 32);
	fake_put(t->fake, &(u32){ 0 }, (u64[4]){ UINT64_MAX, 1, 9, 1 });
	CHECK_STR(shown(t, false), "@x: 18446744073709551615\n");
	end(t);
}

TEST(session_map_extreme_mask)
{
	static const s64 numbers[] = { INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX };

	for (int kind = TYPE_MIN; kind <= TYPE_MAX; kind++) {
		for (int is_signed = 0; is_signed < 2; is_signed++) {
			struct type t = { .kind = (enum type_kind)kind, .is_signed = is_signed };
			u64 mask = type_extreme_mask(&t), worst = 0;

			/* From the smallest on, as signed numbers or as unsigned ones. */
			for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
				u64 n = (u64)numbers[(i + (is_signed ? 0 : 3)) % 6] ^ mask;
				u64 before = (u64)numbers[(i + (is_signed ? 5 : 2)) % 6] ^ mask;

				if (i)
					CHECK((n > before) == (kind == TYPE_MAX));
				if (kind == TYPE_MAX ? !i : i == 5)
					worst = n;
			}
			CHECK_EQ(worst, 0);
		}
	}
}

TEST(session_map_avg_and_stats)
{
	static const struct type avg = { .kind = TYPE_AVG, .size = 16, .is_signed = true };
	static const struct type stats = { .kind = TYPE_STATS, .size = 16, .is_signed = true };
	struct table_of_maps *t = begin("x", &type_u32, &avg, true, 4, 32);

	fake_put(t->fake, &(u32){ 1 }, (s64[4]){ 100, 2, 50, 1 });
	fake_put(t->fake, &(u32){ 2 }, (s64[4]){ -7, 2, 0, 0 });
	fake_put(t->fake, &(u32){ 3 }, (s64[4]){ 0, 0, 0, 0 });
	CHECK_MAP(t, "@x[2]: -3\n@x[3]: 0\n@x[1]: 50\n",
		  "{\"type\": \"stats\", \"data\": {\"@x\": {\"2\": -3, \"3\": 0, \"1\": 50}}}\n");
	end(t);
	t = begin("x", NULL, &stats, true, 4, 32);
	fake_put(t->fake, &(u32){ 0 }, (s64[4]){ 10, 2, 5, 1 });
	CHECK_MAP(t, "@x: count 3, average 5, total 15\n",
		  "{\"type\": \"stats\", \"data\": {\"@x\": {\"count\": 3, \"average\": 5, "
		  "\"total\": 15}}}\n");
	end(t);
	t = begin("x", &type_u32, &stats, true, 4, 32);
	fake_put(t->fake, &(u32){ 9 }, (s64[4]){ 10, 2, 5, 1 });
	CHECK_MAP(t, "@x[9]: count 3, average 5, total 15\n",
		  "{\"type\": \"stats\", \"data\": {\"@x\": {\"9\": {\"count\": 3, \"average\": 5, "
		  "\"total\": 15}}}}\n");
	end(t);
}

#define FULL "|@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n"

TEST(session_map_hist)
{
	static const struct type hist = { .kind = TYPE_HIST, .size = 80, .count = 10 };
	struct table_of_maps *t = begin("x", NULL, &hist, true, 4, 160);
	u64 values[20] = { [1] = 1, [10 + 1] = 1, [10 + 2] = 2 };

	fake_put(t->fake, &(u32){ 0 }, values);
	CHECK_MAP(t, "@x:\n[0]                    2 " FULL "[1]                    2 " FULL "\n",
		  "{\"type\": \"hist\", \"data\": {\"@x\": [{\"min\": 0, \"max\": 0, \"count\": 2},"
		  "{\"min\": 1, \"max\": 1, \"count\": 2}]}}\n");
	CHECK_EQ(map_zero(&t->maps, 0), 0);
	CHECK_MAP(t, "@x:\n\n", "{\"type\": \"hist\", \"data\": {\"@x\": []}}\n");
	end(t);
}

TEST(session_map_hist_keyed_ascends_by_total)
{
	static const struct type hist = { .kind = TYPE_HIST, .size = 80, .count = 10 };
	struct table_of_maps *t = begin("x", &type_u32, &hist, true, 4, 160);

	fake_put(t->fake, &(u32){ 1 }, (u64[20]){ [5] = 9 });
	fake_put(t->fake, &(u32){ 2 }, (u64[20]){ [5] = 1 });
	CHECK_MAP(t,
		  "@x[2]:\n[8, 16)                1 " FULL
		  "\n@x[1]:\n[8, 16)                9 " FULL "\n",
		  "{\"type\": \"hist\", \"data\": {\"@x\": {\"2\": [{\"min\": 8, \"max\": 15, "
		  "\"count\": 1}], "
		  "\"1\": [{\"min\": 8, \"max\": 15, \"count\": 9}]}}}\n");
	t->top = 1;
	CHECK_STR(shown(t, false), "@x[1]:\n[8, 16)                9 " FULL "\n");
	end(t);
}

TEST(session_map_stack_keys)
{
	static const struct type stack = { .kind = TYPE_KSTACK,
					   .size = 8,
					   .stack_mode = STACK_RAW };
	struct table_of_maps *t = begin("x", &stack, &type_u64, false, 8, 8);

	t->f.stacks[2][0] = 0xabc;
	t->f.stacks[2][1] = 0xdef;
	fake_put(t->fake, &(s64){ 2 }, &(u64){ 3 });
	CHECK_MAP(t, "@x[\nabc\ndef\n]: 3\n",
		  "{\"type\": \"map\", \"data\": {\"@x\": {\"\\nabc\\ndef\\n\": 3}}}\n");
	end(t);
}

TEST(session_map_one_entry)
{
	struct table_of_maps *t = begin("x", &type_u32, &count_type, true, 4, 16);
	u32 key = 5, other = 6;

	fake_put(t->fake, &key, (u64[2]){ 1, 2 });
	t->key = (const u8 *)&key;
	CHECK_MAP(t, "3\n", "{\"type\": \"value\", \"data\": 3}\n");
	t->key = (const u8 *)&other;
	CHECK_MAP(t, "0\n", "{\"type\": \"value\", \"data\": 0}\n");
	end(t);
}

TEST(session_map_clear_and_zero_keyed)
{
	struct table_of_maps *t = begin("x", &type_u32, &count_type, true, 4, 16);

	for (u32 i = 0; i < 10; i++)
		fake_put(t->fake, &i, (u64[2]){ i, i });
	CHECK_EQ(map_zero(&t->maps, 0), 0);
	t->top = 1;
	CHECK_STR(shown(t, false), "@x[9]: 0\n");
	CHECK_EQ(map_clear(&t->maps, 0), 0);
	CHECK_STR(shown(t, false), "");
	CHECK_EQ(t->fake->count, 0);
	end(t);
}

TEST(session_map_damaged_description)
{
	static const struct type damaged = { .kind = TYPE_HIST, .count = UINT32_MAX };
	struct table_of_maps *t = begin("x", &type_u32, &count_type, true, 4, 16);

	t->f.script.maps.at[0].value = &damaged;
	CHECK_EQ(maps_init(&t->maps, &t->f.arena, &t->v, &t->f.d), -EINVAL);
	CHECK_EQ(t->f.d.items.n, 1);
	end(t);
}
