/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sends a record through a ring buffer for each file that is opened. RECORD says what the records are, and skep shows them so:
 *
 *	skep run -c 'cat /etc/hostname' ringbuf.bpf.c
 */
#include <skep.bpf.h>

struct opened {
	u32 pid;
	u32 flags;
	char comm[16];
	char file[64];
};

const volatile int target_pid;
u64 dropped; /* there was no room; as all variables that have changed, it is shown in the end */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} events SEC(".maps");
RECORD(events, struct opened);

SEC("tracepoint/syscalls/sys_enter_openat")
int on_open(struct trace_event_raw_sys_enter *ctx)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct opened *e;

	if (target_pid && pid != target_pid)
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&dropped, 1);
		return 0;
	}
	e->pid = pid;
	e->flags = ctx->args[2];
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	bpf_probe_read_user_str(e->file, sizeof(e->file), (const char *)ctx->args[1]);
	bpf_ringbuf_submit(e, 0);
	return 0;
}

LICENSE("GPL");
