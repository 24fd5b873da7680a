/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Half of a program: link_a.c has the other. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} both SEC(".maps") __weak;

__u64 from_b = 40;
static __u64 mine = 2;

__attribute__((noinline)) __u64 twice(__u64 v)
{
	return v * mine;
}

__attribute__((noinline)) __u64 which(__u64 v)
{
	return v + 1000;
}

SEC("raw_tp")
int other(void *ctx)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&both, &key) != 0;
}

char _license[] SEC("license") = "GPL";
