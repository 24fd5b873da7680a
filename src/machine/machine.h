/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user-space machine: runs the programs of an image, without the kernel and without privilege.
 *
 *	machine_new	makes the image's maps and decodes its programs
 *	machine_run	runs one of them on a context, by the interpreter or by compiled code
 *
 * A machine may run programs in several threads at once, each with a run of its own on a CPU number of its own.
 */
#ifndef MACHINE_MACHINE_H
#define MACHINE_MACHINE_H

#include "machine/map.h"
#include "machine/run.h"
#include "object/image.h"

enum machine_mode {
	MACHINE_INTERPRET,
	MACHINE_CHECKED, /* interprets, and looks at every access before it is made */
	MACHINE_JIT,
	MACHINE_STEPPED, /* checked, and stops before any instruction: step.h */
};

struct machine_options {
	enum machine_mode mode;
	u32 cpus;        /* 0: 1 */
	bool count_hits; /* of instructions, where programs are interpreted; they run in one thread then */
	const char
		*shared; /* maps are shared with other processes under this name; NULL: private */
};

struct cgroups;
struct fib;
struct machine;
struct socks;
struct owned;

/* The image has to live as long. 0 or -errno with a message. */
int machine_new(const struct image *img, const struct machine_options *opts, struct diag *d,
		struct machine **out);
void machine_free(struct machine *m);
enum machine_mode machine_mode(const struct machine *m);
/* Whether runs may have a run->step, which is asked before each instruction: by MACHINE_STEPPED or count_hits. */
bool machine_steps(const struct machine *m);
const struct image *machine_image(const struct machine *m);
struct map *machine_map(struct machine *m, u32 index);
const struct code *machine_code(struct machine *m, u32 prog); /* of a program of the image */
/* How often each of a program's instructions was run; NULL without options.count_hits. */
const u64 *machine_hits(struct machine *m, u32 prog);

/* A run is large; it may be used again and again. Sets what a new run has, fuel without an end among it. */
struct run *run_new(struct machine *m, u32 cpu);
void run_free(struct run *r);
/* Runs program prog with r1 = ctx; its r0. A trap is in r->trap, and r0 is 0 then. */
u64 machine_run(struct machine *m, u32 prog, void *ctx, size_t ctx_size, struct run *r);
/* Checked mode: makes the variables known to a run, which programs reach without asking a helper. */
void machine_add_data(struct machine *m, struct run *r);

/*
 * Runs the callbacks of work queues that were started, and of the timers that are due, the earliest first, each once at most; how many. It ends at a trap, which is
 * in r->trap then. A run that is in the middle of a program must not be given.
 */
u32 machine_run_timers(struct machine *m, struct run *r);
/* ns until the next one is due, by the run's time; UINT64_MAX: none is running. Work is due at once. */
u64 machine_timer_wait(struct machine *m, const struct run *r);
u32 machine_timer_count(struct machine *m); /* of those that run */
struct timers *machine_timers(struct machine *m);
struct owned *machine_owned(struct machine *m); /* objects of the program's own types */
/* The routes that programs find; borrowed. NULL: there are none. */
void machine_set_fib(struct machine *m, const struct fib *fib);
const struct fib *machine_fib(const struct machine *m);
/* The tree of cgroups, likewise. */
void machine_set_cgroups(struct machine *m, const struct cgroups *cgroups);
const struct cgroups *machine_cgroups(const struct machine *m);
/* The sockets that programs find: the machine has a copy, which programs may change; as many again are at the same addresses. machine_socks() is never NULL. */
void machine_set_socks(struct machine *m, const struct socks *socks);
struct socks *machine_socks(struct machine *m);

/* "reads 8 bytes at 0x10, which is none of the program's memory", with the place. */
void run_describe_trap(const struct run *r, struct buf *out);

#endif
