/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps that no other file sees: references go by the section and an addend. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

static struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} first SEC(".maps");

static struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__type(key, __u64);
	__type(value, __u64);
} second SEC(".maps");

SEC("raw_tp")
int use(void *ctx)
{
	__u64 key = 0;

	return bpf_map_lookup_elem(&second, &key) != bpf_map_lookup_elem(&first, &key);
}

char _license[] SEC("license") = "GPL";
