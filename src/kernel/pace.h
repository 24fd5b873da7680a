/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When to look into the ring: as soon as something comes, while little does; at a steady rate while much does.
 */
#ifndef KERNEL_PACE_H
#define KERNEL_PACE_H

#include "kernel/ring.h"

struct pace {
	int fd;    /* readable when the ring wants to be looked into; -1: not open */
	int timer; /* ticks while the rate is steady */
	bool steady;
	u32 hurried, idle; /* how often in a row: woken soon again; nothing new at a tick */
	u64 woken;         /* when, ns */
};

/* Watches a ring, which must stay open until pace_close(). 0 or -errno. */
int pace_open(struct pace *p, struct ring *r);
void pace_close(struct pace *p);
/* To be told after each look what it brought: a number of records. */
void pace_note(struct pace *p, struct ring *r, int count);

#endif
