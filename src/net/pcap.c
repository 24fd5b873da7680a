/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/pcap.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/pcapfile.h"

enum {
	IPV4_HEAD = 20,
	IPV6_HEAD = 40,
	TCP_HEAD = 20,
	TTL = 64,
	TCP = 6,
	TCP_PSH_ACK = 0x18,
	WINDOW = 65535,
};

_Static_assert(PCAP_PAYLOAD + TCP_HEAD + IPV4_HEAD <= 65535, "lengths have 16 bits");

/* A part of a message that is a packet. */
struct part {
	u32 offset, size, here;
};

static void put_be16(u8 *to, u32 v)
{
	to[0] = (u8)(v >> 8);
	to[1] = (u8)v;
}

static void put_be32(u8 *to, u32 v)
{
	put_be16(to, v >> 16);
	put_be16(to + 2, v);
}

/* RFC 1071, of words in network order; an odd byte is the upper half of a word. */
static u32 sum(u32 so_far, const u8 *p, size_t n)
{
	u64 total = so_far;

	for (; n > 1; p += 2, n -= 2)
		total += (u32)p[0] << 8 | p[1];
	if (n)
		total += (u32)p[0] << 8;
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (u32)total;
}

static bool is_mapped(const u8 *addr)
{
	static const u8 prefix[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(addr, prefix, sizeof(prefix));
}

void pcap_begin(struct buf *b)
{
	pcapfile_begin(b, IPV6_HEAD + TCP_HEAD + PCAP_PAYLOAD, PCAPFILE_RAW);
}

static void put_ipv4(u8 *h, const struct pcap_message *m, u32 size)
{
	h[0] = 0x45;
	put_be16(h + 2, IPV4_HEAD + TCP_HEAD + size);
	h[6] = 0x40; /* do not fragment */
	h[8] = TTL;
	h[9] = TCP;
	memcpy(h + 12, m->from + 12, 4);
	memcpy(h + 16, m->to + 12, 4);
	put_be16(h + 10, ~sum(0, h, IPV4_HEAD) & 0xffff);
}

static void put_ipv6(u8 *h, const struct pcap_message *m, u32 size)
{
	h[0] = 0x60;
	put_be16(h + 4, TCP_HEAD + size);
	h[6] = TCP;
	h[7] = TTL;
	memcpy(h + 8, m->from, 16);
	memcpy(h + 24, m->to, 16);
}

static void put_tcp(u8 *h, const struct pcap_message *m, const struct part *part)
{
	put_be16(h, m->from_port);
	put_be16(h + 2, m->to_port);
	put_be32(h + 4, m->seq + part->offset);
	put_be32(h + 8, m->ack);
	h[12] = TCP_HEAD / 4 << 4;
	h[13] = TCP_PSH_ACK;
	put_be16(h + 14, WINDOW);
}

/* With the pseudo header: the addresses, which of IPv4 are the last four bytes, the protocol and the length. */
static u32 checksum(const struct pcap_message *m, bool is_v4, const u8 *tcp, u32 size)
{
	u32 skip = is_v4 ? 12 : 0, s;

	s = sum(TCP + TCP_HEAD + size, m->from + skip, 16 - skip);
	s = sum(s, m->to + skip, 16 - skip);
	return ~sum(s, tcp, TCP_HEAD + size) & 0xffff;
}

static void put_packet(struct buf *b, const struct pcap_message *m, const struct part *part)
{
	bool is_v4 = is_mapped(m->from) && is_mapped(m->to);
	u32 head = is_v4 ? IPV4_HEAD : IPV6_HEAD;
	u8 *p, *tcp;

	pcapfile_record(b, m->ns, head + TCP_HEAD + part->here, head + TCP_HEAD + part->size);
	p = buf_extend(b, head + TCP_HEAD + part->here);
	tcp = p + head;
	if (is_v4)
		put_ipv4(p, m, part->size);
	else
		put_ipv6(p, m, part->size);
	put_tcp(tcp, m, part);
	if (part->here)
		memcpy(tcp + TCP_HEAD, (const u8 *)m->data + part->offset, part->here);
	if (part->here == part->size)
		put_be16(tcp + 16, checksum(m, is_v4, tcp, part->size));
}

void pcap_message(struct buf *b, const struct pcap_message *m)
{
	u32 captured = m->captured < m->size ? m->captured : m->size;
	struct part part = { 0 };

	do {
		u32 left = m->size - part.offset, left_here = 0;

		if (captured > part.offset)
			left_here = captured - part.offset;
		part.size = left < PCAP_PAYLOAD ? left : PCAP_PAYLOAD;
		part.here = left_here < part.size ? left_here : part.size;
		put_packet(b, m, &part);
		part.offset += part.size;
	} while (part.offset < m->size);
}
