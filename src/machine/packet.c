/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/packet.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/arena.h"

#define ROOM (PACKET_HEADROOM + PACKET_MAX + PACKET_TAILROOM)
#define FRAME 40 /* the kernel's struct xdp_frame, which lies at the beginning of the headroom */
#define ETH_TYPE_AT 12

struct packet *packet_new(enum packet_kind kind, struct diag *d)
{
	struct packet *p = calloc(1, sizeof(*p));

	if (!p)
		arena_exhausted();
	p->kind = kind;
	p->memory = mmap(NULL, ROOM, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (p->memory == MAP_FAILED) {
		diag_errno(d, errno, "no memory below 4 GiB for a packet");
		free(p);
		return NULL;
	}
	if (kind == PACKET_XDP)
		p->xdp.ingress_ifindex = 1;
	else
		p->skb.ifindex = p->skb.ingress_ifindex = 1;
	packet_set(p, NULL, 0);
	return p;
}

void packet_free(struct packet *p)
{
	if (!p)
		return;
	munmap(p->memory, ROOM);
	free(p);
}

static u32 address(const void *at)
{
	return (u32)(uintptr_t)at;
}

static u8 *at(u32 address)
{
	return (u8 *)(uintptr_t)address;
}

u8 *packet_data(const struct packet *p)
{
	return at(p->kind == PACKET_XDP ? p->xdp.data : p->skb.data);
}

static u8 *end_of(const struct packet *p)
{
	return at(p->kind == PACKET_XDP ? p->xdp.data_end : p->skb.data_end);
}

static u8 *meta_of(const struct packet *p)
{
	return at(p->kind == PACKET_XDP ? p->xdp.data_meta : p->skb.data_meta);
}

u32 packet_len(const struct packet *p)
{
	return (u32)(end_of(p) - packet_data(p));
}

u32 packet_ifindex(const struct packet *p)
{
	return p->kind == PACKET_XDP ? p->xdp.ingress_ifindex : p->skb.ifindex;
}

static void point(struct packet *p, const u8 *meta, const u8 *data, const u8 *end)
{
	if (p->kind == PACKET_XDP) {
		p->xdp.data_meta = address(meta);
		p->xdp.data = address(data);
		p->xdp.data_end = address(end);
		return;
	}
	p->skb.data_meta = address(meta);
	p->skb.data = address(data);
	p->skb.data_end = address(end);
	p->skb.len = (u32)(end - data);
	p->skb.wire_len = p->skb.len;
}

void packet_set(struct packet *p, const void *bytes, u32 len)
{
	u8 *data = p->memory + PACKET_HEADROOM;

	if (len > PACKET_MAX)
		len = PACKET_MAX;
	if (len)
		memcpy(data, bytes, len);
	point(p, data, data, data + len);
	p->tunnel = (struct packet_tunnel){ 0 };
	if (p->kind == PACKET_SKB) {
		p->skb.protocol = 0;
		if (len >= ETH_TYPE_AT + 2)
			memcpy(&p->skb.protocol, data + ETH_TYPE_AT, 2);
	}
}

/* Of the metadata, as far as there is any, and the data. */
static void know(const struct packet *p, struct run *run)
{
	u8 *begin = meta_of(p);

	run_add_region(run, begin, (size_t)(end_of(p) - begin), true, "packet");
}

void *packet_enter(struct packet *p, struct run *run, size_t *ctx_size)
{
	run->packet = p;
	know(p, run);
	*ctx_size = p->kind == PACKET_XDP ? sizeof(p->xdp) : sizeof(p->skb);
	return p->kind == PACKET_XDP ? (void *)&p->xdp : (void *)&p->skb;
}

bool packet_move(struct packet *p, struct run *run, s64 meta, s64 data, s64 end)
{
	u8 *first = p->memory + (p->kind == PACKET_XDP ? FRAME : 0);
	u8 *last = p->memory + ROOM - PACKET_TAILROOM / 2;
	u8 *to_meta = meta_of(p) + meta, *to_data = packet_data(p) + data,
	   *to_end = end_of(p) + end;

	if (to_meta < first || to_meta > to_data || to_data > to_end || to_end > last)
		return false;
	run_remove_region(run, meta_of(p));
	if (to_data < packet_data(p))
		memset(to_data, 0, (size_t)(packet_data(p) - to_data));
	if (to_end > end_of(p))
		memset(end_of(p), 0, (size_t)(to_end - end_of(p)));
	point(p, to_meta, to_data, to_end);
	know(p, run);
	return true;
}
