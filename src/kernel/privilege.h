/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capabilities: whether one is there; to do without those of BPF for a while, so that the kernel judges as it does for those who have none. */
#ifndef KERNEL_PRIVILEGE_H
#define KERNEL_PRIVILEGE_H

#include "base/int.h"

struct privilege {
	u32 effective[2];
};

/* Whether this thread has a capability (CAP_BPF), which need not count in the initial user namespace. */
bool privilege_has(u32 capability);
/* Whether kernel.unprivileged_bpf_disabled lets anyone load programs. */
bool privilege_is_optional(void);
/* This thread alone; 0 or -errno. It gets back what it had then by privilege_restore(). */
int privilege_drop(struct privilege *p);
int privilege_restore(const struct privilege *p);

#endif
