/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All programs, and all descriptors of objects of BPF, as the kernel itself goes through them: two small programs (bpf/walk.bpf.c) run as
 * iterators and tell what bpf(2) and /proc tell, in one go for all. It takes a millisecond to have them loaded, so they pay where there
 * is much to ask for, and they are not to be had everywhere: then all else stays as it is without them.
 *
 *	walk_open() ──► the few types and fields in the kernel's BTF ──► walk_files(), walk_progs()
 *
 * They have maps, "skep_walk", which the kernel still lists some 10 ms after they have been closed: so list maps before.
 */
#ifndef INSPECT_WALK_H
#define INSPECT_WALK_H

#include "bpf/walk.h"
#include "inspect/handle.h"

struct walk;

/*
 * 0, or -errno where it cannot be: the kernel's BTF cannot be mapped (before 6.16) or lacks something, or this process sees other
 * process ids than the kernel's first ones.
 */
int walk_open(struct walk **out);
void walk_close(struct walk *w); /* NULL is fine */

/*
 * Each descriptor of an object of BPF or of an event of perf that processes have, this one left out; that of threads which have
 * descriptors of their own, too. Those of a process mostly follow each other. 0 or -errno, and fn has not been called then: -EPERM
 * without privilege.
 */
int walk_files(struct walk *w, void (*fn)(void *arg, const struct walk_file *f), void *arg);

/* Each program, by ascending ids. 0 or -errno, as above. */
int walk_progs(struct walk *w, void (*fn)(void *arg, const struct walk_prog *p), void *arg);
/* The same as bpf(2) has it, without addresses and without what is behind them but the counts of maps and symbols. */
void walk_info(const struct walk *w, const struct walk_prog *p, struct bpf_prog_info *out);
/* Bytes that the kernel accounts for it. */
u64 walk_memory(u32 pages);

/*
 * Whether there is so much that a walk takes less than to ask for each process or program. known: so many programs there are for
 * certain.
 */
bool walk_pays_for_files(void);
bool walk_pays_for_progs(u32 known);

#endif
