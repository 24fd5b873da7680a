/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bpf_fib_lookup() in the machine's table of routes, bpf_check_mtu() by its devices. There is one table, and each device forwards. */
#include <linux/if_ether.h>
#include <sys/socket.h>

#include "machine/fib.h"
#include "machine/helper.h"
#include "machine/machine.h"
#include "machine/packet.h"

/* Flags newer than some headers: with a source address, by the packet's mark. */
#define LOOKUP_SKIP_NEIGH 4u
#define LOOKUP_SRC 16u
#define LOOKUP_FLAGS 63u
#define RET_NO_SRC_ADDR 9

static u64 not_forwarded(const struct fib_route *r)
{
	switch (r ? r->kind : FIB_LOCAL) {
	case FIB_BLACKHOLE:
		return BPF_FIB_LKUP_RET_BLACKHOLE;
	case FIB_UNREACHABLE:
		return BPF_FIB_LKUP_RET_UNREACHABLE;
	case FIB_PROHIBIT:
		return BPF_FIB_LKUP_RET_PROHIBIT;
	default:
		return BPF_FIB_LKUP_RET_NOT_FWDED;
	}
}

static void set_next_hop(struct bpf_fib_lookup *p, const struct fib_route *r)
{
	p->rt_metric = r->metric;
	p->ifindex = r->ifindex;
	if (!r->via_family)
		return;
	p->family = r->via_family;
	memcpy(p->ipv6_dst, r->via, r->via_family == AF_INET6 ? 16 : 4);
}

static bool is_skb(const struct run *run)
{
	return run->packet && run->packet->kind == PACKET_SKB;
}

/* A packet of TC that says nothing of its length has to fit the device as it is, with its header and a VLAN's. */
static u64 fit_packet(struct bpf_fib_lookup *p, u16 mtu, const struct run *run)
{
	p->mtu_result = mtu;
	return packet_len(run->packet) > mtu + 14u + 4u ? BPF_FIB_LKUP_RET_FRAG_NEEDED : 0;
}

static u64 look_up(struct bpf_fib_lookup *p, const struct fib_route *r, u64 flags,
		   const struct run *run)
{
	u32 address = p->family == AF_INET ? 4 : 16;
	bool has_length = p->tot_len || !is_skb(run);
	u16 mtu;

	if (!r || r->kind != FIB_UNICAST)
		return not_forwarded(r);
	mtu = r->mtu < UINT16_MAX ? (u16)r->mtu : UINT16_MAX;
	if (p->tot_len > mtu) {
		p->mtu_result = mtu;
		return BPF_FIB_LKUP_RET_FRAG_NEEDED;
	}
	set_next_hop(p, r);
	if (flags & LOOKUP_SRC && !r->has_source)
		return RET_NO_SRC_ADDR;
	if (flags & LOOKUP_SRC)
		memcpy(p->ipv6_src, r->source, address);
	if (!(flags & LOOKUP_SKIP_NEIGH)) {
		if (!r->has_neighbour)
			return BPF_FIB_LKUP_RET_NO_NEIGH;
		memcpy(p->dmac, r->dmac, sizeof(p->dmac));
		memcpy(p->smac, r->smac, sizeof(p->smac));
	}
	p->h_vlan_proto = p->h_vlan_TCI = 0;
	if (!has_length)
		return fit_packet(p, mtu, run);
	p->mtu_result = mtu;
	return 0;
}

HELP(fib_lookup)
{
	struct bpf_fib_lookup *p = helper_at(b);
	const struct fib *fib = run->machine ? machine_fib(run->machine) : NULL;

	if ((u32)c < sizeof(*p) || d & ~(u64)LOOKUP_FLAGS)
		return helper_error(-EINVAL);
	if (p->family != AF_INET && p->family != AF_INET6)
		return helper_error(-EAFNOSUPPORT);
	return look_up(p, fib ? fib_find(fib, p->family, p->ipv6_dst) : NULL, d, run);
}

/* The packet's own device is there even where nothing is known of it. */
static u32 mtu_of(const struct run *run, u32 ifindex)
{
	const struct fib *fib = run->machine ? machine_fib(run->machine) : NULL;
	u32 own = packet_ifindex(run->packet), mtu = fib_mtu(fib, ifindex ? ifindex : own);

	return mtu || (ifindex && ifindex != own) ? mtu : ETH_DATA_LEN;
}

HELP(check_mtu)
{
	u32 *len = helper_at(c), mtu;
	bool is_xdp = run->packet && run->packet->kind == PACKET_XDP;
	s64 size;

	if (!run->packet || e & ~(u64)(is_xdp ? 0 : BPF_MTU_CHK_SEGS))
		return helper_error(-EINVAL);
	if (e & BPF_MTU_CHK_SEGS && ((s32)d || *len))
		return helper_error(-EINVAL);
	mtu = mtu_of(run, (u32)b);
	if (!mtu)
		return helper_error(-ENODEV);
	size = *len ? (s64)*len + ETH_HLEN : packet_len(run->packet);
	*len = mtu;
	return size + (s32)d <= (s64)mtu + ETH_HLEN ? BPF_MTU_CHK_RET_SUCCESS
						    : BPF_MTU_CHK_RET_FRAG_NEEDED;
}
