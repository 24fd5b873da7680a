/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One program on many functions: how often each function of the kernel whose name begins with vfs_ is called, by address. So do
 * uprobe.multi/PATH:PATTERN and, when functions return, kretprobe.multi and uretprobe.multi.
 *
 *	skep run -c 'ls -R /usr' multi.bpf.c
 */
#include <skep.bpf.h>

const volatile int target_pid;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);
	__type(value, u64);
} calls SEC(".maps");

SEC("kprobe.multi/vfs_*")
int count(struct pt_regs *ctx)
{
	u64 function, one = 1, *n;

	if (target_pid && bpf_get_current_pid_tgid() >> 32 != target_pid)
		return 0;
	function = bpf_get_func_ip(ctx);
	n = bpf_map_lookup_elem(&calls, &function);
	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&calls, &function, &one, BPF_NOEXIST);
	return 0;
}

LICENSE("GPL");
