/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells of each file once, the first time it is opened. A bloom filter remembers which have been seen in few bytes; it may take
 * one for seen that was not, never the other way round.
 *
 *	skep run -c 'ls /' bloom.bpf.c
 */
#include <skep.bpf.h>

#define PATH 64

const volatile int target_pid;
u64 again;

struct path {
	char text[PATH];
};

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 10000);
	__type(value, struct path);
} seen SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_openat")
int on_open(struct trace_event_raw_sys_enter *ctx)
{
	struct path p = {};

	if (target_pid && bpf_get_current_pid_tgid() >> 32 != target_pid)
		return 0;
	if (bpf_probe_read_user_str(p.text, sizeof(p.text), (const char *)ctx->args[1]) < 0)
		return 0;
	if (!bpf_map_peek_elem(&seen, &p)) {
		__sync_fetch_and_add(&again, 1);
		return 0;
	}
	bpf_map_push_elem(&seen, &p, BPF_ANY);
	bpf_printk("%s", p.text);
	return 0;
}

LICENSE("GPL");
