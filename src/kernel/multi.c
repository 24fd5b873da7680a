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

#define MULTI_RETURN 1u /* BPF_F_KPROBE_MULTI_RETURN, BPF_F_UPROBE_MULTI_RETURN */

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

int multi_kprobe_link(int prog, u32 flags, u32 count, const char *const *syms, const u64 *addrs,
		      const u64 *cookies)
{
	struct kprobe_link_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.head.prog = (u32)prog;
	attr.head.attach_type = MULTI_KPROBE;
	attr.flags = flags;
	attr.count = count;
	attr.syms = address(syms);
	attr.addrs = address(addrs);
	attr.cookies = address(cookies);
	return link_create(&attr, sizeof(attr));
}

int multi_uprobe_link(int prog, u32 flags, u32 count, const char *path, const u64 *offsets,
		      const u64 *cookies, u32 pid)
{
	struct uprobe_link_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.head.prog = (u32)prog;
	attr.head.attach_type = MULTI_UPROBE;
	attr.path = address(path);
	attr.offsets = address(offsets);
	attr.cookies = address(cookies);
	attr.count = count;
	attr.flags = flags;
	attr.pid = pid;
	return link_create(&attr, sizeof(attr));
}

/* A run of targets for one link, as the kernel wants it: parallel arrays. */
struct job {
	struct instance *k;
	struct report *r;
	int prog;
	u32 flags;
	bool user;
	const struct script_target *targets;
	const char **syms; /* kprobes by name */
	u64 *values;       /* addresses or file offsets */
	u64 *cookies;
};

static int link_run(const struct job *j, u32 first, u32 count)
{
	const struct script_target *t = &j->targets[first];

	if (j->user)
		return multi_uprobe_link(j->prog, j->flags, count, t->module, &j->values[first],
					 &j->cookies[first], t->pid);
	if (t->func)
		return multi_kprobe_link(j->prog, j->flags, count, &j->syms[first], NULL,
					 &j->cookies[first]);
	return multi_kprobe_link(j->prog, j->flags, count, NULL, &j->values[first],
				 &j->cookies[first]);
}

static void attach_halves(const struct job *j, u32 first, u32 count)
{
	int link;

	if (j->r->fatal)
		return;
	link = link_run(j, first, count);
	if (link >= 0) {
		instance_keep(j->k, link, -1, true);
		j->r->attached += count;
	} else if (count == 1 || link == -EPERM || link == -EACCES || link == -ENOMEM ||
		   link == -EMFILE) {
		report_failure(j->r, &j->targets[first], -link);
	} else {
		attach_halves(j, first, count / 2);
		attach_halves(j, first + count / 2, count - count / 2);
	}
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
		.prog = k->programs[program].fd,
		.flags = p->kind == ATTACH_KRETPROBE || p->kind == ATTACH_URETPROBE ? MULTI_RETURN
										    : 0,
		.user = p->kind == ATTACH_UPROBE || p->kind == ATTACH_URETPROBE,
		.targets = &k->script->targets.at[p->first_target],
	};

	arena_init(&scratch);
	j.syms = arena_array(&scratch, const char *, p->target_count);
	j.values = arena_array(&scratch, u64, p->target_count);
	j.cookies = arena_array(&scratch, u64, p->target_count);
	for (u32 i = 0; i < p->target_count; i++) {
		j.syms[i] = j.targets[i].func;
		j.values[i] = j.targets[i].offset;
		j.cookies[i] = p->first_target + i;
	}
	for (u32 i = 0, n; i < p->target_count && !r->fatal; i += n) {
		n = run_length(&j, i, p->target_count);
		attach_halves(&j, i, n);
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
