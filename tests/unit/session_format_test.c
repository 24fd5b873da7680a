/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "session/format.h"
#include "unit/session_fake.h"
#include "unit/test.h"

struct formatter {
	struct fake f;
	struct values v;
	struct buf text;
};

static struct formatter *formatter_new(void)
{
	struct formatter *t = calloc(1, sizeof(*t));

	fake_init(&t->f);
	values_init(&t->v, &t->f.arena, &fake_engine, &t->f, &t->f.script);
	return t;
}

static void formatter_free(struct formatter *t)
{
	values_done(&t->v);
	buf_done(&t->text);
	fake_done(&t->f);
	free(t);
}

/* The format with one argument. */
static const char *show(struct formatter *t, const char *text, const struct type *type,
			const void *p, size_t size)
{
	struct script_arg arg = { type, 0 };
	struct format format = { 0 };

	if (format_compile(&format, &t->f.arena, text, &arg, 1))
		return "?";
	buf_clear(&t->text);
	format_print(&format, &t->v, &t->text, p, size);
	return buf_str(&t->text);
}

static const char *show_s64(struct formatter *t, const char *text, s64 n)
{
	return show(t, text, &type_s64, &n, sizeof(n));
}

static const char *show_string(struct formatter *t, const char *text, const char *s)
{
	return show(t, text, type_string(&t->f.arena, (u32)strlen(s) + 1), s, strlen(s) + 1);
}

TEST(session_format_integers)
{
	static const struct {
		const char *format;
		s64 n;
		const char *want;
	} rows[] = {
		{ "%d", 5, "5" },
		{ "<%d>", -5, "<-5>" },
		{ "%i", INT32_MIN, "-2147483648" },
		{ "%5d|", 42, "   42|" },
		{ "%-5d|", 42, "42   |" },
		{ "%05d|", -42, "-0042|" },
		{ "%-05d|", 42, "42   |" },
		{ "%+d", 42, "+42" },
		{ "% d", 42, " 42" },
		{ "%+05d", 42, "+0042" },
		{ "%.3d", 7, "007" },
		{ "%6.3d|", -7, "  -007|" },
		{ "%06.3d|", 7, "   007|" },
		{ "%.0d|", 0, "|" },
		{ "%u", -1, "4294967295" },
		{ "%lu", -1, "18446744073709551615" },
		{ "%ld", INT64_MIN, "-9223372036854775808" },
		{ "%lld", 5000000000, "5000000000" },
		{ "%d", 5000000000, "705032704" },
		{ "%x", 0x12345678abcdef, "78abcdef" },
		{ "%hx", 0x12345678abcdef, "cdef" },
		{ "%hhx", 0x12345678abcdef, "ef" },
		{ "%jx", 0x12345678abcdef, "12345678abcdef" },
		{ "%zX", 0xabc, "ABC" },
		{ "%hhd", 255, "-1" },
		{ "%hd", 65535, "-1" },
		{ "%#x", 255, "0xff" },
		{ "%#X", 255, "0XFF" },
		{ "%#06x|", 255, "0x00ff|" },
		{ "%#x", 0, "0" },
		{ "%#o", 8, "010" },
		{ "%o", 8, "10" },
		{ "%x", 0, "0" },
		{ "%lx", -1, "ffffffffffffffff" },
		{ "%c%%", 'A', "A%" },
		{ "%3c|", 'A', "  A|" },
		{ "%p", 0xffff, "0xffff" },
		{ "%10p|", 0xffff, "    0xffff|" },
		{ "%s", -7, "-7" },
		{ "%5s|", -7, "   -7|" },
	};
	struct formatter *t = formatter_new();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_STR(show_s64(t, rows[i].format, rows[i].n), rows[i].want);
	formatter_free(t);
}

TEST(session_format_reads_by_type)
{
	struct formatter *t = formatter_new();
	u8 byte = 0xff;
	u32 word = UINT32_MAX;

	CHECK_STR(show(t, "%d", &type_u8, &byte, 1), "255");
	CHECK_STR(show(t, "%d", &type_s8, &byte, 1), "-1");
	CHECK_STR(show(t, "%ld", &type_u32, &word, 4), "4294967295");
	CHECK_STR(show(t, "%ld", &type_s32, &word, 4), "-1");
	CHECK_STR(show(t, "%d", &type_bool, &(u8){ 1 }, 1), "1");
	CHECK_STR(show(t, "%s", &type_bool, &(u8){ 0 }, 1), "false");
	CHECK_STR(show(t, "%d", &type_u64, &word, 4), "?");
	formatter_free(t);
}

TEST(session_format_strings)
{
	struct formatter *t = formatter_new();

	CHECK_STR(show_string(t, "[%s]", "abc"), "[abc]");
	CHECK_STR(show_string(t, "[%6s]", "abc"), "[   abc]");
	CHECK_STR(show_string(t, "[%-6s]", "abc"), "[abc   ]");
	CHECK_STR(show_string(t, "[%.2s]", "abc"), "[ab]");
	CHECK_STR(show_string(t, "[%5.2s]", "abc"), "[   ab]");
	CHECK_STR(show_string(t, "[%2s]", "abc"), "[abc]");
	CHECK_STR(show_string(t, "[%s]", ""), "[]");
	CHECK_STR(show_string(t, "[%d]", "abc"), "[abc]");
	formatter_free(t);
}

TEST(session_format_buffers)
{
	struct formatter *t = formatter_new();
	struct type *type = type_new(&t->f.arena, TYPE_BUF, 12);
	struct {
		u32 len;
		char data[8];
	} bytes = { 6, "Hello" };

	CHECK_STR(show(t, "%r", type, &bytes, 12), "Hello\\x00");
	CHECK_STR(show(t, "%rx", type, &bytes, 12), "\\x48\\x65\\x6c\\x6c\\x6f\\x00");
	CHECK_STR(show(t, "%rh.", type, &bytes, 12), "48 65 6c 6c 6f 00.");
	CHECK_STR(show(t, "%s", type, &bytes, 12), "Hello\\x00");
	formatter_free(t);
}

TEST(session_format_text_around)
{
	struct formatter *t = formatter_new();

	CHECK_STR(show_s64(t, "100%% of %d%%\n", 3), "100% of 3%\n");
	CHECK_STR(show_s64(t, "%", 0), "%");
	CHECK_STR(show_s64(t, "%k %d", 1), "%k 1");
	CHECK_STR(show_s64(t, "%5", 1), "%5");
	CHECK_STR(show_s64(t, "", 1), "");
	CHECK_STR(show_s64(t, "%d %d", 1), "?");
	CHECK_EQ(strlen(show_s64(t, "%99999999999d", 1)), 4096);
	formatter_free(t);
}

TEST(session_format_several_arguments)
{
	struct formatter *t = formatter_new();
	struct {
		u32 pid;
		char comm[8];
		s64 ret;
	} record = { 42, "bash", -2 };
	struct script_arg args[] = {
		{ &type_u32, 0 },
		{ type_string(&t->f.arena, 8), 4 },
		{ &type_s64, 16 },
	};
	struct format format = { 0 };

	CHECK_EQ(format_compile(&format, &t->f.arena, "%-6d %-6s %lld\n", args, 3), 0);
	format_print(&format, &t->v, &t->text, (const u8 *)&record, sizeof(record));
	CHECK_STR(buf_str(&t->text), "42     bash   -2\n");
	formatter_free(t);
}
