/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions of the kernel that programs may call by name, from kfunc.def: what the kernel's BTF does not say of them. */
#ifndef ISA_KFUNC_H
#define ISA_KFUNC_H

#include "base/int.h"

enum {
	KFUNC_PLAIN = 0,
	KFUNC_ACQUIRE = 1 << 0,  /* the result has to be released */
	KFUNC_RELEASE = 1 << 1,  /* the first argument is released */
	KFUNC_RET_NULL = 1 << 2, /* the result may be NULL */
	KFUNC_TRUSTED = 1 << 3,  /* pointers have to be trusted, and may not be NULL */
	KFUNC_RCU = 1 << 4,      /* trusted, or protected by RCU */
	KFUNC_SLEEPS = 1 << 5,
	KFUNC_ITER_NEW = 1 << 6,
	KFUNC_ITER_NEXT = 1 << 7,
	KFUNC_ITER_DESTROY = 1 << 8,
	KFUNC_NEEDS_RCU = 1 << 9, /* only in an RCU section */
	KFUNC_RCU_LOCK = 1 << 10,
	KFUNC_RCU_UNLOCK = 1 << 11,
	KFUNC_PREEMPT_DISABLE = 1 << 12,
	KFUNC_PREEMPT_ENABLE = 1 << 13,
	KFUNC_SPECIAL = 1 << 14, /* what its name says, not what its types say */
	KFUNC_OBJECT = 1 << 15,  /* for objects of the program's own types */
	KFUNC_GRAPH = 1 << 16,   /* for lists and trees of such, whose lock has to be held */
	KFUNC_ADDS = 1 << 17,    /* the second argument belongs to the list or tree afterwards */
	KFUNC_CALLS_BACK = 1 << 18,
	KFUNC_IN_LOCK = 1 << 19, /* may be called while a lock is held */
	KFUNC_WORK = 1 << 20,    /* for work queues, which lie in values of maps */
};
#define KFUNC_ITER (KFUNC_ITER_NEW | KFUNC_ITER_NEXT | KFUNC_ITER_DESTROY)

struct kfunc_info {
	const char *name;
	u32 flags; /* KFUNC_... */
	u64 progs; /* mask of PROGS(...) */
};
/* All of them, in the order of the table. */
const struct kfunc_info *kfunc_all(size_t *n);
/* NULL if the table does not have it. */
const struct kfunc_info *kfunc_info(const char *name);

#endif
