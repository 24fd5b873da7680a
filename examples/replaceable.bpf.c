/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program with a function that others may watch (trace_program.bpf.c) or replace (replace.bpf.c): it is global, so the kernel
 * verifies it by itself, and not inlined.
 *
 *	skep run --dev eth0 replaceable.bpf.c
 */
#include <skep.bpf.h>

u64 passed, dropped;

__noinline int judge(u32 length)
{
	asm volatile("" : "+r"(length)); /* so that nobody computes it ahead */
	return length > 1500 ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int replaceable(struct xdp_md *ctx)
{
	int verdict = judge(ctx->data_end - ctx->data);

	if (verdict == XDP_DROP)
		__sync_fetch_and_add(&dropped, 1);
	else
		__sync_fetch_and_add(&passed, 1);
	return verdict == XDP_DROP ? XDP_DROP : XDP_PASS;
}

LICENSE("GPL");
