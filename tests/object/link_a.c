/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Half of a program: link_b.c has the other. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} both SEC(".maps");

extern __u64 from_b;
extern __u64 twice(__u64 v);
static __u64 mine = 1;

__weak __u64 which(__u64 v)
{
	return v + 1;
}

SEC("raw_tp")
int entry(void *ctx)
{
	__u32 key = 0;
	__u64 *v = bpf_map_lookup_elem(&both, &key);

	mine += from_b;
	return (int)(twice(mine) + which(v ? *v : 0));
}

char _license[] SEC("license") = "GPL";
