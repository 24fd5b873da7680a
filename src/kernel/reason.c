/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an errno means that came of attaching: a table by kind of probe; the first row that fits tells. */
#include "kernel/reason.h"

#include <errno.h>

enum family { ANY, TRACE, RAW, KPROBES, KPROBES_MULTI, UPROBES, TRACING, SAMPLES, HARDWARE_ONLY };

static const struct row {
	enum family family;
	int err;
	struct reason reason;
} rows[] = {
	{ ANY, EMFILE, { "too many open files", "raise the limit with ulimit -n" } },
	{ ANY, ENFILE, { "too many open files in the whole system", NULL } },
	{ ANY,
	  EPERM,
	  { "not permitted", "it takes root, or CAP_BPF and CAP_PERFMON, and no lockdown" } },
	{ ANY,
	  EACCES,
	  { "not permitted", "it takes root, or CAP_BPF and CAP_PERFMON, and no lockdown" } },
	{ ANY, E2BIG, { "too many programs are attached there already", NULL } },

	{ TRACE, ENOENT, { "no such tracepoint in this kernel", NULL } },
	{ TRACE,
	  ENODEV,
	  { "tracefs is not mounted and cannot be",
	    "mount -t tracefs tracefs /sys/kernel/tracing" } },
	{ RAW, ENOENT, { "no such tracepoint in this kernel", NULL } },
	{ RAW, EINVAL, { "the program reads more arguments than the tracepoint has", NULL } },

	{ KPROBES,
	  EOPNOTSUPP,
	  { "this kernel was built without kprobes",
	    "tracepoint probes may do instead: see skep list 'tracepoint:*'" } },
	{ KPROBES, ENOENT, { "no such function in this kernel", NULL } },
	{ KPROBES,
	  EADDRNOTAVAIL,
	  { "the kernel has several functions of that name",
	    "fentry, or the address instead of the name, says which" } },
	{ KPROBES, EINVAL, { "the kernel does not let this function be probed", NULL } },
	{ KPROBES, EILSEQ, { "no instruction begins at that offset", NULL } },
	{ KPROBES_MULTI, ESRCH, { "no such function in this kernel, or not traceable", NULL } },
	{ KPROBES_MULTI, ENOENT, { "no such function in this kernel, or not traceable", NULL } },
	{ KPROBES_MULTI, EINVAL, { "the function is not traceable", NULL } },

	{ UPROBES, ENOENT, { "no such file", NULL } },
	{ UPROBES, EBADF, { "not a regular file", NULL } },
	{ UPROBES, ESRCH, { "no such process", NULL } },
	{ UPROBES, EOPNOTSUPP, { "this kernel was built without uprobes", NULL } },
	{ UPROBES, EINVAL, { "nothing can be probed at that offset of the file", NULL } },

	{ TRACING,
	  EBUSY,
	  { "the function is in use by something that excludes this",
	    "kprobe and kretprobe may do instead" } },

	{ HARDWARE_ONLY,
	  ENOENT,
	  { "this machine has no counter for it",
	    "virtual machines often have none; profile:hz:99 samples by timer" } },
	{ HARDWARE_ONLY,
	  EOPNOTSUPP,
	  { "this machine has no counter for it",
	    "virtual machines often have none; profile:hz:99 samples by "
	    "timer" } },
	{ HARDWARE_ONLY,
	  ENODEV,
	  { "this machine has no counter for it",
	    "virtual machines often have none; profile:hz:99 samples by timer" } },
	{ SAMPLES, ESRCH, { "no such process", NULL } },
	{ SAMPLES,
	  EINVAL,
	  { "the kernel does not know the event or does not allow the rate",
	    "the highest rate is in /proc/sys/kernel/perf_event_max_sample_rate" } },
};

static bool is_of(enum family family, enum attach kind, bool multi)
{
	switch (family) {
	case ANY:
		return true;
	case TRACE:
		return kind == ATTACH_TRACEPOINT;
	case RAW:
		return kind == ATTACH_RAWTRACEPOINT;
	case KPROBES:
	case KPROBES_MULTI:
		return (kind == ATTACH_KPROBE || kind == ATTACH_KRETPROBE) &&
		       multi == (family == KPROBES_MULTI);
	case UPROBES:
		return kind == ATTACH_UPROBE || kind == ATTACH_URETPROBE;
	case TRACING:
		return kind == ATTACH_FENTRY || kind == ATTACH_FEXIT;
	case SAMPLES:
		return kind == ATTACH_PROFILE || kind == ATTACH_SOFTWARE || kind == ATTACH_HARDWARE;
	case HARDWARE_ONLY:
		return kind == ATTACH_HARDWARE;
	}
	return false;
}

struct reason reason_find(enum attach kind, bool multi, int err)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].err == err && is_of(rows[i].family, kind, multi))
			return rows[i].reason;
	return (struct reason){ NULL, NULL };
}
