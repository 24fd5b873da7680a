/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One link for many kprobes or uprobes, so that thousands of functions cost one descriptor and a few
 * milliseconds instead of a perf event each.
 *
 * The kernel takes all targets of a link or none. When it refuses, the targets are halved and both halves
 * tried, so that whatever is no longer there ends up alone, is reported, and the rest shares a few links.
 *
 * libbpf 1.1 does not know uprobe_multi, so both go straight to bpf(2); the structs below are the start of
 * union bpf_attr for BPF_LINK_CREATE.
 */
#include "kernel/multi.h"

#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct link_head {
	u32 prog, target, attach_type, flags;
};

struct kprobe_link_attr {
	struct link_head head;
	u32 flags, count;
	u64 syms, addrs, cookies;
};

struct uprobe_link_attr {
	struct link_head head;
	u64 path, offsets, ref_ctr_offsets, cookies;
	u32 count, flags, pid, zero;
};

static u64 address(const void *p)
{
	return (u64)(uintptr_t)p;
}

static int link_create(const void *attr, size_t size)
{
	long fd = syscall(SYS_bpf, BPF_LINK_CREATE, attr, size);

	return fd < 0 ? -errno : (int)fd;
}

int multi_kprobe_link(int prog, u32 attach, u32 flags, u32 count, const char *const *syms,
		      const u64 *addrs, const u64 *cookies)
{
	struct kprobe_link_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.head.prog = (u32)prog;
	attr.head.attach_type = attach;
	attr.flags = flags;
	attr.count = count;
	attr.syms = address(syms);
	attr.addrs = address(addrs);
	attr.cookies = address(cookies);
	return link_create(&attr, sizeof(attr));
}

int multi_uprobe_link(int prog, u32 attach, u32 flags, u32 count, const char *path,
		      const u64 *offsets, const u64 *cookies, u32 pid)
{
	struct uprobe_link_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.head.prog = (u32)prog;
	attr.head.attach_type = attach;
	attr.path = address(path);
	attr.offsets = address(offsets);
	attr.cookies = address(cookies);
	attr.count = count;
	attr.flags = flags;
	attr.pid = pid;
	return link_create(&attr, sizeof(attr));
}

static int link_run(const struct multi_targets *t, u32 first, u32 count)
{
	const u64 *cookies = t->cookies ? &t->cookies[first] : NULL;

	if (t->path)
		return multi_uprobe_link(t->prog, t->attach, t->flags, count, t->path,
					 &t->values[first], cookies, t->pid);
	return multi_kprobe_link(t->prog, t->attach, t->flags, count,
				 t->syms ? &t->syms[first] : NULL,
				 t->syms ? NULL : &t->values[first], cookies);
}

bool multi_link(const struct multi_targets *t, u32 first, u32 count, const struct multi_sink *sink)
{
	int link = link_run(t, first, count);

	if (link >= 0) {
		sink->linked(sink->arg, link, count);
		return true;
	}
	if (count == 1 || link == -EPERM || link == -EACCES || link == -ENOMEM || link == -EMFILE)
		return sink->failed(sink->arg, first, -link);
	return multi_link(t, first, count / 2, sink) &&
	       multi_link(t, first + count / 2, count - count / 2, sink);
}

/* A script's program, whose targets are in parallel arrays, as the kernel wants them. */
struct job {
	struct instance *k;
	struct report *r;
	bool user;
	const struct script_target *targets;
	struct multi_targets all;
};

static void keep_link(void *arg, int link, u32 count)
{
	struct job *j = arg;

	instance_keep(j->k, link, -1, true);
	j->r->attached += count;
}

static bool report_target(void *arg, u32 target, int err)
{
	struct job *j = arg;

	report_failure(j->r, &j->targets[target], err);
	return !j->r->fatal;
}

/* The targets from first on that can share a link: same file and process, or all by name or by address. */
static u32 run_length(const struct job *j, u32 first, u32 total)
{
	const struct script_target *a = &j->targets[first];
	u32 n = 1;

	for (; first + n < total; n++) {
		const struct script_target *b = &j->targets[first + n];

		if (j->user ? strcmp(a->module, b->module) != 0 || a->pid != b->pid
			    : !a->func != !b->func)
			break;
	}
	return n;
}

void multi_attach(struct instance *k, u32 program, struct report *r)
{
	const struct script_program *p = &k->script->programs.at[program];
	struct arena scratch;
	struct job j = {
		.k = k,
		.r = r,
		.user = p->kind == ATTACH_UPROBE || p->kind == ATTACH_URETPROBE,
		.targets = &k->script->targets.at[p->first_target],
	};
	const struct multi_sink sink = { keep_link, report_target, &j };
	const char **syms;
	u64 *values, *cookies;

	arena_init(&scratch);
	syms = arena_array(&scratch, const char *, p->target_count);
	values = arena_array(&scratch, u64, p->target_count);
	cookies = arena_array(&scratch, u64, p->target_count);
	for (u32 i = 0; i < p->target_count; i++) {
		syms[i] = j.targets[i].func;
		values[i] = j.targets[i].offset;
		cookies[i] = p->first_target + i;
	}
	j.all = (struct multi_targets){
		.prog = k->programs[program].fd,
		.attach = j.user ? MULTI_UPROBE : MULTI_KPROBE,
		.flags = p->kind == ATTACH_KRETPROBE || p->kind == ATTACH_URETPROBE ? MULTI_RETURN
										    : 0,
		.values = values,
		.cookies = cookies,
	};
	for (u32 i = 0, n; i < p->target_count && !r->fatal; i += n) {
		n = run_length(&j, i, p->target_count);
		j.all.path = j.user ? j.targets[i].module : NULL;
		j.all.pid = j.targets[i].pid;
		j.all.syms = !j.user && j.targets[i].func ? syms : NULL;
		multi_link(&j.all, i, n, &sink);
	}
	arena_done(&scratch);
}

bool multi_possible(struct instance *k, const struct script_program *p)
{
	bool user = p->kind == ATTACH_UPROBE || p->kind == ATTACH_URETPROBE;

	if (!p->multi)
		return false;
	for (u32 i = 0; i < p->target_count; i++) {
		const struct script_target *t = &k->script->targets.at[p->first_target + i];

		/* kprobe_multi knows functions' beginnings only. */
		if (user ? !t->module : t->func && t->offset)
			return false;
	}
	return feature(&k->features, user ? FEATURE_UPROBE_MULTI : FEATURE_KPROBE_MULTI);
}
