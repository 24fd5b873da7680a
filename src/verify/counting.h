/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which numbers grow from round to round of a loop whose shape does not tell: on the stack, or from register to register. Where
 * paths are joined, a number gets a name at the loop's head, an id of its own; a round later what is tied to it by that id tells how
 * far it has come. A number that has grown on each path that comes round, and never so far that it would wrap around, counts the
 * rounds, so they are finite.
 *
 *	head:	*(u64 *)(r10 - 8)	is named, x
 *	...	r1 = *(u64 *)(r10 - 8)	x
 *		r1 += 1			x + 1
 *		*(u64 *)(r10 - 8) = r1	x + 1: it grows by 1 a round
 */
#ifndef VERIFY_COUNTING_H
#define VERIFY_COUNTING_H

#include "verify/engine.h"

/* What may be the counter of a loop: a bit for each register and each of the first slots. */
struct counting {
	u64 up, down;
};

/* For a walk that joins. */
void counting_begin(struct engine *e);
/* At the head of a traced loop: what has come of the names, and new ones. False if nothing counts the rounds. */
bool counting_arrive(struct engine *e, const struct loop *l);
/* Names for what has none, before the state is kept. False likewise. */
bool counting_keep(struct engine *e, const struct loop *l);

#endif
