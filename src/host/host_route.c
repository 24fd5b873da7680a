/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs of light-weight tunnels hang on a route, which is made for them by rtnetlink and goes in the end:
 *
 *	RTM_NEWROUTE  rtmsg  RTA_DST  RTA_OIF  [RTA_GATEWAY]  RTA_ENCAP_TYPE
 *	              RTA_ENCAP { LWT_BPF_IN|OUT|XMIT { LWT_BPF_PROG_FD, LWT_BPF_PROG_NAME } ... }
 *	           or RTA_ENCAP { SEG6_LOCAL_ACTION, SEG6_LOCAL_BPF { SEG6_LOCAL_BPF_PROG, SEG6_LOCAL_BPF_PROG_NAME } }
 *
 * It is no link: the route stays if skep is killed.
 */
#include <arpa/inet.h>
#include <linux/lwtunnel.h>
#include <linux/rtnetlink.h>
#include <linux/seg6_local.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "host/host_impl.h"
#include "isa/prog_type.h"

struct request {
	struct nlmsghdr head;
	struct rtmsg route;
	char attributes[1024];
};

/* Where packets go; the interface is --dev's. */
struct route {
	int family;
	u8 to[16], via[16];
	u8 prefix; /* bits */
	bool has_via;
};

/* ---- what --route says */

static int bad_route(const char *text, struct diag *d)
{
	diag_error(d, LOC_NONE, "--route: '%s' is no route", text);
	diag_hint(d, "10.1.0.0/16, fd00::/64, or with a gateway: '10.1.0.0/16 via 10.0.0.1'");
	return -EINVAL;
}

static int read_route(struct host *h, struct route *out, struct diag *d)
{
	const char *text = h->opts.route, *via = strstr(text, " via ");
	char *to = arena_strndup(&h->arena, text, via ? (size_t)(via - text) : strlen(text));
	char *slash = strchr(to, '/');
	u64 bits, most;

	if (slash)
		*slash++ = '\0';
	*out = (struct route){ .family = strchr(to, ':') ? AF_INET6 : AF_INET, .has_via = via };
	bits = most = out->family == AF_INET6 ? 128 : 32;
	if (inet_pton(out->family, to, out->to) != 1 || (slash && !text_u64(slash, &bits)) ||
	    bits > most || (via && inet_pton(out->family, via + 5, out->via) != 1))
		return bad_route(text, d);
	out->prefix = (u8)bits;
	for (u64 bit = bits; bit < most; bit++)
		if (out->to[bit / 8] & 0x80 >> bit % 8)
			return diag_error(d, LOC_NONE,
					  "--route: '%s' has bits behind the %u of its prefix",
					  text, out->prefix);
	return 0;
}

/* ---- messages */

static struct rtattr *put(struct request *r, u32 type, const void *data, size_t len)
{
	struct rtattr *a = (void *)((char *)r + NLMSG_ALIGN(r->head.nlmsg_len));

	a->rta_type = (u16)type;
	a->rta_len = (u16)RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(a), data, len);
	r->head.nlmsg_len = NLMSG_ALIGN(r->head.nlmsg_len) + RTA_ALIGN(a->rta_len);
	return a;
}

static void close_nest(struct request *r, struct rtattr *a)
{
	a->rta_len = (u16)((char *)r + r->head.nlmsg_len - (char *)a);
}

/* The name is for those who look at the route. */
static void put_prog(struct request *r, u32 nest, u32 fd_type, u32 name_type,
		     const struct host_prog *p)
{
	struct rtattr *a = put(r, nest | NLA_F_NESTED, NULL, 0);
	char name[64] = "";
	int fd = bpf_program__fd(p->prog);

	strncpy(name, p->image->name, sizeof(name) - 1);
	put(r, fd_type, &fd, sizeof(fd));
	put(r, name_type, name, strlen(name) + 1);
	close_nest(r, a);
}

static void begin(struct host *h, struct request *r, u16 type, u16 flags, const struct route *to)
{
	size_t len = to->family == AF_INET6 ? 16 : 4;

	*r = (struct request){
		.head = { .nlmsg_len = NLMSG_LENGTH(sizeof(r->route)),
			  .nlmsg_type = type,
			  .nlmsg_flags = (u16)(NLM_F_REQUEST | NLM_F_ACK | flags) },
		.route = { .rtm_family = (u8)to->family,
			   .rtm_dst_len = to->prefix,
			   .rtm_table = RT_TABLE_MAIN,
			   .rtm_protocol = RTPROT_BOOT,
			   .rtm_scope = to->has_via ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
			   .rtm_type = RTN_UNICAST },
	};
	put(r, RTA_DST, to->to, len);
	put(r, RTA_OIF, &h->ifindex, sizeof(h->ifindex));
	if (to->has_via)
		put(r, RTA_GATEWAY, to->via, len);
}

/* 0 or -errno, as the kernel answers. */
static int ask(const struct request *r)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char rest[2048];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), err = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	if (send(fd, r, r->head.nlmsg_len, 0) < 0) {
		err = -errno;
	} else {
		n = recv(fd, &answer, sizeof(answer), 0);
		if (n < 0)
			err = -errno;
		else if ((size_t)n < sizeof(answer.head) + sizeof(answer.error) ||
			 answer.head.nlmsg_type != NLMSG_ERROR)
			err = -EBADMSG;
		else
			err = answer.error.error;
	}
	close(fd);
	return err;
}

/* ---- programs */

static bool is_meant(const struct host_prog *p)
{
	return p->prog && !p->is_called && p->section.type < 64 &&
	       (1ull << p->section.type) & PROGS_LWT;
}

/* All of bpf's places are in one encapsulation, the one of segment routing is another kind. */
static int put_progs(struct host *h, struct request *r, struct diag *d)
{
	static const u32 action = SEG6_LOCAL_ACTION_END_BPF;
	u16 type = 0;
	struct rtattr *encap = NULL;
	u32 places = 0;

	for (size_t i = 0; i < h->img->progs.n; i++) {
		const struct host_prog *p = &h->progs[i];
		u32 place = p->section.type == PROG_LWT_IN    ? LWT_BPF_IN
			    : p->section.type == PROG_LWT_OUT ? LWT_BPF_OUT
							      : LWT_BPF_XMIT;
		bool is_seg6 = p->section.type == PROG_LWT_SEG6LOCAL;
		u16 want = is_seg6 ? LWTUNNEL_ENCAP_SEG6_LOCAL : LWTUNNEL_ENCAP_BPF;

		if (!is_meant(p))
			continue;
		if ((type && type != want) || (is_seg6 && type) || places & 1u << place)
			return diag_error(d, LOC_NONE, "%s finds its place in the route taken",
					  host_prog_text(h, p));
		if (!encap) {
			put(r, RTA_ENCAP_TYPE, &want, sizeof(want));
			encap = put(r, RTA_ENCAP | NLA_F_NESTED, NULL, 0);
		}
		type = want;
		if (is_seg6) {
			put(r, SEG6_LOCAL_ACTION, &action, sizeof(action));
			put_prog(r, SEG6_LOCAL_BPF, SEG6_LOCAL_BPF_PROG, SEG6_LOCAL_BPF_PROG_NAME,
				 p);
		} else {
			places |= 1u << place;
			put_prog(r, place, LWT_BPF_PROG_FD, LWT_BPF_PROG_NAME, p);
		}
	}
	close_nest(r, encap);
	return 0;
}

static int add_route(struct host *h, const struct host_prog *first, struct diag *d)
{
	struct route to;
	struct request r;
	int err = read_route(h, &to, d);

	if (err)
		return err;
	begin(h, &r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &to);
	err = put_progs(h, &r, d);
	if (err)
		return err;
	err = ask(&r);
	if (err) {
		host_link_failed(h, first, -err, d);
		if (err == -EEXIST)
			diag_hint(d, "there is a route to %s already, which is left as it is",
				  h->opts.route);
		else if (err == -EACCES && to.family == AF_INET6)
			diag_hint(d,
				  "IPv6 is turned off at %s: "
				  "/proc/sys/net/ipv6/conf/%s/disable_ipv6",
				  h->opts.dev, h->opts.dev);
		else if (err == -EOPNOTSUPP)
			diag_hint(d, "this kernel has no such tunnels: CONFIG_LWTUNNEL_BPF, "
				     "CONFIG_IPV6_SEG6_BPF");
		return err;
	}
	h->has_route = true;
	for (size_t i = 0; i < h->img->progs.n; i++)
		if (is_meant(&h->progs[i]))
			host_hold(h, &h->progs[i], NULL, -1);
	return 0;
}

int host_route_attach(struct host *h, struct diag *d)
{
	const struct host_prog *first = NULL;

	for (size_t i = 0; i < h->img->progs.n && !first; i++)
		if (is_meant(&h->progs[i]))
			first = &h->progs[i];
	if (!first)
		return 0;
	if (!h->opts.route) {
		diag_error(d, LOC_NONE, "%s is for a route: which?", host_prog_text(h, first));
		diag_hint(d, "give --route 10.1.0.0/16, say, and --dev INTERFACE: it is added, and "
			     "goes in the end");
		return -EINVAL;
	}
	return host_ifindex(h, "a route", d) ? add_route(h, first, d) : -EINVAL;
}

void host_route_detach(struct host *h)
{
	struct arena scratch;
	struct request r;
	struct route to;
	struct diag d;

	if (!h->has_route)
		return;
	arena_init(&scratch);
	diag_init(&d, &scratch);
	if (!read_route(h, &to, &d)) {
		begin(h, &r, RTM_DELROUTE, 0, &to);
		ask(&r);
	}
	arena_done(&scratch);
	h->has_route = false;
}
