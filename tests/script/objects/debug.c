/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the cases of disasm.test and debug.test look at: they name its lines. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} slots SEC(".maps");

int last(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(__u32));
	__array(values, int(void *));
} progs SEC(".maps") = {
	.values = { [1] = (void *)&last },
};

__u64 total;
const volatile __u32 step = 3;

static __attribute__((noinline)) __u64 triple(__u64 v)
{
	total += v;
	return v * step;
}

SEC("xdp")
int parse(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u8 *bytes = data;
	__u32 key = 1;
	__u64 *slot;

	if (data + 14 > end)
		return XDP_ABORTED;
	slot = bpf_map_lookup_elem(&slots, &key);
	if (!slot)
		return XDP_DROP;
	*slot += triple(bytes[12]);
	bytes[0] = 0xee;
	return *slot > 100 ? XDP_TX : XDP_PASS;
}

static long visit(__u32 i, __u64 *sum)
{
	*sum += i;
	return 0;
}

SEC("raw_tp")
int loops(void *ctx)
{
	__u64 sum = 0;

	bpf_loop(4, visit, &sum, 0);
	return (int)sum;
}

SEC("raw_tp")
int count(void *ctx)
{
	__u64 now = bpf_ktime_get_ns(), one = 1;
	__u32 key = bpf_get_prandom_u32();

	bpf_map_update_elem(&counts, &key, &now, BPF_ANY);
	key = 7;
	bpf_map_update_elem(&counts, &key, &one, BPF_ANY);
	bpf_printk("key %d", key);
	bpf_map_delete_elem(&counts, &key);
	return 0;
}

SEC("xdp")
int wild(struct xdp_md *ctx)
{
	__u8 *bytes = (void *)(long)ctx->data;

	return bytes[100];
}

SEC("raw_tp")
int endless(void *ctx)
{
	for (;;) {
		total++;
		asm volatile("" ::: "memory");
	}
	return 0;
}

SEC("xdp")
int first(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &progs, 1);
	return XDP_DROP;
}

SEC("xdp")
int last(struct xdp_md *ctx)
{
	return XDP_TX;
}

char _license[] SEC("license") = "GPL";
