/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of helpers against the running kernel, which is asked with programs of one call. */
#include "unit/test.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "isa/helper.h"
#include "isa/insn.h"
#include "isa/prog_type.h"

static const struct {
	u32 type, attach;
} types[] = {
	{ PROG_SOCKET_FILTER, 0 },
	{ PROG_KPROBE, 0 },
	{ PROG_SCHED_CLS, 0 },
	{ PROG_XDP, AT_XDP },
	{ PROG_CGROUP_SKB, AT_CGROUP_INET_EGRESS },
	{ PROG_CGROUP_SOCK_ADDR, AT_CGROUP_INET4_CONNECT },
	{ PROG_CGROUP_SOCKOPT, AT_CGROUP_SETSOCKOPT },
	{ PROG_SOCK_OPS, AT_CGROUP_SOCK_OPS },
	{ PROG_SK_MSG, AT_SK_MSG_VERDICT },
	{ PROG_RAW_TRACEPOINT, 0 },
};

/* Loads it, which fails for want of arguments at the latest; the error, log filled in. */
static int load(u32 type, u32 attach, u32 helper, char *log, u32 size)
{
	struct bpf_insn insns[] = { insn_call((s32)helper), insn_mov64_imm(0, 0), insn_exit() };
	union bpf_attr attr;
	long fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.expected_attach_type = attach;
	attr.insns = (u64)(uintptr_t)insns;
	attr.insn_cnt = ARRAY_SIZE(insns);
	attr.license = (u64)(uintptr_t) "GPL";
	attr.log_buf = (u64)(uintptr_t)log;
	attr.log_size = size;
	attr.log_level = 1;
	log[0] = 0;
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		return errno;
	close((int)fd);
	return 0;
}

/* What depends on how the kernel was built, or is locked down. */
static bool depends(u32 helper)
{
	static const u32 some[] = {
		HELPER_probe_write_user,   HELPER_override_return,    HELPER_skb_get_xfrm_state,
		HELPER_get_cgroup_classid, HELPER_skb_cgroup_classid, HELPER_probe_read,
		HELPER_probe_read_str,     HELPER_probe_read_kernel,  HELPER_probe_read_kernel_str,
	};

	for (size_t i = 0; i < ARRAY_SIZE(some); i++) {
		if (some[i] == helper)
			return true;
	}
	return false;
}

TEST(isa_helpers_agree_with_the_running_kernel)
{
	char log[4096];

	if (load(PROG_KPROBE, 0, HELPER_trace_printk, log, sizeof(log)) == EPERM)
		SKIP("no right to load programs");
	for (size_t t = 0; t < ARRAY_SIZE(types); t++) {
		for (u32 h = 1; h < HELPER_NUMBERS; h++) {
			if (!helper_info_for(h, types[t].type) || depends(h) ||
			    !helper_attaches(h, types[t].type, types[t].attach))
				continue;
			load(types[t].type, types[t].attach, h, log, sizeof(log));
			/* Kernels before 6.11 say the same of what they do not know. */
			if (strstr(log, "cannot use helper"))
				test_fail(__FILE__, __LINE__, "%s: %s", helper_name(h), log);
		}
	}
}
