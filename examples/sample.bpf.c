/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Samples packets: each one in `every` goes to user space by perf_event_output(), the packet's bytes behind a header of ours. As
 * that has a member `len`, a capture file gets the packet alone:
 *
 *	skep run --dev eth0 --set every=100 --pcap sample.pcap sample.bpf.c
 */
#include <skep.bpf.h>

struct sample {
	u32 number;
	u32 len; /* of the packet */
};

const volatile u32 every = 1;
u32 packets;

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(u32));
} samples SEC(".maps");
RECORD(samples, struct sample);

SEC("xdp")
int sample(struct xdp_md *ctx)
{
	struct sample s = { .len = ctx->data_end - ctx->data };

	s.number = __sync_fetch_and_add(&packets, 1);
	if (!every || s.number % every == 0)
		bpf_perf_event_output(ctx, &samples, BPF_F_CURRENT_CPU | (u64)s.len << 32, &s,
				      sizeof(s));
	return XDP_PASS;
}

LICENSE("GPL");
