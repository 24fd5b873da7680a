/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a map holds, kept to be put back later, at the same addresses: pages that are not all zeroes, as large maps are mostly
 * empty. Of private maps that nobody uses meanwhile. What is in slots (programs, other maps, devices) is not touched.
 */
#ifndef MACHINE_MAPCOPY_H
#define MACHINE_MAPCOPY_H

#include "machine/map.h"

struct mapcopy;

struct mapcopy *mapcopy_take(struct map *m);
/* Into the map that it was taken of. */
void mapcopy_put_back(const struct mapcopy *c, struct map *m);
void mapcopy_free(struct mapcopy *c);

#endif
