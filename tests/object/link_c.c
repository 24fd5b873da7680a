/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Declares the map of link_a.c otherwise. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 9);
	__type(key, __u32);
	__type(value, __u64);
} both SEC(".maps");

SEC("raw_tp")
int third(void *ctx)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&both, &key) != 0;
}

char _license[] SEC("license") = "GPL";
