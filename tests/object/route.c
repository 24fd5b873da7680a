/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks up what the packet asks for: struct bpf_fib_lookup, flags; the answer and the result are put into their places. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct question {
	struct bpf_fib_lookup lookup;
	__u32 flags;
	__s32 result;
};

SEC("xdp")
int ask(struct xdp_md *ctx)
{
	struct question *q = (void *)(long)ctx->data;
	struct bpf_fib_lookup p;

	if ((void *)(q + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	p = q->lookup;
	q->result = bpf_fib_lookup(ctx, &p, sizeof(p), q->flags);
	q->lookup = p;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
