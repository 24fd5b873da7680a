/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time, chance, and who runs: from the run where its owner has set it, so that a run can be repeated. */
#include "machine/helper.h"
#include "machine/timer.h"

#include <time.h>

#define JIFFIES_NS 4000000ull /* at 250 Hz, as most kernels are built */

HELP(ktime_get_ns)
{
	return run_clock(run, CLOCK_MONOTONIC);
}

HELP(ktime_get_boot_ns)
{
	return run_clock(run, CLOCK_BOOTTIME);
}

HELP(ktime_get_coarse_ns)
{
	return run_clock(run, CLOCK_MONOTONIC_COARSE);
}

HELP(ktime_get_tai_ns)
{
	return run_clock(run, CLOCK_TAI);
}

HELP(jiffies64)
{
	return run_clock(run, CLOCK_MONOTONIC) / JIFFIES_NS;
}

HELP(get_prandom_u32)
{
	run->random ^= run->random << 13;
	run->random ^= run->random >> 7;
	run->random ^= run->random << 17;
	return run->random >> 32;
}

HELP(get_smp_processor_id)
{
	return run->cpu;
}

HELP(get_numa_node_id)
{
	return 0;
}

HELP(get_current_pid_tgid)
{
	return (u64)run->task.tgid << 32 | run->task.pid;
}

HELP(get_current_uid_gid)
{
	return (u64)run->task.gid << 32 | run->task.uid;
}

HELP(get_current_cgroup_id)
{
	return run->task.cgroup;
}

HELP(get_current_comm)
{
	char *to = helper_at(a);
	u32 size = (u32)b, n = size < sizeof(run->task.comm) ? size : sizeof(run->task.comm);

	helper_clear(to, size);
	helper_copy(to, run->task.comm, n);
	if (n)
		to[n - 1] = '\0';
	return 0;
}

/* ---- stacks: there is no kernel below the program whose functions could be told, nor a process that has called it */

HELP(get_stackid)
{
	const u64 known = BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK | BPF_F_FAST_STACK_CMP |
			  BPF_F_REUSE_STACKID;

	return helper_error(c & ~known ? -EINVAL : -EFAULT);
}

HELP(get_stack)
{
	const u64 known = BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK | BPF_F_USER_BUILD_ID;
	u64 unit = d & BPF_F_USER_BUILD_ID ? sizeof(struct bpf_stack_build_id) : sizeof(u64);
	bool is_wrong =
		d & ~known || (u32)c % unit || (d & BPF_F_USER_BUILD_ID && !(d & BPF_F_USER_STACK));

	helper_clear(helper_at(b), (u32)c);
	return helper_error(is_wrong ? -EINVAL : -EFAULT);
}

HELP(get_task_stack)
{
	return help_get_stack(a, b, c, d, e, run);
}

/* ---- attachments: the program has none */

HELP(get_attach_cookie)
{
	return 0;
}
