/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes the place of a global function of a program that runs, until it is ended itself:
 *
 *	skep run --dev eth0 replaceable.bpf.c &
 *	skep run --target replaceable replace.bpf.c
 */
#include <skep.bpf.h>

u64 judged;

SEC("freplace/judge")
int judge_otherwise(u32 length)
{
	__sync_fetch_and_add(&judged, 1);
	return length > 100 ? XDP_PASS : XDP_DROP;
}

LICENSE("GPL");
