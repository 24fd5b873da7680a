/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps of maps and program arrays with what they have from the beginning. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} a SEC(".maps"), b SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = {
	.values = { [1] = &b, [3] = &a },
};

int leaf(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 3);
	__uint(key_size, sizeof(__u32));
	__array(values, int(void *));
} progs SEC(".maps") = {
	.values = { [2] = (void *)&leaf },
};

SEC("xdp")
int root(struct xdp_md *ctx)
{
	__u32 key = 1;
	void *map = bpf_map_lookup_elem(&outer, &key);
	__u64 *v = map ? bpf_map_lookup_elem(map, &key) : 0;

	bpf_tail_call(ctx, &progs, 2);
	return v ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int leaf(struct xdp_md *ctx)
{
	return XDP_TX;
}

char _license[] SEC("license") = "Dual BSD/GPL";
