/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capture files: each byte of a packet of either kind, checksums, long and truncated messages. */
#include "net/pcap.h"

#include <string.h>

#include "base/pcapfile.h"
#include "unit/test.h"

static const u8 v4_client[16] = { [10] = 0xff, [11] = 0xff, 127, 0, 0, 1 };
static const u8 v4_server[16] = { [10] = 0xff, [11] = 0xff, 10, 1, 2, 3 };
static const u8 v6_client[16] = { 0xfd, [15] = 1 };
static const u8 v6_server[16] = { 0xfd, [15] = 2 };

static struct pcap_message message(const u8 *from, const u8 *to, const void *data, u32 size)
{
	struct pcap_message m = {
		.ns = 1700000000123456789,
		.from_port = 0x1234,
		.to_port = 80,
		.seq = 1,
		.ack = 0x01020304,
		.size = size,
		.captured = size,
		.data = data,
	};

	memcpy(m.from, from, 16);
	memcpy(m.to, to, 16);
	return m;
}

static u32 le32(const struct buf *b, size_t at)
{
	const u8 *p = (const u8 *)b->data + at;

	return (u32)p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

static u32 be16(const struct buf *b, size_t at)
{
	const u8 *p = (const u8 *)b->data + at;

	return (u32)p[0] << 8 | p[1];
}

static u32 be32(const struct buf *b, size_t at)
{
	return be16(b, at) << 16 | be16(b, at + 2);
}

/* What a receiver computes over all words, the checksum among them: 0xffff if it is right. */
static u32 fold(const struct buf *b, size_t at, size_t n, u32 start)
{
	u32 s = start;

	for (size_t i = 0; i + 1 < n; i += 2)
		s += be16(b, at + i);
	if (n & 1)
		s += (u32)(u8)b->data[at + n - 1] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

TEST(pcap_begin_is_the_head_of_the_format)
{
	static const u8 want[PCAPFILE_HEAD] = {
		0x4d, 0x3c, 0xb2, 0xa1, 2,    0,    4, 0, 0,   0, 0, 0,
		0,    0,    0,    0,    0x24, 0xfe, 0, 0, 101, 0, 0, 0,
	};
	struct buf b = { 0 };

	pcap_begin(&b);
	CHECK_EQ(b.len, PCAPFILE_HEAD);
	CHECK(!memcmp(b.data, want, sizeof(want)));
	buf_done(&b);
}

TEST(pcap_message_of_ipv4_byte_by_byte)
{
	static const u8 want[] = {
		0x00, 0xf1, 0x53, 0x65,                      /* 1700000000 */
		0x15, 0xcd, 0x5b, 0x07,                      /* 123456789 */
		43,   0,    0,    0,    43,   0,    0,    0, /* bytes here, in all */
		0x45, 0,    0,    43,   0,    0,    0x40, 0,
		64,   6,    0xaf, 0xc8,                      /* IPv4, its checksum last */
		127,  0,    0,    1,    10,   1,    2,    3, /* from, to */
		0x12, 0x34, 0,    80,   0,    0,    0,    1,
		1,    2,    3,    4,                         /* ports, seq, ack */
		0x50, 0x18, 0xff, 0xff, 0x49, 0xd7, 0,    0, /* ACK PSH, window, checksum */
		'a',  'b',  'c',
	};
	struct pcap_message m = message(v4_client, v4_server, "abc", 3);
	struct buf b = { 0 };

	pcap_message(&b, &m);
	CHECK_EQ(b.len, sizeof(want));
	for (size_t i = 0; i < b.len && i < sizeof(want); i++)
		if ((u8)b.data[i] != want[i])
			test_fail(__FILE__, __LINE__, "byte %zu is %02x, not %02x", i,
				  (u8)b.data[i], want[i]);
	CHECK_EQ(fold(&b, PCAPFILE_RECORD, 20, 0), 0xffff);
	CHECK_EQ(fold(&b, PCAPFILE_RECORD + 12, 8 + 20 + 3, 6 + 23), 0xffff);
	buf_done(&b);
}

TEST(pcap_message_of_ipv6)
{
	struct pcap_message m = message(v6_client, v6_server, "abcd", 4);
	struct buf b = { 0 };

	pcap_message(&b, &m);
	CHECK_EQ(b.len, PCAPFILE_RECORD + 40 + 20 + 4);
	CHECK_EQ(be32(&b, PCAPFILE_RECORD), 0x60000000);
	CHECK_EQ(be16(&b, PCAPFILE_RECORD + 4), 24);
	CHECK_EQ(be16(&b, PCAPFILE_RECORD + 6), 6 << 8 | 64);
	CHECK(!memcmp(b.data + PCAPFILE_RECORD + 8, v6_client, 16));
	CHECK(!memcmp(b.data + PCAPFILE_RECORD + 24, v6_server, 16));
	CHECK_EQ(fold(&b, PCAPFILE_RECORD + 8, 32 + 20 + 4, 6 + 24), 0xffff);
	CHECK(!memcmp(b.data + b.len - 4, "abcd", 4));
	buf_done(&b);
}

TEST(pcap_message_between_kinds_is_ipv6)
{
	struct pcap_message m = message(v4_client, v6_server, "", 0);
	struct buf b = { 0 };

	pcap_message(&b, &m);
	CHECK_EQ(b.len, PCAPFILE_RECORD + 40 + 20);
	CHECK_EQ(be32(&b, PCAPFILE_RECORD), 0x60000000);
	buf_done(&b);
}

TEST(pcap_message_truncated)
{
	struct pcap_message m = message(v4_client, v4_server, "abcdefgh", 1000);
	struct buf b = { 0 };

	m.captured = 8;
	pcap_message(&b, &m);
	CHECK_EQ(b.len, PCAPFILE_RECORD + 40 + 8);
	CHECK_EQ(le32(&b, 8), 48);
	CHECK_EQ(le32(&b, 12), 1040);
	CHECK_EQ(be16(&b, PCAPFILE_RECORD + 2), 1040);
	CHECK_EQ(be16(&b, PCAPFILE_RECORD + 20 + 16), 0); /* no checksum of what is not there */
	CHECK_EQ(fold(&b, PCAPFILE_RECORD, 20, 0), 0xffff);
	buf_done(&b);
}

/* A packet's place, its payload's size as the record tells it, and how much of that is there. */
static size_t expect_packet(const struct buf *b, size_t at, u32 seq, u32 size, u32 here)
{
	CHECK_EQ(le32(b, at + 8), 40 + here);
	CHECK_EQ(le32(b, at + 12), 40 + size);
	CHECK_EQ(be16(b, at + PCAPFILE_RECORD + 2), 40 + size);
	CHECK_EQ(be32(b, at + PCAPFILE_RECORD + 24), seq);
	return at + PCAPFILE_RECORD + 40 + here;
}

TEST(pcap_message_longer_than_a_packet_is_split)
{
	static u8 data[150000];
	struct pcap_message m;
	struct buf b = { 0 };
	size_t at;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (u8)(i * 7 >> 3);
	m = message(v4_client, v4_server, data, sizeof(data));
	m.seq = 0xffffff00; /* wraps around */
	pcap_message(&b, &m);
	at = expect_packet(&b, 0, 0xffffff00, PCAP_PAYLOAD, PCAP_PAYLOAD);
	CHECK(!memcmp(b.data + at - PCAP_PAYLOAD, data, PCAP_PAYLOAD));
	CHECK_EQ(fold(&b, PCAPFILE_RECORD + 12, 28 + PCAP_PAYLOAD, 6 + 20 + PCAP_PAYLOAD), 0xffff);
	at = expect_packet(&b, at, 64744, PCAP_PAYLOAD, PCAP_PAYLOAD);
	CHECK(!memcmp(b.data + at - PCAP_PAYLOAD, data + PCAP_PAYLOAD, PCAP_PAYLOAD));
	at = expect_packet(&b, at, 129744, 20000, 20000);
	CHECK(!memcmp(b.data + at - 20000, data + 2 * PCAP_PAYLOAD, 20000));
	CHECK_EQ(b.len, at);
	buf_done(&b);
}

TEST(pcap_message_split_and_truncated)
{
	static const u8 data[70000];
	struct pcap_message m = message(v4_client, v4_server, data, 200000);
	struct buf b = { 0 };
	size_t at;

	m.captured = sizeof(data);
	pcap_message(&b, &m);
	at = expect_packet(&b, 0, 1, PCAP_PAYLOAD, PCAP_PAYLOAD);
	at = expect_packet(&b, at, 65001, PCAP_PAYLOAD, 5000);
	at = expect_packet(&b, at, 130001, PCAP_PAYLOAD, 0);
	at = expect_packet(&b, at, 195001, 5000, 0);
	CHECK_EQ(b.len, at);
	buf_done(&b);
}

TEST(pcap_message_bounds)
{
	struct pcap_message m = message(v4_client, v4_server, "abc", 3);
	struct buf b = { 0 };

	m.captured = UINT32_MAX; /* more than there is */
	pcap_message(&b, &m);
	CHECK_EQ(b.len, PCAPFILE_RECORD + 43);
	buf_clear(&b);
	m.size = 0;
	m.data = NULL;
	pcap_message(&b, &m);
	CHECK_EQ(b.len, PCAPFILE_RECORD + 40);
	buf_clear(&b);
	m.size = PCAP_PAYLOAD; /* one packet exactly */
	m.captured = 0;
	pcap_message(&b, &m);
	CHECK_EQ(b.len, PCAPFILE_RECORD + 40);
	buf_clear(&b);
	m.size = UINT32_MAX;
	pcap_message(&b, &m);
	CHECK_EQ(b.len, (UINT32_MAX / PCAP_PAYLOAD + 1) * (PCAPFILE_RECORD + 40));
	buf_done(&b);
}
