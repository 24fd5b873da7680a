/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attaching a program of a script to its targets, each kind in its way:
 *
 *	tracepoint, kprobe, uprobe, profile, software, hardware   a perf event, and a link on it
 *	kprobe, uprobe, many targets                              one link without perf events (multi.c)
 *	rawtracepoint, fentry, fexit                              a link by itself
 *	begin, end, self, interval                                nothing: run() runs them
 *
 * The cookie of each is its target's index in the script, which is how a program knows where it was hit.
 */
#include "kernel/attach.h"

#include <bpf/bpf.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/multi.h"
#include "kernel/perf.h"
#include "kernel/report.h"

/* Descriptors that are not attachments: maps, programs, the user's own. */
#define SPARE_FDS 512u
#define MAX_THREADS 4096u

static bool is_return(enum attach kind)
{
	return kind == ATTACH_KRETPROBE || kind == ATTACH_URETPROBE;
}

/* Puts the program on the event: by a link, or before Linux 5.15, by ioctl, which knows no cookie. Closes
 * perf when it fails. */
static int put_on_event(struct instance *k, int prog, int perf, u64 cookie, bool slow)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .perf_event.bpf_cookie = cookie);
	int link = bpf_link_create(prog, perf, BPF_PERF_EVENT, &opts);

	if (link == -EINVAL && !feature(&k->features, FEATURE_PERF_COOKIE)) {
		if (ioctl(perf, PERF_EVENT_IOC_SET_BPF, prog) == 0) {
			instance_keep(k, -1, perf, slow);
			return 0;
		}
		link = -errno;
	}
	if (link < 0) {
		close(perf);
		return link;
	}
	if (k->lone_fd) {
		close(perf);
		perf = -1;
	}
	instance_keep(k, link, perf, slow);
	return 0;
}

static int attach_event(struct instance *k, int prog, enum attach kind,
			const struct script_target *t, u64 cookie)
{
	int perf;

	if (kind == ATTACH_TRACEPOINT)
		perf = perf_tracepoint(k, t);
	else if (kind == ATTACH_KPROBE || kind == ATTACH_KRETPROBE)
		perf = perf_kprobe(k, t, is_return(kind));
	else
		perf = perf_uprobe(k, t, is_return(kind));
	return perf < 0 ? perf : put_on_event(k, prog, perf, cookie, true);
}

/* One event for each CPU; with a process, one for each of its threads. */
static int attach_samples(struct instance *k, int prog, enum attach kind,
			  const struct script_target *t, u64 cookie)
{
	int tids[MAX_THREADS], done = 0, err;
	u32 n;

	if (t->pid) {
		n = perf_threads(t->pid, tids, MAX_THREADS);
	} else {
		err = perf_read_cpus(k);
		if (err)
			return err;
		n = k->online;
	}
	err = -ESRCH;
	for (u32 i = 0; i < n; i++) {
		int perf = t->pid ? perf_sample(kind, t, tids[i], -1)
				  : perf_sample(kind, t, -1, k->cpus[i]);

		/* A CPU that went offline or a thread that ended since is no loss. */
		err = perf < 0 ? perf : put_on_event(k, prog, perf, cookie, false);
		if (err == 0)
			done++;
		else if (err != -ENODEV && err != -ESRCH)
			return err;
	}
	return done ? 0 : err;
}

static int attach_raw(int prog, const struct script_target *t, u64 cookie)
{
	struct {
		u64 name;
		u32 prog, zero;
		u64 cookie;
	} attr = { .name = (u64)(uintptr_t)t->func, .prog = (u32)prog, .cookie = cookie };
	long fd = syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));

	/* Kernels before 6.10 know no cookie here; their programs cannot ask for it either. */
	if (fd < 0 && cookie && (errno == E2BIG || errno == EINVAL)) {
		attr.cookie = 0;
		fd = syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));
	}
	return fd < 0 ? -errno : (int)fd;
}

static int attach_tracing(int prog, enum attach kind, u64 cookie)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .tracing.cookie = cookie);
	int link = bpf_link_create(
		prog, 0, kind == ATTACH_FENTRY ? BPF_TRACE_FENTRY : BPF_TRACE_FEXIT, &opts);

	return link == -EINVAL ? bpf_raw_tracepoint_open(NULL, prog) : link;
}

static int attach_target(struct instance *k, int prog, enum attach kind,
			 const struct script_target *t, u64 cookie)
{
	int link;

	switch (kind) {
	case ATTACH_TRACEPOINT:
	case ATTACH_KPROBE:
	case ATTACH_KRETPROBE:
	case ATTACH_UPROBE:
	case ATTACH_URETPROBE:
		return attach_event(k, prog, kind, t, cookie);
	case ATTACH_PROFILE:
	case ATTACH_SOFTWARE:
	case ATTACH_HARDWARE:
		return attach_samples(k, prog, kind, t, cookie);
	case ATTACH_RAWTRACEPOINT:
		link = attach_raw(prog, t, cookie);
		break;
	default:
		link = attach_tracing(prog, kind, cookie);
		break;
	}
	if (link < 0)
		return link;
	instance_keep(k, link, -1, kind != ATTACH_RAWTRACEPOINT);
	return 0;
}

static bool is_run_by_us(enum attach kind)
{
	return kind == ATTACH_BEGIN || kind == ATTACH_END || kind == ATTACH_SELF ||
	       kind == ATTACH_INTERVAL;
}

int attach_program(void *e, u32 program, u32 *attached, struct diag *d)
{
	struct instance *k = e;
	const struct script_program *p = &k->script->programs.at[program];
	const struct instance_program *ours = &k->programs[program];
	struct report r = { .diag = d, .program = p, .multi = ours->multi };

	if (is_run_by_us(p->kind)) {
		r.attached = p->target_count;
	} else if (ours->multi) {
		multi_attach(k, program, &r);
	} else {
		for (u32 i = 0; i < p->target_count && !r.fatal; i++) {
			u32 index = p->first_target + i;
			const struct script_target *t = &k->script->targets.at[index];
			int err = attach_target(k, ours->fd, p->kind, t, index);

			if (err)
				report_failure(&r, t, -err);
			else
				r.attached++;
		}
	}
	*attached = r.attached;
	return report_finish(&r);
}

void attach_prepare(struct instance *k)
{
	u64 need = SPARE_FDS;
	struct rlimit limit;

	for (size_t i = 0; i < k->script->programs.n; i++) {
		const struct script_program *p = &k->script->programs.at[i];

		need += k->programs[i].multi ? 1 : 2 * (u64)p->target_count;
	}
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= need)
		return;
	if (limit.rlim_max < need)
		k->lone_fd = true;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}
