/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What helpers answer, kept in a map, so that the machine's answers can be laid beside the kernel's. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum { KEY_BYTES = sizeof(struct bpf_tunnel_key) };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __s64);
} answers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 9);
	__type(key, __u32);
	__type(value, struct bpf_tunnel_key);
} tunnels SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_STORAGE);
	__type(key, struct bpf_cgroup_storage_key);
	__type(value, __u64);
} of_cgroup SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} of_task SEC(".maps");

static void answer(__u32 at, __s64 value)
{
	bpf_map_update_elem(&answers, &at, &value, BPF_ANY);
}

SEC("tc")
int fields(struct __sk_buff *skb)
{
	answer(0, bpf_skb_change_type(skb, 2));
	answer(1, skb->pkt_type);
	answer(2, bpf_skb_change_type(skb, 4));
	answer(3, bpf_skb_change_type(skb, 0));
	answer(4, bpf_skb_ecn_set_ce(skb));
	answer(5, bpf_csum_level(skb, BPF_CSUM_LEVEL_QUERY));
	answer(6, bpf_csum_level(skb, BPF_CSUM_LEVEL_INC));
	answer(7, bpf_csum_level(skb, 9));
	answer(8, bpf_skb_set_tstamp(skb, 1000, BPF_SKB_TSTAMP_DELIVERY_MONO));
	answer(9, skb->tstamp);
	answer(10, skb->tstamp_type);
	answer(11, bpf_skb_set_tstamp(skb, 0, BPF_SKB_TSTAMP_DELIVERY_MONO));
	answer(12, bpf_skb_set_tstamp(skb, 5, BPF_SKB_TSTAMP_UNSPEC));
	answer(13, bpf_skb_set_tstamp(skb, 0, BPF_SKB_TSTAMP_UNSPEC));
	answer(14, bpf_skb_set_tstamp(skb, 5, 9));
	answer(15, bpf_get_cgroup_classid(skb));
	answer(16, bpf_get_route_realm(skb));
	answer(17, bpf_skb_ecn_set_ce(skb));
	return 0;
}

static void take(struct __sk_buff *skb, __u32 at, __u64 flags)
{
	struct bpf_tunnel_key key = { 0 };

	answer(20 + at, bpf_skb_get_tunnel_key(skb, &key, KEY_BYTES, flags));
	bpf_map_update_elem(&tunnels, &at, &key, BPF_ANY);
}

SEC("tc")
int tunnel(struct __sk_buff *skb)
{
	struct bpf_tunnel_key key = { .tunnel_id = 7, .tunnel_tos = 1, .tunnel_ttl = 64 };
	__u32 options[4] = { 1, 2, 3, 4 }, got[5] = { 9, 9, 9, 9, 9 };

	take(skb, 0, 0);
	answer(0, bpf_skb_set_tunnel_opt(skb, options, 8));
	key.remote_ipv4 = 0x0a000001;
	key.local_ipv4 = 0x0a000002;
	answer(1, bpf_skb_set_tunnel_key(skb, &key, KEY_BYTES, BPF_F_ZERO_CSUM_TX));
	take(skb, 1, 0);
	take(skb, 2, 1 << 4);
	take(skb, 3, BPF_F_TUNINFO_IPV6);
	answer(2, bpf_skb_get_tunnel_opt(skb, got, sizeof(got)));
	answer(3, got[0]);
	answer(4, bpf_skb_set_tunnel_opt(skb, options, 16));
	take(skb, 8, 1 << 4);
	answer(5, bpf_skb_get_tunnel_opt(skb, got, 12));
	answer(6, bpf_skb_get_tunnel_opt(skb, got, sizeof(got)));
	answer(7, got[3] * 100 + got[4]);
	answer(8, bpf_skb_set_tunnel_opt(skb, options, 6));
	answer(9, bpf_skb_set_tunnel_key(skb, &key, KEY_BYTES - 1, 0));
	answer(10, bpf_skb_set_tunnel_key(skb, &key, KEY_BYTES, 1 << 7));
	key.tunnel_label = 0xfedcba;
	answer(11, bpf_skb_set_tunnel_key(skb, &key, KEY_BYTES, 0));
	key.remote_ipv6[3] = 33;
	key.local_ipv6[2] = 22;
	answer(12,
	       bpf_skb_set_tunnel_key(skb, &key, KEY_BYTES,
				      BPF_F_TUNINFO_IPV6 | BPF_F_DONT_FRAGMENT | BPF_F_SEQ_NUMBER));
	take(skb, 4, BPF_F_TUNINFO_IPV6);
	take(skb, 5, BPF_F_TUNINFO_IPV6 | 1 << 4);
	take(skb, 6, 1 << 9);
	answer(13, bpf_skb_get_tunnel_opt(skb, got, sizeof(got)));
	/* The first form that the struct had. */
	answer(14, bpf_skb_set_tunnel_key(skb, &key, 12, 0));
	take(skb, 7, 0);
	answer(15, bpf_skb_get_tunnel_key(skb, &key, 12, 0));
	answer(16, bpf_skb_get_tunnel_key(skb, &key, 13, 0));
	return 0;
}

static __s64 check(void *ctx, __u32 ifindex, __u32 length, __s32 more, __u64 flags)
{
	__s64 result = bpf_check_mtu(ctx, ifindex, &length, more, flags);

	return result * 1000000 + length;
}

SEC("tc")
int sizes(struct __sk_buff *skb)
{
	__u8 state[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };

	answer(0, check(skb, 0, 0, 0, 0));
	answer(1, check(skb, 1, 65536, 0, 0));
	answer(2, check(skb, 1, 65537, 0, 0));
	answer(3, check(skb, 0, 65537, -1, 0));
	answer(4, check(skb, 0, 0, 1 << 20, 0));
	answer(5, check(skb, 0, 0, -(1 << 20), 0));
	answer(6, check(skb, 0, 0, 0, BPF_MTU_CHK_SEGS));
	answer(7, check(skb, 0, 0, 3, BPF_MTU_CHK_SEGS));
	answer(8, check(skb, 0, 0, 0, 2));
	answer(9, check(skb, 0x12345678, 0, 0, 0));
	answer(10, bpf_skb_get_xfrm_state(skb, 0, (void *)state, sizeof(state), 0));
	answer(11, state[0] + state[7]);
	return 0;
}

/* Older kernels look at the length there, too. */
SEC("tc")
int segments(struct __sk_buff *skb)
{
	answer(0, check(skb, 0, 1, 0, BPF_MTU_CHK_SEGS));
	return 0;
}

SEC("xdp")
int sizes_xdp(struct xdp_md *ctx)
{
	answer(0, check(ctx, 0, 0, 0, 0));
	answer(1, check(ctx, 1, 65536, 0, 0));
	answer(2, check(ctx, 0, 65536, 1, 0));
	answer(3, check(ctx, 0, 0, 0, BPF_MTU_CHK_SEGS));
	answer(4, check(ctx, 0x12345678, 0, 0, 0));
	return XDP_PASS;
}

/* From IPv4 to IPv6 or back, with what is to be written into the header left out. */
SEC("tc")
int translate(struct __sk_buff *skb)
{
	__u16 to = skb->protocol == 0x0008 ? 0xdd86 : 0x0008;

	answer(0, bpf_skb_change_proto(skb, to, 1));
	answer(1, bpf_skb_change_proto(skb, skb->protocol, 0));
	answer(2, bpf_skb_change_proto(skb, to, 0));
	answer(3, skb->protocol);
	answer(4, skb->len);
	answer(5, bpf_skb_change_proto(skb, 0x0608, 0));
	answer(6, bpf_skb_change_head(skb, 8, 1));
	answer(7, bpf_skb_change_head(skb, 8, 0));
	answer(8, skb->len);
	return 0;
}

SEC("lwt_in")
int encapsulate(struct __sk_buff *skb)
{
	__u8 header[28] = { 0x45, [8] = 64, 17, [15] = 7, [19] = 9 };

	answer(0, bpf_lwt_push_encap(skb, BPF_LWT_ENCAP_IP, header, 8));
	answer(1, bpf_lwt_push_encap(skb, 9, header, sizeof(header)));
	answer(2, bpf_lwt_push_encap(skb, BPF_LWT_ENCAP_IP, header + 1, 20));
	answer(3, bpf_lwt_push_encap(skb, BPF_LWT_ENCAP_IP, header, sizeof(header)));
	answer(4, skb->len);
	answer(5, skb->protocol);
	return BPF_OK;
}

SEC("cgroup_skb/egress")
int per_cgroup(struct __sk_buff *skb)
{
	__u64 *count = bpf_get_local_storage(&of_cgroup, 0);

	*count += skb->len;
	answer(0, *count);
	count = bpf_get_local_storage(&of_cgroup, 0);
	answer(1, *count);
	return 1;
}

SEC("raw_tp/skep")
int per_task(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 first = 5, *count;

	answer(0, bpf_task_storage_delete(&of_task, task));
	answer(1, !bpf_task_storage_get(&of_task, task, 0, 0));
	count = bpf_task_storage_get(&of_task, task, &first, BPF_LOCAL_STORAGE_GET_F_CREATE);
	answer(2, count ? *count : 0);
	if (count)
		*count += 1;
	count = bpf_task_storage_get(&of_task, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	answer(3, count ? *count : 0);
	answer(4, bpf_task_storage_delete(&of_task, task));
	answer(5, !bpf_task_storage_get(&of_task, task, 0, 0));
	answer(6, bpf_get_attach_cookie(ctx));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
