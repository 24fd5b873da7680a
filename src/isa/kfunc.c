/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "isa/kfunc.h"

#include <string.h>

#include "isa/prog_type.h"

/* Words of the table. */
#define PLAIN KFUNC_PLAIN
#define ACQUIRE KFUNC_ACQUIRE
#define RELEASE KFUNC_RELEASE
#define RET_NULL KFUNC_RET_NULL
#define TRUSTED KFUNC_TRUSTED
#define RCU KFUNC_RCU
#define SLEEPS KFUNC_SLEEPS
#define ITER_NEW KFUNC_ITER_NEW
#define ITER_NEXT KFUNC_ITER_NEXT
#define ITER_DESTROY KFUNC_ITER_DESTROY
#define NEEDS_RCU KFUNC_NEEDS_RCU
#define RCU_LOCK KFUNC_RCU_LOCK
#define RCU_UNLOCK KFUNC_RCU_UNLOCK
#define PREEMPT_DISABLE KFUNC_PREEMPT_DISABLE
#define PREEMPT_ENABLE KFUNC_PREEMPT_ENABLE
#define SPECIAL KFUNC_SPECIAL
#define OBJECT KFUNC_OBJECT
#define LIST (KFUNC_GRAPH | KFUNC_IN_LOCK)
#define TREE LIST
#define ADDS KFUNC_ADDS
#define CALLS_BACK KFUNC_CALLS_BACK
#define IN_LOCK KFUNC_IN_LOCK
#define WORK KFUNC_WORK
#define KFUNC_ALL (~0ull)
#define KFUNC_TRACING (PROGS(TRACING) | PROGS(TRACEPOINT) | PROGS(PERF_EVENT) | PROGS(LSM))
#define KFUNC_CPUMASK (KFUNC_TRACING | PROGS(STRUCT_OPS) | PROGS(SYSCALL))
#define KFUNC_GENERIC                                                                              \
	(KFUNC_TRACING | PROGS(SCHED_CLS) | PROGS(XDP) | PROGS(STRUCT_OPS) | PROGS(SYSCALL) |      \
	 PROGS_CGROUP_CURRENT | PROGS(CGROUP_SKB) | PROGS(SOCK_OPS))

static const struct kfunc_info kfuncs[] = {
#define KFUNC(name, flags, progs) { #name, flags, progs },
#include "isa/kfunc.def"
};

const struct kfunc_info *kfunc_all(size_t *n)
{
	*n = ARRAY_SIZE(kfuncs);
	return kfuncs;
}

const struct kfunc_info *kfunc_info(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kfuncs); i++) {
		if (!strcmp(kfuncs[i].name, name))
			return &kfuncs[i];
	}
	return NULL;
}
