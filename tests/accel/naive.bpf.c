/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The usual way to bypass TCP between sockets of one host, with all that is wrong with it: each connection's socket goes
 * into a sockhash by its addresses and ports when it becomes established, and a message goes to whatever socket the
 * swapped addresses and ports lead to.
 *
 *	naive_state[0]	paused: let everything pass to TCP
 *	naive_state[1]	messages that were redirected
 */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define AF_INET 2
#define AF_INET6 10

struct key {
	__u32 family, local_port, remote_port; /* ports in host order */
	__u32 local[4], remote[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, 65535);
	__type(key, struct key);
	__type(value, __u32);
} naive_socks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} naive_state SEC(".maps");

char _license[] SEC("license") = "GPL";

SEC("sockops")
int naive_sockops(struct bpf_sock_ops *ops)
{
	struct key key = {};

	if (ops->op != BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB &&
	    ops->op != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB)
		return 1;
	key.family = ops->family;
	key.local_port = ops->local_port;
	key.remote_port = bpf_ntohl(ops->remote_port);
	if (ops->family == AF_INET) {
		key.local[0] = ops->local_ip4;
		key.remote[0] = ops->remote_ip4;
	} else if (ops->family == AF_INET6) {
		key.local[0] = ops->local_ip6[0];
		key.local[1] = ops->local_ip6[1];
		key.local[2] = ops->local_ip6[2];
		key.local[3] = ops->local_ip6[3];
		key.remote[0] = ops->remote_ip6[0];
		key.remote[1] = ops->remote_ip6[1];
		key.remote[2] = ops->remote_ip6[2];
		key.remote[3] = ops->remote_ip6[3];
	} else {
		return 1;
	}
	bpf_sock_hash_update(ops, &naive_socks, &key, BPF_NOEXIST);
	return 1;
}

SEC("sk_msg")
int naive_send(struct sk_msg_md *msg)
{
	struct key key = {};
	__u32 paused = 0, redirected = 1;
	__u64 *count = bpf_map_lookup_elem(&naive_state, &redirected);
	__u64 *is_paused = bpf_map_lookup_elem(&naive_state, &paused);

	if (!count || !is_paused || *is_paused)
		return SK_PASS;
	key.family = msg->family;
	key.local_port = bpf_ntohl(msg->remote_port);
	key.remote_port = msg->local_port;
	if (msg->family == AF_INET) {
		key.local[0] = msg->remote_ip4;
		key.remote[0] = msg->local_ip4;
	} else {
		key.local[0] = msg->remote_ip6[0];
		key.local[1] = msg->remote_ip6[1];
		key.local[2] = msg->remote_ip6[2];
		key.local[3] = msg->remote_ip6[3];
		key.remote[0] = msg->local_ip6[0];
		key.remote[1] = msg->local_ip6[1];
		key.remote[2] = msg->local_ip6[2];
		key.remote[3] = msg->local_ip6[3];
	}
	if (bpf_msg_redirect_hash(msg, &naive_socks, &key, BPF_F_INGRESS) == SK_PASS)
		__sync_fetch_and_add(count, 1);
	return SK_PASS;
}
