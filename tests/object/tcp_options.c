// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Looks for the timestamp among the options of a TCP segment, ROUNDS options at most. Every round has several ways on, each of
 * which leaves the pointer elsewhere: walked one by one, the paths double with each round.
 */
#include <linux/bpf.h>

#ifndef ROUNDS
#define ROUNDS 10
#endif
#define SEC(name) __attribute__((section(name), used))

struct headers {
	__u8 ethernet[14], ip[20], tcp[20];
};

SEC("xdp") int tcp_options(struct xdp_md *ctx)
{
	__u8 *end = (__u8 *)(long)ctx->data_end;
	struct headers *h = (void *)(long)ctx->data;
	__u8 *p = (__u8 *)(h + 1);
	int i;

	if (p > end)
		return XDP_PASS;
#pragma clang loop unroll(disable)
	for (i = 0; i < ROUNDS; i++) {
		__u8 kind, size;

		if (p + 1 > end)
			return XDP_PASS;
		kind = *p;
		if (kind == 0)
			return XDP_PASS;
		if (kind == 1) {
			p++;
			continue;
		}
		if (p + 2 > end)
			return XDP_PASS;
		size = p[1];
		if (size < 2)
			return XDP_DROP;
		if (kind == 8) {
			if (p + 10 > end)
				return XDP_DROP;
			return p[2] == 0 ? XDP_DROP : XDP_TX;
		}
		p += size;
	}
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
