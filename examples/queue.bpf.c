/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first four descriptors that are closed in a queue, the last four in a stack that throws out what is oldest.
 *
 *	skep run -c 'ls /' queue.bpf.c
 */
#include <skep.bpf.h>

const volatile int target_pid;

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 4);
	__type(value, u32);
} first SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 4);
	__type(value, u32);
} last SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_close")
int on_close(struct trace_event_raw_sys_enter *ctx)
{
	u32 fd = ctx->args[0];

	if (target_pid && bpf_get_current_pid_tgid() >> 32 != target_pid)
		return 0;
	bpf_map_push_elem(&first, &fd, 0); /* fails when it is full */
	bpf_map_push_elem(&last, &fd, BPF_EXIST);
	return 0;
}

LICENSE("GPL");
