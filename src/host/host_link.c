/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attaching where a section's name does not say all, or libbpf 1.1 does not know how. All are links of bpf(2) or perf events, which
 * the kernel takes off with this process, but for clsact (before Linux 6.6) and programs of a sockmap, which go with the map.
 */
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/host_impl.h"
#include "isa/prog_type.h"
#include "kernel/warn.h"

#define MAX_CPUS 4096

int host_link_failed(struct host *h, const struct host_prog *p, int err, struct diag *d)
{
	diag_errno(d, err, "%s cannot be attached", host_prog_text(h, p));
	if (err == ENOENT && *p->section.rest)
		diag_hint(d, "there is no '%s' here", p->section.rest);
	else if (err == EBUSY || err == EEXIST)
		diag_hint(d, "another program is there already");
	else if (err == EPERM || err == EACCES)
		diag_hint(d, "it takes root, or CAP_BPF and the capability for that place");
	return -err;
}

static int create(struct host *h, const struct host_prog *p, int target, u32 attach, u32 flags,
		  struct diag *d)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = flags);
	int fd = bpf_link_create(bpf_program__fd(p->prog), target, (enum bpf_attach_type)attach,
				 flags ? &opts : NULL);

	if (fd < 0)
		return d ? host_link_failed(h, p, -fd, d) : fd;
	host_hold(h, p, NULL, fd);
	return 0;
}

int host_link_xdp(struct host *h, const struct host_prog *p, struct diag *d)
{
	u32 ifindex = host_ifindex(h, "XDP", d);

	if (!ifindex)
		return -EINVAL;
	return create(h, p, (int)ifindex, BPF_XDP, h->opts.generic ? XDP_FLAGS_SKB_MODE : 0, d);
}

static struct bpf_tc_hook clsact(const struct host *h, u32 points)
{
	return (struct bpf_tc_hook){ .sz = sizeof(struct bpf_tc_hook),
				     .ifindex = (int)h->ifindex,
				     .attach_point = (enum bpf_tc_attach_point)points };
}

/* Where there is no tcx: a filter of the interface's clsact, which is made if it is not there. */
static int attach_clsact(struct host *h, const struct host_prog *p, bool is_egress, struct diag *d)
{
	struct bpf_tc_hook hook = clsact(h, BPF_TC_INGRESS | BPF_TC_EGRESS);
	struct host_filter f = { .is_egress = is_egress };
	struct buf said = { 0 };
	int err;

	f.opts.sz = sizeof(f.opts);
	f.opts.prog_fd = bpf_program__fd(p->prog);
	warn_begin(&said);
	err = bpf_tc_hook_create(&hook);
	h->has_clsact |= !err;
	if (!err || err == -EEXIST) {
		hook = clsact(h, is_egress ? BPF_TC_EGRESS : BPF_TC_INGRESS);
		err = bpf_tc_attach(&hook, &f.opts);
	}
	warn_end();
	buf_done(&said);
	if (err)
		return host_link_failed(h, p, -err, d);
	*vec_add(&h->arena, &h->tc) = f;
	host_hold(h, p, NULL, -1);
	return 0;
}

static void detach_clsact(struct host *h)
{
	struct bpf_tc_hook hook;

	for (size_t i = 0; i < h->tc.n; i++) {
		struct host_filter *f = &h->tc.at[i];

		hook = clsact(h, f->is_egress ? BPF_TC_EGRESS : BPF_TC_INGRESS);
		f->opts.flags = f->opts.prog_id = 0;
		f->opts.prog_fd = 0;
		bpf_tc_detach(&hook, &f->opts);
	}
	h->tc.n = 0;
	if (h->has_clsact) {
		hook = clsact(h, BPF_TC_INGRESS | BPF_TC_EGRESS);
		bpf_tc_hook_destroy(&hook);
	}
	h->has_clsact = false;
}

int host_link_tc(struct host *h, const struct host_prog *p, struct diag *d)
{
	u32 attach = p->section.attach;
	int err;

	if (!host_ifindex(h, "tc", d))
		return -EINVAL;
	if (p->section.type == PROG_SCHED_ACT)
		return diag_error(d, LOC_NONE,
				  "%s: actions are not attached by skep run: SEC(\"tc\") is",
				  host_prog_text(h, p));
	if (!p->section.has_attach)
		attach = h->opts.egress ? AT_TCX_EGRESS : AT_TCX_INGRESS;
	if (attach == AT_NETKIT_PRIMARY || attach == AT_NETKIT_PEER)
		return create(h, p, (int)h->ifindex, attach, 0, d);
	err = create(h, p, (int)h->ifindex, attach, 0, NULL);
	if (err == -EINVAL)
		return attach_clsact(h, p, attach == AT_TCX_EGRESS, d);
	return err ? host_link_failed(h, p, -err, d) : 0;
}

int host_link_cgroup(struct host *h, const struct host_prog *p, struct diag *d)
{
	int fd, err;

	if (!h->opts.cgroup) {
		diag_error(d, LOC_NONE, "%s is for a cgroup: which?", host_prog_text(h, p));
		diag_hint(d, "give --cgroup PATH, below where cgroup2 is mounted");
		return -EINVAL;
	}
	fd = open(h->opts.cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return diag_errno(d, errno, "--cgroup: %s cannot be opened", h->opts.cgroup);
	/* Without a place of its own: both ways that packets go, as the loaders do who know no better. */
	err = create(h, p, fd,
		     p->section.has_attach ? p->section.attach
		     : h->opts.egress      ? AT_CGROUP_INET_EGRESS
					   : AT_CGROUP_INET_INGRESS,
		     0, d);
	close(fd);
	if (err == -EBADF)
		diag_hint(d, "%s is no directory of cgroup2", h->opts.cgroup);
	return err;
}

int host_link_netns(struct host *h, const struct host_prog *p, struct diag *d)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return diag_errno(d, errno, "the network namespace cannot be opened");
	err = create(h, p, fd, p->section.attach, 0, d);
	close(fd);
	return err;
}

int host_link_sockmap(struct host *h, const struct host_prog *p, struct diag *d)
{
	int map = -1, err;

	for (size_t i = 0; i < h->img->maps.n; i++) {
		u32 type = h->img->maps.at[i].type;

		if (type != BPF_MAP_TYPE_SOCKMAP && type != BPF_MAP_TYPE_SOCKHASH)
			continue;
		if (map >= 0)
			return diag_error(d, LOC_NONE,
					  "%s: there are several sockmaps that it could be for",
					  host_prog_text(h, p));
		map = h->maps[i];
	}
	if (map < 0)
		return diag_error(d, LOC_NONE, "%s is for a sockmap, and there is none",
				  host_prog_text(h, p));
	err = bpf_prog_attach(bpf_program__fd(p->prog), map,
			      (enum bpf_attach_type)p->section.attach, 0);
	if (err)
		return host_link_failed(h, p, -err, d);
	host_hold(h, p, NULL, -1);
	return 0;
}

static int sample(const struct host *h, int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.freq = 1,
		.sample_freq = h->opts.hz,
		.inherit = h->opts.pid != 0,
	};

	return (int)syscall(SYS_perf_event_open, &attr, h->opts.pid ? (int)h->opts.pid : -1, cpu,
			    -1, PERF_FLAG_FD_CLOEXEC);
}

/* On each CPU that is online. */
int host_link_perf(struct host *h, const struct host_prog *p, struct diag *d)
{
	int cpus = libbpf_num_possible_cpus();
	u32 before = host_attached(h);

	for (int cpu = 0; cpu < cpus && cpu < MAX_CPUS; cpu++) {
		int fd = sample(h, cpu);
		struct bpf_link *link;

		if (fd < 0 && errno == ENODEV)
			continue;
		if (fd < 0)
			return host_link_failed(h, p, errno, d);
		link = bpf_program__attach_perf_event(p->prog, fd);
		if (!link) {
			int err = errno;

			close(fd);
			return host_link_failed(h, p, err, d);
		}
		host_hold(h, p, link, -1);
	}
	return host_attached(h) > before ? 0 : host_link_failed(h, p, ENODEV, d);
}

/* A map of struct_ops has its values set first, by libbpf; then a link makes it known. */
int host_link_struct_ops(struct host *h, struct diag *d)
{
	struct bpf_map *m;

	bpf_object__for_each_map(m, h->object)
	{
		struct bpf_link *set;
		int fd;

		if (bpf_map__type(m) != BPF_MAP_TYPE_STRUCT_OPS)
			continue;
		set = bpf_map__attach_struct_ops(m);
		if (!set)
			return diag_errno(d, errno, "%s is not accepted by the kernel",
					  bpf_map__name(m));
		bpf_link__disconnect(set);
		bpf_link__destroy(set);
		fd = bpf_link_create(bpf_map__fd(m), 0, (enum bpf_attach_type)AT_STRUCT_OPS, NULL);
		if (fd < 0)
			return diag_errno(d, -fd, "%s cannot be made known", bpf_map__name(m));
		host_hold(h, NULL, NULL, fd);
	}
	return 0;
}

void host_link_detach(struct host *h)
{
	for (size_t i = h->held.n; i-- > 0;) {
		struct host_held *held = &h->held.at[i];

		bpf_link__destroy(held->link);
		if (held->fd >= 0)
			close(held->fd);
	}
	h->held.n = 0;
	host_route_detach(h);
	host_reuseport_detach(h);
	detach_clsact(h);
}
