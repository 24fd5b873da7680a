/* SPDX-License-Identifier: GPL-2.0-or-later */
/* perf_event_open(2) for each kind of probe that BPF programs are put on by it. */
#ifndef KERNEL_PERF_H
#define KERNEL_PERF_H

#include "kernel/instance.h"

/* Each returns a descriptor or -errno. */
int perf_tracepoint(struct instance *k, const struct script_target *t);
int perf_kprobe(struct instance *k, const struct script_target *t, bool ret);
int perf_uprobe(struct instance *k, const struct script_target *t, bool ret);
/* profile, software or hardware: on one CPU (pid -1), or for one thread on all (cpu -1). -EINVAL for an event
 * name that is not known. */
int perf_sample(enum attach kind, const struct script_target *t, int pid, int cpu);

/* Reads the CPUs that are online into k->cpus. 0 or -errno. */
int perf_read_cpus(struct instance *k);
/* The threads of a process; at most max. The number found. */
u32 perf_threads(u32 pid, int *tids, u32 max);

#endif
