/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capabilities are gone for a while, of this thread alone, and come back. */
#include "kernel/privilege.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "isa/insn.h"
#include "unit/test.h"

/* Of a program that takes CAP_NET_ADMIN beside CAP_BPF: 0 or the error. */
static int load(void)
{
	const struct bpf_insn insns[] = { insn_mov64_imm(0, 2), insn_exit() };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_XDP;
	attr.insns = (u64)(uintptr_t)insns;
	attr.insn_cnt = ARRAY_SIZE(insns);
	attr.license = (u64)(uintptr_t) "GPL";
	long fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		return errno;
	close((int)fd);
	return 0;
}

static u64 capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	CHECK(!syscall(SYS_capget, &head, data));
	return (u64)data[1].effective << 32 | data[0].effective;
}

TEST(kernel_privilege_is_dropped_for_a_while)
{
	struct privilege had;
	u64 before = capabilities();

	if (load())
		SKIP("programs cannot be loaded here");
	CHECK(!privilege_drop(&had));
	CHECK_EQ(load(), EPERM);
	CHECK(!(capabilities() & (1ull << CAP_BPF | 1ull << CAP_PERFMON | 1ull << CAP_SYS_ADMIN |
				  1ull << CAP_NET_ADMIN)));
	CHECK(!privilege_restore(&had));
	CHECK_EQ(capabilities(), before);
	CHECK_EQ(load(), 0);
}
