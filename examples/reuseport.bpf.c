/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chooses which of the UDP sockets that share a port gets a message, by the message's first byte: what belongs together stays
 * together, as connections of QUIC do that are named there. The sockets are those of a process, in the order of their numbers.
 *
 *	skep run -p $(pidof server) --set sockets=4 reuseport.bpf.c
 */
#include <skep.bpf.h>

const volatile u32 sockets = 2;
u64 chosen, others;

struct {
	__uint(type, BPF_MAP_TYPE_REUSEPORT_SOCKARRAY);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, u64);
} group SEC(".maps");

SEC("sk_reuseport")
int choose(struct sk_reuseport_md *ctx)
{
	const u8 *data = ctx->data, *message = data + sizeof(struct udphdr);
	u32 which;

	if (message + 1 > (const u8 *)ctx->data_end)
		return SK_PASS;
	which = *message % sockets;
	if (bpf_sk_select_reuseport(ctx, &group, &which, 0))
		__sync_fetch_and_add(&others, 1);
	else
		__sync_fetch_and_add(&chosen, 1);
	return SK_PASS;
}

LICENSE("GPL");
