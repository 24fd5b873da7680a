/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs of sockets and cgroups, which see no packets but what a system call or a connection is about. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum { AF_INET = 2, SOCK_DGRAM = 2, SOL_IP = 0, SOL_SOCKET = 1, SOL_TCP = 6 };

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} servers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_REUSEPORT_SOCKARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} group SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} uses SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} cgroups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 128);
	__type(key, __u32);
	__type(value, __s64);
} answers SEC(".maps");

static void answer(__u32 at, __s64 value)
{
	bpf_map_update_elem(&answers, &at, &value, BPF_ANY);
}

/* ---- addresses */

SEC("cgroup/connect4")
int to_proxy(struct bpf_sock_addr *ctx)
{
	struct sockaddr_in from = { .sin_family = AF_INET,
				    .sin_addr.s_addr = bpf_htonl(0x0a000009) };
	__u64 *n;

	n = bpf_sk_storage_get(&uses, ctx->sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (n)
		++*n;
	answer(0, bpf_get_socket_cookie(ctx));
	answer(1, bpf_bind(ctx, (void *)&from, sizeof(from)));
	answer(2, bpf_bind(ctx, (void *)&from, 4));
	answer(3, ctx->sk->src_ip4);
	if (ctx->user_port == bpf_htons(22)) {
		bpf_set_retval(-1);
		return 0;
	}
	if (ctx->user_ip4 == bpf_htonl(0x0a000001) && ctx->protocol == IPPROTO_TCP) {
		ctx->user_ip4 = bpf_htonl(0x7f000001);
		ctx->user_port = bpf_htons(8080);
	}
	return 1;
}

static void try(struct bpf_sock_addr *ctx, __u32 at, int level, int name, int value)
{
	int set = bpf_setsockopt(ctx, level, name, &value, sizeof(value)), got;

	value = 77;
	got = bpf_getsockopt(ctx, level, name, &value, sizeof(value));
	answer(2 * at, set);
	answer(2 * at + 1, (__s64)got << 32 | (__u32)value);
}

SEC("cgroup/connect4")
int options(struct bpf_sock_addr *ctx)
{
	char name[16] __attribute__((aligned(8))) = "reno", device[4] = "lo";
	int one = 1;

	try(ctx, 0, SOL_SOCKET, 2, 7);
	try(ctx, 1, SOL_SOCKET, 7, 1);
	try(ctx, 2, SOL_SOCKET, 7, 10000);
	try(ctx, 3, SOL_SOCKET, 8, 1);
	try(ctx, 4, SOL_SOCKET, 8, 10000);
	try(ctx, 5, SOL_SOCKET, 9, 1);
	try(ctx, 6, SOL_SOCKET, 12, 5);
	try(ctx, 7, SOL_SOCKET, 15, 1);
	try(ctx, 8, SOL_SOCKET, 18, 0);
	try(ctx, 9, SOL_SOCKET, 18, 100);
	try(ctx, 10, SOL_SOCKET, 36, 7);
	try(ctx, 11, SOL_SOCKET, 47, 1000000);
	try(ctx, 12, SOL_SOCKET, 62, 1);
	try(ctx, 13, SOL_SOCKET, 62, -1);
	try(ctx, 14, SOL_SOCKET, 3, 1);
	try(ctx, 15, SOL_IP, 1, 0x1f);
	try(ctx, 16, SOL_IP, 2, 1);
	try(ctx, 17, 41, 67, 1);
	try(ctx, 18, SOL_TCP, 1, 1);
	try(ctx, 19, SOL_TCP, 2, 87);
	try(ctx, 20, SOL_TCP, 2, 1000);
	try(ctx, 21, SOL_TCP, 4, 0);
	try(ctx, 22, SOL_TCP, 4, 60);
	try(ctx, 23, SOL_TCP, 5, 32768);
	try(ctx, 24, SOL_TCP, 5, 60);
	try(ctx, 25, SOL_TCP, 6, 128);
	try(ctx, 26, SOL_TCP, 6, 5);
	try(ctx, 27, SOL_TCP, 7, 5);
	try(ctx, 28, SOL_TCP, 10, 1);
	try(ctx, 29, SOL_TCP, 16, 2);
	try(ctx, 30, SOL_TCP, 18, -1);
	try(ctx, 31, SOL_TCP, 18, 100);
	try(ctx, 32, SOL_TCP, 25, 100);
	try(ctx, 33, SOL_TCP, 27, 3);
	try(ctx, 34, SOL_TCP, 1001, 0);
	try(ctx, 35, SOL_TCP, 1001, 20);
	try(ctx, 36, SOL_TCP, 1002, 0);
	try(ctx, 37, SOL_TCP, 999, 1);
	try(ctx, 38, 99, 1, 1);
	answer(90, bpf_setsockopt(ctx, SOL_TCP, 13, name, sizeof(name)));
	__builtin_memset(name, 'x', sizeof(name));
	answer(91, bpf_getsockopt(ctx, SOL_TCP, 13, name, sizeof(name)));
	answer(92, *(__s64 *)name);
	answer(93, bpf_getsockopt(ctx, SOL_TCP, 13, name, 1));
	answer(94, bpf_setsockopt(ctx, SOL_SOCKET, 25, device, sizeof(device)));
	answer(95, ctx->sk->bound_dev_if);
	answer(96, bpf_setsockopt(ctx, SOL_SOCKET, 25, "", 1));
	answer(97, bpf_setsockopt(ctx, SOL_SOCKET, 9, &one, 2));
	answer(98, bpf_getsockopt(ctx, SOL_SOCKET, 25, device, sizeof(device)));
	answer(99, ctx->sk->mark);
	answer(100, ctx->sk->priority);
	return 1;
}

SEC("cgroup/sendmsg6")
int to_first(struct bpf_sock_addr *ctx)
{
	ctx->user_ip6[3] = bpf_htonl(1);
	ctx->msg_src_ip6[0] = bpf_htonl(0x20010db8);
	return ctx->type == SOCK_DGRAM;
}

SEC("cgroup/sock_create")
int marks(struct bpf_sock *ctx)
{
	__u64 *n = bpf_sk_storage_get(&uses, ctx, 0, BPF_SK_STORAGE_GET_F_CREATE);

	if (n)
		*n = 7;
	ctx->mark = 3;
	return ctx->family == AF_INET;
}

/* ---- options */

SEC("cgroup/setsockopt")
int limits(struct bpf_sockopt *ctx)
{
	__u8 *value = ctx->optval, *end = ctx->optval_end;

	if (value + 1 > end)
		return 0;
	if (ctx->level == SOL_IP && ctx->optname == 1 && *value > 8) {
		*value = 8;
		ctx->optlen = 1;
	}
	return ctx->optlen <= 4;
}

SEC("cgroup/getsockopt")
int hides(struct bpf_sockopt *ctx)
{
	__u8 *value = ctx->optval, *end = ctx->optval_end;

	answer(0, bpf_get_retval());
	if (value + 1 > end)
		return 0;
	*value = 0x55;
	ctx->retval = 0;
	answer(1, ctx->level);
	ctx->optlen = 1;
	return 1;
}

/* ---- sysctls */

SEC("cgroup/sysctl")
int sysctls(struct bpf_sysctl *ctx)
{
	char name[24] = "", base[11] = "", now[4] = "", then[8] = "";

	answer(0, bpf_sysctl_get_name(ctx, name, sizeof(name), 0));
	answer(1, bpf_sysctl_get_name(ctx, base, sizeof(base), BPF_F_SYSCTL_BASE_NAME));
	answer(2, bpf_sysctl_get_name(ctx, base, 4, BPF_F_SYSCTL_BASE_NAME));
	answer(3, bpf_sysctl_get_current_value(ctx, now, sizeof(now)));
	answer(4, bpf_sysctl_get_current_value(ctx, now, 2));
	answer(5, bpf_sysctl_get_new_value(ctx, then, sizeof(then)));
	answer(6, ctx->write);
	bpf_printk("%s %s %s", name, base, then);
	if (ctx->write && then[0] == '9')
		answer(7, bpf_sysctl_set_new_value(ctx, "8", 1));
	return then[0] != '0';
}

/* ---- which socket */

SEC("sk_lookup")
int chooses(struct bpf_sk_lookup *ctx)
{
	__u32 key = ctx->local_port == 7 ? 0 : 1;
	struct bpf_sock *sk = bpf_map_lookup_elem(&servers, &key);

	if (!sk)
		return SK_DROP;
	answer(0, bpf_sk_assign(ctx, sk, 1 << 5));
	answer(1, bpf_sk_assign(ctx, sk, 0));
	answer(2, bpf_sk_assign(ctx, sk, 0));
	answer(3, bpf_sk_assign(ctx, sk, BPF_SK_LOOKUP_F_REPLACE));
	answer(4, ctx->sk == sk);
	bpf_sk_release(sk);
	return SK_PASS;
}

SEC("sk_reuseport")
int spreads(struct sk_reuseport_md *ctx)
{
	__u32 key = ctx->hash & 3;
	__u8 *data = ctx->data, *end = ctx->data_end;

	answer(0, ctx->len);
	answer(1, ctx->ip_protocol);
	if (data + 2 <= end)
		key += data[1];
	answer(2, bpf_sk_select_reuseport(ctx, &group, &key, 0));
	answer(3, bpf_get_socket_cookie(ctx->sk));
	return SK_PASS;
}

SEC("sk_msg")
int forwards(struct sk_msg_md *ctx)
{
	answer(0, ctx->size);
	answer(1, ctx->remote_port);
	answer(2, ctx->local_port);
	return bpf_msg_redirect_map(ctx, &servers, 0, BPF_F_INGRESS);
}

SEC("sk_msg")
int edits(struct sk_msg_md *ctx)
{
	__u8 *data, *end;

	answer(0, bpf_msg_push_data(ctx, 9, 2, 0));
	answer(1, bpf_msg_push_data(ctx, 1, 2, 0));
	answer(2, bpf_msg_pop_data(ctx, 4, 3, 0));
	answer(3, bpf_msg_pop_data(ctx, 3, 1, 0));
	answer(4, bpf_msg_pull_data(ctx, 1, 99, 0));
	answer(5, bpf_msg_pull_data(ctx, 1, 3, 0));
	answer(6, bpf_msg_apply_bytes(ctx, 2));
	answer(7, bpf_msg_cork_bytes(ctx, 2));
	answer(8, ctx->size);
	data = ctx->data;
	end = ctx->data_end;
	if (data + 2 > end)
		return SK_DROP;
	data[0] = 'x';
	data[1] = 'y';
	return SK_PASS;
}

SEC("sockops")
int joins(struct bpf_sock_ops *ctx)
{
	__u32 key = 2;

	answer(0, bpf_sock_ops_cb_flags_set(ctx, BPF_SOCK_OPS_STATE_CB_FLAG));
	answer(1, ctx->bpf_sock_ops_cb_flags);
	answer(2, bpf_sock_map_update(ctx, &servers, &key, BPF_NOEXIST));
	answer(3, ctx->snd_cwnd);
	answer(4, ctx->remote_ip4);
	ctx->reply = 10;
	return 1;
}

struct option {
	__u8 kind, size, data[6];
};

static int look_for(struct bpf_sock_ops *ctx, __u8 kind, __u8 size, __u8 magic, __u32 room)
{
	struct option o = { kind, size, { magic, magic } };
	int result = bpf_load_hdr_opt(ctx, &o, room, 0);

	return result > 0 ? result * 1000 + o.data[2] : result;
}

SEC("sockops")
int tags(struct bpf_sock_ops *ctx)
{
	struct option mark = { 254, 6, { 0xab, 0xcd, 1, 2 } }, end = { .size = 2 },
		      odd = { .kind = 30, .size = 9 };

	answer(0, look_for(ctx, 2, 0, 0, 8));
	answer(1, look_for(ctx, 8, 0, 0, 8));
	answer(2, look_for(ctx, 253, 4, 7, 8));
	answer(3, look_for(ctx, 253, 4, 8, 8));
	answer(4, look_for(ctx, 253, 0, 8, 8));
	answer(5, look_for(ctx, 2, 1, 0, 8));
	answer(6, look_for(ctx, 2, 0, 0, 2));
	answer(7, look_for(ctx, 3, 0, 0, 8));
	answer(8, bpf_store_hdr_opt(ctx, &mark, sizeof(mark), 0));
	answer(9, bpf_store_hdr_opt(ctx, &mark, sizeof(mark), 0));
	answer(10, bpf_store_hdr_opt(ctx, &end, sizeof(end), 0));
	answer(11, bpf_store_hdr_opt(ctx, &odd, sizeof(odd), 0));
	answer(12, bpf_reserve_hdr_opt(ctx, 12, 0));
	answer(13, bpf_reserve_hdr_opt(ctx, 40, 0));
	answer(14, bpf_reserve_hdr_opt(ctx, 1, 0));
	return 1;
}

/* ---- a packet's */

SEC("cgroup_skb/ingress")
int whose(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk, *full;
	struct bpf_tcp_sock *tcp;

	answer(0, bpf_get_socket_cookie(skb));
	answer(1, bpf_get_socket_uid(skb));
	answer(2, bpf_skb_cgroup_id(skb));
	answer(3, skb->remote_port);
	answer(4, skb->local_port);
	if (!sk)
		return 0;
	tcp = bpf_tcp_sock(sk);
	if (tcp)
		answer(5, tcp->snd_cwnd);
	full = bpf_sk_fullsock(sk);
	if (full)
		answer(6, full->mark);
	return 1;
}

SEC("tc")
int under(struct __sk_buff *skb)
{
	answer(0, bpf_skb_under_cgroup(skb, &cgroups, 0));
	answer(1, bpf_skb_under_cgroup(skb, &cgroups, 1));
	answer(2, bpf_skb_under_cgroup(skb, &cgroups, 2));
	if (skb->sk)
		answer(3, !!bpf_skc_to_tcp_sock(skb->sk));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
