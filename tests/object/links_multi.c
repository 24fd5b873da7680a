// SPDX-License-Identifier: GPL-2.0-or-later
/* The same of links of many functions. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("kprobe.multi/bpf_fentry_test?") int on_entries(void *ctx)
{
	return 0;
}

SEC("kretprobe.multi/bpf_fentry_test1") int on_returns(void *ctx)
{
	return 0;
}

char _license[] SEC("license") = "GPL";
