/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects that values of maps keep, and those that each CPU has for itself. */
#include "machine/helper.h"
#include "machine/machine.h"
#include "machine/owned.h"

HELP(kptr_xchg)
{
	return __atomic_exchange_n((u64 *)helper_at(a), b, __ATOMIC_SEQ_CST);
}

static u64 of_cpu(struct run *run, u64 address, u32 cpu)
{
	const struct owned *o = run->machine ? machine_owned(run->machine) : NULL;
	u64 of = o ? owned_percpu(o, address, cpu) : 0;

	if (!of && (!o || !owned_percpu(o, address, 0))) {
		run->trap = RUN_BAD_ACCESS;
		run->trap_address = address;
		run->trap_size = 0;
	}
	return of;
}

HELP(per_cpu_ptr)
{
	return of_cpu(run, a, (u32)b);
}

/* A run may say that it is on a CPU beyond those that there are. */
HELP(this_cpu_ptr)
{
	u64 of = of_cpu(run, a, run->cpu);

	return of || run->trap ? of : of_cpu(run, a, 0);
}
