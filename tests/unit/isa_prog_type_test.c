/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types of programs and contexts: against the kernel's headers, and who may access what. */
#include "unit/test.h"

#include <linux/bpf.h>
#include <string.h>

#include "isa/ctx.h"
#include "isa/map_type.h"
#include "isa/prog_type.h"

TEST(isa_prog_types_agree_with_the_kernel)
{
	/* The headers end before the table. */
	CHECK_EQ(PROG_SOCKET_FILTER, BPF_PROG_TYPE_SOCKET_FILTER);
	CHECK_EQ(PROG_XDP, BPF_PROG_TYPE_XDP);
	CHECK_EQ(PROG_LWT_SEG6LOCAL, BPF_PROG_TYPE_LWT_SEG6LOCAL);
	CHECK_EQ(PROG_SK_LOOKUP, BPF_PROG_TYPE_SK_LOOKUP);
	CHECK_EQ(PROG_SYSCALL, BPF_PROG_TYPE_SYSCALL);
	CHECK_EQ(PROG_NETFILTER, PROG_TYPES - 1);
	CHECK_EQ(AT_CGROUP_INET_INGRESS, BPF_CGROUP_INET_INGRESS);
	CHECK_EQ(AT_TRACE_ITER, BPF_TRACE_ITER);
	CHECK_EQ(AT_SK_LOOKUP, BPF_SK_LOOKUP);
	CHECK_EQ(AT_LSM_CGROUP, BPF_LSM_CGROUP);
	for (u32 i = 1; i < PROG_TYPES; i++) {
		const struct prog_type_info *t = prog_type_info(i);

		CHECK(t && t->ctx != CTX_NONE);
		CHECK_EQ(prog_type_find(t->name), i);
	}
	for (u32 i = 0; i < AT_COUNT; i++)
		CHECK_EQ(attach_type_find(attach_type_name(i)), i);
	CHECK(!prog_type_info(0) && !prog_type_info(PROG_TYPES) && !prog_type_info(UINT32_MAX));
	CHECK(!attach_type_name(AT_COUNT));
	CHECK_EQ(prog_type_find("unspec"), PROG_UNSPEC);
	CHECK_EQ(attach_type_find("xd"), -1);
}

TEST(isa_prog_type_ranges)
{
	s32 min = 7, max = 7;

	CHECK(!prog_type_range(PROG_XDP, AT_XDP, &min, &max));
	CHECK(!prog_type_range(PROG_KPROBE, 0, &min, &max));
	CHECK(!prog_type_range(PROG_TRACING, AT_MODIFY_RETURN, &min, &max));
	CHECK_EQ(min, 7);
	CHECK(prog_type_range(PROG_TRACING, AT_TRACE_FENTRY, &min, &max) && !min && !max);
	CHECK(prog_type_range(PROG_CGROUP_SKB, AT_CGROUP_INET_EGRESS, &min, &max) && max == 3);
	CHECK(prog_type_range(PROG_CGROUP_SKB, AT_CGROUP_INET_INGRESS, &min, &max) && max == 1);
	CHECK(prog_type_range(PROG_CGROUP_SOCK_ADDR, AT_CGROUP_UDP4_RECVMSG, &min, &max) &&
	      min == 1);
	CHECK(prog_type_may_sleep(PROG_LSM, AT_LSM_MAC));
	CHECK(!prog_type_may_sleep(PROG_LSM, AT_LSM_CGROUP));
	CHECK(prog_type_may_sleep(PROG_SYSCALL, 0) && !prog_type_may_sleep(PROG_XDP, AT_XDP));
}

TEST(isa_ctx_fields_are_within)
{
	size_t n;
	const struct ctx_field *f = ctx_fields(&n);

	CHECK(n > 150);
	for (size_t i = 0; i < n; i++) {
		CHECK(ctx_info(f[i].ctx)->shape == CTX_SHAPE_FIELDS);
		CHECK(f[i].offset + f[i].size <= ctx_info(f[i].ctx)->size);
		CHECK(f[i].element && f[i].size % f[i].element == 0);
		CHECK(!(f[i].write & ~f[i].read));
	}
	/* The contexts have no field twice. */
	for (size_t i = 1; i < n; i++)
		CHECK(f[i].ctx != f[i - 1].ctx || strcmp(f[i].name, f[i - 1].name));
}

TEST(isa_ctx_packet)
{
	u32 data = offsetof(struct __sk_buff, data), mark = offsetof(struct __sk_buff, mark);
	u32 cb = offsetof(struct __sk_buff, cb);
	const struct ctx_field *f = ctx_access(PROG_SCHED_CLS, 0, data, 4, false);

	CHECK(f && f->kind == CTX_KIND_PACKET);
	CHECK(!ctx_access(PROG_SCHED_CLS, 0, data, 2, false));
	CHECK(!ctx_access(PROG_SCHED_CLS, 0, data, 4, true));
	CHECK(!ctx_access(PROG_SOCKET_FILTER, 0, data, 4, false));
	CHECK(ctx_access(PROG_SCHED_CLS, 0, mark + 1, 1, false));
	CHECK(!ctx_access(PROG_SCHED_CLS, 0, mark + 1, 2, false));
	CHECK(ctx_access(PROG_SCHED_CLS, 0, mark, 4, true));
	CHECK(!ctx_access(PROG_SCHED_CLS, 0, mark, 2, true));
	CHECK(!ctx_access(PROG_SCHED_CLS, 0, mark, 3, false));
	CHECK(!ctx_access(PROG_SOCKET_FILTER, 0, mark, 4, true));
	CHECK(ctx_access(PROG_SOCKET_FILTER, 0, cb + 8, 8, true));
	CHECK(!ctx_access(PROG_SOCKET_FILTER, 0, cb + 16, 8, true));
	CHECK(ctx_access(PROG_SOCKET_FILTER, 0, cb + 3, 1, true));
	CHECK(!ctx_access(PROG_SCHED_CLS, 0, sizeof(struct __sk_buff), 4, false));
	f = ctx_access(PROG_XDP, AT_XDP, offsetof(struct xdp_md, data_end), 4, false);
	CHECK(f && f->kind == CTX_KIND_PACKET_END);
	CHECK(!ctx_access(PROG_XDP, AT_XDP, offsetof(struct xdp_md, egress_ifindex), 4, false));
	CHECK(ctx_access(PROG_XDP, AT_XDP_DEVMAP, offsetof(struct xdp_md, egress_ifindex), 4,
			 false));
	CHECK(!ctx_access(PROG_EXT, 0, 0, 4, false) && !ctx_access(UINT32_MAX, 0, 0, 4, false));
}

TEST(isa_ctx_sockets)
{
	u32 ip6 = offsetof(struct bpf_sock_addr, user_ip6);
	u32 type = offsetof(struct bpf_sock, type), port = offsetof(struct bpf_sock, dst_port);

	CHECK(ctx_access(PROG_CGROUP_SOCK_ADDR, AT_CGROUP_INET6_CONNECT, ip6, 8, true));
	CHECK(ctx_access(PROG_CGROUP_SOCK_ADDR, AT_CGROUP_INET6_CONNECT, ip6 + 8, 8, false));
	CHECK(!ctx_access(PROG_CGROUP_SOCK_ADDR, AT_CGROUP_INET6_CONNECT, ip6 + 12, 8, false));
	CHECK(!ctx_access(PROG_CGROUP_SOCK_ADDR, AT_CGROUP_INET4_CONNECT, ip6, 4, false));
	CHECK(ctx_access(PROG_SOCK_OPS, 0, offsetof(struct bpf_sock_ops, reply), 4, true));
	CHECK(ctx_access(PROG_SOCK_OPS, 0, offsetof(struct bpf_sock_ops, args[3]), 4, false));
	CHECK(!ctx_access(PROG_SOCK_OPS, 0, offsetof(struct bpf_sock_ops, args[1]), 4, true));
	CHECK(ctx_access_sock(CTX_SOCK, true, type, 4));
	CHECK(!ctx_access_sock(CTX_SOCK, false, type, 4));
	CHECK(ctx_access_sock(CTX_SOCK, true, port, 2) && ctx_access_sock(CTX_SOCK, true, port, 4));
	CHECK(!ctx_access_sock(CTX_SOCK, true, port + 1, 2));
	CHECK(ctx_access_sock(CTX_TCP_SOCK, true, offsetof(struct bpf_tcp_sock, bytes_acked), 8));
	CHECK(!ctx_access_sock(CTX_TCP_SOCK, true, sizeof(struct bpf_tcp_sock), 8));
	CHECK(ctx_access(PROG_CGROUP_SOCKOPT, AT_CGROUP_SETSOCKOPT,
			 offsetof(struct bpf_sockopt, level), 4, true));
	CHECK(!ctx_access(PROG_CGROUP_SOCKOPT, AT_CGROUP_GETSOCKOPT,
			  offsetof(struct bpf_sockopt, level), 4, true));
}

TEST(isa_what_takes_no_privilege)
{
	const struct ctx_field *data = ctx_field_at(CTX_SK_BUFF, offsetof(struct __sk_buff, data));
	const struct ctx_field *stamp =
		ctx_field_at(CTX_SK_BUFF, offsetof(struct __sk_buff, tstamp));
	const struct ctx_field *mark = ctx_field_at(CTX_SK_BUFF, offsetof(struct __sk_buff, mark));

	CHECK(prog_type_for_anyone(PROG_SOCKET_FILTER) && prog_type_for_anyone(PROG_CGROUP_SKB));
	CHECK(!prog_type_for_anyone(PROG_XDP) && !prog_type_for_anyone(PROG_UNSPEC) &&
	      !prog_type_for_anyone(UINT32_MAX));
	CHECK(ctx_takes_capability(data, PROG_CGROUP_SKB, false));
	CHECK(!ctx_takes_capability(data, PROG_SCHED_CLS, false));
	CHECK(ctx_takes_capability(stamp, PROG_CGROUP_SKB, true) &&
	      !ctx_takes_capability(stamp, PROG_CGROUP_SKB, false));
	CHECK(!ctx_takes_capability(mark, PROG_CGROUP_SKB, true));
	CHECK(map_type_info(MAP_TYPE_ARRAY)->traits & MAP_TRAIT_ANYONE);
	CHECK(map_type_info(MAP_TYPE_USER_RINGBUF)->traits & MAP_TRAIT_ANYONE);
	CHECK(!(map_type_info(MAP_TYPE_LRU_HASH)->traits & MAP_TRAIT_ANYONE));
	CHECK(!(map_type_info(MAP_TYPE_SOCKMAP)->traits & MAP_TRAIT_ANYONE));
}

TEST(isa_ctx_plain)
{
	CHECK(ctx_access_plain(PROG_KPROBE, 0, 8, false) &&
	      ctx_access_plain(PROG_KPROBE, 4, 4, false));
	CHECK(!ctx_access_plain(PROG_KPROBE, 4, 8, false) &&
	      !ctx_access_plain(PROG_KPROBE, 0, 8, true));
	CHECK(!ctx_access_plain(PROG_TRACEPOINT, 0, 8, false));
	CHECK(ctx_access_plain(PROG_TRACEPOINT, 8, 8, false));
	CHECK(!ctx_access_plain(PROG_TRACEPOINT, 8192, 1, false));
	CHECK(!ctx_access_plain(PROG_TRACEPOINT, UINT32_MAX, 1, false));
	CHECK(ctx_access_plain(PROG_TRACING, 8, 4, false) &&
	      !ctx_access_plain(PROG_TRACING, 4, 4, false));
	CHECK(ctx_access_plain(PROG_RAW_TRACEPOINT, 4, 4, false));
	CHECK(ctx_access_plain(PROG_SYSCALL, 16, 8, true));
	CHECK(!ctx_access_plain(PROG_XDP, 0, 4, false) && !ctx_access_plain(PROG_EXT, 0, 4, false));
}
