/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of sections, and types of maps. */
#include "unit/test.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "isa/helper.h"
#include "isa/map_type.h"
#include "isa/prog_type.h"
#include "isa/section.h"

static const struct {
	const char *name;
	u32 type;
	s32 attach; /* -1: none is expected */
	u32 load_flags;
	const char *rest;
	bool is_old;
} names[] = {
	{ "kprobe/do_sys_open+0x4", PROG_KPROBE, -1, 0, "do_sys_open+0x4", false },
	{ "kprobe", PROG_KPROBE, -1, 0, "", false },
	{ "kprobe.multi/tcp_*", PROG_KPROBE, AT_TRACE_KPROBE_MULTI, 0, "tcp_*", false },
	{ "uprobe.multi.s//bin/sh:f*", PROG_KPROBE, AT_TRACE_UPROBE_MULTI, BPF_F_SLEEPABLE,
	  "/bin/sh:f*", false },
	{ "usdt//bin/sh:p:n", PROG_KPROBE, -1, 0, "/bin/sh:p:n", false },
	{ "tp/sched/sched_switch", PROG_TRACEPOINT, -1, 0, "sched/sched_switch", false },
	{ "tracepoint/sched/sched_switch", PROG_TRACEPOINT, -1, 0, "sched/sched_switch", false },
	{ "tp_btf/sched_switch", PROG_TRACING, AT_TRACE_RAW_TP, 0, "sched_switch", false },
	{ "fentry.s/vfs_read", PROG_TRACING, AT_TRACE_FENTRY, BPF_F_SLEEPABLE, "vfs_read", false },
	{ "lsm.s/bprm_committed_creds", PROG_LSM, AT_LSM_MAC, BPF_F_SLEEPABLE,
	  "bprm_committed_creds", false },
	{ "lsm_cgroup/socket_post_create", PROG_LSM, AT_LSM_CGROUP, 0, "socket_post_create",
	  false },
	{ "freplace/handle", PROG_EXT, -1, 0, "handle", false },
	{ "iter/task", PROG_TRACING, AT_TRACE_ITER, 0, "task", false },
	{ "struct_ops/init", PROG_STRUCT_OPS, -1, 0, "init", false },
	{ "syscall", PROG_SYSCALL, -1, BPF_F_SLEEPABLE, "", false },
	{ "xdp", PROG_XDP, AT_XDP, 0, "", false },
	{ "xdp.frags", PROG_XDP, AT_XDP, 1u << 5, "", false },
	{ "xdp/devmap", PROG_XDP, AT_XDP_DEVMAP, 0, "", false },
	{ "xdp.frags/cpumap", PROG_XDP, AT_XDP_CPUMAP, 1u << 5, "", false },
	{ "tc", PROG_SCHED_CLS, -1, 0, "", false },
	{ "tcx/ingress", PROG_SCHED_CLS, AT_TCX_INGRESS, 0, "", false },
	{ "netkit/peer", PROG_SCHED_CLS, AT_NETKIT_PEER, 0, "", false },
	{ "cgroup/connect4", PROG_CGROUP_SOCK_ADDR, AT_CGROUP_INET4_CONNECT, 0, "", false },
	{ "cgroup/connect_unix", PROG_CGROUP_SOCK_ADDR, AT_CGROUP_UNIX_CONNECT, 0, "", false },
	{ "netfilter", PROG_NETFILTER, AT_NETFILTER, 0, "", false },
	{ "sk_lookup", PROG_SK_LOOKUP, AT_SK_LOOKUP, 0, "", false },
	/* As they were written before. */
	{ "xdp_prog1", PROG_XDP, AT_XDP, 0, "", true },
	{ "xdp_devmap/x", PROG_XDP, AT_XDP_DEVMAP, 0, "", true },
	{ "socket1", PROG_SOCKET_FILTER, -1, 0, "", true },
	{ "classifier/tc_init", PROG_SCHED_CLS, -1, 0, "", true },
	{ "cgroup/sock1", PROG_CGROUP_SOCK, AT_CGROUP_INET_SOCK_CREATE, 0, "", true },
	{ "sk_skb/stream_parser1", PROG_SK_SKB, AT_SK_SKB_STREAM_PARSER, 0, "", true },
	{ "sk_skb2", PROG_SK_SKB, -1, 0, "", true },
};

TEST(isa_section_names)
{
	struct section_match m;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CHECK_EQ(section_find(names[i].name, &m), 0);
		CHECK_EQ(m.type, names[i].type);
		CHECK_EQ(m.has_attach, names[i].attach >= 0);
		CHECK_EQ(m.attach, names[i].attach < 0 ? 0 : names[i].attach);
		CHECK_EQ(m.load_flags, names[i].load_flags);
		CHECK_STR(m.rest, names[i].rest);
		CHECK_EQ(m.is_old, names[i].is_old);
		CHECK(!m.is_optional);
	}
	CHECK_EQ(section_find("?tc", &m), 0);
	CHECK(m.is_optional && m.type == PROG_SCHED_CLS);
	CHECK_EQ(section_find("kretprobe/x", &m), 0);
	CHECK(m.flags & SECTION_RETURN);
	CHECK_EQ(section_find("", &m), -ENOENT);
	CHECK_EQ(section_find("?", &m), -ENOENT);
	CHECK_EQ(section_find(".text", &m), -ENOENT);
	CHECK_EQ(section_find("maps", &m), -ENOENT);
	CHECK_EQ(section_find("license", &m), -ENOENT);
	CHECK_EQ(section_find("kprobes/x", &m), -ENOENT);
	CHECK_EQ(section_find("tp_", &m), -ENOENT);
	CHECK_EQ(section_find("from-netdev", &m), -ENOENT);
}

TEST(isa_section_rows)
{
	static const struct {
		const char *name, *rest;
		u32 type, flags;
		s32 attach;
	} rows[] = {
#define SLEEPS SECTION_SLEEPS
#define FRAGS SECTION_FRAGS
#define BTF SECTION_BTF
#define RETURN SECTION_RETURN
#define MULTI SECTION_MULTI
#define USDT SECTION_USDT
#define AT_NONE AT_ANY
#define SECTION(name, match, type, attach, flags, rest)                                            \
	{ name, rest, PROG_##type, flags, AT_##attach },
#include "isa/section.def"
#undef SECTION
	};
	struct section_match m;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CHECK_EQ(section_find(rows[i].name, &m), 0);
		CHECK_EQ(m.type, rows[i].type);
		CHECK_EQ(m.flags, rows[i].flags);
		CHECK_STR(m.expected, rows[i].rest);
		if (m.load_flags & BPF_F_SLEEPABLE)
			CHECK(prog_type_may_sleep(m.type, m.attach));
		for (size_t k = 0; k < i; k++)
			CHECK(strcmp(rows[i].name, rows[k].name));
	}
}

/* libbpf does not know all of these names, but those that it knows it knows as we do. */
TEST(isa_sections_agree_with_libbpf)
{
	static const char *const rows[] = {
#define SECTION(name, match, type, attach, flags, rest) name,
#include "isa/section.def"
#undef SECTION
	};
	libbpf_print_fn_t print = libbpf_set_print(NULL);
	u32 known = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum bpf_attach_type attach = 0;
		enum bpf_prog_type type = 0;
		struct section_match m;

		if (libbpf_prog_type_by_name(rows[i], &type, &attach))
			continue;
		known++;
		section_find(rows[i], &m);
		CHECK_EQ(m.type, type);
		CHECK_EQ(m.attach, attach);
	}
	libbpf_set_print(print);
	CHECK(known > 60);
}

TEST(isa_map_types_agree_with_the_kernel)
{
	CHECK_EQ(MAP_TYPE_HASH, BPF_MAP_TYPE_HASH);
	CHECK_EQ(MAP_TYPE_LPM_TRIE, BPF_MAP_TYPE_LPM_TRIE);
	CHECK_EQ(MAP_TYPE_XSKMAP, BPF_MAP_TYPE_XSKMAP);
	CHECK_EQ(MAP_TYPE_QUEUE, BPF_MAP_TYPE_QUEUE);
	CHECK_EQ(MAP_TYPE_RINGBUF, BPF_MAP_TYPE_RINGBUF);
	CHECK_EQ(MAP_TYPE_BLOOM_FILTER, BPF_MAP_TYPE_BLOOM_FILTER);
	CHECK_EQ(MAP_TYPE_USER_RINGBUF, BPF_MAP_TYPE_USER_RINGBUF);
	for (u32 i = 1; i < MAP_TYPE_COUNT; i++)
		CHECK_EQ(map_type_find(map_type_info(i)->name), i);
	CHECK(!map_type_info(0) && !map_type_info(MAP_TYPE_COUNT) && !map_type_info(UINT32_MAX));
	CHECK_EQ(map_type_find("lru"), MAP_TYPE_UNSPEC);
}

TEST(isa_map_type_checks)
{
	CHECK(!map_type_check(MAP_TYPE_HASH, 3, 5, 1, BPF_F_NO_PREALLOC));
	CHECK(map_type_check(MAP_TYPE_HASH, 0, 5, 1, 0));
	CHECK(map_type_check(MAP_TYPE_HASH, 4, 5, 0, 0));
	CHECK(map_type_check(MAP_TYPE_ARRAY, 8, 5, 1, 0));
	CHECK(map_type_check(MAP_TYPE_ARRAY, 4, 5, 1, BPF_F_NO_PREALLOC));
	CHECK(!map_type_check(MAP_TYPE_ARRAY, 4, 5, 1, BPF_F_MMAPABLE));
	CHECK(map_type_check(MAP_TYPE_ARRAY, 4, 5, 1, BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG));
	CHECK(!map_type_check(MAP_TYPE_LPM_TRIE, 8, 1, 1, BPF_F_NO_PREALLOC));
	CHECK(map_type_check(MAP_TYPE_LPM_TRIE, 8, 1, 1, 0));
	CHECK(map_type_check(MAP_TYPE_LPM_TRIE, 4, 1, 1, BPF_F_NO_PREALLOC));
	CHECK(!map_type_check(MAP_TYPE_RINGBUF, 0, 0, 8192, 0));
	CHECK(map_type_check(MAP_TYPE_RINGBUF, 0, 0, 8193, 0));
	CHECK(map_type_check(MAP_TYPE_RINGBUF, 0, 8, 8192, 0));
	CHECK(!map_type_check(MAP_TYPE_QUEUE, 0, 8, 1, 0));
	CHECK(map_type_check(MAP_TYPE_STACK_TRACE, 4, 12, 1, 0));
	CHECK(!map_type_check(MAP_TYPE_TASK_STORAGE, 4, 8, 0, BPF_F_NO_PREALLOC));
	CHECK(map_type_check(0, 4, 8, 1, 0) && map_type_check(MAP_TYPE_COUNT, 4, 8, 1, 0));
}

TEST(isa_map_type_helpers)
{
	CHECK(map_type_takes(MAP_TYPE_HASH, HELPER_map_lookup_elem, PROG_XDP, 0));
	CHECK(map_type_takes(MAP_TYPE_HASH, HELPER_for_each_map_elem, PROG_XDP, 0));
	CHECK(map_type_takes(MAP_TYPE_HASH, HELPER_timer_init, PROG_XDP, 0));
	CHECK(!map_type_takes(MAP_TYPE_LPM_TRIE, HELPER_for_each_map_elem, PROG_XDP, 0));
	CHECK(!map_type_takes(MAP_TYPE_HASH, HELPER_map_push_elem, PROG_XDP, 0));
	CHECK(map_type_takes(MAP_TYPE_QUEUE, HELPER_map_push_elem, PROG_XDP, 0));
	CHECK(!map_type_takes(MAP_TYPE_QUEUE, HELPER_map_lookup_elem, PROG_XDP, 0));
	CHECK(map_type_takes(MAP_TYPE_ARRAY_OF_MAPS, HELPER_map_lookup_elem, PROG_XDP, 0));
	CHECK(!map_type_takes(MAP_TYPE_ARRAY_OF_MAPS, HELPER_map_update_elem, PROG_XDP, 0));
	CHECK(map_type_takes(MAP_TYPE_SOCKMAP, HELPER_map_update_elem, PROG_XDP, 0));
	CHECK(!map_type_takes(MAP_TYPE_SOCKMAP, HELPER_map_update_elem, PROG_SOCK_OPS, 0));
	CHECK(map_type_takes(MAP_TYPE_SOCKMAP, HELPER_map_delete_elem, PROG_SOCK_OPS, 0));
	CHECK(map_type_takes(MAP_TYPE_SOCKMAP, HELPER_map_update_elem, PROG_TRACING,
			     AT_TRACE_ITER));
	CHECK(map_type_takes(MAP_TYPE_RINGBUF, HELPER_ringbuf_output, PROG_KPROBE, 0));
	CHECK(!map_type_takes(MAP_TYPE_ARRAY, HELPER_ringbuf_output, PROG_KPROBE, 0));
	CHECK(map_type_takes(MAP_TYPE_XSKMAP, HELPER_redirect_map, PROG_XDP, 0));
	CHECK(!map_type_takes(MAP_TYPE_UNSPEC, HELPER_map_lookup_elem, PROG_XDP, 0));
	CHECK(!map_type_takes(MAP_TYPE_HASH, HELPER_map_lookup_elem, UINT32_MAX, 0));
}
