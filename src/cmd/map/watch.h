/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two halves of skep map watch share. */
#ifndef CMD_MAP_WATCH_H
#define CMD_MAP_WATCH_H

#include "cmd/noun/noun.h"
#include "inspect/mapinfo.h"

struct map_watch_options {
	bool addresses;
	u64 interval;   /* ns; 0: a second */
	u64 looks;      /* 0: until it is stopped */
	u64 top;        /* rows of a table; 0: what changes is printed as it does */
	const char *by; /* the number that comes first; NULL: the value's first */
};

/* The table of what changes most. 0 or -errno, reported. */
int map_watch_top(struct noun_args *a, int fd, const struct mapinfo *m);

#endif
