/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept with an skb beside its bytes. Whose it is, is in helper_sock.c. */
#include <linux/if_ether.h>

#include "machine/helper.h"
#include "machine/packet.h"

#define BIG_16(x) ((u16)((x) >> 8 | (x) << 8))
#define ECN_CE 3u

enum { IPV4_BYTES = 20, IPV6_BYTES = 40, TYPE_OTHERHOST = 3 };
enum { CLOCK_IS_REAL, CLOCK_IS_MONOTONIC, CLOCK_IS_TAI }; /* of skb->tstamp */

HELP(skb_change_type)
{
	struct __sk_buff *skb = run->packet ? &run->packet->skb : NULL;

	if (!skb || skb->pkt_type > TYPE_OTHERHOST || (u32)b > TYPE_OTHERHOST)
		return helper_error(-EINVAL);
	skb->pkt_type = (u32)b;
	return 0;
}

/* The IP header, if all of it is there. */
static u8 *network(struct run *run, u32 size)
{
	struct packet *p = run->packet;
	u32 at = p->starts_with_network ? 0 : ETH_HLEN;

	return packet_len(p) >= at + size ? packet_data(p) + at : NULL;
}

/* One more in the field is one less in the checksum, RFC 1624. */
static u64 congested_ipv4(u8 *ip)
{
	u32 more = ECN_CE - (ip[1] & ECN_CE);
	u16 sum;

	if (more == ECN_CE)
		return 0;
	memcpy(&sum, ip + 10, sizeof(sum));
	for (u32 left = more; left; left--) {
		u32 less = (u32)BIG_16(sum) + 0xfffe;

		less = (less & 0xffff) + (less >> 16);
		sum = BIG_16((u16)less);
	}
	if (more)
		memcpy(ip + 10, &sum, sizeof(sum));
	ip[1] |= ECN_CE;
	return 1;
}

HELP(skb_ecn_set_ce)
{
	u32 protocol = run->packet ? run->packet->skb.protocol : 0;
	u8 *ip;

	if (protocol == BIG_16(ETH_P_IP)) {
		ip = network(run, IPV4_BYTES);
		return ip ? congested_ipv4(ip) : 0;
	}
	if (protocol != BIG_16(ETH_P_IPV6))
		return 0;
	ip = network(run, IPV6_BYTES);
	if (!ip || !(ip[1] & ECN_CE << 4))
		return 0;
	ip[1] |= ECN_CE << 4;
	return 1;
}

/* No device has looked at checksums. */
HELP(csum_level)
{
	if (b > BPF_CSUM_LEVEL_RESET)
		return helper_error(-EINVAL);
	return b == BPF_CSUM_LEVEL_QUERY ? helper_error(-EACCES) : 0;
}

HELP(skb_set_tstamp)
{
	struct __sk_buff *skb = run->packet ? &run->packet->skb : NULL;
	u32 clock = (u32)c;

	if (!skb || (skb->protocol != BIG_16(ETH_P_IP) && skb->protocol != BIG_16(ETH_P_IPV6)))
		return helper_error(-EOPNOTSUPP);
	if (clock > CLOCK_IS_TAI || (clock == CLOCK_IS_REAL) != !b)
		return helper_error(-EINVAL);
	skb->tstamp = b;
	skb->tstamp_type = (u8)clock;
	return 0;
}

/* No packet has come through IPsec. */
HELP(skb_get_xfrm_state)
{
	helper_clear(helper_at(c), (u32)d);
	return helper_error(-EINVAL);
}

/* ---- classes of network traffic: there are none */

HELP(skb_cgroup_classid)
{
	return 0;
}

HELP(get_cgroup_classid)
{
	return 0;
}

HELP(get_route_realm)
{
	return 0;
}
