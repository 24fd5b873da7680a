/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Look-ups among sockets, after the kernel's __inet_lookup() and __udp4_lib_lookup() and those of IPv6. A socket of IPv6 that is
 * not for that alone is also one of IPv4: at any address, or at the one that its address maps.
 */
#include "machine/sock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "isa/ctx.h"

void sock_init(struct sock *s, bool is_tcp)
{
	static const s32 first[SOCK_OPTIONS] = {
#define SOCKOPT(level, name, number, rule, first, min, max) [SOCK_OPTION_##name] = first,
#include "machine/sockopt.def"
	};

	*s = (struct sock){
		.view = { .type = is_tcp ? SOCK_STREAM : SOCK_DGRAM,
			  .protocol = is_tcp ? IPPROTO_TCP : IPPROTO_UDP,
			  .state = BPF_TCP_CLOSE,
			  .rx_queue_mapping = -1 },
		.congestion = "cubic",
	};
	memcpy(s->options, first, sizeof(first));
}

/* What makes one fit better than another, each more than all below it. */
enum { FIT_CONNECTED = 64, FIT_ADDRESS = 32, FIT_PEER = 8, FIT_FAMILY = 1 };

/* An end of a socket in the form of a family: false if it has none. */
static bool address_of(const struct sock *s, bool remote, u8 family, u8 out[16])
{
	const u32 *v6 = remote ? s->view.dst_ip6 : s->view.src_ip6;
	static const u8 mapped[12] = { [10] = 0xff, 0xff };

	memset(out, 0, 16);
	if (family == AF_INET6) {
		memcpy(out, v6, 16);
		return s->view.family == AF_INET6;
	}
	if (s->view.family == AF_INET) {
		memcpy(out, remote ? &s->view.dst_ip4 : &s->view.src_ip4, 4);
		return true;
	}
	if (s->is_v6only)
		return false;
	if (!memcmp(v6, mapped, sizeof(mapped))) {
		memcpy(out, (const u8 *)v6 + sizeof(mapped), 4);
		return true;
	}
	return !memcmp(v6, (const u8[16]){ 0 }, 16);
}

static bool is_any(const u8 address[16])
{
	return !memcmp(address, (const u8[16]){ 0 }, 16);
}

/* How well it fits; 0: not at all. */
static u32 fit(const struct sock *s, const struct sock_query *q)
{
	u32 size = q->family == AF_INET ? 4 : 16, score = FIT_FAMILY;
	u8 local[16], remote[16];
	bool is_connected = s->view.dst_port;

	if (s->view.protocol != q->protocol || htons((u16)s->view.src_port) != q->local_port ||
	    (s->view.bound_dev_if && s->view.bound_dev_if != q->ifindex) ||
	    !address_of(s, false, q->family, local) || !address_of(s, true, q->family, remote))
		return 0;
	if (q->protocol == IPPROTO_TCP && !is_connected && s->view.state != BPF_TCP_LISTEN)
		return 0;
	if (!is_any(local) && memcmp(local, q->local, size) != 0)
		return 0;
	if (is_connected && (s->view.dst_port != q->remote_port ||
			     (!is_any(remote) && memcmp(remote, q->remote, size) != 0)))
		return 0;
	score += is_any(local) ? 0 : FIT_ADDRESS;
	/* For a listening socket of TCP the device is worth no more than the family: the first of the two it is then. */
	if (s->view.bound_dev_if)
		score += q->protocol == IPPROTO_TCP ? FIT_FAMILY : FIT_PEER / 2;
	score += s->view.family == q->family ? FIT_FAMILY : 0;
	if (is_connected)
		score += q->protocol == IPPROTO_TCP ? FIT_CONNECTED : FIT_PEER;
	return score;
}

static struct sock *find_best(const struct socks *all, const struct sock_query *q)
{
	struct sock *best = NULL;
	u32 most = 0;

	for (size_t i = 0; i < all->all.n; i++) {
		u32 score = fit(&all->all.at[i], q);

		if (score > most) {
			most = score;
			best = &all->all.at[i];
		}
	}
	return best;
}

/* Whether both are bound to the same, which they only can be if they share the port (SO_REUSEPORT), and to nobody at the other end. */
static bool share_port(const struct sock *a, const struct sock *b)
{
	const struct bpf_sock *x = &a->view, *y = &b->view;

	return x->protocol == y->protocol && x->family == y->family && x->state == y->state &&
	       x->src_port == y->src_port && !x->dst_port && !y->dst_port &&
	       x->src_ip4 == y->src_ip4 && !memcmp(x->src_ip6, y->src_ip6, sizeof(x->src_ip6)) &&
	       x->bound_dev_if == y->bound_dev_if && a->is_v6only == b->is_v6only;
}

static u64 mix(u64 sum, const void *at, u32 size)
{
	const u8 *bytes = at;

	for (u32 i = 0; i < size; i++)
		sum = (sum ^ bytes[i]) * 0x100000001b3ull;
	return sum;
}

/* The kernel's hash begins with a number by chance; this one is the same each time. */
static u32 hash_of(const struct sock_query *q)
{
	u32 size = q->family == AF_INET ? 4 : 16;
	u64 sum = mix(0xcbf29ce484222325ull, q->local, size);

	sum = mix(sum, q->remote, size);
	sum = mix(sum, &q->local_port, sizeof(q->local_port));
	sum = mix(sum, &q->remote_port, sizeof(q->remote_port));
	sum = (sum ^ sum >> 29) * 0x9e3779b97f4a7c15ull;
	return (u32)(sum >> 32);
}

/* Of those that share a port with this one the one that the packets of a connection go to, always the same. */
static struct sock *choose(const struct socks *all, struct sock *s, u32 hash)
{
	u64 count = 0, wanted;

	for (size_t i = 0; s && i < all->all.n; i++)
		count += share_port(&all->all.at[i], s);
	if (count < 2)
		return s;
	wanted = hash * count >> 32;
	for (size_t i = 0; i < all->all.n; i++) {
		if (share_port(&all->all.at[i], s) && !wanted--)
			return &all->all.at[i];
	}
	return s;
}

struct sock *sock_find(const struct socks *all, const struct sock_query *q)
{
	return choose(all, find_best(all, q), hash_of(q));
}

struct sock *sock_listener(const struct socks *all, const struct sock *s)
{
	struct sock_query q = { .protocol = (u8)s->view.protocol,
				.family = (u8)s->view.family,
				.local_port = htons((u16)s->view.src_port),
				.ifindex = s->view.bound_dev_if };
	u8 local[16], remote[16];
	struct sock *best;

	/* No port is 0, so nothing that is connected fits. */
	address_of(s, false, q.family, local);
	address_of(s, true, q.family, remote);
	q.local = local;
	q.remote = remote;
	best = find_best(all, &q);
	q.remote_port = s->view.dst_port;
	return choose(all, best, hash_of(&q));
}

bool sock_is_full(const struct sock *s)
{
	return s->view.state != BPF_TCP_TIME_WAIT && s->view.state != BPF_TCP_NEW_SYN_RECV;
}

struct sock *sock_same(const struct socks *all, const struct sock *s)
{
	for (size_t i = 0; i < all->all.n; i++) {
		const struct bpf_sock *a = &all->all.at[i].view, *b = &s->view;

		if (a->protocol == b->protocol && a->family == b->family &&
		    a->src_port == b->src_port && a->dst_port == b->dst_port &&
		    a->src_ip4 == b->src_ip4 && a->dst_ip4 == b->dst_ip4 &&
		    !memcmp(a->src_ip6, b->src_ip6, sizeof(a->src_ip6)) &&
		    !memcmp(a->dst_ip6, b->dst_ip6, sizeof(a->dst_ip6)) &&
		    a->bound_dev_if == b->bound_dev_if)
			return &all->all.at[i];
	}
	return NULL;
}

struct sock *sock_at(const struct socks *all, u64 address)
{
	u64 from = address - (u64)(uintptr_t)all->all.at, in = from % sizeof(struct sock);

	if (!all->all.n || from / sizeof(struct sock) >= all->all.n ||
	    (in != offsetof(struct sock, view) && in != offsetof(struct sock, tcp) &&
	     in != offsetof(struct sock, kernel)))
		return NULL;
	return &all->all.at[from / sizeof(struct sock)];
}

/* ---- text */

/* Addresses, and what follows from them, have words of their own. */
static bool may_set(const struct ctx_field *f)
{
	return f->ctx == CTX_TCP_SOCK || (f->ctx == CTX_SOCK && f->size == 4 &&
					  f->offset != offsetof(struct bpf_sock, family) &&
					  f->offset != offsetof(struct bpf_sock, type) &&
					  f->offset != offsetof(struct bpf_sock, protocol) &&
					  f->offset != offsetof(struct bpf_sock, state) &&
					  (f->offset < offsetof(struct bpf_sock, src_ip4) ||
					   f->offset > offsetof(struct bpf_sock, dst_ip6)));
}

const char *sock_field_name(u32 i)
{
	size_t n;
	const struct ctx_field *fields = ctx_fields(&n);

	for (size_t k = 0; k < n; k++) {
		if (may_set(&fields[k]) && !i--)
			return fields[k].name;
	}
	return NULL;
}

bool sock_set_field(struct sock *s, const char *name, u64 value)
{
	size_t n;
	const struct ctx_field *fields = ctx_fields(&n);

	for (size_t k = 0; k < n; k++) {
		u8 *to = fields[k].ctx == CTX_TCP_SOCK ? (u8 *)&s->tcp : (u8 *)&s->view;

		if (!may_set(&fields[k]) || strcmp(fields[k].name, name) != 0)
			continue;
		if (fields[k].size < sizeof(value) && value >> fields[k].size * 8)
			return false;
		memcpy(to + fields[k].offset, &value, fields[k].size);
		return true;
	}
	return false;
}

static void print_end(const struct sock *s, bool remote, u16 port, struct buf *out)
{
	const struct bpf_sock *v = &s->view;
	char text[INET6_ADDRSTRLEN] = "";

	if (v->family == AF_INET)
		inet_ntop(AF_INET, remote ? &v->dst_ip4 : &v->src_ip4, text, sizeof(text));
	else
		inet_ntop(AF_INET6, remote ? v->dst_ip6 : v->src_ip6, text, sizeof(text));
	buf_printf(out, v->family == AF_INET ? " %s:%u" : " [%s]:%u", text, port);
}

void sock_print(const struct sock *s, struct buf *out)
{
	buf_puts(out, s->view.protocol == IPPROTO_TCP ? "tcp" : "udp");
	print_end(s, false, (u16)s->view.src_port, out);
	if (s->view.dst_port)
		print_end(s, true, ntohs(s->view.dst_port), out);
}
