/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel under test can do, found out by trying, and what is loaded into it:
 *
 *	bpf            programs can be loaded
 *	btf            the kernel describes its types
 *	kprobe         kprobes can be attached
 *	kprobe_multi   to many functions at once
 *	uprobe         uprobes can be attached
 *	uprobe_multi   to many functions at once
 *	fentry         programs can be attached to functions by trampoline
 *	hw             the CPU's counters can be used
 *	ipv6           there is an IPv6 loopback
 */
#ifndef RUNNER_KERNEL_H
#define RUNNER_KERNEL_H

#include "base/buf.h"

/* Whether there is a feature of this name; a '!' in front is ignored. */
bool kernel_knows(const char *feature);
/* Whether the kernel has it, or with '!' in front has it not. */
bool kernel_has(const char *feature);
/* The next word of a list; false at its end. Words that do not fit are cut. */
bool kernel_feature_word(const char **list, char *word, size_t size);

/* All BPF objects there are: {kind, id} pairs, in that order. false: they may not be listed. */
struct kernel_object {
	u32 kind, id;
};
bool kernel_objects(struct buf *objects);
/* "program 12 (name)" of an object. */
void kernel_object_text(const struct kernel_object *o, struct buf *text);

#endif
