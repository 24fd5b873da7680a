/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where another program may have come in the meantime, what is expected to be there is told to the kernel. */
#include "inspect/netattach.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inspect/handle.h"
#include "kernel/warn.h"

/* The part of union bpf_attr of attaching and detaching, with what newer kernels have. */
struct attach_attr {
	u32 target, prog, attach_type, flags, replaced, relative;
	u64 revision;
};

static int sys_attach(u32 command, u32 target, int prog, u32 attach_type, u32 flags)
{
	struct attach_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target = target;
	attr.prog = prog < 0 ? 0 : (u32)prog;
	attr.attach_type = attach_type;
	attr.flags = flags;
	return handle_call(command, &attr, sizeof(attr));
}

int netattach_prog(u32 target, int prog, u32 attach_type, u32 flags)
{
	return sys_attach(BPF_PROG_ATTACH, target, prog, attach_type, flags);
}

int netattach_detach_prog(u32 target, int prog, u32 attach_type)
{
	return sys_attach(BPF_PROG_DETACH, target, prog, attach_type, 0);
}

int netattach_xdp(u32 ifindex, int prog, u32 mode, bool is_overwriting)
{
	u32 flags = mode | (prog >= 0 && !is_overwriting ? XDP_FLAGS_UPDATE_IF_NOEXIST : 0);

	int err;

	warn_begin(NULL);
	err = bpf_xdp_attach((int)ifindex, prog, flags, NULL);
	warn_end();
	return err;
}

static int remove_xdp(const struct nethook *h, int prog)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts, .old_prog_fd = prog);
	u32 mode = h->at == XDP_ATTACHED_SKB   ? XDP_FLAGS_SKB_MODE
		   : h->at == XDP_ATTACHED_DRV ? XDP_FLAGS_DRV_MODE
					       : XDP_FLAGS_HW_MODE;

	return bpf_xdp_attach((int)h->ifindex, -1, mode, &opts);
}

static int remove_filter(const struct nethook *h)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)h->ifindex, .attach_point = BPF_TC_CUSTOM,
		    .parent = h->parent);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = h->handle, .priority = h->priority);

	if (h->parent == TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)) {
		hook.attach_point = BPF_TC_INGRESS;
		hook.parent = 0;
	} else if (h->parent == TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)) {
		hook.attach_point = BPF_TC_EGRESS;
		hook.parent = 0;
	}
	return bpf_tc_detach(&hook, &opts);
}

int netattach_remove(const struct nethook *h)
{
	int prog = handle_open(HANDLE_PROG, h->prog_id), err;

	if (prog < 0)
		return prog;
	warn_begin(NULL); /* what libbpf would print of a failure */
	switch (h->kind) {
	case NETHOOK_XDP:
		err = remove_xdp(h, prog);
		break;
	case NETHOOK_TCX:
	case NETHOOK_NETKIT:
		err = netattach_detach_prog(h->ifindex, prog, h->at);
		break;
	case NETHOOK_TC:
		err = remove_filter(h);
		break;
	case NETHOOK_FLOW:
	case NETHOOK_LOOKUP:
		err = netattach_detach_prog(0, prog, h->at);
		break;
	default:
		err = -EOPNOTSUPP;
	}
	warn_end();
	close(prog);
	return err;
}
