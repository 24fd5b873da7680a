/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What no verifier takes: a byte of a packet is read whose length nobody asked for. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int reads_too_far(struct xdp_md *ctx)
{
	return *(const unsigned char *)(long)ctx->data ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
