/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps the processes of a cgroup from connecting to a port, and counts the attempts:
 *
 *	skep run --cgroup /sys/fs/cgroup/x --set closed=25 cgroup.bpf.c
 */
#include <skep.bpf.h>

const volatile u16 closed = 25;
u64 refused, allowed;

SEC("cgroup/connect4")
int on_connect(struct bpf_sock_addr *ctx)
{
	if (ctx->user_port != bpf_htons(closed)) {
		__sync_fetch_and_add(&allowed, 1);
		return 1;
	}
	__sync_fetch_and_add(&refused, 1);
	return 0;
}

LICENSE("GPL");
