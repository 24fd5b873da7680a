/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet and the context that a program sees it by:
 *
 *	| headroom ... | meta | data ........ end | tailroom |
 *	               ^      ^               ^
 *	               the context's data_meta, data, data_end: addresses in 32 bits, so all lies below 4 GiB
 *
 * The context is the struct that programs are compiled for, xdp_md or __sk_buff; helpers that move the packet keep it right.
 */
#ifndef MACHINE_PACKET_H
#define MACHINE_PACKET_H

#include <linux/bpf.h>

#include "base/diag.h"
#include "machine/run.h"

#define PACKET_HEADROOM 256
#define PACKET_TAILROOM 512
#define PACKET_MAX 65535u /* bytes */

enum packet_kind { PACKET_XDP, PACKET_SKB };

/* Of bpf_skb_set_tunnel_key(): helper_tunnel.c. */
struct packet_tunnel {
	bool is_set, is_ipv6;
	u16 flags; /* as programs see them */
	struct bpf_tunnel_key key;
	u8 options[255];
	u8 option_bytes;
};

struct packet {
	enum packet_kind kind;
	bool starts_with_network; /* the link's header lies before the data, not in it */
	u8 *memory;               /* PACKET_HEADROOM + PACKET_MAX + PACKET_TAILROOM bytes */
	union {
		struct xdp_md xdp;
		struct __sk_buff skb;
	};
	struct packet_tunnel tunnel;
};

/* Memory below 4 GiB; NULL with a message if there is none. */
struct packet *packet_new(enum packet_kind kind, struct diag *d);
void packet_free(struct packet *p);
/*
 * Fills it in anew, and the context as a device would: len bytes, at most PACKET_MAX. All else of the context is as it was
 * set by the caller, at first zeroes but for the device's index, which is 1.
 */
void packet_set(struct packet *p, const void *bytes, u32 len);
/* Makes it the packet of a run; what machine_run() takes as context. */
void *packet_enter(struct packet *p, struct run *run, size_t *ctx_size);
u8 *packet_data(const struct packet *p);
u32 packet_len(const struct packet *p);
u32 packet_ifindex(const struct packet *p); /* of the device that it is at */

/*
 * Moves the beginning and end of the data, the beginning of the metadata (ends that do not change are given as they are):
 * false if there is no room. Memory that comes in is zeroed.
 */
bool packet_move(struct packet *p, struct run *run, s64 meta, s64 data, s64 end);

#endif
