/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "session/clock.h"
#include "session/histogram.h"
#include "session/names.h"
#include "session/value.h"
#include "unit/session_fake.h"
#include "unit/test.h"

struct shown {
	struct fake f;
	struct values v;
	struct buf text, json;
	const struct type *t;
	const void *p;
	size_t size;
};

static void show_json(struct out *o, void *arg)
{
	struct shown *s = arg;

	value_json(&s->v, o, s->t, s->p, s->size);
}

/* A value as text, in s->text, and as JSON, in s->json. */
static void show(struct shown *s, const struct type *t, const void *p, size_t size)
{
	s->t = t;
	s->p = p;
	s->size = size;
	buf_clear(&s->text);
	buf_clear(&s->json);
	value_text(&s->v, &s->text, t, p, size);
	fake_capture(&s->json, true, show_json, s);
}

static struct shown *shown_new(void)
{
	struct shown *s = calloc(1, sizeof(*s));

	fake_init(&s->f);
	values_init(&s->v, &s->f.arena, &fake_engine, &s->f, &s->f.script);
	return s;
}

static void shown_free(struct shown *s)
{
	values_done(&s->v);
	buf_done(&s->text);
	buf_done(&s->json);
	fake_done(&s->f);
	free(s);
}

#define CHECK_SHOWN(s, type, value, want, want_json)                                               \
	do {                                                                                       \
		show(s, type, &(value), sizeof(value));                                            \
		CHECK_STR(buf_str(&(s)->text), want);                                              \
		CHECK_STR(buf_str(&(s)->json), want_json);                                         \
	} while (0)

TEST(session_value_integers)
{
	struct shown *s = shown_new();
	s8 byte = -1;
	u16 half = 65535;
	s32 word = -70000;
	u64 big = UINT64_MAX, exact = 1ULL << 62;
	s64 least = INT64_MIN, odd = -((1LL << 53) + 1);
	u8 yes = 1;
	u64 pointer = 0x1234abcd;

	CHECK_SHOWN(s, &type_s8, byte, "-1", "-1");
	CHECK_SHOWN(s, &type_u8, byte, "255", "255");
	CHECK_SHOWN(s, &type_u16, half, "65535", "65535");
	CHECK_SHOWN(s, &type_s32, word, "-70000", "-70000");
	CHECK_SHOWN(s, &type_u64, big, "18446744073709551615", "\"18446744073709551615\"");
	CHECK_SHOWN(s, &type_u64, exact, "4611686018427387904", "4611686018427387904");
	CHECK_SHOWN(s, &type_s64, least, "-9223372036854775808", "-9223372036854775808");
	CHECK_SHOWN(s, &type_s64, odd, "-9007199254740993", "\"-9007199254740993\"");
	CHECK_SHOWN(s, &type_bool, yes, "true", "true");
	CHECK_SHOWN(s, type_ptr(&s->f.arena, &type_none, SPACE_KERNEL), pointer, "0x1234abcd",
		    "305441741");
	shown_free(s);
}

TEST(session_value_too_short_is_not_read)
{
	struct shown *s = shown_new();
	u8 byte = 7;
	u8 mac[5] = { 0 };

	CHECK_SHOWN(s, &type_u32, byte, "?", "null");
	CHECK_SHOWN(s, type_new(&s->f.arena, TYPE_MAC, 6), mac, "?", "\"?\"");
	shown_free(s);
}

TEST(session_value_strings)
{
	struct shown *s = shown_new();
	char text[8] = "a\"b\n", full[4] = { 'a', 'b', 'c', 'd' };
	struct {
		u32 len;
		char data[4];
	} bytes = { 3, { 'h', 0, '\xff', 'x' } }, damaged = { 1000, { 'a', 'b', 'c', 'd' } };
	struct type *buf = type_new(&s->f.arena, TYPE_BUF, 8);

	CHECK_SHOWN(s, type_string(&s->f.arena, 8), text, "a\"b\n", "\"a\\\"b\\n\"");
	CHECK_SHOWN(s, type_string(&s->f.arena, 4), full, "abcd..", "\"abcd..\"");
	CHECK_SHOWN(s, buf, bytes, "h\\x00\\xff", "[104,0,255]");
	CHECK_SHOWN(s, buf, damaged, "abcd", "[97,98,99,100]");
	CHECK_SHOWN(s, type_array(&s->f.arena, &type_s8, 8), text, "a\"b\n", "\"a\\\"b\\n\"");
	shown_free(s);
}

TEST(session_value_tuples_and_arrays)
{
	struct shown *s = shown_new();
	struct arena *a = &s->f.arena;
	const struct type *inner[] = { &type_u32, &type_s8 };
	const struct type *outer[] = { type_tuple(a, inner, 2), type_string(a, 8), &type_u64 };
	struct type *t = type_tuple(a, outer, 3);
	struct {
		u32 x;
		s8 y;
		char text[11];
		u64 z;
	} value = { 1, -2, "", 3 };
	u16 numbers[2][2] = { { 1, 2 }, { 3, 4 } };
	const struct type *row = type_array(a, &type_u16, 2);

	memcpy((u8 *)&value + t->fields[1].offset, "abc", 4);
	memcpy((u8 *)&value + t->fields[2].offset, &(u64){ 3 }, 8);
	CHECK_SHOWN(s, t, value, "((1, -2), abc, 3)", "[[1,-2],\"abc\",3]");
	CHECK_SHOWN(s, type_array(a, row, 2), numbers, "[[1,2],[3,4]]", "[[1,2],[3,4]]");
	shown_free(s);
}

TEST(session_value_records)
{
	struct shown *s = shown_new();
	struct field fields[] = {
		{ .name = "m", .type = &type_s32, .offset = 0 },
		{ .name = "low", .type = &type_u32, .offset = 4, .bit_offset = 0, .bit_size = 3 },
		{ .name = "high", .type = &type_s32, .offset = 4, .bit_offset = 3, .bit_size = 5 },
		{ .name = "far", .type = &type_u64, .offset = 8 },
	};
	struct type record = {
		.kind = TYPE_RECORD, .size = 16, .name = "foo", .fields = fields, .field_count = 4
	};
	struct {
		s32 m;
		u32 bits;
		u64 far;
	} value = { -5, 5 | (31 << 3), 9 };

	CHECK_SHOWN(s, &record, value, "{ .m = -5, .low = 5, .high = -1, .far = 9 }",
		    "{\"m\": -5, \"low\": 5, \"high\": -1, \"far\": 9}");
	show(s, &record, &value, 8);
	CHECK_STR(buf_str(&s->text), "{ .m = -5, .low = 5, .high = -1, .far = ? }");
	CHECK_STR(buf_str(&s->json), "{\"m\": -5, \"low\": 5, \"high\": -1, \"far\": null}");
	shown_free(s);
}

TEST(session_value_enum)
{
	struct shown *s = shown_new();
	struct enumerator names[] = { { "ONE", 1 }, { "TWO", 2 } };
	struct type t = {
		.kind = TYPE_ENUM, .size = 4, .enumerators = names, .enumerator_count = 2
	};
	u32 two = 2, other = 3;

	CHECK_SHOWN(s, &t, two, "TWO", "2");
	CHECK_SHOWN(s, &t, other, "3", "3");
	shown_free(s);
}

TEST(session_value_addresses)
{
	struct shown *s = shown_new();
	struct type *inet = type_new(&s->f.arena, TYPE_INET, 20);
	struct {
		u32 family;
		u8 address[16];
	} four = { AF_INET, { 127, 0, 0, 1 } }, six = { AF_INET6, { [15] = 1 } },
	  mapped = { AF_INET6, { [10] = 0xff, 0xff, 1, 2, 3, 4 } }, none = { 99, { 0 } };
	u8 mac[6] = { 5, 4, 3, 2, 0xaa, 0xff };

	CHECK_SHOWN(s, inet, four, "127.0.0.1", "\"127.0.0.1\"");
	CHECK_SHOWN(s, inet, six, "::1", "\"::1\"");
	CHECK_SHOWN(s, inet, mapped, "::ffff:1.2.3.4", "\"::ffff:1.2.3.4\"");
	CHECK_SHOWN(s, inet, none, "", "\"\"");
	CHECK_SHOWN(s, type_new(&s->f.arena, TYPE_MAC, 6), mac, "05:04:03:02:AA:FF",
		    "\"05:04:03:02:AA:FF\"");
	shown_free(s);
}

TEST(session_value_probe)
{
	struct shown *s = shown_new();
	u32 first = 0, beyond = 5;
	struct type *t = type_new(&s->f.arena, TYPE_PROBE, 4);

	fake_program(&s->f, ATTACH_TRACEPOINT, "tracepoint:a:b");
	CHECK_SHOWN(s, t, first, "tracepoint:a:b", "\"tracepoint:a:b\"");
	CHECK_SHOWN(s, t, beyond, "", "\"\"");
	shown_free(s);
}

TEST(session_value_stack_raw)
{
	struct shown *s = shown_new();
	struct type *t = type_new(&s->f.arena, TYPE_KSTACK, 8);
	s64 id = 1, none = -14;

	s->f.stacks[1][0] = 0xffffffff81000010;
	s->f.stacks[1][1] = 0x1234;
	t->stack_mode = STACK_RAW;
	CHECK_SHOWN(s, t, id, "\nffffffff81000010\n1234\n", "\"\\nffffffff81000010\\n1234\\n\"");
	CHECK_SHOWN(s, t, none, "\n", "\"\\n\"");
	t->limit = 1;
	CHECK_SHOWN(s, t, id, "\nffffffff81000010\n", "\"\\nffffffff81000010\\n\"");
	shown_free(s);
}

TEST(session_value_deep_nesting_ends)
{
	struct shown *s = shown_new();
	const struct type *t = &type_u8;
	u8 byte = 1;

	for (int i = 0; i < 100; i++) {
		const struct type *one[] = { t };

		t = type_tuple(&s->f.arena, one, 1);
	}
	show(s, t, &byte, 1);
	CHECK(strchr(buf_str(&s->text), '?') != NULL);
	CHECK_EQ(s->v.depth, 0);
	shown_free(s);
}

TEST(session_value_timestamp)
{
	struct shown *s = shown_new();
	struct type *t = type_new(&s->f.arena, TYPE_TIMESTAMP, 16);
	struct {
		u64 ns;
		u32 format, clock;
	} value = { 0, 0, CLOCK_BOOTTIME };
	struct timespec now;
	char want[16];

	*vec_add(&s->f.arena, &s->f.script.strings) = "%s";
	clock_gettime(CLOCK_BOOTTIME, &now);
	value.ns = (u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec;
	snprintf(want, sizeof(want), "%ld", (long)time(NULL));
	show(s, t, &value, sizeof(value));
	CHECK(labs(atol(buf_str(&s->text)) - atol(want)) <= 1);
	shown_free(s);
}

TEST(session_clock_parts_of_a_second)
{
	struct buf b = { 0 };
	struct timespec wall, boot;

	/* A second of the boot clock that is none of the wall clock's, moved to one. */
	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	clock_format(&b, "%f", 5000, CLOCK_BOOTTIME);
	CHECK_EQ(b.len, 6);
	buf_clear(&b);
	clock_format(&b, "%k", 5000, CLOCK_BOOTTIME);
	CHECK_EQ(b.len, 9);
	buf_clear(&b);
	clock_format(&b, "%l|%%f", 5000, CLOCK_BOOTTIME);
	CHECK_EQ(b.len, 6);
	CHECK_STR(buf_str(&b) + 3, "|%f");
	buf_done(&b);
}

TEST(session_names_passwd)
{
	static const char text[] =
		"root:x:0:0:root:/root:/bin/sh\nbroken\n:x:7\nann:x:1000:1000::/:\n";
	struct arena a;

	arena_init(&a);
	CHECK_STR(names_in_passwd(&a, text, 0), "root");
	CHECK_STR(names_in_passwd(&a, text, 1000), "ann");
	CHECK_STR(names_in_passwd(&a, text, 7), "");
	CHECK(!names_in_passwd(&a, text, 100));
	CHECK(!names_in_passwd(&a, "", 0));
	arena_done(&a);
}

TEST(session_names_cgroup_mount)
{
	static const char info[] =
		"24 30 0:22 / /proc rw,relatime shared:12 - proc proc rw\n"
		"35 24 0:29 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n";
	struct arena a;

	arena_init(&a);
	CHECK_STR(names_cgroup_mount(&a, info), "/sys/fs/cgroup");
	CHECK(!names_cgroup_mount(&a, "24 30 0:22 / /proc rw - proc proc rw\n"));
	arena_done(&a);
}

struct chart {
	const struct type *t;
	const u64 *buckets;
	u32 div;
};

static void chart_json(struct out *o, void *arg)
{
	const struct chart *c = arg;

	histogram_json(o, c->t, c->buckets, c->div);
}

static void check_chart(const struct type *t, const u64 *buckets, u32 div, const char *text,
			const char *json)
{
	struct chart c = { t, buckets, div };
	struct buf b = { 0 };

	histogram_text(&b, t, buckets, div);
	CHECK_STR(buf_str(&b), text);
	buf_clear(&b);
	fake_capture(&b, true, chart_json, &c);
	CHECK_STR(buf_str(&b), json);
	buf_done(&b);
}

#define BAR "@@@@@@@@@@@@@@@@@@@@@@@@@@"
#define GAP "                          "

TEST(session_histogram_log2)
{
	struct type t = { .kind = TYPE_HIST, .count = 66 };
	u64 b[66] = { [0] = 1, [1] = 2, [2] = 4, [3] = 1 };

	check_chart(
		&t, b, 1,
		"(..., 0)               1 |@@@@@@@@@@@@@                                       |\n"
		"[0]                    2 |" BAR GAP "|\n"
		"[1]                    4 |" BAR BAR "|\n"
		"[2, 4)                 1 |@@@@@@@@@@@@@                                       |\n",
		"[{\"max\": -1, \"count\": 1},{\"min\": 0, \"max\": 0, \"count\": 2},"
		"{\"min\": 1, \"max\": 1, \"count\": 4},{\"min\": 2, \"max\": 3, \"count\": 1}]");
}

TEST(session_histogram_units_and_gaps)
{
	struct type t = { .kind = TYPE_HIST, .count = 66 };
	u64 b[66] = { [11] = 10, [13] = 5, [64] = 0 };
	u64 far[66] = { [64] = 1 };

	check_chart(&t, b, 5,
		    "[512, 1K)              2 |" BAR BAR "|\n"
		    "[1K, 2K)               0 |" GAP GAP "|\n"
		    "[2K, 4K)               1 |" BAR GAP "|\n",
		    "[{\"min\": 512, \"max\": 1023, \"count\": 2},{\"min\": 1024, \"max\": 2047, "
		    "\"count\": 0},"
		    "{\"min\": 2048, \"max\": 4095, \"count\": 1}]");
	check_chart(
		&t, far, 1, "[4E, 8E)               1 |" BAR BAR "|\n",
		"[{\"min\": 4611686018427387904, \"max\": \"9223372036854775807\", \"count\": 1}]");
}

TEST(session_histogram_finer_than_log2)
{
	struct type t = { .kind = TYPE_HIST, .count = 100, .bits = 2 };
	u64 b[100] = { [8] = 1, [9] = 1, [10] = 1, [12] = 1, [13] = 1 };

	check_chart(
		&t, b, 1,
		"[7]                    1 |" BAR BAR "|\n"
		"[8, 10)                1 |" BAR BAR "|\n"
		"[10, 12)               1 |" BAR BAR "|\n"
		"[12, 14)               0 |" GAP GAP "|\n"
		"[14, 16)               1 |" BAR BAR "|\n"
		"[16, 20)               1 |" BAR BAR "|\n",
		"[{\"min\": 7, \"max\": 7, \"count\": 1},{\"min\": 8, \"max\": 9, \"count\": 1},"
		"{\"min\": 10, \"max\": 11, \"count\": 1},{\"min\": 12, \"max\": 13, \"count\": 0},"
		"{\"min\": 14, \"max\": 15, \"count\": 1},{\"min\": 16, \"max\": 19, \"count\": "
		"1}]");
}

TEST(session_histogram_linear)
{
	struct type t = { .kind = TYPE_LHIST, .count = 4, .min = -10, .max = 10, .step = 10 };
	struct type kilo = { .kind = TYPE_LHIST, .count = 4, .min = 0, .max = 2048, .step = 1024 };
	struct type one = { .kind = TYPE_LHIST, .count = 12, .min = 0, .max = 10, .step = 1 };
	u64 b[4] = { 1, 2, 0, 2 }, k[4] = { 0, 1, 1, 1 }, o[12] = { [6] = 3 },
	    last[4] = { [3] = 1 };

	check_chart(&t, b, 100,
		    "(..., -10)             1 |" BAR GAP "|\n"
		    "[-10, 0)               2 |" BAR BAR "|\n"
		    "[0, 10)                0 |" GAP GAP "|\n"
		    "[10, ...)              2 |" BAR BAR "|\n",
		    "[{\"max\": -11, \"count\": 1},{\"min\": -10, \"max\": -1, \"count\": 2},"
		    "{\"min\": 0, \"max\": 9, \"count\": 0},{\"min\": 10, \"count\": 2}]");
	check_chart(&kilo, k, 1,
		    "[0, 1K)                1 |" BAR BAR "|\n"
		    "[1K, 2K)               1 |" BAR BAR "|\n"
		    "[2K, ...)              1 |" BAR BAR "|\n",
		    "[{\"min\": 0, \"max\": 1023, \"count\": 1},{\"min\": 1024, \"max\": 2047, "
		    "\"count\": 1},"
		    "{\"min\": 2048, \"count\": 1}]");
	check_chart(&one, o, 1, "[5]                    3 |" BAR BAR "|\n",
		    "[{\"min\": 5, \"max\": 5, \"count\": 3}]");
	check_chart(&t, last, 1, "[10, ...)              1 |" BAR BAR "|\n",
		    "[{\"min\": 10, \"count\": 1}]");
}

TEST(session_histogram_empty)
{
	struct type t = { .kind = TYPE_HIST, .count = 66 };
	u64 b[66] = { 0 };

	check_chart(&t, b, 1, "", "[]");
}
