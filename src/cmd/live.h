/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table of numbers that is written anew each second or so, until q, Ctrl-C or its count. On a terminal each takes the place of
 * the one before and fits on the screen; else they follow each other.
 */
#ifndef CMD_LIVE_H
#define CMD_LIVE_H

#include "base/diag.h"
#include "base/out.h"

#define LIVE_MAX_SECONDS 3600
#define LIVE_MAX_COUNT 1000000

struct live {
	struct diag *diag;
	struct out *out;
	u32 interval_ms;
	u32 count;              /* 0: until it is ended */
	int (*tick)(void *arg); /* reads and writes one table; 0, or -errno, reported */
	/* A key that is none of live's own; true if the table is to be written at once, by redraw. NULL: there are none. */
	bool (*key)(void *arg, char c);
	void (*redraw)(void *arg);
	void *arg;
	/* ---- of live itself */
	struct live_impl *impl;
};

/* Ticks until the end. 0 or -errno, reported. */
int live_run(struct live *l);

/* To be called before a table is written: clears the screen or sets it off from the one before. */
void live_begin(struct live *l);
bool live_is_terminal(const struct live *l);
/* Lines that a table with so many lines of its own, heads and the like, has for the rest, and columns, 0: any number. */
size_t live_rows(const struct live *l, size_t heads, size_t *width);

#endif
