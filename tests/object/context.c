/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs of sockets and cgroups, which see no packets but what a system call or a connection is about. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum { AF_INET = 2, SOCK_DGRAM = 2, SOL_IP = 0 };

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
	__uint(max_entries, 16);
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
