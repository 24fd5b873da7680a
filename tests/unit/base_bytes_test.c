/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Buffers and readers: bytes on the way out and in. */
#include <string.h>

#include "base/buf.h"
#include "base/reader.h"
#include "unit/test.h"

TEST(buf_is_text_from_the_start)
{
	struct buf b = { 0 };

	CHECK_STR(buf_str(&b), "");
	buf_clear(&b);
	buf_put(&b, NULL, 0);
	CHECK_STR(buf_str(&b), "");
	buf_puts(&b, "one");
	buf_putc(&b, ' ');
	buf_printf(&b, "%d%%", 42);
	CHECK_STR(buf_str(&b), "one 42%");
	CHECK_EQ(b.len, 7);
	buf_clear(&b);
	CHECK_STR(buf_str(&b), "");
	buf_puts(&b, "again");
	CHECK_STR(buf_str(&b), "again");
	buf_done(&b);
	CHECK(!b.data && !b.len && !b.cap);
	buf_puts(&b, "anew");
	CHECK_STR(buf_str(&b), "anew");
	buf_done(&b);
}

TEST(buf_printf_of_every_length_around_the_room)
{
	for (int n = 0; n < 300; n++) {
		struct buf b = { 0 };

		buf_putc(&b, '<');
		buf_printf(&b, "%*s", n, "");
		buf_putc(&b, '>');
		CHECK_EQ(b.len, n + 2);
		CHECK_EQ(strlen(buf_str(&b)), n + 2);
		CHECK_EQ(b.data[b.len - 1], '>');
		buf_done(&b);
	}
}

TEST(buf_extend_zeroes_used_room)
{
	struct buf b = { 0 };
	u8 *p;

	buf_puts(&b, "xxxxxxxxxxxxxxxx");
	buf_clear(&b);
	p = buf_extend(&b, 8);
	for (int i = 0; i < 9; i++)
		CHECK_EQ(p[i], 0);
	CHECK_EQ(b.len, 8);
	CHECK(buf_extend(&b, 0) == b.data + 8);
	buf_done(&b);
}

TEST(buf_little_endian_and_alignment)
{
	static const u8 want[] = { 1,    0,    0,    0,    0x23, 0x01, 0,    0,    0xef, 0xbe,
				   0xad, 0xde, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11 };
	struct buf b = { 0 };

	buf_align(&b, 8);
	CHECK_EQ(b.len, 0);
	buf_u8(&b, 1);
	buf_align(&b, 4);
	buf_u16(&b, 0x123);
	buf_align(&b, 4);
	buf_align(&b, 4);
	buf_u32(&b, 0xdeadbeef);
	buf_u64(&b, 0x1122334455667788);
	CHECK_EQ(b.len, sizeof(want));
	CHECK(b.len == sizeof(want) && !memcmp(b.data, want, sizeof(want)));
	buf_done(&b);
}

TEST(buf_grows_far)
{
	struct buf b = { 0 };
	u32 wrong = 0;

	for (u32 i = 0; i < 200000; i++)
		buf_u32(&b, i);
	CHECK_EQ(b.len, 800000);
	for (u32 i = 0; i < 200000; i++) {
		u32 v;

		memcpy(&v, b.data + 4 * i, 4);
		wrong += v != i;
	}
	CHECK_EQ(wrong, 0);
	buf_done(&b);
}

TEST(reader_reads_what_buf_wrote)
{
	struct buf b = { 0 };
	struct reader r;
	const char *s;

	buf_u8(&b, 0xfe);
	buf_u16(&b, 0xfedc);
	buf_u32(&b, 0xfedcba98);
	buf_u64(&b, 0xfedcba9876543210);
	buf_puts(&b, "abc");
	reader_init(&r, b.data, b.len);
	CHECK_EQ(reader_u8(&r), 0xfe);
	CHECK_EQ(reader_u16(&r), 0xfedc);
	CHECK_EQ(reader_u32(&r), 0xfedcba98);
	CHECK_EQ(reader_u64(&r), 0xfedcba9876543210);
	CHECK_EQ(reader_left(&r), 3);
	s = reader_bytes(&r, 3);
	CHECK(s && !memcmp(s, "abc", 3));
	CHECK_EQ(reader_left(&r), 0);
	CHECK(reader_bytes(&r, 0) != NULL);
	CHECK(!r.failed);
	buf_done(&b);
}

TEST(reader_fails_at_the_end_and_stays_failed)
{
	static const u8 data[] = { 1, 2, 3, 4, 5 };
	struct reader r;

	reader_init(&r, data, sizeof(data));
	CHECK_EQ(reader_u32(&r), 0x04030201);
	CHECK_EQ(reader_u16(&r), 0);
	CHECK(r.failed);
	CHECK_EQ(reader_u8(&r), 0);
	CHECK(!reader_bytes(&r, 0));
	CHECK_EQ(reader_left(&r), 0);
}

TEST(reader_length_does_not_wrap)
{
	static const u8 data[] = { 1, 2, 3, 4 };
	struct reader r;

	reader_init(&r, data, sizeof(data));
	reader_u8(&r);
	CHECK(!reader_bytes(&r, SIZE_MAX));
	CHECK(r.failed);
	reader_init(&r, NULL, 0);
	CHECK_EQ(reader_u64(&r), 0);
	CHECK(r.failed);
}
