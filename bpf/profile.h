/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What bpf/profile.bpf.c and src/inspect/counter.c share. */
#ifndef BPF_PROFILE_H
#define BPF_PROFILE_H

#define PROFILE_EVENTS 8 /* that are counted at once at most */

/* What the kernel tells of an event: while others had the counter, it did not run. */
struct profile_value {
	unsigned long long counter, enabled, running; /* the last two in nanoseconds */
};

struct profile_config {
	unsigned int cpus, events;
};

#endif
