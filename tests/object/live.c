/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands about the running kernel are tried on: a name that the kernel cuts off, functions, a callback, variables, metadata. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} live_counts SEC(".maps");

const char bpf_metadata_author[] SEC(".rodata") = "skep";
const int bpf_metadata_serial SEC(".rodata") = 7;
volatile int live_level = 3;

static __attribute__((noinline)) int live_mix(struct xdp_md *ctx, int x)
{
	return x * 3 + (int)bpf_ktime_get_ns() + live_level;
}

static long live_add(void *map, __u32 *key, __u64 *value, __u64 *sum)
{
	*sum += *value;
	return 0;
}

SEC("xdp")
int live_program_with_a_long_name(struct xdp_md *ctx)
{
	__u64 sum = 0, one = 1, *value;
	__u32 key = 1;

	value = bpf_map_lookup_elem(&live_counts, &key);
	if (value)
		__sync_fetch_and_add(value, 1);
	else
		bpf_map_update_elem(&live_counts, &key, &one, BPF_ANY);
	bpf_for_each_map_elem(&live_counts, live_add, &sum, 0);
	return live_mix(ctx, (int)sum) == 7 ? XDP_DROP : XDP_PASS;
}

SEC("tc")
int live_says(struct __sk_buff *ctx)
{
	bpf_printk("live_says %d", live_level);
	return 0;
}

char _license[] SEC("license") = "GPL";
