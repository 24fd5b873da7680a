/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is told of links: the layout that bpf(2) fills in, and links that are made here. */
#include "inspect/linkinfo.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <unistd.h>

#include "inspect/cgroupprog.h"
#include "inspect/handle.h"
#include "isa/prog_type.h"
#include "unit/test.h"

TEST(linkinfo_is_laid_out_as_the_kernel_has_it)
{
	CHECK_EQ(offsetof(struct linkinfo_abi, raw_tracepoint.name),
		 offsetof(struct bpf_link_info, raw_tracepoint.tp_name));
	CHECK_EQ(offsetof(struct linkinfo_abi, raw_tracepoint.name_len),
		 offsetof(struct bpf_link_info, raw_tracepoint.tp_name_len));
	CHECK_EQ(offsetof(struct linkinfo_abi, tracing.target_btf_id),
		 offsetof(struct bpf_link_info, tracing.target_btf_id));
	CHECK_EQ(offsetof(struct linkinfo_abi, cgroup.attach_type),
		 offsetof(struct bpf_link_info, cgroup.attach_type));
	CHECK_EQ(offsetof(struct linkinfo_abi, iter.map_id),
		 offsetof(struct bpf_link_info, iter.map.map_id));
	CHECK_EQ(offsetof(struct linkinfo_abi, netns.attach_type),
		 offsetof(struct bpf_link_info, netns.attach_type));
	/* What newer kernels have, counted from the union's beginning. */
	CHECK_EQ(offsetof(struct linkinfo_abi, raw_tracepoint.cookie), 16 + 16);
	CHECK_EQ(offsetof(struct linkinfo_abi, iter.cgroup.order), 16 + 24);
	CHECK_EQ(offsetof(struct linkinfo_abi, kprobe_multi.missed), 16 + 16);
	CHECK_EQ(offsetof(struct linkinfo_abi, uprobe_multi.pid), 16 + 44);
	CHECK_EQ(offsetof(struct linkinfo_abi, perf_event.kprobe.cookie), 16 + 40);
	CHECK_EQ(offsetof(struct linkinfo_abi, perf_event.uprobe.cookie), 16 + 24);
	CHECK_EQ(offsetof(struct linkinfo_abi, perf_event.event.cookie), 16 + 24);
	CHECK_EQ(sizeof(struct linkinfo_abi), 64);
}

static int make_link(u32 *prog_id)
{
	const struct bpf_insn insns[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K },
					  { .code = BPF_JMP | BPF_EXIT } };
	int prog = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "linkinfo", "GPL", insns, 2, NULL);
	int link = prog < 0 ? prog : bpf_raw_tracepoint_open("sched_switch", prog);
	struct handle_name name = { 0 };

	if (prog >= 0) {
		handle_identify_fd(prog, &name);
		*prog_id = name.id;
		close(prog);
	}
	return link;
}

TEST(linkinfo_reads_a_raw_tracepoint)
{
	u32 prog_id = 0;
	int fd = make_link(&prog_id);
	linkinfo_list all = { 0 };
	bool is_listed = false;
	struct linkinfo l;
	struct arena a;

	if (fd < 0)
		SKIP("links cannot be made here");
	arena_init(&a);
	CHECK_EQ(linkinfo_read(fd, &a, &l), 0);
	CHECK_EQ(l.abi.type, LINK_RAW_TRACEPOINT);
	CHECK_EQ(l.abi.prog_id, prog_id);
	CHECK_STR(l.name, "sched_switch");
	CHECK_EQ(linkinfo_attach_type(&l), -1);
	CHECK(!linkinfo_is_return(&l));
	CHECK_EQ(linkinfo_read_all(&a, &all), 0);
	for (size_t i = 0; i < all.n; i++)
		is_listed |= all.at[i].abi.id == l.abi.id;
	CHECK(is_listed);
	close(fd);
	arena_done(&a);
}

TEST(link_types_have_names)
{
	CHECK_STR(link_type_name(LINK_TCX), "tcx");
	CHECK_STR(link_event_name(LINK_EVENT_KRETPROBE), "kretprobe");
	CHECK(!link_type_name(LINK_UNSPEC));
	CHECK(!link_type_name(LINK_TYPES));
	CHECK(!link_event_name(LINK_EVENTS));
}

TEST(cgroupprog_types_have_two_names)
{
	struct arena a;
	u32 n = 0;

	arena_init(&a);
	CHECK_EQ(cgroupprog_find_type("connect4"), AT_CGROUP_INET4_CONNECT);
	CHECK_EQ(cgroupprog_find_type("cgroup_inet4_connect"), AT_CGROUP_INET4_CONNECT);
	CHECK_EQ(cgroupprog_find_type("egress"), AT_CGROUP_INET_EGRESS);
	CHECK_EQ(cgroupprog_find_type("post_bind6"), AT_CGROUP_INET6_POST_BIND);
	CHECK_EQ(cgroupprog_find_type("sendmsg6"), AT_CGROUP_UDP6_SENDMSG);
	CHECK_EQ(cgroupprog_find_type("sock_ops"), AT_CGROUP_SOCK_OPS);
	CHECK_EQ(cgroupprog_find_type("lsm_cgroup"), AT_LSM_CGROUP);
	CHECK_EQ(cgroupprog_find_type("xdp"), -1);
	CHECK_EQ(cgroupprog_find_type(""), -1);
	/* Each short name stands for its own type. */
	for (u32 i = 0; i < AT_COUNT; i++) {
		if (!cgroupprog_is_type(i))
			continue;
		n++;
		CHECK_EQ(cgroupprog_find_type(cgroupprog_short_name(&a, i)), i);
	}
	CHECK(n > 25);
	arena_done(&a);
}
