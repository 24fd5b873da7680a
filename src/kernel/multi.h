/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One link for many kprobes or uprobes. */
#ifndef KERNEL_MULTI_H
#define KERNEL_MULTI_H

#include "kernel/instance.h"
#include "kernel/report.h"

/* enum bpf_attach_type of newer kernels than the headers may be. */
#define MULTI_KPROBE 42u
#define MULTI_UPROBE 48u

#define MULTI_RETURN 1u /* BPF_F_KPROBE_MULTI_RETURN, BPF_F_UPROBE_MULTI_RETURN */

/* Whether these targets can share links of the kind; the kernel must offer it, too. */
bool multi_possible(struct instance *k, const struct script_program *p);
/* Attaches the targets with as few links as possible, leaving out those that cannot be. Counts and failures go
 * to r. */
void multi_attach(struct instance *k, u32 program, struct report *r);

/* Functions for a program, in arrays side by side. */
struct multi_targets {
	int prog;
	u32 attach, flags;       /* MULTI_KPROBE, MULTI_UPROBE or a session's; MULTI_RETURN */
	const char *path;        /* of uprobes; NULL: kprobes */
	u32 pid;                 /* of uprobes: in this process only; 0: in all */
	const char *const *syms; /* kprobes by name; NULL: by address */
	const u64 *values;       /* addresses, or offsets in the file */
	const u64 *cookies;      /* NULL: none */
};

struct multi_sink {
	void (*linked)(void *arg, int link, u32 count); /* whose the link is from now on */
	bool (*failed)(void *arg, u32 target, int err); /* positive; false ends it */
	void *arg;
};

/* Attaches count of them with as few links as possible, leaving out those that cannot be. False if it was ended. */
bool multi_link(const struct multi_targets *t, u32 first, u32 count, const struct multi_sink *sink);

/* Straight to bpf(2): a descriptor or -errno. flags: MULTI_RETURN. One of syms and addrs is NULL; cookies may be. */
int multi_kprobe_link(int prog, u32 attach, u32 flags, u32 count, const char *const *syms,
		      const u64 *addrs, const u64 *cookies);
int multi_uprobe_link(int prog, u32 attach, u32 flags, u32 count, const char *path,
		      const u64 *offsets, const u64 *cookies, u32 pid);

#endif
