/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs of several sections and several in one; functions in .text, static and global; callbacks; all kinds of data. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 16);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} pinned SEC(".maps");

static __u64 hidden = 7;
__u64 seen = 5;
__u64 total;
static __u32 calls;
const volatile __u32 limit = 3;
static const char text[] = "some text";
__u64 aside SEC(".data.aside") = 9;
const volatile __u64 fixed SEC(".rodata.fixed") = 11;

static __attribute__((noinline)) __u64 deep(__u64 v)
{
	calls++;
	return v * 3 + hidden;
}

__attribute__((noinline)) __u64 shared(__u64 v)
{
	total += v;
	return deep(v) + 1;
}

static __attribute__((noinline)) __u64 first(__u64 v)
{
	return shared(v) ^ aside;
}

static long visit(void *map, __u32 *key, __u64 *value, __u64 *sum)
{
	*sum += deep(*value);
	return 0;
}

SEC("raw_tp")
int one(void *ctx)
{
	__u32 key = limit;
	__u64 *v = bpf_map_lookup_elem(&counts, &key);

	hidden += seen;
	return (int)(v ? first(*v) : deep(1));
}

SEC("raw_tp")
int two(void *ctx)
{
	__u64 sum = 0;

	bpf_for_each_map_elem(&counts, visit, &sum, 0);
	return (int)(sum + shared(2) + fixed);
}

SEC("tracepoint/sched/sched_switch")
int three(void *ctx)
{
	__u32 key = 0;
	char *p = bpf_map_lookup_elem(&pinned, &key);

	if (p)
		bpf_probe_read_kernel(p, sizeof(text), text);
	return 0;
}

SEC("xdp")
int four(struct xdp_md *ctx)
{
	return deep(ctx->ingress_ifindex) > 9 ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
__u32 _version SEC("version") = 0x60102;
