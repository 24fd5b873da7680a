/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps within a map: a hash of system calls for each kind of call, chosen by an index.
 *
 *	skep run -c 'ls /' map_in_map.bpf.c
 */
#include <skep.bpf.h>

const volatile int target_pid;

struct counts {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512);
	__type(key, u32); /* the call's number */
	__type(value, u64);
};
struct counts ok SEC(".maps"), failed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, u32);
	__array(values, struct counts);
} by_result SEC(".maps") = { .values = { &ok, &failed } };

SEC("tracepoint/raw_syscalls/sys_exit")
int on_exit(struct trace_event_raw_sys_exit *ctx)
{
	u32 id = ctx->id, has_failed = ctx->ret < 0;
	u64 one = 1, *n;
	void *counts;

	if (target_pid && bpf_get_current_pid_tgid() >> 32 != target_pid)
		return 0;
	counts = bpf_map_lookup_elem(&by_result, &has_failed);
	if (!counts)
		return 0;
	n = bpf_map_lookup_elem(counts, &id);
	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(counts, &id, &one, BPF_ANY);
	return 0;
}

LICENSE("GPL");
