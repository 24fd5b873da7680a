/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One link for many kprobes or uprobes. */
#ifndef KERNEL_MULTI_H
#define KERNEL_MULTI_H

#include "kernel/instance.h"
#include "kernel/report.h"

/* enum bpf_attach_type of newer kernels than the headers may be. */
#define MULTI_KPROBE 42u
#define MULTI_UPROBE 48u

/* Whether these targets can share links of the kind; the kernel must offer it, too. */
bool multi_possible(struct instance *k, const struct script_program *p);
/* Attaches the targets with as few links as possible, leaving out those that cannot be. Counts and failures go
 * to r. */
void multi_attach(struct instance *k, u32 program, struct report *r);

/* Straight to bpf(2): a descriptor or -errno. flags: 1 for the functions' return. One of syms and addrs is
 * NULL; cookies may be. */
int multi_kprobe_link(int prog, u32 flags, u32 count, const char *const *syms, const u64 *addrs,
		      const u64 *cookies);
int multi_uprobe_link(int prog, u32 flags, u32 count, const char *path, const u64 *offsets,
		      const u64 *cookies, u32 pid);

#endif
