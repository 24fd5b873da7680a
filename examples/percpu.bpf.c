/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts system calls and the time spent in them in a per-CPU array: each CPU has values of its own, so nothing has to be atomic.
 *
 *	skep run -c 'ls /' percpu.bpf.c
 */
#include <skep.bpf.h>

struct calls {
	u64 count, ns;
};

const volatile int target_pid;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct calls);
} calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} begun SEC(".maps");

SEC("tp_btf/sys_enter")
int BPF_PROG(enter)
{
	u64 *at;

	if (target_pid && bpf_get_current_pid_tgid() >> 32 != target_pid)
		return 0;
	at = bpf_task_storage_get(&begun, bpf_get_current_task_btf(), NULL,
				  BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (at)
		*at = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(leave)
{
	u64 *at = bpf_task_storage_get(&begun, bpf_get_current_task_btf(), NULL, 0);
	u32 zero = 0;
	struct calls *c = bpf_map_lookup_elem(&calls, &zero);

	if (!at || !*at || !c)
		return 0;
	c->count++;
	c->ns += bpf_ktime_get_ns() - *at;
	*at = 0;
	return 0;
}

LICENSE("GPL");
