/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A number that an array could not be as long as, in the way that newer libraries than Debian's know. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 8);
	__type(value, __u32);
	enum { hashes = 1ull << 44 | 3 } map_extra;
} filter SEC(".maps");

SEC("xdp")
int ask(struct xdp_md *ctx)
{
	__u32 value = 1;

	return bpf_map_peek_elem(&filter, &value) ? XDP_PASS : XDP_DROP;
}
