/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SYN cookies: of a packet's headers, and of the socket that listens for it. Each is generated for the packet, and checked by an ACK made of it. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define OPTIONS 40 /* bytes that the packet has room for, whether they are options or not */

long results[8];

/* The size of segments in place of the cookie, which only who has generated it knows. */
static __always_inline long size_of(long cookie)
{
	return cookie < 0 ? cookie : cookie >> 32;
}

static __always_inline void answer(struct tcphdr *ack, const struct tcphdr *syn, __u32 cookie)
{
	*ack = *syn;
	ack->syn = 0;
	ack->ack = 1;
	ack->seq = bpf_htonl(bpf_ntohl(syn->seq) + 1);
	ack->ack_seq = bpf_htonl(cookie + 1);
}

SEC("xdp")
int raw4(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct iphdr *ip = (void *)(long)ctx->data + sizeof(struct ethhdr);
	struct tcphdr *tcp = (void *)(ip + 1), ack;
	__u32 len;
	long got;

	if ((void *)(tcp + 1) + OPTIONS > end)
		return XDP_DROP;
	len = tcp->doff * 4;
	if (len < sizeof(*tcp))
		return XDP_DROP;
	got = bpf_tcp_raw_gen_syncookie_ipv4(ip, tcp, len);
	results[0] = size_of(got);
	results[1] = bpf_tcp_raw_gen_syncookie_ipv4(ip, tcp, sizeof(*tcp) + OPTIONS);
	answer(&ack, tcp, got);
	results[2] = bpf_tcp_raw_check_syncookie_ipv4(ip, &ack);
	answer(&ack, tcp, got ^ 0x800000);
	results[3] = bpf_tcp_raw_check_syncookie_ipv4(ip, &ack);
	answer(&ack, tcp, got);
	ack.source++;
	results[4] = bpf_tcp_raw_check_syncookie_ipv4(ip, &ack);
	return XDP_PASS;
}

SEC("xdp")
int raw6(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct ipv6hdr *ip = (void *)(long)ctx->data + sizeof(struct ethhdr);
	struct tcphdr *tcp = (void *)(ip + 1), ack;
	__u32 len;
	long got;

	if ((void *)(tcp + 1) + OPTIONS > end)
		return XDP_DROP;
	len = tcp->doff * 4;
	if (len < sizeof(*tcp))
		return XDP_DROP;
	got = bpf_tcp_raw_gen_syncookie_ipv6(ip, tcp, len);
	results[0] = size_of(got);
	answer(&ack, tcp, got);
	results[2] = bpf_tcp_raw_check_syncookie_ipv6(ip, &ack);
	answer(&ack, tcp, got ^ 0x800000);
	results[3] = bpf_tcp_raw_check_syncookie_ipv6(ip, &ack);
	return XDP_PASS;
}

SEC("xdp")
int by_socket(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct iphdr *ip = (void *)(long)ctx->data + sizeof(struct ethhdr);
	struct tcphdr *tcp = (void *)(ip + 1), ack;
	struct bpf_sock_tuple t = {};
	struct bpf_sock *sk;
	long got;

	if ((void *)(tcp + 1) > end)
		return XDP_DROP;
	t.ipv4.saddr = ip->saddr;
	t.ipv4.daddr = ip->daddr;
	t.ipv4.sport = tcp->source;
	t.ipv4.dport = tcp->dest;
	sk = bpf_sk_lookup_tcp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return XDP_DROP;
	answer(&ack, tcp, 0);
	results[0] = bpf_tcp_check_syncookie(sk, ip, sizeof(*ip), &ack, sizeof(ack));
	got = bpf_tcp_gen_syncookie(sk, ip, sizeof(*ip), tcp, sizeof(*tcp));
	results[1] = size_of(got);
	answer(&ack, tcp, got);
	results[2] = bpf_tcp_check_syncookie(sk, ip, sizeof(*ip), &ack, sizeof(ack));
	results[3] = bpf_tcp_check_syncookie(sk, ip, sizeof(*ip) - 1, &ack, sizeof(ack));
	results[4] = bpf_tcp_check_syncookie(sk, ip, sizeof(*ip), tcp, sizeof(*tcp));
	results[5] = bpf_tcp_gen_syncookie(sk, ip, sizeof(*ip), &ack, sizeof(ack));
	answer(&ack, tcp, got ^ 0x800000);
	results[6] = bpf_tcp_check_syncookie(sk, ip, sizeof(*ip), &ack, sizeof(ack));
	bpf_sk_release(sk);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
