/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Says hello whenever a program is started:
 *
 *	skep run hello.bpf.c
 *	skep run -c /bin/true hello.bpf.c	and no more than this command
 */
#include <skep.bpf.h>

/* The process of -c or -p; skep sets it. */
const volatile int target_pid;

SEC("tracepoint/syscalls/sys_enter_execve")
int hello(struct trace_event_raw_sys_enter *ctx)
{
	char file[64];
	int pid = bpf_get_current_pid_tgid() >> 32;

	if (target_pid && pid != target_pid)
		return 0;
	bpf_probe_read_user_str(file, sizeof(file), (const char *)ctx->args[0]);
	bpf_printk("hello, %s", file);
	return 0;
}

LICENSE("GPL");
