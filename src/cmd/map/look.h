/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A map that is looked at again and again: what has changed since the last time. */
#ifndef CMD_MAP_LOOK_H
#define CMD_MAP_LOOK_H

#include "cmd/noun/noun.h"
#include "inspect/mapinfo.h"
#include "inspect/mapsnap.h"

struct map_look {
	struct noun_args *args;
	const struct mapinfo *m;
	int fd;
	struct mapsnap snap;
	u64 looks; /* so far */
};

/* value: as it is, old: as it was at the last look; one is NULL if the entry was added or deleted. */
typedef void (*map_look_fn)(void *arg, const u8 *key, const u8 *value, const u8 *old);

/* fd and m have to outlive it. -EINVAL, reported, if the map cannot be gone through. */
int map_look_init(struct map_look *l, struct noun_args *a, int fd, const struct mapinfo *m);
void map_look_done(struct map_look *l);
/* Hands over what has changed since the look before, of which the first has none. 0 or -errno, reported. */
int map_look(struct map_look *l, map_look_fn fn, void *arg);

#endif
