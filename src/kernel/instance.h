/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One open kernel engine: the state that the files of this room share, and nobody outside it sees. */
#ifndef KERNEL_INSTANCE_H
#define KERNEL_INSTANCE_H

#include <bpf/libbpf.h>

#include "base/vec.h"
#include "engine/engine.h"
#include "kernel/feature.h"
#include "kernel/pace.h"
#include "kernel/ring.h"

#define INSTANCE_MAX_MAPS 4096

/* What holds one place attached. Either descriptor may be -1. */
struct attachment {
	int link; /* of bpf(2): closing it takes the program off */
	int perf; /* of perf_event_open(2): the event that the program was put on */
	bool slow; /* closing makes the kernel wait for grace periods; perf, if any, cannot be disabled */
};

struct instance_program {
	struct bpf_program *prog;
	int fd;     /* -1 until loaded */
	bool multi; /* attached by one link for all targets */
};

struct instance_map {
	const char *name;
	int fd;
};

struct instance {
	struct arena arena;
	const void *elf; /* the caller's; valid until load returns */
	size_t elf_len;
	const struct script *script;
	struct engine_options opts;
	struct bpf_object *object;
	struct instance_program *programs; /* one for each of script->programs */
	struct features features;
	vec_of(struct attachment) attachments;
	int detaching; /* its end comes when what was begun is done; -1: nothing was, or it is done */
	vec_of(struct instance_map) maps; /* opened by name; a handle is an index */
	bool lone_fd; /* descriptors are scarce: keep the link only, not its perf event */
	int kprobe_type, uprobe_type; /* PMU numbers; 0: not asked yet, -errno: none */
	const char *tracefs;          /* NULL: not looked for yet */
	int *cpus;                    /* the CPUs online, read when a kind needs them */
	u32 online;
	bool quiet; /* nothing fires any more */
	struct ring ring;
	struct pace pace;
	u8 *bss;
	size_t bss_size;
	int stack_fd;
	u64 *stack;
	u32 possible_cpus;
};

/* Takes over both descriptors (-1: none); to be closed by detach. */
void instance_keep(struct instance *k, int link, int perf, bool slow);

#endif
