/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a program says of the tunnel that a packet is to leave by: kept with the packet, as a tunnel's device would find it. What is
 * read back has the addresses the other way around, as the kernel's: to whom it is set is from whom when it is received.
 */
#include <stddef.h>

#include "machine/helper.h"
#include "machine/packet.h"

#define LABEL_MASK 0xfffffu
#define SET_FLAGS                                                                                  \
	(BPF_F_TUNINFO_IPV6 | BPF_F_ZERO_CSUM_TX | BPF_F_DONT_FRAGMENT | BPF_F_SEQ_NUMBER | NO_KEY)
#define GET_FLAGS (BPF_F_TUNINFO_IPV6 | GET_KEY_FLAGS)

enum { NO_KEY = 1 << 4, GET_KEY_FLAGS = 1 << 4 }; /* BPF_F_NO_TUNNEL_KEY, BPF_F_TUNINFO_FLAGS */
/* The kernel's TUNNEL_..., which are big-endian, as a program sees them. */
enum {
	NO_FRAGMENTS = 0x1,
	NO_CACHE = 0x20,    /* of all that programs set */
	HAS_OPTIONS = 0xd8, /* of any kind of tunnel that has some */
	HAS_CSUM = 0x100,
	HAS_KEY = 0x400,
	HAS_SEQUENCE = 0x800
};

/* Sizes that the struct had once. */
static bool is_old_size(u32 size)
{
	return size == offsetof(struct bpf_tunnel_key, local_ipv6[0]) ||
	       size == offsetof(struct bpf_tunnel_key, tunnel_label) ||
	       size == offsetof(struct bpf_tunnel_key, tunnel_ext) ||
	       size == offsetof(struct bpf_tunnel_key, remote_ipv6[1]);
}

HELP(skb_set_tunnel_key)
{
	struct bpf_tunnel_key key = { 0 };
	struct packet_tunnel *t = run->packet ? &run->packet->tunnel : NULL;
	u32 size = (u32)c;

	if (!t || d & ~(u64)SET_FLAGS || (size != sizeof(key) && !is_old_size(size)))
		return helper_error(-EINVAL);
	memcpy(&key, helper_at(b), size);
	if ((!(d & BPF_F_TUNINFO_IPV6) && key.tunnel_label) || key.tunnel_ext)
		return helper_error(-EINVAL);
	key.tunnel_label &= LABEL_MASK;
	*t = (struct packet_tunnel){ .is_set = true,
				     .is_ipv6 = d & BPF_F_TUNINFO_IPV6,
				     .key = key };
	t->flags = (u16)(NO_CACHE | (d & BPF_F_ZERO_CSUM_TX ? 0 : HAS_CSUM) |
			 (d & NO_KEY ? 0 : HAS_KEY) | (d & BPF_F_DONT_FRAGMENT ? NO_FRAGMENTS : 0) |
			 (d & BPF_F_SEQ_NUMBER ? HAS_SEQUENCE : 0));
	return 0;
}

static void turn_around(const struct packet_tunnel *t, bool with_flags, struct bpf_tunnel_key *out)
{
	u32 words = t->is_ipv6 ? 4 : 1;

	*out = (struct bpf_tunnel_key){
		.tunnel_id = t->key.tunnel_id,
		.tunnel_tos = t->key.tunnel_tos,
		.tunnel_ttl = t->key.tunnel_ttl,
		.tunnel_label = t->key.tunnel_label,
	};
	memcpy(out->remote_ipv6, t->key.local_ipv6, words * sizeof(u32));
	memcpy(out->local_ipv6, t->key.remote_ipv6, words * sizeof(u32));
	if (with_flags)
		out->tunnel_ext = t->flags;
}

HELP(skb_get_tunnel_key)
{
	const struct packet_tunnel *t = run->packet ? &run->packet->tunnel : NULL;
	struct bpf_tunnel_key key;
	u32 size = (u32)c;
	int err = 0;

	if (!t || !t->is_set || d & ~(u64)GET_FLAGS)
		err = -EINVAL;
	else if (t->is_ipv6 != !!(d & BPF_F_TUNINFO_IPV6))
		err = -EPROTO;
	else if (size != sizeof(key) &&
		 (!is_old_size(size) ||
		  (t->is_ipv6 && size == offsetof(struct bpf_tunnel_key, remote_ipv6[1]))))
		err = -EINVAL;
	if (err) {
		helper_clear(helper_at(b), size);
		return helper_error(err);
	}
	turn_around(t, d & GET_KEY_FLAGS, &key);
	memcpy(helper_at(b), &key, size);
	return 0;
}

HELP(skb_set_tunnel_opt)
{
	struct packet_tunnel *t = run->packet ? &run->packet->tunnel : NULL;
	u32 size = (u32)c;

	if (!t || !t->is_set || size % 4)
		return helper_error(-EINVAL);
	if (size > sizeof(t->options))
		return helper_error(-ENOMEM);
	memcpy(t->options, helper_at(b), size);
	t->option_bytes = (u8)size;
	t->flags |= HAS_OPTIONS;
	return 0;
}

HELP(skb_get_tunnel_opt)
{
	const struct packet_tunnel *t = run->packet ? &run->packet->tunnel : NULL;
	u32 size = (u32)c;

	helper_clear(helper_at(b), size);
	if (!t || !(t->flags & HAS_OPTIONS))
		return helper_error(-ENOENT);
	if (size < t->option_bytes)
		return helper_error(-ENOMEM);
	memcpy(helper_at(b), t->options, t->option_bytes);
	return t->option_bytes;
}
