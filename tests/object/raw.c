/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program that says by its section what it is attached to, and does nothing there. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int live_raw(void *ctx)
{
	return 0;
}

char _license[] SEC("license") = "GPL";
