/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/capture.h"

#include "base/buf.h"

enum {
	PCAP_HEAD = 24,
	PCAP_RECORD = 16,
	NG_MIN = 12, /* of a block: type, and the length in front and behind */
	NG_SECTION = 0x0a0d0d0a,
	NG_INTERFACE = 1,
	NG_OLD_PACKET = 2,
	NG_SIMPLE = 3,
	NG_ENHANCED = 6,
	NG_OPTION_END = 0,
	NG_OPTION_RESOLUTION = 9,
	NG_OPTION_OFFSET = 14,
};
#define NG_ORDER 0x1a2b3c4du
#define PCAP_US 0xa1b2c3d4u
#define PCAP_NS 0xa1b23c4du
#define NS_PER_SECOND 1000000000u

static u32 get16(const struct capture *c, const u8 *p)
{
	return c->is_big ? (u32)p[0] << 8 | p[1] : (u32)p[1] << 8 | p[0];
}

static u32 get32(const struct capture *c, const u8 *p)
{
	return c->is_big ? get16(c, p) << 16 | get16(c, p + 2)
			 : get16(c, p + 2) << 16 | get16(c, p);
}

static u64 get64(const struct capture *c, const u8 *p)
{
	return c->is_big ? (u64)get32(c, p) << 32 | get32(c, p + 4)
			 : (u64)get32(c, p + 4) << 32 | get32(c, p);
}

__attribute__((format(printf, 4, 5))) static int broken(const struct capture *c, size_t at,
							struct diag *d, const char *fmt, ...)
{
	struct buf why = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&why, fmt, ap);
	va_end(ap);
	diag_error(d, LOC_NONE, "%s+0x%zx: %s", c->name, at, buf_str(&why));
	buf_done(&why);
	return -EINVAL;
}

/* Sets the byte order by a number that is known. */
static bool has_magic(struct capture *c, const u8 *p, u32 magic)
{
	c->is_big = false;
	if (get32(c, p) == magic)
		return true;
	c->is_big = true;
	return get32(c, p) == magic;
}

/* ---- pcap */

static int open_pcap(struct capture *c, struct diag *d)
{
	struct capture_interface *only;
	u32 version;

	if (c->len < PCAP_HEAD)
		return broken(c, 0, d, "the header of a pcap file has %d bytes, but here are %zu",
			      PCAP_HEAD, c->len);
	version = get16(c, c->data + 4);
	if (version != 2)
		return broken(c, 4, d, "a pcap file of version %u, but only 2 is known", version);
	only = vec_add(c->arena, &c->interfaces);
	only->per_second = get32(c, c->data) == PCAP_NS ? NS_PER_SECOND : 1000000;
	only->link_type = get32(c, c->data + 20) & 0xffff; /* above are bits about checksums */
	c->pos = PCAP_HEAD;
	return 0;
}

static int check_length(const struct capture *c, size_t at, u32 len, size_t left, struct diag *d)
{
	if (len > CAPTURE_MAX_PACKET)
		return broken(c, at, d,
			      "a packet of %u bytes, which is more than one can have (%d)", len,
			      CAPTURE_MAX_PACKET);
	if (len > left)
		return broken(c, at, d, "a packet of %u bytes, but only %zu are left: truncated",
			      len, left);
	return 0;
}

/* units of 1/per_second seconds, as ns; what is beyond 64 bits is not known. */
static u64 to_ns(const struct capture_interface *i, u64 units)
{
	u64 seconds = units / i->per_second, rest = units % i->per_second;
	__int128 ns = (__int128)seconds + i->offset;

	ns *= NS_PER_SECOND;
	ns += (__int128)rest * NS_PER_SECOND / i->per_second;
	return ns < 0 || ns > UINT64_MAX ? 0 : (u64)ns;
}

static int next_pcap(struct capture *c, struct capture_packet *p, struct diag *d)
{
	const struct capture_interface *only = &c->interfaces.at[0];
	size_t at = c->pos, left = c->len - at;
	const u8 *head = c->data + at;
	u64 seconds, parts;

	if (!left)
		return 0;
	if (left < PCAP_RECORD)
		return broken(c, at, d, "%zu bytes are left, which is no packet: truncated", left);
	seconds = get32(c, head);
	parts = get32(c, head + 4);
	*p = (struct capture_packet){
		.ns = seconds * NS_PER_SECOND + parts * (NS_PER_SECOND / only->per_second),
		.link_type = only->link_type,
		.len = get32(c, head + 8),
		.size = get32(c, head + 12),
		.data = head + PCAP_RECORD,
		.at = at,
	};
	if (check_length(c, at + 8, p->len, left - PCAP_RECORD, d))
		return -EINVAL;
	c->pos = at + PCAP_RECORD + p->len;
	return 1;
}

/* ---- pcapng. A block's body is what is between its lengths. */

static int begin_section(struct capture *c, size_t at, struct diag *d)
{
	u32 version;

	if (c->len - at < 28 || !has_magic(c, c->data + at + 8, NG_ORDER))
		return broken(c, at, d, "a section that does not tell its byte order");
	version = get16(c, c->data + at + 12);
	if (version != 1)
		return broken(c, at + 12, d, "pcapng of version %u, but only 1 is known", version);
	c->interfaces.n = 0;
	return 0;
}

/* Of times: a power of ten, or of two with the highest bit; 0 if 64 bits do not do. */
static u64 resolution(u8 value)
{
	u64 n = 1;

	if (value & 0x80)
		return (value & 0x7f) < 63 ? 1ull << (value & 0x7f) : 0;
	if (value > 18)
		return 0;
	while (value--)
		n *= 10;
	return n;
}

static int read_interface(struct capture *c, const u8 *body, u32 len, struct diag *d)
{
	size_t at = (size_t)(body - c->data);
	struct capture_interface *i;
	u32 pos = 8;

	if (len < 8)
		return broken(c, at, d, "an interface of %u bytes, but it has 8 at least", len);
	if (c->interfaces.n == CAPTURE_MAX_INTERFACES)
		return broken(c, at, d, "more than %d interfaces", CAPTURE_MAX_INTERFACES);
	i = vec_add(c->arena, &c->interfaces);
	*i = (struct capture_interface){ get16(c, body), get32(c, body + 4), 1000000, 0 };
	while (len - pos >= 4) {
		u32 code = get16(c, body + pos), size = get16(c, body + pos + 2);
		const u8 *value = body + pos + 4;

		pos += 4;
		if (code == NG_OPTION_END)
			break;
		if (size > len - pos)
			return broken(c, at + pos, d, "an option of %u bytes, but only %u are left",
				      size, len - pos);
		if (code == NG_OPTION_RESOLUTION && size == 1)
			i->per_second = resolution(value[0]);
		else if (code == NG_OPTION_OFFSET && size == 8)
			i->offset = (s64)get64(c, value);
		if (!i->per_second)
			return broken(c, at + pos, d,
				      "times of a resolution (0x%02x) that is too fine", value[0]);
		size = (size + 3) & ~3u;
		pos += size < len - pos ? size : len - pos;
	}
	return 0;
}

/* Enhanced and old packet blocks are alike but for the interface's number. */
static int read_packet(struct capture *c, u32 type, const u8 *body, u32 len,
		       struct capture_packet *p, struct diag *d)
{
	size_t at = (size_t)(body - c->data);
	const struct capture_interface *i;
	u32 index;

	if (len < 20)
		return broken(c, at, d, "a packet's block of %u bytes, but it has 20 at least",
			      len);
	index = type == NG_ENHANCED ? get32(c, body) : get16(c, body);
	if (index >= c->interfaces.n)
		return broken(c, at, d, "a packet of interface %u, but there are %zu", index,
			      c->interfaces.n);
	i = &c->interfaces.at[index];
	*p = (struct capture_packet){
		.ns = to_ns(i, (u64)get32(c, body + 4) << 32 | get32(c, body + 8)),
		.link_type = i->link_type,
		.len = get32(c, body + 12),
		.size = get32(c, body + 16),
		.data = body + 20,
		.at = at,
	};
	return check_length(c, at + 12, p->len, len - 20, d) ? -EINVAL : 1;
}

/* Of the first interface; its length is what is left by the interface's limit. */
static int read_simple(struct capture *c, const u8 *body, u32 len, struct capture_packet *p,
		       struct diag *d)
{
	size_t at = (size_t)(body - c->data);
	const struct capture_interface *i = c->interfaces.at;

	if (len < 4)
		return broken(c, at, d,
			      "a simple packet's block of %u bytes, but it has 4 at least", len);
	if (!c->interfaces.n)
		return broken(c, at, d, "a simple packet, but there is no interface before it");
	*p = (struct capture_packet){
		.link_type = i->link_type,
		.size = get32(c, body),
		.data = body + 4,
		.at = at,
	};
	p->len = i->longest && i->longest < p->size ? i->longest : p->size;
	return check_length(c, at, p->len, len - 4, d) ? -EINVAL : 1;
}

/* The length of the block at a place, both copies of it checked; 0 with a message. */
static u32 block_length(const struct capture *c, size_t at, struct diag *d)
{
	size_t left = c->len - at;
	u32 len;

	if (left < NG_MIN) {
		broken(c, at, d, "%zu bytes are left, which is no block: truncated", left);
		return 0;
	}
	len = get32(c, c->data + at + 4);
	if (len < NG_MIN || len % 4) {
		broken(c, at + 4, d, "a block of %u bytes, which is no length of one", len);
		return 0;
	}
	if (len > left) {
		broken(c, at + 4, d, "a block of %u bytes, but only %zu are left: truncated", len,
		       left);
		return 0;
	}
	if (get32(c, c->data + at + len - 4) != len) {
		broken(c, at + len - 4, d, "a block ends with length %u, but began with %u",
		       get32(c, c->data + at + len - 4), len);
		return 0;
	}
	return len;
}

static int next_ng(struct capture *c, struct capture_packet *p, struct diag *d)
{
	while (c->pos < c->len) {
		size_t at = c->pos;
		const u8 *body = c->data + at + 8;
		u32 type, len;
		int got = 0;

		if (c->len - at >= NG_MIN && get32(c, c->data + at) == NG_SECTION &&
		    begin_section(c, at, d))
			return -EINVAL;
		len = block_length(c, at, d);
		if (!len)
			return -EINVAL;
		type = get32(c, c->data + at);
		c->pos = at + len;
		len -= NG_MIN;
		if (type == NG_INTERFACE)
			got = read_interface(c, body, len, d);
		else if (type == NG_ENHANCED || type == NG_OLD_PACKET)
			got = read_packet(c, type, body, len, p, d);
		else if (type == NG_SIMPLE)
			got = read_simple(c, body, len, p, d);
		if (got)
			return got;
	}
	return 0;
}

int capture_open(struct capture *c, struct arena *a, const char *name, const void *data, size_t len,
		 struct diag *d)
{
	*c = (struct capture){ .name = name, .data = data, .len = len, .arena = a };
	if (len >= 4) {
		if (has_magic(c, c->data, NG_SECTION)) {
			c->is_ng = true;
			return begin_section(c, 0, d);
		}
		if (has_magic(c, c->data, PCAP_US) || has_magic(c, c->data, PCAP_NS))
			return open_pcap(c, d);
	}
	diag_error(d, LOC_NONE, "%s is neither a pcap nor a pcapng file", name);
	diag_hint(d, len ? "tcpdump -w FILE writes one; tshark -r FILE -w OTHER converts others"
			 : "it is empty");
	return -EINVAL;
}

int capture_next(struct capture *c, struct capture_packet *p, struct diag *d)
{
	int got = c->is_ng ? next_ng(c, p, d) : next_pcap(c, p, d);

	if (got < 0)
		c->pos = c->len;
	return got;
}
