/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What running programs may still look at is freed when all runs have ended that had begun before it was taken away:
 *
 *	run A   enter ───────────────── leave
 *	run B                  enter ──────────────── leave
 *	defer(x)       ▲                   x is freed here at the earliest: A has left, B never saw it
 *
 * A reader notes the time of its entry in its own word, so that entering and leaving cost a store each and wait for nobody.
 */
#ifndef MACHINE_EPOCH_H
#define MACHINE_EPOCH_H

#include "base/int.h"

struct epoch;

struct epoch_reader {
	struct epoch *epoch; /* NULL: not joined, entering does nothing */
	u64 *now;            /* the epoch's clock */
	u64 since;           /* when it entered; 0: it is outside */
	struct epoch_reader *next;
};

struct epoch *epoch_new(void); /* NULL: out of memory */
/* All readers have left for good; runs what was deferred. NULL is accepted. */
void epoch_free(struct epoch *e);
void epoch_join(struct epoch *e, struct epoch_reader *r);
void epoch_part(struct epoch_reader *r); /* not joined: nothing happens */

static inline void epoch_enter(struct epoch_reader *r)
{
	/* The store has to be seen before anything that the run reads was read: hence an exchange. */
	if (r->epoch)
		__atomic_exchange_n(&r->since, __atomic_load_n(r->now, __ATOMIC_ACQUIRE),
				    __ATOMIC_SEQ_CST);
}

static inline void epoch_leave(struct epoch_reader *r)
{
	if (r->epoch)
		__atomic_store_n(&r->since, 0, __ATOMIC_RELEASE);
}

/* Calls fn(arg) when no run can see it any more, at once if e is NULL; never while a lock of the epoch is held. */
void epoch_defer(struct epoch *e, void (*fn)(void *arg), void *arg);

#endif
