/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A script's maps as the session sees them: printed, cleared and zeroed while programs go on writing.
 * Values of per-CPU maps are reduced to one when they are read:
 *
 *	count, sum      the sum over the CPUs
 *	min, max        { value, is_set } of those CPUs that are set
 *	avg, stats      { total, count } summed
 *	hist, lhist     bucket by bucket
 */
#ifndef SESSION_MAP_H
#define SESSION_MAP_H

#include "session/value.h"

struct maps {
	struct arena *arena;
	struct values *values;
	const struct script *script;
	const struct engine_ops *ops;
	void *engine;
	struct map_state *states; /* one a map of the script */
};

/* -EINVAL with a message if a map's description makes no sense. */
int maps_init(struct maps *m, struct arena *arena, struct values *values, struct diag *d);

/* The whole map, as `print(@)` shows it; nothing if it is empty or was never assigned. top: only the last
 * `top` entries, 0: all. div: numbers are divided by it, 0: 1. 0 or -errno. */
int map_print(struct maps *m, u32 map, u32 top, u32 div, struct out *o);
/* The value under one key, as `print(@m[key])` shows it. */
int map_print_entry(struct maps *m, u32 map, const u8 *key, struct out *o);
int map_clear(struct maps *m, u32 map);
int map_zero(struct maps *m, u32 map);

#endif
