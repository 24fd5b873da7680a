/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What keeps objects of BPF alive from outside: processes that have descriptors of them, and pins in file systems of type bpf.
 * Each is gathered in one walk; then it is asked by kind and id.
 */
#ifndef INSPECT_REFS_H
#define INSPECT_REFS_H

#include "base/table.h"
#include "base/vec.h"
#include "inspect/handle.h"

struct ref {
	u32 pid;          /* a process: its id; 0: a pin */
	const char *text; /* its name; the path */
};

struct ref_list {
	vec_of(struct ref) refs;
	u64 memory; /* bytes that the kernel accounts for the object, as /proc has it; 0: not known */
};

struct refs {
	struct arena *arena;
	struct table table;
	bool is_partial; /* some could not be looked at, for want of privilege or as they are too many */
};

#define REFS_MAX_DEPTH 32     /* of folders that pins are in */
#define REFS_MAX_PINS 1000000 /* that are looked at */

/* None are known. */
void refs_init(struct refs *r, struct arena *a);
/*
 * Processes, by the kernel's own walk (inspect/walk.h) or from /proc, as what is quicker here. /proc does not tell of threads that do
 * not share their process's descriptors.
 */
void refs_read_holders(struct refs *r, struct arena *a);
/* What a walk of files has told; 0 or -errno, and then there are none. */
struct walk;
int refs_walk_holders(struct refs *r, struct arena *a, const struct walk *w);
/*
 * From /proc alone, in a thread, from begin to end; only end hands out r, and its arena has to be used by nobody else meanwhile. That
 * mostly waits for /proc, so that other questions to the kernel are answered beside it.
 */
struct refs_thread;
struct refs_thread *refs_begin_holders(struct refs *r, struct arena *a);
void refs_end_holders(struct refs_thread *t);
/* Pins below each mount of type bpf that this process sees. */
void refs_read_pins(struct refs *r, struct arena *a);
/* Those of an object; an empty list if there are none. */
const struct ref_list *refs_of(const struct refs *r, enum handle_kind kind, u32 id);
/* Calls fn for each object that there are any of, in unspecified order. */
void refs_each(const struct refs *r,
	       void (*fn)(void *arg, struct handle_name name, const struct ref_list *list),
	       void *arg);

#endif
