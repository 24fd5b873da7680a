/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network of two ends that nothing else uses, and packets on it:
 *
 *	wire in COMMAND ARG...		runs a command in a network namespace with the interfaces near0 and far0,
 *					the two ends of a veth
 *	wire netkit COMMAND ARG...	the same of a netkit
 *	wire send DEV SPEC...		sends packets out of DEV, of 60 bytes: icmp:N, udp:PORT:N, each N of them; then
 *					tells how many came in there within 300 ms: "back: N"
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PACKET = 60, WAIT_MS = 300 };

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- the network */

struct request {
	struct nlmsghdr head;
	struct ifinfomsg info;
	char attributes[512];
};

static struct rtattr *attribute(struct request *r, unsigned short type, const void *data,
				size_t len)
{
	struct rtattr *a = (void *)((char *)r + NLMSG_ALIGN(r->head.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(a), data, len);
	r->head.nlmsg_len = NLMSG_ALIGN(r->head.nlmsg_len) + (unsigned)RTA_ALIGN(RTA_LENGTH(len));
	return a;
}

static void close_attribute(struct request *r, struct rtattr *a)
{
	a->rta_len = (unsigned short)((char *)r + r->head.nlmsg_len - (char *)a);
}

static void ask(struct request *r)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char rest[1024];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || send(fd, r, r->head.nlmsg_len, 0) < 0 ||
	    recv(fd, &answer, sizeof(answer), 0) < 0)
		fail("netlink");
	close(fd);
	errno = -answer.error.error;
	if (answer.error.error)
		fail("interface");
}

static struct request new_request(unsigned flags)
{
	struct request r = { .head = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
				       .nlmsg_type = RTM_NEWLINK,
				       .nlmsg_flags = (unsigned short)(NLM_F_REQUEST | NLM_F_ACK |
								       flags) } };

	return r;
}

static void make_pair(const char *kind)
{
	struct request r = new_request(NLM_F_CREATE | NLM_F_EXCL);
	struct ifinfomsg peer = { 0 };
	struct rtattr *info, *data, *other;

	attribute(&r, IFLA_IFNAME, "near0", 6);
	info = attribute(&r, IFLA_LINKINFO, NULL, 0);
	attribute(&r, IFLA_INFO_KIND, kind, strlen(kind));
	data = attribute(&r, IFLA_INFO_DATA, NULL, 0);
	other = attribute(&r, VETH_INFO_PEER /* and IFLA_NETKIT_PEER_INFO */, &peer, sizeof(peer));
	attribute(&r, IFLA_IFNAME, "far0", 5);
	close_attribute(&r, other);
	close_attribute(&r, data);
	close_attribute(&r, info);
	ask(&r);
}

static void set_up(const char *name)
{
	struct request r = new_request(0);

	r.info.ifi_index = (int)if_nametoindex(name);
	r.info.ifi_flags = r.info.ifi_change = IFF_UP;
	ask(&r);
}

/* Else the ends would speak by themselves. */
static void silence(void)
{
	int fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, "1", 1) < 0)
		fail("disable_ipv6");
	if (fd >= 0)
		close(fd);
}

static int run_in(const char *kind, char **argv)
{
	if (unshare(CLONE_NEWNET))
		fail("unshare");
	silence();
	make_pair(kind);
	set_up("near0");
	set_up("far0");
	set_up("lo");
	execvp(argv[0], argv);
	fail(argv[0]);
	return 1;
}

/* ---- packets */

static uint16_t sum(const uint8_t *p, size_t n)
{
	uint32_t all = 0;

	for (size_t i = 0; i + 1 < n; i += 2)
		all += (uint32_t)(p[i] << 8 | p[i + 1]);
	while (all >> 16)
		all = (all & 0xffff) + (all >> 16);
	return (uint16_t)~all;
}

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void build(uint8_t *p, int protocol, unsigned port)
{
	static const uint8_t head[] = { 2, 0, 0, 0, 0, 2,    2, 0, 0,
					0, 0, 1, 8, 0, 0x45, 0, 0, PACKET - 14 };
	uint8_t *ip = p + 14, *inner = p + 34;

	memset(p, 0, PACKET);
	memcpy(p, head, sizeof(head));
	ip[8] = 64;
	ip[9] = (uint8_t)protocol;
	memcpy(ip + 12, (const uint8_t[]){ 10, 0, 0, 1, 10, 0, 0, 2 }, 8);
	put16(ip + 10, sum(ip, 20));
	if (protocol == IPPROTO_ICMP) {
		inner[0] = 8;
		put16(inner + 2, sum(inner, PACKET - 34));
	} else {
		put16(inner, 1234);
		put16(inner + 2, port);
		put16(inner + 4, PACKET - 34);
	}
}

static void send_all(int fd, const char *spec)
{
	unsigned port = 0, n = 0;
	uint8_t packet[PACKET];
	int is_icmp = !strncmp(spec, "icmp:", 5);

	if (is_icmp ? sscanf(spec, "icmp:%u", &n) != 1
		    : sscanf(spec, "udp:%u:%u", &port, &n) != 2) {
		fprintf(stderr, "wire: what is '%s'?\n", spec);
		exit(2);
	}
	build(packet, is_icmp ? IPPROTO_ICMP : IPPROTO_UDP, port);
	for (unsigned i = 0; i < n; i++)
		if (send(fd, packet, PACKET, 0) != PACKET)
			fail("send");
}

static unsigned count_back(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	unsigned n = 0;

	while (poll(&ready, 1, WAIT_MS) == 1) {
		struct sockaddr_ll from;
		socklen_t len = sizeof(from);
		uint8_t packet[2048];

		if (recvfrom(fd, packet, sizeof(packet), 0, (struct sockaddr *)&from, &len) < 0)
			fail("recv");
		n += from.sll_pkttype != PACKET_OUTGOING;
	}
	return n;
}

static int send_specs(const char *dev, char **specs)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = (int)if_nametoindex(dev) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)))
		fail(dev);
	for (; *specs; specs++)
		send_all(fd, *specs);
	printf("back: %u\n", count_back(fd));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "in"))
		return run_in("veth", argv + 2);
	if (argc > 2 && !strcmp(argv[1], "netkit"))
		return run_in("netkit", argv + 2);
	if (argc > 3 && !strcmp(argv[1], "send"))
		return send_specs(argv[2], argv + 3);
	return 2;
}
