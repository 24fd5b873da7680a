/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The BPF programs of a process, found by its descriptors. */
#ifndef BENCH_PROGS_H
#define BENCH_PROGS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct prog {
	uint32_t id;
	char name[16];
	uint32_t insns; /* as the kernel runs them, before they are made native */
	uint64_t runs, ns;
};

long bpf_call(int cmd, void *attr, size_t size);
/* At most max, ascending by id; the number found. */
size_t progs_find(pid_t pid, struct prog *progs, size_t max);
/* The kernel counts runs and time until the descriptor is closed. -1 if it cannot. */
int progs_enable_stats(void);

#endif
