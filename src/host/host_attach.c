/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which program goes where, by its type and the place that its section expects. */
#include <string.h>

#include "host/host_impl.h"
#include "isa/prog_type.h"
#include "kernel/warn.h"

/* What libbpf attaches by the section's name alone. */
static int attach_by_name(struct host *h, const struct host_prog *p, struct diag *d)
{
	struct buf said = { 0 };
	struct bpf_link *link;
	int err = 0;

	if (!*p->section.rest && *p->section.expected) {
		diag_error(d, LOC_NONE, "%s: the section does not say where to attach",
			   host_prog_text(h, p));
		diag_hint(d, "behind the slash comes %s", p->section.expected);
		return -EINVAL;
	}
	warn_begin(&said);
	link = bpf_program__attach(p->prog);
	if (!link)
		err = errno;
	warn_end();
	if (link) {
		host_hold(h, p, link, -1);
	} else if (err == EOPNOTSUPP || err == EINVAL) {
		diag_errno(d, err, "%s cannot be attached: %s", host_prog_text(h, p),
			   warn_last(&said, d->arena));
		err = -err;
	} else {
		err = host_link_failed(h, p, err, d);
	}
	buf_done(&said);
	return err;
}

static int attach_nothing(struct host *h, const struct host_prog *p, struct diag *d)
{
	(void)h, (void)p, (void)d;
	return 0;
}

/* Iterators are asked in the end, programs of type syscall are run, those of a route are attached together. */
static const struct kind {
	enum prog_type type;
	s32 attach; /* AT_ANY: wherever */
	int (*fn)(struct host *h, const struct host_prog *p, struct diag *d);
} kinds[] = {
	{ PROG_XDP, AT_XDP, host_link_xdp },
	{ PROG_XDP, AT_XDP_DEVMAP, attach_nothing },
	{ PROG_XDP, AT_XDP_CPUMAP, attach_nothing },
	{ PROG_SCHED_CLS, AT_ANY, host_link_tc },
	{ PROG_SCHED_ACT, AT_ANY, host_link_tc },
	{ PROG_SOCKET_FILTER, AT_ANY, host_socket_filter },
	{ PROG_PERF_EVENT, AT_ANY, host_link_perf },
	{ PROG_SYSCALL, AT_ANY, attach_nothing },
	{ PROG_STRUCT_OPS, AT_ANY, attach_nothing },
	{ PROG_SK_LOOKUP, AT_ANY, host_link_netns },
	{ PROG_FLOW_DISSECTOR, AT_ANY, host_link_netns },
	{ PROG_SK_MSG, AT_ANY, host_link_sockmap },
	{ PROG_SK_SKB, AT_ANY, host_link_sockmap },
	{ PROG_CGROUP_SKB, AT_ANY, host_link_cgroup },
	{ PROG_CGROUP_SOCK, AT_ANY, host_link_cgroup },
	{ PROG_CGROUP_SOCK_ADDR, AT_ANY, host_link_cgroup },
	{ PROG_CGROUP_DEVICE, AT_ANY, host_link_cgroup },
	{ PROG_CGROUP_SYSCTL, AT_ANY, host_link_cgroup },
	{ PROG_CGROUP_SOCKOPT, AT_ANY, host_link_cgroup },
	{ PROG_SOCK_OPS, AT_ANY, host_link_cgroup },
	{ PROG_LSM, AT_LSM_CGROUP, host_link_cgroup },
	{ PROG_TRACING, AT_TRACE_ITER, attach_nothing },
	{ PROG_TRACING, AT_ANY, attach_by_name },
	{ PROG_LSM, AT_ANY, attach_by_name },
	{ PROG_EXT, AT_ANY, attach_by_name },
	{ PROG_TRACEPOINT, AT_ANY, attach_by_name },
	{ PROG_RAW_TRACEPOINT, AT_ANY, attach_by_name },
	{ PROG_RAW_TRACEPOINT_WRITABLE, AT_ANY, attach_by_name },
	{ PROG_KPROBE, AT_TRACE_KPROBE_MULTI, host_link_multi },
	{ PROG_KPROBE, AT_TRACE_KPROBE_SESSION, host_link_multi },
	{ PROG_KPROBE, AT_TRACE_UPROBE_MULTI, host_link_multi },
	{ PROG_KPROBE, AT_TRACE_UPROBE_SESSION, host_link_multi },
	{ PROG_KPROBE, AT_ANY, attach_by_name },
	{ PROG_NETFILTER, AT_ANY, host_link_netfilter },
	{ PROG_SK_REUSEPORT, AT_ANY, host_link_reuseport },
	{ PROG_LWT_IN, AT_ANY, attach_nothing },
	{ PROG_LWT_OUT, AT_ANY, attach_nothing },
	{ PROG_LWT_XMIT, AT_ANY, attach_nothing },
	{ PROG_LWT_SEG6LOCAL, AT_ANY, attach_nothing },
};

static int attach_program(struct host *h, const struct host_prog *p, struct diag *d)
{
	const struct prog_type_info *info = prog_type_info(p->section.type);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if ((u32)kinds[i].type == p->section.type &&
		    (kinds[i].attach == AT_ANY || (u32)kinds[i].attach == p->section.attach))
			return kinds[i].fn(h, p, d);
	}
	return diag_error(d, LOC_NONE, "%s: skep run does not attach programs of type %s",
			  host_prog_text(h, p), info ? info->name : "unknown");
}

int host_attach(struct host *h, struct diag *d)
{
	int err = 0;

	for (size_t i = 0; i < h->img->progs.n && !err; i++) {
		if (h->progs[i].prog && !h->progs[i].is_called)
			err = attach_program(h, &h->progs[i], d);
	}
	if (!err)
		err = host_route_attach(h, d);
	return err ? err : host_link_struct_ops(h, d);
}
