/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attaching programs to interfaces and cgroups without links: what stays until it is taken away. */
#ifndef INSPECT_NETATTACH_H
#define INSPECT_NETATTACH_H

#include "base/int.h"
#include "inspect/nethook.h"

/* XDP. mode: 0 (the kernel chooses), XDP_FLAGS_SKB_MODE, _DRV_MODE, _HW_MODE. prog -1: detach. 0 or -errno. */
int netattach_xdp(u32 ifindex, int prog, u32 mode, bool is_overwriting);
/* Straight to bpf(2): target is a descriptor, of tcx and netkit an interface's index. 0 or -errno. */
int netattach_prog(u32 target, int prog, u32 attach_type, u32 flags);
/* prog -1: whatever is attached, where there can be but one. */
int netattach_detach_prog(u32 target, int prog, u32 attach_type);
/* Takes away just that program, in the namespace that this thread is in: -ENOENT if it is not there any more. */
int netattach_remove(const struct nethook *h);

#endif
