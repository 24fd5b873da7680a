/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "accel/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "accel/netlink.h"
#include "accel/pair.h"

enum { NET_MAKE = NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL };

void net_up(struct at at, const char *name)
{
	struct ifreq r;
	int fd = OK_AT(at, socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));

	memset(&r, 0, sizeof(r));
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	OK_AT(at, ioctl(fd, SIOCGIFFLAGS, &r));
	r.ifr_flags = (short)(r.ifr_flags | IFF_UP);
	OK_AT(at, ioctl(fd, SIOCSIFFLAGS, &r));
	close(fd);
}

static void call(struct netlink *n, const char *what)
{
	int err = netlink_call(n, NETLINK_ROUTE, 1);

	if (err == -EOPNOTSUPP)
		test_skip(n->at, "the kernel has no %s", what);
	if (err)
		test_fail(n->at, "cannot make a %s: %s", what, strerror(-err));
}

void net_veth(struct at at, const char *name, pid_t pid, const char *other, pid_t other_pid)
{
	struct ifinfomsg head = { 0 };
	struct netlink n;
	size_t info, data, peer;

	netlink_init(&n, at);
	netlink_message(&n, RTM_NEWLINK, NET_MAKE, &head, sizeof(head));
	netlink_add_text(&n, IFLA_IFNAME, name);
	netlink_add_u32(&n, IFLA_NET_NS_PID, (u32)pid);
	info = netlink_begin(&n, IFLA_LINKINFO);
	netlink_add_text(&n, IFLA_INFO_KIND, "veth");
	data = netlink_begin(&n, IFLA_INFO_DATA);
	peer = n.size;
	netlink_add(&n, VETH_INFO_PEER, &head, sizeof(head));
	netlink_add_text(&n, IFLA_IFNAME, other);
	netlink_add_u32(&n, IFLA_NET_NS_PID, (u32)other_pid);
	netlink_end(&n, peer);
	netlink_end(&n, data);
	netlink_end(&n, info);
	call(&n, "veth");
}

void net_bridge(struct at at, const char *name)
{
	struct ifinfomsg head = { 0 };
	struct netlink n;
	size_t info;

	netlink_init(&n, at);
	netlink_message(&n, RTM_NEWLINK, NET_MAKE, &head, sizeof(head));
	netlink_add_text(&n, IFLA_IFNAME, name);
	info = netlink_begin(&n, IFLA_LINKINFO);
	netlink_add_text(&n, IFLA_INFO_KIND, "bridge");
	netlink_end(&n, info);
	call(&n, "bridge");
	net_up(at, name);
}

static u32 index_of(struct at at, const char *name)
{
	u32 index = if_nametoindex(name);

	CHECK_AT(at, index);
	return index;
}

void net_join(struct at at, const char *name, const char *bridge)
{
	struct ifinfomsg head = { .ifi_index = (int)index_of(at, name) };
	struct netlink n;

	netlink_init(&n, at);
	netlink_message(&n, RTM_NEWLINK, NLM_F_ACK, &head, sizeof(head));
	netlink_add_u32(&n, IFLA_MASTER, index_of(at, bridge));
	call(&n, "port of a bridge");
}

static size_t parse(struct at at, const char *text, u8 bytes[16])
{
	bool is_v6 = strchr(text, ':');

	CHECK_AT(at, inet_pton(is_v6 ? AF_INET6 : AF_INET, text, bytes) == 1);
	return is_v6 ? 16 : 4;
}

/* IPv6 addresses are good at once: nobody else can have them here. */
void net_address(struct at at, const char *name, const char *address, u8 bits)
{
	u8 bytes[16];
	size_t size = parse(at, address, bytes);
	struct ifaddrmsg head = { .ifa_family = size == 4 ? AF_INET : AF_INET6,
				  .ifa_prefixlen = bits,
				  .ifa_flags = IFA_F_NODAD,
				  .ifa_index = index_of(at, name) };
	struct netlink n;

	netlink_init(&n, at);
	netlink_message(&n, RTM_NEWADDR, NET_MAKE, &head, sizeof(head));
	netlink_add(&n, IFA_LOCAL, bytes, size);
	netlink_add(&n, IFA_ADDRESS, bytes, size);
	call(&n, "address");
}

/* Nobody listens on port 9, so being refused is what shows that there is a way. */
void net_wait_for_route(struct at at, const char *address)
{
	struct address to;
	int err = ENETUNREACH;

	address_set(at, &to, address, 9);
	for (int i = 0; to.name.ss_family == AF_INET6 && err != ECONNREFUSED && i < 500; i++) {
		int fd = OK_AT(at, socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));

		err = connect(fd, (struct sockaddr *)&to.name, to.size) ? errno : 0;
		close(fd);
		if (err != ECONNREFUSED)
			test_sleep(10);
	}
}

void net_route(struct at at, const char *network, u8 bits, const char *via)
{
	u8 to[16], by[16];
	size_t size = parse(at, network, to);
	struct rtmsg head = { .rtm_family = size == 4 ? AF_INET : AF_INET6,
			      .rtm_dst_len = bits,
			      .rtm_table = RT_TABLE_MAIN,
			      .rtm_protocol = RTPROT_STATIC,
			      .rtm_scope = RT_SCOPE_UNIVERSE,
			      .rtm_type = RTN_UNICAST };
	struct netlink n;

	parse(at, via, by);
	netlink_init(&n, at);
	netlink_message(&n, RTM_NEWROUTE, NET_MAKE, &head, sizeof(head));
	netlink_add(&n, RTA_DST, to, size);
	netlink_add(&n, RTA_GATEWAY, by, size);
	call(&n, "route");
}

void net_sysctl(struct at at, const char *path, const char *value)
{
	char file[256];
	int fd;

	snprintf(file, sizeof(file), "/proc/sys/net/%s", path);
	fd = OK_AT(at, open(file, O_WRONLY | O_CLOEXEC));
	OK_AT(at, write(fd, value, strlen(value)));
	close(fd);
}
