/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures in every form that is read, and in the forms that files are broken in. */
#include "source/capture.h"

#include <string.h>

#include "base/pcapfile.h"
#include "unit/test.h"

struct file {
	struct buf bytes;
	bool is_big;
};

static void put16(struct file *f, u32 v)
{
	buf_u8(&f->bytes, (u8)(f->is_big ? v >> 8 : v));
	buf_u8(&f->bytes, (u8)(f->is_big ? v : v >> 8));
}

static void put32(struct file *f, u32 v)
{
	put16(f, f->is_big ? v >> 16 : v);
	put16(f, f->is_big ? v : v >> 16);
}

static void put_pcap(struct file *f, u32 magic, u32 link_type)
{
	put32(f, magic);
	put16(f, 2);
	put16(f, 4);
	put32(f, 0);
	put32(f, 0);
	put32(f, 65535);
	put32(f, link_type);
}

static void put_record(struct file *f, u32 seconds, u32 parts, u32 len, u32 size)
{
	put32(f, seconds);
	put32(f, parts);
	put32(f, len);
	put32(f, size);
	for (u32 i = 0; i < len && i < 100; i++)
		buf_u8(&f->bytes, (u8)i);
}

/* A block of pcapng around what body has; its length may be a lie. */
static void put_block(struct file *f, u32 type, const struct file *body, u32 lie)
{
	u32 len = (u32)(body->bytes.len + 3) / 4 * 4 + 12;

	put32(f, type);
	put32(f, lie ? lie : len);
	buf_put(&f->bytes, body->bytes.data, body->bytes.len);
	buf_align(&f->bytes, 4);
	put32(f, len);
}

static void put_section(struct file *f)
{
	struct file body = { .is_big = f->is_big };

	put32(&body, 0x1a2b3c4d);
	put16(&body, 1);
	put16(&body, 0);
	put32(&body, 0xffffffff);
	put32(&body, 0xffffffff);
	put_block(f, 0x0a0d0d0a, &body, 0);
	buf_done(&body.bytes);
}

/* resolution 0: none is told. */
static void put_interface(struct file *f, u32 link_type, u32 longest, u8 the_resolution, u32 offset)
{
	struct file body = { .is_big = f->is_big };

	put16(&body, link_type);
	put16(&body, 0);
	put32(&body, longest);
	if (the_resolution) {
		put16(&body, 2); /* if_name, which is passed over */
		put16(&body, 3);
		buf_put(&body.bytes, "lo0\0", 4);
		put16(&body, 9);
		put16(&body, 1);
		buf_put(&body.bytes, (u8[4]){ the_resolution }, 4);
	}
	if (offset) {
		put16(&body, 14);
		put16(&body, 8);
		put32(&body, f->is_big ? 0 : offset);
		put32(&body, f->is_big ? offset : 0);
		put32(&body, 0);
	}
	put_block(f, 1, &body, 0);
	buf_done(&body.bytes);
}

static void put_enhanced(struct file *f, u32 interface, u64 time, u32 len, u32 size)
{
	struct file body = { .is_big = f->is_big };

	put32(&body, interface);
	put32(&body, (u32)(time >> 32));
	put32(&body, (u32)time);
	put32(&body, len);
	put32(&body, size);
	for (u32 i = 0; i < len && i < 100; i++)
		buf_u8(&body.bytes, (u8)(i + 1));
	put_block(f, 6, &body, 0);
	buf_done(&body.bytes);
}

struct reading {
	struct arena arena;
	struct diag d;
	struct capture c;
	int opened;
};

static void reading_begin(struct reading *r, const struct file *f)
{
	arena_init(&r->arena);
	diag_init(&r->d, &r->arena);
	r->opened = capture_open(&r->c, &r->arena, "x", f->bytes.data, f->bytes.len, &r->d);
}

static void reading_end(struct reading *r, struct file *f)
{
	arena_done(&r->arena);
	buf_done(&f->bytes);
}

static const char *message(const struct reading *r)
{
	return r->d.items.n ? r->d.items.at[0].text : "";
}

TEST(capture_reads_pcap_in_all_orders_and_resolutions)
{
	for (int i = 0; i < 4; i++) {
		struct file f = { .is_big = i & 1 };
		struct capture_packet p;
		struct reading r;

		put_pcap(&f, i & 2 ? 0xa1b23c4d : 0xa1b2c3d4, 0x04000001); /* with bits on top */
		put_record(&f, 1700000000, 123456, 60, 1500);
		put_record(&f, 0xffffffff, 1, 0, 0);
		reading_begin(&r, &f);
		CHECK_EQ(r.opened, 0);
		CHECK_EQ(capture_next(&r.c, &p, &r.d), 1);
		CHECK_EQ(p.ns, 1700000000000000000 + (i & 2 ? 123456 : 123456000));
		CHECK_EQ(p.link_type, 1);
		CHECK_EQ(p.len, 60);
		CHECK_EQ(p.size, 1500);
		CHECK_EQ(p.data[59], 59);
		CHECK_EQ(p.at, 24);
		CHECK_EQ(capture_next(&r.c, &p, &r.d), 1);
		CHECK_EQ(p.len, 0);
		CHECK_EQ(p.ns / 1000000000, 0xffffffff);
		CHECK_EQ(capture_next(&r.c, &p, &r.d), 0);
		CHECK_EQ(capture_next(&r.c, &p, &r.d), 0);
		CHECK_STR(message(&r), "");
		reading_end(&r, &f);
	}
}

TEST(capture_reads_pcapng)
{
	for (int big = 0; big < 2; big++) {
		struct file f = { .is_big = big }, body = { .is_big = big };
		struct capture_packet p;
		struct reading r;

		put_section(&f);
		put_interface(&f, 1, 0, 0, 0);
		put_interface(&f, 101, 10, 9, 100);
		put_interface(&f, 1, 0, 0x80 | 10, 0);
		buf_puts(&body.bytes, "of a type that nobody knows");
		put_block(&f, 0x0bad, &body, 0);
		put_enhanced(&f, 0, 1700000000000001, 5, 7);
		put_enhanced(&f, 1, 1500000000, 8, 8);
		put_enhanced(&f, 2, 1024 + 512, 1, 1);
		reading_begin(&r, &f);
		CHECK_EQ(r.opened, 0);
		CHECK_EQ(capture_next(&r.c, &p, &r.d), 1);
		CHECK_EQ(p.ns, 1700000000000001000);
		CHECK_EQ(p.link_type, 1);
		CHECK_EQ(p.len, 5);
		CHECK_EQ(p.size, 7);
		CHECK_EQ(p.data[4], 5);
		CHECK_EQ(capture_next(&r.c, &p, &r.d), 1);
		CHECK_EQ(p.ns, 101500000000);
		CHECK_EQ(p.link_type, 101);
		CHECK_EQ(capture_next(&r.c, &p, &r.d), 1);
		CHECK_EQ(p.ns, 1500000000);
		CHECK_EQ(capture_next(&r.c, &p, &r.d), 0);
		CHECK_STR(message(&r), "");
		buf_done(&body.bytes);
		reading_end(&r, &f);
	}
}

TEST(capture_reads_simple_and_old_blocks_and_more_sections)
{
	struct file f = { 0 }, body = { 0 };
	struct capture_packet p;
	struct reading r;

	put_section(&f);
	put_interface(&f, 1, 6, 0, 0);
	put32(&body, 9); /* bytes that it had, of which 6 are kept */
	buf_puts(&body.bytes, "simple");
	put_block(&f, 3, &body, 0);
	f.is_big = body.is_big = true; /* the next section is of another machine */
	put_section(&f);
	put_interface(&f, 101, 0, 0, 0);
	body.bytes.len = 0;
	put16(&body, 0);
	put16(&body, 12); /* drops */
	put32(&body, 0);
	put32(&body, 7);
	put32(&body, 3);
	put32(&body, 4);
	buf_puts(&body.bytes, "old");
	put_block(&f, 2, &body, 0);
	reading_begin(&r, &f);
	CHECK_EQ(capture_next(&r.c, &p, &r.d), 1);
	CHECK_EQ(p.len, 6);
	CHECK_EQ(p.size, 9);
	CHECK_EQ(p.ns, 0);
	CHECK(!memcmp(p.data, "simple", 6));
	CHECK_EQ(capture_next(&r.c, &p, &r.d), 1);
	CHECK_EQ(p.len, 3);
	CHECK_EQ(p.size, 4);
	CHECK_EQ(p.ns, 7000);
	CHECK_EQ(p.link_type, 101);
	CHECK(!memcmp(p.data, "old", 3));
	CHECK_EQ(capture_next(&r.c, &p, &r.d), 0);
	buf_done(&body.bytes);
	reading_end(&r, &f);
}

/* Reads to the end; how many packets came before it, negative if it was not opened. */
static int drain(struct file *f, char *why, size_t room)
{
	struct capture_packet p;
	struct reading r;
	int n = 0, got;

	reading_begin(&r, f);
	while (!r.opened && (got = capture_next(&r.c, &p, &r.d)) > 0)
		n++;
	CHECK(r.opened || !got == !r.d.errors);
	snprintf(why, room, "%s", message(&r));
	n = r.opened ? -1 : n;
	CHECK_EQ(r.opened ? -1 : capture_next(&r.c, &p, &r.d), r.opened ? -1 : 0);
	reading_end(&r, f);
	*f = (struct file){ .is_big = f->is_big };
	return n;
}

TEST(capture_tells_what_is_broken_in_pcap)
{
	struct file f = { 0 };
	char why[200];

	CHECK_EQ(drain(&f, why, sizeof(why)), -1);
	CHECK_STR(why, "x is neither a pcap nor a pcapng file");
	buf_puts(&f.bytes, "\x7f"
			   "ELF....");
	CHECK_EQ(drain(&f, why, sizeof(why)), -1);
	CHECK_STR(why, "x is neither a pcap nor a pcapng file");
	put32(&f, 0xa1b2c3d4);
	CHECK_EQ(drain(&f, why, sizeof(why)), -1);
	CHECK_STR(why, "x+0x0: the header of a pcap file has 24 bytes, but here are 4");
	put_pcap(&f, 0xa1b2c3d4, 1);
	put_record(&f, 1, 2, 60, 60);
	put_record(&f, 1, 2, 0xffffffff, 60);
	CHECK_EQ(drain(&f, why, sizeof(why)), 1);
	CHECK_STR(why,
		  "x+0x6c: a packet of 4294967295 bytes, which is more than one can have (262144)");
	put_pcap(&f, 0xa1b2c3d4, 1);
	put_record(&f, 1, 2, 60, 60);
	f.bytes.len -= 20;
	CHECK_EQ(drain(&f, why, sizeof(why)), 0);
	CHECK_STR(why, "x+0x20: a packet of 60 bytes, but only 40 are left: truncated");
	put_pcap(&f, 0xa1b2c3d4, 1);
	put32(&f, 1);
	CHECK_EQ(drain(&f, why, sizeof(why)), 0);
	CHECK_STR(why, "x+0x18: 4 bytes are left, which is no packet: truncated");
}

TEST(capture_tells_what_is_broken_in_pcapng)
{
	struct file f = { 0 }, body = { 0 };
	char why[200];

	put32(&f, 0x0a0d0d0a);
	put32(&f, 28);
	CHECK_EQ(drain(&f, why, sizeof(why)), -1);
	CHECK_STR(why, "x+0x0: a section that does not tell its byte order");
	put_section(&f);
	put_enhanced(&f, 0, 0, 4, 4);
	CHECK_EQ(drain(&f, why, sizeof(why)), 0);
	CHECK_STR(why, "x+0x24: a packet of interface 0, but there are 0");
	put_section(&f);
	put_block(&f, 5, &body, 13);
	CHECK_EQ(drain(&f, why, sizeof(why)), 0);
	CHECK_STR(why, "x+0x20: a block of 13 bytes, which is no length of one");
	put_section(&f);
	put_block(&f, 5, &body, 0xfffffffc);
	CHECK_EQ(drain(&f, why, sizeof(why)), 0);
	CHECK_STR(why, "x+0x20: a block of 4294967292 bytes, but only 12 are left: truncated");
	put_section(&f);
	put_interface(&f, 1, 0, 0x80 | 100, 0);
	CHECK_EQ(drain(&f, why, sizeof(why)), 0);
	CHECK_STR(why, "x+0x38: times of a resolution (0xe4) that is too fine");
	put_section(&f);
	put_interface(&f, 1, 0, 0, 0);
	put_enhanced(&f, 0, 0, 400, 400); /* only 100 bytes are in the block */
	CHECK_EQ(drain(&f, why, sizeof(why)), 0);
	CHECK_STR(why, "x+0x44: a packet of 400 bytes, but only 100 are left: truncated");
	put_section(&f);
	buf_puts(&body.bytes, "abcd");
	put_block(&f, 3, &body, 0);
	CHECK_EQ(drain(&f, why, sizeof(why)), 0);
	CHECK_STR(why, "x+0x24: a simple packet, but there is no interface before it");
	buf_done(&body.bytes);
}

TEST(capture_reads_what_is_written)
{
	struct file f = { 0 };
	struct capture_packet p;
	struct reading r;

	pcapfile_begin(&f.bytes, 100, PCAPFILE_ETHERNET);
	pcapfile_record(&f.bytes, 1700000000123456789, 3, 5);
	buf_puts(&f.bytes, "abc");
	reading_begin(&r, &f);
	CHECK_EQ(capture_next(&r.c, &p, &r.d), 1);
	CHECK_EQ(p.ns, 1700000000123456789);
	CHECK_EQ(p.len, 3);
	CHECK_EQ(p.size, 5);
	CHECK(!memcmp(p.data, "abc", 3));
	CHECK_EQ(capture_next(&r.c, &p, &r.d), 0);
	reading_end(&r, &f);
}
