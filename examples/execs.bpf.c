/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts the programs that each user starts, in a hash map, which is shown in the end:
 *
 *	skep run execs.bpf.c
 */
#include <skep.bpf.h>

const volatile int target_pid;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, u64);
} execs SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_execve")
int count(void *ctx)
{
	u32 uid = bpf_get_current_uid_gid();
	u64 one = 1, *n;

	if (target_pid && bpf_get_current_pid_tgid() >> 32 != target_pid)
		return 0;
	n = bpf_map_lookup_elem(&execs, &uid);
	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&execs, &uid, &one, BPF_NOEXIST);
	return 0;
}

LICENSE("GPL");
