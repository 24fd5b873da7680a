/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One program at a function's beginning and its end (Linux 6.10 and newer; uprobe.session 6.13): it is told which, keeps a number
 * from one to the other, and what it returns at the beginning says whether it is called at the end. How long vfs_read() takes:
 *
 *	skep run -c 'cat /etc/passwd' session.bpf.c
 */
#include <skep.bpf.h>

const volatile int target_pid;
u64 reads, ns;

bool bpf_session_is_return(void) __ksym;
u64 *bpf_session_cookie(void) __ksym;

SEC("kprobe.session/vfs_read")
int measure(struct pt_regs *ctx)
{
	u64 *began = bpf_session_cookie();

	if (bpf_session_is_return()) {
		__sync_fetch_and_add(&reads, 1);
		__sync_fetch_and_add(&ns, bpf_ktime_get_ns() - *began);
		return 0;
	}
	if (target_pid && bpf_get_current_pid_tgid() >> 32 != target_pid)
		return 1;
	*began = bpf_ktime_get_ns();
	return 0;
}

LICENSE("GPL");
