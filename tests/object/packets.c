/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs of several types that look at packets, change them, and tell of them in all the ways that there are. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum kind { KIND_OTHER, KIND_SHORT, KIND_IPV4 };

struct traffic {
	__u64 packets, bytes;
	enum kind last;
	char name[8];
	__u8 from[6];
	__u16 lengths[2];
};

struct event {
	__u32 length;
	__u8 protocol, ttl;
	char text[6];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, struct traffic);
} protocols SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} sizes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} samples SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 8);
	__type(value, __u32);
} lately SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} ports SEC(".maps");

/* So that the type is in the object: nothing else that is kept there has it. */
const struct event *event_type __attribute__((unused));

__u64 total;
int limit = 1;
const volatile int shortest = 34;

static void count(__u32 protocol, __u32 bytes, enum kind kind)
{
	struct traffic fresh = { .name = "new" }, *t;
	__u32 key = protocol, class = bytes >= 1000;
	__u64 *sum;

	bpf_map_update_elem(&protocols, &key, &fresh, BPF_NOEXIST);
	t = bpf_map_lookup_elem(&protocols, &key);
	if (t) {
		t->packets++;
		t->bytes += bytes;
		t->last = kind;
		t->from[5] = (__u8)protocol;
		t->lengths[t->packets & 1] = (__u16)bytes;
	}
	sum = bpf_map_lookup_elem(&sizes, &class);
	if (sum)
		*sum += bytes;
	total++;
}

SEC("xdp")
int ttl(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	__u32 bytes = (__u32)bpf_xdp_get_buff_len(ctx);
	struct event *e;

	if ((void *)(ip + 1) > end) {
		count(0, bytes, KIND_SHORT);
		return XDP_DROP;
	}
	if (eth->h_proto != bpf_htons(ETH_P_IP)) {
		count(0, bytes, KIND_OTHER);
		return XDP_PASS;
	}
	count(ip->protocol, bytes, KIND_IPV4);
	bpf_map_push_elem(&lately, &bytes, BPF_EXIST);
	if (ip->ttl <= limit) {
		bpf_printk("ttl %d is too small", ip->ttl);
		return XDP_DROP;
	}
	ip->ttl--;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (e) {
		e->length = bytes;
		e->protocol = ip->protocol;
		e->ttl = ip->ttl;
		__builtin_memcpy(e->text, "hello", 6);
		bpf_ringbuf_submit(e, 0);
	}
	bpf_perf_event_output(ctx, &samples, BPF_F_CURRENT_CPU, &bytes, sizeof(bytes));
	return ip->protocol == 17 ? XDP_TX : XDP_PASS;
}

SEC("xdp")
int away(struct xdp_md *ctx)
{
	return bpf_redirect(7, 0);
}

SEC("xdp")
int elsewhere(struct xdp_md *ctx)
{
	return bpf_redirect_map(&ports, 2, XDP_DROP);
}

SEC("xdp")
int encapsulate(struct xdp_md *ctx)
{
	void *data, *end;

	if (bpf_xdp_adjust_head(ctx, -4))
		return XDP_ABORTED;
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if (data + 4 > end)
		return XDP_ABORTED;
	*(__u32 *)data = bpf_htonl(0xcafe);
	return XDP_TX;
}

/* Reads what it has not looked for: is rejected. */
SEC("xdp")
int careless(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data;

	return data[20] ? XDP_PASS : XDP_DROP;
}

/* Where the engines cannot but differ: in the machine chance is the same each time, beginning with this number. */
SEC("xdp")
int differ(struct xdp_md *ctx)
{
	total = bpf_get_prandom_u32();
	return total == 3692787630u ? XDP_PASS : XDP_DROP;
}

SEC("tc")
int mark(struct __sk_buff *skb)
{
	__u8 first = 0;

	if (skb->len < ETH_HLEN + 20)
		return TC_ACT_SHOT;
	bpf_skb_load_bytes(skb, ETH_HLEN, &first, 1);
	if (skb->protocol != bpf_htons(ETH_P_IP) || first >> 4 != 4)
		return TC_ACT_UNSPEC;
	first = 99;
	bpf_skb_store_bytes(skb, ETH_HLEN + 8, &first, 1, 0);
	skb->mark = 7;
	return skb->mark == 7 ? TC_ACT_OK : TC_ACT_SHOT;
}

SEC("socket")
int head(struct __sk_buff *skb)
{
	return skb->len > 40 ? 40 : 0;
}

SEC("cgroup_skb/ingress")
int only_ipv4(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;

	return data + 1 <= end && *(__u8 *)data >> 4 == 4;
}

/* The link's header is not in the data here, and still can be loaded. */
SEC("cgroup_skb/egress")
int headers(struct __sk_buff *skb)
{
	__u16 protocol = 0;
	__u8 version = 0, last[20] = { 0 };

	total += bpf_skb_load_bytes_relative(skb, 12, &protocol, 2, BPF_HDR_START_MAC);
	total += bpf_skb_load_bytes_relative(skb, 0, &version, 1, BPF_HDR_START_NET);
	total += bpf_skb_load_bytes_relative(skb, 4, last, 20, BPF_HDR_START_MAC);
	total += bpf_skb_load_bytes_relative(skb, 65000, &version, 1, BPF_HDR_START_NET) * 100;
	total += last[0] + last[19] + version + protocol;
	return protocol == bpf_htons(0x800);
}

SEC("raw_tp/sys_enter")
int arguments(struct bpf_raw_tracepoint_args *ctx)
{
	bpf_printk("number %ld in %d", ctx->args[1], (__u32)(bpf_get_current_pid_tgid() >> 32));
	total += ctx->args[1];
	return 0;
}

char _license[] SEC("license") = "GPL";
