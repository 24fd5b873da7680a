/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What skep exec makes of return values. */
#include <string.h>

#include <linux/bpf.h>

#include "cmd/exec/verdict.h"
#include "unit/test.h"

static void check_verdict(u32 type, u32 ret, const char *name, bool passes, u32 len)
{
	struct buf b = { 0 };
	u32 left = 100;

	exec_verdict_name(type, ret, &b);
	CHECK_STR(buf_str(&b), name);
	CHECK_EQ(exec_verdict_passes(type, ret, &left), passes);
	CHECK_EQ(left, len);
	buf_done(&b);
	if (!strchr(name, ' ')) {
		CHECK(exec_verdict_find(type, name, &left, NULL));
		CHECK_EQ(left, ret);
	}
}

TEST(exec_finds_verdicts)
{
	struct nearest near = nearest_to("XDP_DORP");
	u32 ret = 77;

	CHECK(!exec_verdict_find(BPF_PROG_TYPE_XDP, "XDP_DORP", &ret, &near));
	CHECK_STR(nearest_name(&near), "XDP_DROP");
	CHECK(!exec_verdict_find(BPF_PROG_TYPE_SCHED_CLS, "XDP_DROP", &ret, NULL));
	CHECK(!exec_verdict_find(BPF_PROG_TYPE_XDP, "allows", &ret, NULL));
	CHECK(!exec_verdict_find(BPF_PROG_TYPE_XDP, "4294967296", &ret, NULL));
	CHECK_EQ(ret, 77);
	CHECK(exec_verdict_find(BPF_PROG_TYPE_SCHED_CLS, "-1", &ret, NULL));
	CHECK_EQ(ret, UINT32_MAX);
	CHECK(exec_verdict_find(BPF_PROG_TYPE_CGROUP_SKB, "denies", &ret, NULL));
	CHECK_EQ(ret, 0);
}

TEST(exec_knows_verdicts)
{
	check_verdict(BPF_PROG_TYPE_XDP, 2, "XDP_PASS", true, 100);
	check_verdict(BPF_PROG_TYPE_XDP, 1, "XDP_DROP", false, 100);
	check_verdict(BPF_PROG_TYPE_XDP, 5, "returns 5", false, 100);
	check_verdict(BPF_PROG_TYPE_SCHED_CLS, 0, "TC_ACT_OK", true, 100);
	check_verdict(BPF_PROG_TYPE_SCHED_ACT, (u32)-1, "TC_ACT_UNSPEC", true, 100);
	check_verdict(BPF_PROG_TYPE_SCHED_CLS, 2, "TC_ACT_SHOT", false, 100);
	check_verdict(BPF_PROG_TYPE_LWT_XMIT, 7, "BPF_REDIRECT", true, 100);
	check_verdict(BPF_PROG_TYPE_SOCKET_FILTER, 0, "drops", false, 100);
	check_verdict(BPF_PROG_TYPE_SOCKET_FILTER, 40, "keeps 40 bytes", true, 54);
	check_verdict(BPF_PROG_TYPE_SOCKET_FILTER, UINT32_MAX, "keeps all", true, 100);
	check_verdict(BPF_PROG_TYPE_CGROUP_SKB, 1, "allows", true, 100);
	check_verdict(BPF_PROG_TYPE_CGROUP_SKB, 0, "denies", false, 100);
	check_verdict(BPF_PROG_TYPE_SK_SKB, 1, "SK_PASS", true, 100);
	check_verdict(BPF_PROG_TYPE_KPROBE, (u32)-7, "returns -7", false, 100);
	check_verdict(1000, 1, "returns 1", false, 100);
	CHECK(exec_verdict_redirects(BPF_PROG_TYPE_XDP, XDP_REDIRECT));
	CHECK(!exec_verdict_redirects(BPF_PROG_TYPE_XDP, 7));
	CHECK(exec_takes_packets(BPF_PROG_TYPE_CGROUP_SKB));
	CHECK(!exec_takes_ethernet(BPF_PROG_TYPE_CGROUP_SKB));
	CHECK(!exec_takes_packets(BPF_PROG_TYPE_KPROBE));
	CHECK(!exec_takes_packets(1000));
}
