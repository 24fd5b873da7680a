/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets: their bytes, room at their ends, checksums, where they go. There is no device: what is said of one is recorded in the run. */
#include <string.h>

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include "machine/code.h"
#include "machine/helper.h"
#include "machine/packet.h"

#define META_MAX 252
#define TAIL_MIN ETH_HLEN
#define VLAN_TAG 4
#define ENCAP_MAX 256 /* bytes of a header that is put in front */
#define ETH_MACS 12
#define BIG_16(x) ((u16)((x) >> 8 | (x) << 8))

enum { TC_SHOT = 2, TC_REDIRECT = 7 }; /* TC_ACT_... of <linux/pkt_cls.h> */

static u8 *bytes_at(const struct run *run, u64 offset, u64 size)
{
	const struct packet *p = run->packet;

	if (!p || offset > packet_len(p) || size > packet_len(p) - offset)
		return NULL;
	return packet_data(p) + offset;
}

const u8 *run_packet_bytes(const struct run *run, u64 *size)
{
	*size = run->packet ? packet_len(run->packet) : 0;
	return run->packet ? packet_data(run->packet) : NULL;
}

static bool move(struct run *run, s64 meta, s64 data, s64 end)
{
	return run->packet && packet_move(run->packet, run, meta, data, end);
}

/* ---- bytes */

static u64 load(struct run *run, u64 offset, u64 to, u64 size, int error)
{
	const u8 *at = bytes_at(run, offset, size);

	if (!at) {
		helper_clear(helper_at(to), size);
		return helper_error(error);
	}
	helper_copy(helper_at(to), at, size);
	return 0;
}

HELP(skb_load_bytes)
{
	return load(run, (u32)b, c, (u32)d, -EFAULT);
}

HELP(skb_load_bytes_relative)
{
	const struct packet *p = run->packet;
	u32 header = p && p->starts_with_network ? 0 : ETH_HLEN; /* of the link, in the data */
	s64 from = (s64)(u32)b + ((u32)e == BPF_HDR_START_NET ? header : (s64)header - ETH_HLEN);

	if ((u32)e > BPF_HDR_START_NET || (u32)b > UINT16_MAX)
		return load(run, UINT64_MAX, c, (u32)d, -EFAULT);
	if (!p || from >= 0 || from + (u32)d > packet_len(p))
		return load(run, (u64)from, c, (u32)d, -EFAULT);
	helper_copy(helper_at(c), packet_data(p) + from, (u32)d);
	return 0;
}

HELP(xdp_load_bytes)
{
	const u8 *at = bytes_at(run, (u32)b, (u32)d);

	if (!at)
		return helper_error(-EINVAL);
	helper_copy(helper_at(c), at, (u32)d);
	return 0;
}

HELP(xdp_store_bytes)
{
	u8 *at = bytes_at(run, (u32)b, (u32)d);

	if (!at)
		return helper_error(-EINVAL);
	helper_copy(at, helper_at(c), (u32)d);
	return 0;
}

HELP(skb_store_bytes)
{
	u8 *at = bytes_at(run, (u32)b, (u32)d);

	if (e & ~(u64)(BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH))
		return helper_error(-EINVAL);
	if (!at)
		return helper_error(-EFAULT);
	helper_copy(at, helper_at(c), (u32)d);
	if (e & BPF_F_INVALIDATE_HASH)
		run->packet->skb.hash = 0;
	return 0;
}

HELP(skb_pull_data)
{
	return run->packet && (u32)b <= packet_len(run->packet) ? 0 : helper_error(-ENOMEM);
}

HELP(xdp_get_buff_len)
{
	return run->packet ? packet_len(run->packet) : 0;
}

/* ---- sums: one's complement sums of words of 16 bits, RFC 1071 */

static u16 fold(u64 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)sum;
}

static u64 add_all(u64 sum, const u8 *bytes, u64 size)
{
	for (; size >= 2; bytes += 2, size -= 2) {
		u16 word;

		memcpy(&word, bytes, 2);
		sum += word;
	}
	return size ? sum + *bytes : sum;
}

/* Out of the checksum at a place goes one sum, another comes in. */
static void replace(u8 *at, u64 out, u64 in)
{
	u16 old, now;

	memcpy(&old, at, 2);
	now = (u16)~fold((u64)(u16)~old + (u16)~fold(out) + in);
	memcpy(at, &now, 2);
}

/* ---- room */

HELP(xdp_adjust_head)
{
	s32 by = (s32)b;
	const struct xdp_md *ctx;
	u32 meta;

	if (!run->packet)
		return helper_error(-EINVAL);
	ctx = &run->packet->xdp;
	meta = ctx->data - ctx->data_meta;
	if ((s64)packet_len(run->packet) - by < ETH_HLEN || !move(run, by, by, 0))
		return helper_error(-EINVAL);
	memmove(packet_data(run->packet) - meta, packet_data(run->packet) - by - meta, meta);
	return 0;
}

HELP(xdp_adjust_tail)
{
	s32 by = (s32)b;

	if (!run->packet || (s64)packet_len(run->packet) + by < TAIL_MIN || !move(run, 0, 0, by))
		return helper_error(-EINVAL);
	return 0;
}

HELP(xdp_adjust_meta)
{
	s32 by = (s32)b;
	const struct xdp_md *ctx;
	s64 size;

	if (!run->packet)
		return helper_error(-EINVAL);
	ctx = &run->packet->xdp;
	size = (s64)ctx->data - ((s64)ctx->data_meta + by);
	if (size < 0)
		return helper_error(-EINVAL);
	if (size % 4 || size > META_MAX)
		return helper_error(-EACCES);
	return move(run, by, 0, 0) ? 0 : helper_error(-EINVAL);
}

HELP(skb_change_tail)
{
	u32 len = (u32)b;

	if (c || !run->packet || len < TAIL_MIN || len > PACKET_MAX ||
	    !move(run, 0, 0, (s64)len - packet_len(run->packet)))
		return helper_error(-EINVAL);
	return 0;
}

HELP(skb_change_head)
{
	u32 room = (u32)b;

	if (c || !run->packet || (u64)packet_len(run->packet) + room > PACKET_MAX)
		return helper_error(-EINVAL);
	return move(run, -(s64)room, -(s64)room, 0) ? 0 : helper_error(-ENOMEM);
}

/* Bytes at an offset come in as zeroes, or go; what is before them keeps its place to the beginning. */
static int shift_head(struct run *run, u32 keep, s32 by)
{
	u8 *old = packet_data(run->packet), *now;

	if (keep > packet_len(run->packet) ||
	    (by < 0 && (u64)keep + (u64)-by > packet_len(run->packet)))
		return -ENOMEM;
	if (!move(run, -by, -by, 0))
		return -ENOMEM;
	now = packet_data(run->packet);
	memmove(now, old, keep);
	if (by > 0)
		memset(now + keep, 0, (u32)by);
	return 0;
}

static u32 network_header(const struct run *run)
{
	const u8 *data = packet_data(run->packet);

	if (packet_len(run->packet) < ETH_HLEN + 1)
		return 0;
	return data[12] == 0x08 && !data[13]          ? (data[14] & 15u) * 4
	       : data[12] == 0x86 && data[13] == 0xdd ? 40
						      : 0;
}

HELP(skb_adjust_room)
{
	s32 by = (s32)b;
	u32 mode = (u32)c, keep = ETH_HLEN;

	if (!run->packet || mode > BPF_ADJ_ROOM_MAC)
		return helper_error(-MAP_ENOTSUPP);
	if (by > 0xfff || by < -0xfff)
		return helper_error(-EFAULT);
	if (mode == BPF_ADJ_ROOM_NET)
		keep += network_header(run);
	return helper_error(shift_head(run, keep, by));
}

/* The other header is the program's to write, and so is the type in Ethernet's. */
HELP(skb_change_proto)
{
	const u16 ipv4 = BIG_16(ETH_P_IP), ipv6 = BIG_16(ETH_P_IPV6);
	s32 by = sizeof(struct ipv6hdr) - sizeof(struct iphdr);
	u32 from = run->packet ? run->packet->skb.protocol : 0;
	u16 to = (u16)b;
	int err;

	if (c || !run->packet)
		return helper_error(-EINVAL);
	if (!(from == ipv4 && to == ipv6) && !(from == ipv6 && to == ipv4))
		return helper_error(-MAP_ENOTSUPP);
	err = shift_head(run, ETH_HLEN, to == ipv6 ? by : -by);
	if (err)
		return helper_error(err);
	run->packet->skb.protocol = to;
	run->packet->skb.hash = 0;
	return 0;
}

/* A header of IP in front of that which is there. */
HELP(lwt_push_encap)
{
	const u8 *header = helper_at(c);
	u32 size = (u32)d, version;
	u8 *to;

	if (b != BPF_LWT_ENCAP_IP || !run->packet || size < sizeof(struct iphdr) ||
	    size > ENCAP_MAX)
		return helper_error(-EINVAL);
	version = header[0] >> 4;
	if (!(version == 4 && size >= (header[0] & 15u) * 4) &&
	    !(version == 6 && size >= sizeof(struct ipv6hdr)))
		return helper_error(-EINVAL);
	if (!move(run, -(s64)size, -(s64)size, 0))
		return helper_error(-ENOMEM);
	to = packet_data(run->packet);
	memcpy(to, header, size);
	run->packet->skb.hash = 0;
	run->packet->skb.protocol = BIG_16(version == 4 ? ETH_P_IP : ETH_P_IPV6);
	if (version == 4 && !to[10] && !to[11])
		replace(to + 10, 0xffff, fold(add_all(0, to, (to[0] & 15u) * 4)));
	return 0;
}

/* ---- VLAN tags: one is kept beside the packet, as devices do */

HELP(skb_vlan_push)
{
	struct __sk_buff *skb;
	u16 proto = (u16)b;
	u8 *data;

	if (!run->packet)
		return helper_error(-EINVAL);
	if (proto != BIG_16(ETH_P_8021Q) && proto != BIG_16(ETH_P_8021AD))
		proto = BIG_16(ETH_P_8021Q);
	skb = &run->packet->skb;
	if (skb->vlan_present) {
		u16 tci = BIG_16((u16)skb->vlan_tci), old = (u16)skb->vlan_proto;
		int err = shift_head(run, ETH_MACS, VLAN_TAG);

		if (err)
			return helper_error(err);
		data = packet_data(run->packet);
		memcpy(data + ETH_MACS, &old, 2);
		memcpy(data + ETH_MACS + 2, &tci, 2);
		skb->protocol = old;
	}
	skb->vlan_present = 1;
	skb->vlan_proto = proto;
	skb->vlan_tci = (u16)c;
	return 0;
}

HELP(skb_vlan_pop)
{
	struct __sk_buff *skb;
	u16 proto = 0;
	int err = 0;

	if (!run->packet)
		return helper_error(-EINVAL);
	skb = &run->packet->skb;
	if (skb->vlan_present) {
		skb->vlan_present = skb->vlan_tci = skb->vlan_proto = 0;
	} else if (packet_len(run->packet) >= ETH_HLEN + VLAN_TAG) {
		memcpy(&proto, packet_data(run->packet) + ETH_MACS, 2);
		if (proto != BIG_16(ETH_P_8021Q) && proto != BIG_16(ETH_P_8021AD))
			return 0;
		err = shift_head(run, ETH_MACS, -VLAN_TAG);
		memcpy(&proto, packet_data(run->packet) + ETH_MACS, 2);
		skb->protocol = proto;
	}
	return helper_error(err);
}

/* ---- checksums */

static int replace_by(u8 *at, u64 from, u64 to, u32 size)
{
	switch (size) {
	case 0:
		if (from)
			return -EINVAL;
		replace(at, 0xffff, fold((u32)to)); /* the difference is a sum already */
		return 0;
	case 2:
		replace(at, (u16)from, (u16)to);
		return 0;
	case 4:
		replace(at, fold((u32)from), fold((u32)to));
		return 0;
	default:
		return -EINVAL;
	}
}

HELP(l3_csum_replace)
{
	u8 *at;

	if (e & ~(u64)BPF_F_HDR_FIELD_MASK)
		return helper_error(-EINVAL);
	if ((u32)b > 0xffff || b & 1)
		return helper_error(-EFAULT);
	at = bytes_at(run, (u32)b, 2);
	if (!at)
		return helper_error(-EFAULT);
	return helper_error(replace_by(at, c, d, (u32)e));
}

/* 0 is how UDP says that there is no checksum. */
HELP(l4_csum_replace)
{
	const u64 known =
		BPF_F_HDR_FIELD_MASK | BPF_F_MARK_MANGLED_0 | BPF_F_PSEUDO_HDR | BPF_F_MARK_ENFORCE;
	bool is_udp = e & BPF_F_MARK_MANGLED_0;
	u8 *at;
	int err;

	if (e & ~known)
		return helper_error(-EINVAL);
	if ((u32)b > 0xffff || b & 1)
		return helper_error(-EFAULT);
	at = bytes_at(run, (u32)b, 2);
	if (!at)
		return helper_error(-EFAULT);
	if (is_udp && !(e & BPF_F_MARK_ENFORCE) && !at[0] && !at[1])
		return 0;
	err = replace_by(at, c, d, (u32)(e & BPF_F_HDR_FIELD_MASK));
	if (!err && is_udp && !at[0] && !at[1])
		at[0] = at[1] = 0xff;
	return helper_error(err);
}

HELP(csum_diff)
{
	u64 from = (u32)b, to = (u32)d, sum = (u32)e;

	if ((from | to) & 3)
		return helper_error(-EINVAL);
	sum = fold(sum);
	if (to)
		sum = add_all(sum, helper_at(c), to);
	if (from)
		sum = fold(sum) + (u16)~fold(add_all(0, helper_at(a), from));
	return fold(sum);
}

HELP(csum_update)
{
	return helper_error(-MAP_ENOTSUPP); /* only where a device has summed up the packet */
}

/* ---- hashes */

HELP(get_hash_recalc)
{
	return run->packet ? run->packet->skb.hash : 0;
}

HELP(set_hash)
{
	if (run->packet)
		run->packet->skb.hash = (u32)b;
	return 0;
}

HELP(set_hash_invalid)
{
	if (run->packet)
		run->packet->skb.hash = 0;
	return 0;
}

/* ---- where it goes */

static void record(struct run *run, u64 ifindex, u64 flags, struct map *map, u64 key)
{
	run->redirect.ifindex = ifindex;
	run->redirect.flags = flags;
	run->redirect.map = map;
	run->redirect.key = key;
}

HELP(redirect)
{
	bool is_xdp = run->packet && run->packet->kind == PACKET_XDP;

	if (is_xdp ? b : b & ~(u64)BPF_F_INGRESS)
		return is_xdp ? XDP_ABORTED : TC_SHOT;
	record(run, (u32)a, b, NULL, 0);
	return is_xdp ? XDP_REDIRECT : TC_REDIRECT;
}

HELP(redirect_map)
{
	const u64 known = 3 | BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS;
	u32 key = (u32)b;

	if (c & ~known)
		return XDP_ABORTED;
	if (!(c & BPF_F_BROADCAST) && !map_slot(helper_at(a), &key))
		return c & 3;
	record(run, 0, c, helper_at(a), key);
	return XDP_REDIRECT;
}

HELP(redirect_neigh)
{
	if (d || (c && c < sizeof(struct bpf_redir_neigh)))
		return TC_SHOT;
	record(run, (u32)a, d, NULL, 0);
	return TC_REDIRECT;
}

HELP(redirect_peer)
{
	if (b)
		return TC_SHOT;
	record(run, (u32)a, b, NULL, 0);
	return TC_REDIRECT;
}

HELP(clone_redirect)
{
	if (c & ~(u64)BPF_F_INGRESS)
		return helper_error(-EINVAL);
	record(run, (u32)b, c, NULL, 0);
	return 0;
}
