/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The descriptors that were closed last, in an LRU hash: where it is full the kernel throws out what was not used for longest, so
 * that an update does not fail.
 *
 *	skep run -c 'ls /' lru.bpf.c
 */
#include <skep.bpf.h>

const volatile int target_pid;
u64 failed; /* stays 0 */

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16);
	__type(key, u32);
	__type(value, u64);
} last SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_close")
int on_close(struct trace_event_raw_sys_enter *ctx)
{
	u32 fd = ctx->args[0];
	u64 now = bpf_ktime_get_ns();

	if (target_pid && bpf_get_current_pid_tgid() >> 32 != target_pid)
		return 0;
	if (bpf_map_update_elem(&last, &fd, &now, BPF_ANY))
		__sync_fetch_and_add(&failed, 1);
	return 0;
}

LICENSE("GPL");
