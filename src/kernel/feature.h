/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this kernel can load and attach, found by trying; each answer is found once and kept in the struct. */
#ifndef KERNEL_FEATURE_H
#define KERNEL_FEATURE_H

#include "base/int.h"
#include "isa/attach.h"

enum feature {
	FEATURE_KPROBE, /* perf kprobes */
	FEATURE_KPROBE_MULTI,
	FEATURE_UPROBE_MULTI,
	FEATURE_FENTRY,
	FEATURE_BPF_LOOP,    /* bpf_loop() */
	FEATURE_PERF_COOKIE, /* bpf_get_attach_cookie() in perf-event links */
	FEATURE_RINGBUF,
	FEATURE_BTF, /* /sys/kernel/btf/vmlinux */
	FEATURE_COUNT
};

struct features {
	s8 known[FEATURE_COUNT]; /* 0: not asked, 1: yes, -1: no */
};
bool feature(struct features *f, enum feature which);
const char *feature_name(enum feature which);

#endif
