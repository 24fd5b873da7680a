/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of kernel functions against the running kernel: which types of programs may call them. */
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "btf/rawbtf.h"
#include "isa/insn.h"
#include "isa/kfunc.h"
#include "isa/prog_type.h"
#include "unit/test.h"

#define NEWEST "bpf_strlen" /* a kernel that has it is as new as the table */

static char verifier_log[1 << 14];

/* A call without arguments: refused for want of these, or as nobody of this type may make it. */
static bool may_call(u32 type, u32 function)
{
	struct bpf_insn insns[] = {
		insn_make(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, (s32)function),
		insn_mov64_imm(0, 0),
		insn_exit(),
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.insns = (u64)(uintptr_t)insns;
	attr.insn_cnt = ARRAY_SIZE(insns);
	attr.license = (u64)(uintptr_t) "GPL";
	attr.log_buf = (u64)(uintptr_t)verifier_log;
	attr.log_size = sizeof(verifier_log);
	attr.log_level = 1;
	/* Those of sessions may call all that others may. */
	attr.expected_attach_type = type == PROG_KPROBE ? AT_TRACE_KPROBE_SESSION : 0;
	attr.prog_flags = type == PROG_SYSCALL ? BPF_F_SLEEPABLE : 0;
	verifier_log[0] = 0;
	long fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd >= 0)
		close((int)fd);
	return !strstr(verifier_log, "is not allowed");
}

TEST(isa_kfuncs_agree_with_the_running_kernel)
{
	static const u32 types[] = { PROG_SOCKET_FILTER, PROG_KPROBE,     PROG_SCHED_CLS,
				     PROG_XDP,           PROG_CGROUP_SKB, PROG_RAW_TRACEPOINT,
				     PROG_TRACEPOINT,    PROG_PERF_EVENT, PROG_SYSCALL };
	struct rawbtf *kernel;
	size_t n;
	const struct kfunc_info *all = kfunc_all(&n);

	if (geteuid() != 0)
		SKIP("not root");
	if (rawbtf_open("/sys/kernel/btf/vmlinux", NULL, &kernel))
		SKIP("the kernel has no BTF");
	bool is_new = rawbtf_find(kernel, RAWBTF_KIND(BTF_KIND_FUNC), NEWEST);
	for (size_t i = 0; is_new && i < n; i++) {
		u32 id = rawbtf_find(kernel, RAWBTF_KIND(BTF_KIND_FUNC), all[i].name);
		for (size_t t = 0; id && t < ARRAY_SIZE(types); t++) {
			bool ours = all[i].progs >> types[t] & 1, its = may_call(types[t], id);
			if (ours != its)
				test_fail(__FILE__, __LINE__,
					  "%s: programs of type %u %s call it: %s", all[i].name,
					  types[t], its ? "may" : "may not", verifier_log);
		}
	}
	rawbtf_free(kernel);
	if (!is_new)
		SKIP("the kernel is older than the table");
}
