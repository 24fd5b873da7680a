/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets: looked up in the machine's table, or the context's. There is one network namespace. Nothing is counted by reference,
 * for sockets stay as long as the table; that what was looked up is released the verifier sees to.
 */
#include <netinet/in.h>
#include <sys/socket.h>

#include "isa/prog_type.h"
#include "machine/code.h"
#include "machine/helper.h"
#include "machine/packet.h"
#include "machine/sock.h"

#define NOBODY 65534 /* the user of sockets that there are none of */
#define INIT_NETNS 1 /* its cookie */

/* By what a program has of it; of a context the one that it is about. */
struct sock *helper_sock(const struct run *run, u64 address)
{
	if (address == (u64)(uintptr_t)run->ctx)
		return run->sock;
	return run->machine ? sock_at(machine_socks(run->machine), address) : NULL;
}

static u64 hand_out(struct run *run, struct sock *s)
{
	if (s)
		run_add_region(run, &s->view, sizeof(s->view), false, RUN_SOCKET);
	return s ? (u64)(uintptr_t)&s->view : 0;
}

/* Sockets whose memory is freed late enough to be used without a reference. */
static bool is_counted(struct sock *s)
{
	return sock_is_full(s) && s->view.protocol == IPPROTO_TCP &&
	       s->view.state != BPF_TCP_LISTEN;
}

/* ---- look-ups */

static struct sock *look_up(const struct run *run, const struct bpf_sock_tuple *t, u32 size,
			    u64 netns, u64 flags, u8 protocol)
{
	bool is_v4 = size == sizeof(t->ipv4);
	struct sock_query q = { .protocol = protocol,
				.ifindex = run->packet ? packet_ifindex(run->packet) : 0 };

	/* Namespaces have numbers from 0 on, and this one none. */
	if (!run->machine || (!is_v4 && size != sizeof(t->ipv6)) || flags || (s32)netns >= 0)
		return NULL;
	q.family = is_v4 ? AF_INET : AF_INET6;
	q.local = is_v4 ? (const void *)&t->ipv4.daddr : t->ipv6.daddr;
	q.remote = is_v4 ? (const void *)&t->ipv4.saddr : t->ipv6.saddr;
	q.local_port = is_v4 ? t->ipv4.dport : t->ipv6.dport;
	q.remote_port = is_v4 ? t->ipv4.sport : t->ipv6.sport;
	return sock_find(machine_socks(run->machine), &q);
}

/* What is only being opened stands for the socket that listens. */
static struct sock *full(const struct run *run, struct sock *s)
{
	if (s && s->view.state == BPF_TCP_NEW_SYN_RECV)
		s = sock_listener(machine_socks(run->machine), s);
	return s && sock_is_full(s) ? s : NULL;
}

HELP(sk_lookup_tcp)
{
	return hand_out(run, full(run, look_up(run, helper_at(b), (u32)c, d, e, IPPROTO_TCP)));
}

HELP(sk_lookup_udp)
{
	return hand_out(run, full(run, look_up(run, helper_at(b), (u32)c, d, e, IPPROTO_UDP)));
}

HELP(skc_lookup_tcp)
{
	return hand_out(run, look_up(run, helper_at(b), (u32)c, d, e, IPPROTO_TCP));
}

HELP(sk_release)
{
	return 0;
}

/* ---- other forms of one */

HELP(sk_fullsock)
{
	struct sock *s = helper_sock(run, a);

	return s && sock_is_full(s) ? hand_out(run, s) : 0;
}

HELP(tcp_sock)
{
	struct sock *s = helper_sock(run, a);

	if (!s || !sock_is_full(s) || s->view.protocol != IPPROTO_TCP)
		return 0;
	run_add_region(run, &s->tcp, sizeof(s->tcp), false, "tcp_sock");
	return (u64)(uintptr_t)&s->tcp;
}

HELP(get_listener_sock)
{
	struct sock *s = full(run, helper_sock(run, a));

	return s && s->view.state == BPF_TCP_LISTEN ? hand_out(run, s) : 0;
}

static u64 kernel_form(struct sock *s, bool is_it)
{
	return s && is_it ? (u64)(uintptr_t)&s->kernel : 0;
}

static bool is_full_of(struct sock *s, u32 protocol)
{
	return s && sock_is_full(s) && s->view.protocol == protocol;
}

HELP(skc_to_tcp_sock)
{
	struct sock *s = helper_sock(run, a);

	return kernel_form(s, is_full_of(s, IPPROTO_TCP));
}

HELP(skc_to_tcp6_sock)
{
	struct sock *s = helper_sock(run, a);

	return kernel_form(s, is_full_of(s, IPPROTO_TCP) && s->view.family == AF_INET6);
}

HELP(skc_to_udp6_sock)
{
	struct sock *s = helper_sock(run, a);

	return kernel_form(s, is_full_of(s, IPPROTO_UDP) && s->view.family == AF_INET6);
}

HELP(skc_to_tcp_timewait_sock)
{
	struct sock *s = helper_sock(run, a);

	return kernel_form(s, s && s->view.state == BPF_TCP_TIME_WAIT);
}

HELP(skc_to_tcp_request_sock)
{
	struct sock *s = helper_sock(run, a);

	return kernel_form(s, s && s->view.state == BPF_TCP_NEW_SYN_RECV);
}

/* The table has those of TCP and UDP only. */
HELP(skc_to_unix_sock)
{
	return 0;
}

HELP(skc_to_mptcp_sock)
{
	return 0;
}

/* ---- what is known of one */

HELP(get_socket_cookie)
{
	struct sock *s = helper_sock(run, a);

	return s ? s->cookie : 0;
}

HELP(get_socket_uid)
{
	struct sock *s = full(run, helper_sock(run, a));

	return s ? s->uid : NOBODY;
}

HELP(get_netns_cookie)
{
	return INIT_NETNS;
}

static u64 cgroup_of(const struct run *run, u64 address)
{
	struct sock *s = full(run, helper_sock(run, address));

	return s ? s->cgroup : 0;
}

HELP(sk_cgroup_id)
{
	return cgroup_of(run, a);
}

HELP(skb_cgroup_id)
{
	return cgroup_of(run, a);
}

HELP(sk_storage_get)
{
	struct sock *s = helper_sock(run, b);

	if (d & ~(u64)BPF_SK_STORAGE_GET_F_CREATE || !s || !sock_is_full(s))
		return 0;
	return helper_storage(run, helper_at(a), s->cookie, c, d);
}

HELP(sk_storage_delete)
{
	struct sock *s = helper_sock(run, b);

	if (!s || !sock_is_full(s))
		return helper_error(-EINVAL);
	return helper_error(map_storage_delete(helper_at(a), s->cookie));
}

/* ---- whose a packet or a connection is to be */

static u64 assign_packet(struct run *run, struct sock *s, u64 flags)
{
	if (!s || flags)
		return helper_error(-EINVAL);
	if (run->code && run->code->prog->attach == AT_TCX_EGRESS)
		return helper_error(-EOPNOTSUPP);
	run->sock = run->selected = s;
	if (run->packet)
		run->packet->skb.sk = (struct bpf_sock *)(uintptr_t)&s->view;
	return 0;
}

static u64 assign_connection(struct run *run, struct bpf_sk_lookup *ctx, struct sock *s, u64 flags)
{
	if (flags & ~(u64)(BPF_SK_LOOKUP_F_REPLACE | BPF_SK_LOOKUP_F_NO_REUSEPORT))
		return helper_error(-EINVAL);
	if (s && (is_counted(s) || s->view.state == BPF_TCP_ESTABLISHED))
		return helper_error(-ESOCKTNOSUPPORT);
	if (s && s->view.protocol != ctx->protocol)
		return helper_error(-EPROTOTYPE);
	if (s && s->view.family != ctx->family && (s->view.family == AF_INET || s->is_v6only))
		return helper_error(-EAFNOSUPPORT);
	if (run->selected && !(flags & BPF_SK_LOOKUP_F_REPLACE))
		return helper_error(-EEXIST);
	run->selected = s;
	ctx->sk = s ? (struct bpf_sock *)(uintptr_t)&s->view : NULL;
	return 0;
}

HELP(sk_assign)
{
	struct bpf_sk_lookup *ctx = helper_ctx(run, PROG_SK_LOOKUP);
	struct sock *s = helper_sock(run, b);

	return ctx ? assign_connection(run, ctx, s, c) : assign_packet(run, s, c);
}

/* Sockets that have one address and port together. */
static bool is_same_group(const struct bpf_sock *a, const struct bpf_sock *b)
{
	return a->src_port == b->src_port && a->src_ip4 == b->src_ip4 &&
	       a->bound_dev_if == b->bound_dev_if &&
	       !memcmp(a->src_ip6, b->src_ip6, sizeof(a->src_ip6));
}

HELP(sk_select_reuseport)
{
	struct sock *s = helper_sock(run, (u64)(uintptr_t)map_slot(helper_at(b), helper_at(c)));

	if (!s)
		return helper_error(-ENOENT);
	if (run->sock && s->view.protocol != run->sock->view.protocol)
		return helper_error(-EPROTOTYPE);
	if (run->sock && s->view.family != run->sock->view.family)
		return helper_error(-EAFNOSUPPORT);
	if (run->sock && !is_same_group(&s->view, &run->sock->view))
		return helper_error(-EBADFD);
	run->selected = s;
	return 0;
}

static u64 send_to(struct run *run, struct map *m, const void *key, u64 flags)
{
	struct sock *s = NULL;

	if (!(flags & ~(u64)BPF_F_INGRESS))
		s = helper_sock(run, (u64)(uintptr_t)map_slot(m, key));
	/* One that listens takes no data, nor one of UDP that is not connected. */
	if (!s || (s->view.protocol == IPPROTO_TCP ? s->view.state == BPF_TCP_LISTEN
						   : s->view.state != BPF_TCP_ESTABLISHED))
		return SK_DROP;
	run->selected = s;
	return SK_PASS;
}

HELP(sk_redirect_map)
{
	u32 key = (u32)c;

	return send_to(run, helper_at(b), &key, d);
}

HELP(msg_redirect_map)
{
	u32 key = (u32)c;

	return send_to(run, helper_at(b), &key, d);
}

HELP(sk_redirect_hash)
{
	return send_to(run, helper_at(b), helper_at(c), d);
}

HELP(msg_redirect_hash)
{
	return send_to(run, helper_at(b), helper_at(c), d);
}

/* ---- what programs put into maps of sockets */

int helper_sock_update(struct run *run, struct map *m, const void *key, u64 sock, u64 flags)
{
	struct sock *s = helper_sock(run, sock);
	bool is_there = map_slot(m, key);

	if (flags > BPF_EXIST || !s)
		return -EINVAL;
	if (!sock_is_full(s))
		return -EOPNOTSUPP;
	if (is_there ? flags == BPF_NOEXIST : flags == BPF_EXIST)
		return is_there ? -EEXIST : -ENOENT;
	return map_slot_set(m, key, (void *)(uintptr_t)&s->view);
}

/* Only where a connection has just come up, or a socket begins to listen. */
static u64 update_from(struct run *run, struct map *m, const void *key, u64 flags)
{
	const struct bpf_sock_ops *ctx = helper_ctx(run, PROG_SOCK_OPS);

	if (!run->sock || !ctx ||
	    (ctx->op != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB &&
	     ctx->op != BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB &&
	     ctx->op != BPF_SOCK_OPS_TCP_LISTEN_CB))
		return helper_error(-EOPNOTSUPP);
	return helper_error(
		helper_sock_update(run, m, key, (u64)(uintptr_t)&run->sock->view, flags));
}

HELP(sock_map_update)
{
	return update_from(run, helper_at(b), helper_at(c), d);
}

HELP(sock_hash_update)
{
	return update_from(run, helper_at(b), helper_at(c), d);
}

HELP(sock_ops_cb_flags_set)
{
	struct bpf_sock_ops *ctx = helper_ctx(run, PROG_SOCK_OPS);

	if (!ctx || !run->sock || !sock_is_full(run->sock))
		return helper_error(-EINVAL);
	ctx->bpf_sock_ops_cb_flags = (u32)b & BPF_SOCK_OPS_ALL_CB_FLAGS;
	return helper_error((s32)b & ~BPF_SOCK_OPS_ALL_CB_FLAGS);
}
