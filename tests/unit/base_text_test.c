/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wildcards, nearest names, numbers, UTF-8 and small files. */
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit/test.h"

TEST(text_glob_table)
{
	static const struct {
		const char *pattern, *s;
		bool match;
	} cases[] = {
		{ "", "", true },
		{ "", "a", false },
		{ "a", "", false },
		{ "abc", "abc", true },
		{ "abc", "abcd", false },
		{ "abc", "ab", false },
		{ "*", "", true },
		{ "*", "anything", true },
		{ "**", "", true },
		{ "***a", "a", true },
		{ "a*", "a", true },
		{ "a*", "b", false },
		{ "*a", "ba", true },
		{ "*a", "ab", false },
		{ "a*c", "abc", true },
		{ "a*c", "ac", true },
		{ "a*c", "acb", false },
		{ "a*b*c", "axxbxxbxxc", true },
		{ "a*b*c", "axxcxxb", false },
		{ "*ab*ab", "abab", true },
		{ "*ab*ab", "aabb", false },
		{ "tcp_*", "tcp_sendmsg", true },
		{ "*_enter_open*", "sys_enter_openat", true },
		{ "?", "", false },
		{ "?", "a", true },
		{ "?", "ab", false },
		{ "a?c", "abc", true },
		{ "*?", "", false },
		{ "*?", "x", true },
		{ "?*?", "x", false },
		{ "?*?", "xy", true },
		{ "[abc]", "b", true },
		{ "[abc]", "d", false },
		{ "[abc]", "", false },
		{ "[a-c]x", "bx", true },
		{ "[a-c]x", "dx", false },
		{ "[a-c0-9]", "7", true },
		{ "[!a-c]", "b", false },
		{ "[!a-c]", "d", true },
		{ "[^a-c]", "b", false },
		{ "[^a-c]", "d", true },
		{ "[]a]", "]", true },
		{ "[]a]", "a", true },
		{ "[!]a]", "]", false },
		{ "[!]a]", "b", true },
		{ "[a-]", "-", true },
		{ "[a-]", "b", false },
		{ "[-a]", "-", true },
		{ "[c-a]", "b", false },
		{ "[\xe0-\xff]", "\xe9", true },
		{ "[", "[", true },
		{ "[ab", "[ab", true },
		{ "[ab", "a", false },
		{ "[]", "[]", true },
		{ "*[0-9]", "cpu7", true },
		{ "*[0-9]", "cpu7x", false },
		{ "*[0-9]x", "cpu7y8x", true },
		{ "A", "a", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (text_glob(cases[i].pattern, cases[i].s) != cases[i].match)
			test_fail(__FILE__, __LINE__, "'%s' and '%s'", cases[i].pattern,
				  cases[i].s);
	}
}

/* With a choice per star this would not end before the machine does. */
TEST(text_glob_is_not_exponential)
{
	enum { STARS = 200, LEN = 20000 };
	char *pattern = malloc(2 * STARS + 2);
	char *s = malloc(LEN + 1);

	for (size_t i = 0; i < STARS; i++)
		memcpy(pattern + 2 * i, "*a", 2);
	strcpy(pattern + 2 * STARS, "b");
	memset(s, 'a', LEN);
	s[LEN] = '\0';
	CHECK(!text_glob(pattern, s));
	s[LEN - 1] = 'b';
	CHECK(text_glob(pattern, s));
	free(pattern);
	free(s);
}

TEST(text_is_glob_knows_wildcards)
{
	CHECK(text_is_glob("a*"));
	CHECK(text_is_glob("?"));
	CHECK(text_is_glob("x[y"));
	CHECK(!text_is_glob(""));
	CHECK(!text_is_glob("tracepoint:sched:sched_switch"));
	CHECK(!text_is_glob("a]"));
}

static const char *nearest_of(const char *word, const char *const *names)
{
	struct nearest n = nearest_to(word);

	for (; *names; names++)
		nearest_try(&n, *names);
	return nearest_name(&n);
}

TEST(nearest_suggests_what_was_meant)
{
	static const char *const names[] = { "print",       "printf", "pid",     "tid",
					     "tcp_connect", "count",  "sum",     "strftime",
					     "BEGIN",       "clear",  "has_key", NULL };

	CHECK_STR(nearest_of("prnt", names), "print");
	CHECK_STR(nearest_of("prinft", names), "printf");
	CHECK_STR(nearest_of("tcp_conect", names), "tcp_connect");
	CHECK_STR(nearest_of("tcp_conenct", names), "tcp_connect");
	CHECK_STR(nearest_of("coutn", names), "count");
	CHECK_STR(nearest_of("begin", names), "BEGIN");
	CHECK_STR(nearest_of("haskey", names), "has_key");
	CHECK_STR(nearest_of("ppid", names), "pid");
	CHECK_STR(nearest_of("usm", names), "sum");
	CHECK_STR(nearest_of("strtfime", names), "strftime");
}

TEST(nearest_suggests_nothing_far)
{
	static const char *const names[] = { "print", "pid", "count", "", NULL };
	static const char *const none[] = { NULL };

	CHECK_STR(nearest_of("xyzzy", names), NULL);
	CHECK_STR(nearest_of("", names), NULL);
	CHECK_STR(nearest_of("x", names), NULL);
	CHECK_STR(nearest_of("print", none), NULL);
	CHECK_STR(nearest_of("completely_different", names), NULL);
}

TEST(nearest_takes_the_first_of_equals)
{
	static const char *const names[] = { "cat", "bat", NULL };

	CHECK_STR(nearest_of("aat", names), "cat");
}

TEST(nearest_leaves_long_words_alone)
{
	char longest[128], longer[129];
	const char *names[] = { longest, longer, NULL };

	memset(longest, 'a', 127);
	longest[127] = '\0';
	memset(longer, 'a', 128);
	longer[128] = '\0';
	CHECK(nearest_of(longer, names) == NULL);
	CHECK(nearest_of(longest, names) == longest);
	longest[0] = 'b';
	CHECK(nearest_of(longest, &names[1]) == NULL);
}

TEST(text_u64_table)
{
	static const struct {
		const char *s;
		bool ok;
		u64 v;
	} cases[] = {
		{ "0", true, 0 },
		{ "7", true, 7 },
		{ "18446744073709551615", true, UINT64_MAX },
		{ "18446744073709551616", false, 0 },
		{ "99999999999999999999999", false, 0 },
		{ "0xffffffffffffffff", true, UINT64_MAX },
		{ "0XaBc", true, 0xabc },
		{ "0x10000000000000000", false, 0 },
		{ "0x", false, 0 },
		{ "0xg", false, 0 },
		{ "017", true, 15 },
		{ "00", true, 0 },
		{ "08", false, 0 },
		{ "01777777777777777777777", true, UINT64_MAX },
		{ "", false, 0 },
		{ "-1", false, 0 },
		{ "+1", false, 0 },
		{ " 1", false, 0 },
		{ "1 ", false, 0 },
		{ "1a", false, 0 },
		{ "a", false, 0 },
		{ "1.5", false, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 v = 12345;
		bool ok = text_u64(cases[i].s, &v);

		if (ok != cases[i].ok || v != (ok ? cases[i].v : 12345))
			test_fail(__FILE__, __LINE__, "'%s'", cases[i].s);
	}
}

TEST(text_s64_table)
{
	static const struct {
		const char *s;
		bool ok;
		s64 v;
	} cases[] = {
		{ "0", true, 0 },
		{ "-0", true, 0 },
		{ "-1", true, -1 },
		{ "9223372036854775807", true, INT64_MAX },
		{ "9223372036854775808", false, 0 },
		{ "-9223372036854775808", true, INT64_MIN },
		{ "-9223372036854775809", false, 0 },
		{ "-0x10", true, -16 },
		{ "-017", true, -15 },
		{ "-", false, 0 },
		{ "--1", false, 0 },
		{ "", false, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		s64 v = 12345;
		bool ok = text_s64(cases[i].s, &v);

		if (ok != cases[i].ok || v != (ok ? cases[i].v : 12345))
			test_fail(__FILE__, __LINE__, "'%s'", cases[i].s);
	}
}

TEST(text_utf8_table)
{
	static const struct {
		const char *s;
		size_t n, len;
	} cases[] = {
		{ "", 0, 0 },
		{ "a", 1, 1 },
		{ "\0", 1, 1 },
		{ "\x7f", 1, 1 },
		{ "\x80", 1, 0 },
		{ "\xbf", 1, 0 },
		{ "\xc3\xa9", 2, 2 },
		{ "\xc3\xa9", 1, 0 }, /* cut */
		{ "\xc3(", 2, 0 },    /* not continued */
		{ "\xc0\x80", 2, 0 }, /* overlong */
		{ "\xc1\xbf", 2, 0 },
		{ "\xe0\xa0\x80", 3, 3 },
		{ "\xe0\x9f\xbf", 3, 0 }, /* overlong */
		{ "\xe2\x82\xac", 3, 3 },
		{ "\xe2\x82", 2, 0 },
		{ "\xed\x9f\xbf", 3, 3 },
		{ "\xed\xa0\x80", 3, 0 }, /* surrogate */
		{ "\xef\xbf\xbf", 3, 3 },
		{ "\xf0\x9f\x90\x9d", 4, 4 },
		{ "\xf0\x8f\xbf\xbf", 4, 0 }, /* overlong */
		{ "\xf4\x8f\xbf\xbf", 4, 4 },
		{ "\xf4\x90\x80\x80", 4, 0 }, /* beyond the last */
		{ "\xf5\x80\x80\x80", 4, 0 },
		{ "\xff", 1, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		CHECK_EQ(text_utf8(cases[i].s, cases[i].n), cases[i].len);
}

/* A file of n bytes 'x', unlinked by the caller. */
static void file_of(char *path, size_t n)
{
	int fd;

	strcpy(path, "/tmp/skep-unit-XXXXXX");
	fd = mkstemp(path);
	CHECK(fd >= 0);
	for (; n; n--)
		CHECK_EQ(write(fd, "x", 1), 1);
	close(fd);
}

TEST(text_read_file_up_to_a_bound)
{
	static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 10000 };
	char path[32];

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t len = 99;
		char *data;

		file_of(path, sizes[i]);
		data = text_read_file(path, sizes[i], &len);
		CHECK(data != NULL);
		CHECK_EQ(len, sizes[i]);
		if (data)
			CHECK_EQ(strlen(data), sizes[i]);
		free(data);
		if (sizes[i]) {
			errno = 0;
			CHECK(!text_read_file(path, sizes[i] - 1, &len));
			CHECK_EQ(errno, EFBIG);
		}
		unlink(path);
	}
}

TEST(text_read_file_of_what_is_none)
{
	size_t len;
	char *data;

	CHECK(!text_read_file("/nowhere/at/all", 100, &len));
	CHECK_EQ(errno, ENOENT);
	CHECK(!text_read_file("/", 100, &len));
	CHECK_EQ(errno, EISDIR);
	CHECK(!text_read_file("/dev/zero", 100000, NULL));
	CHECK_EQ(errno, EFBIG);
	/* procfs says that its files are empty. */
	data = text_read_file("/proc/self/stat", 4096, NULL);
	CHECK(data && strchr(data, '('));
	free(data);
}
