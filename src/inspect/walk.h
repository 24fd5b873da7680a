/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All programs, and all descriptors of objects of BPF, as the kernel itself goes through them: a small program (bpf/walk.bpf.c) runs as an
 * iterator and tells what bpf(2) and /proc tell, in one go for all. It takes half a millisecond to have it loaded, so it pays where there
 * is much to ask for, and it is not to be had everywhere: then all else stays as it is without it.
 *
 *	walk_open() ──► the few types and fields in the kernel's BTF ──► walk_run() ──► walk_each_file(), walk_each_prog()
 *
 * It has maps, "skep_walk", which the kernel still lists some 10 ms after they have been closed: so list maps before.
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
 * Goes along one or both; again is fine. 0 or -errno, and then nothing is told: -EPERM without privilege, -EINVAL before 6.17, which casts
 * to no type. It leaves no program and no link behind.
 */
enum { WALK_PROGS = 1, WALK_FILES = 2 };
int walk_run(struct walk *w, u32 what);

/*
 * Each descriptor that processes have of something without a file system, of which objects of BPF are some, this process left out; that
 * of threads which have descriptors of their own, too. Those of a process mostly follow each other.
 */
void walk_each_file(const struct walk *w, void (*fn)(void *arg, const struct walk_file *f),
		    void *arg);

/* What the link in /proc says of it: "anon_inode:bpf-map". */
enum { WALK_LINK_TEXT = 32 };
void walk_link(const struct walk_file *f, char out[WALK_LINK_TEXT]);

/* Each program, by ascending ids. */
void walk_each_prog(const struct walk *w, void (*fn)(void *arg, const struct walk_prog *p),
		    void *arg);
/* The same as bpf(2) has it, without addresses and without what is behind them but the counts of maps and symbols. */
void walk_info(const struct walk *w, const struct walk_prog *p, struct bpf_prog_info *out);
/* Bytes that the kernel accounts for it. */
u64 walk_memory(u32 pages);

/* Whether there is so much that a walk takes less than to ask for each process or program. */
bool walk_pays_for_files(void);
bool walk_pays_for_progs(void);

#endif
