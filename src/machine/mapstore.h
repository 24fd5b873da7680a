/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory of a map: zeroed pages, of this process alone or of all that open a map by the same name. Nothing in it is an
 * address, as it is elsewhere in each process.
 *
 *	/dev/shm/skep.SHARED.MAP	[ a page: tag, the spec ][ the map's memory ]
 *
 * The file has a lock of its own: shared by all that use it, and exclusive for who makes it and for who looks, at the end, if
 * nobody else does, and then removes it. What a process that was killed has left is made anew by the next one.
 */
#ifndef MACHINE_MAPSTORE_H
#define MACHINE_MAPSTORE_H

#include "machine/map.h"

#define MAPSTORE_MAX_NAME 128

struct mapstore {
	u8 *base;      /* page-aligned */
	u64 size;      /* of what is behind base */
	bool is_fresh; /* zeroes: the map has to be set up, and mapstore_ready() said then */
	int fd;        /* -1: private */
	char file[MAPSTORE_MAX_NAME];
};

/* 0, -ENOMEM, -E2BIG (beyond MAP_MAX_BYTES), -EINVAL: the file is another map's. */
int mapstore_open(struct mapstore *s, const struct map_spec *spec, u64 size, struct diag *d);
void mapstore_ready(struct mapstore *s, const struct map_spec *spec); /* others may open it */
void mapstore_close(
	struct mapstore *s); /* also of one that was zeroed and never opened, with fd -1 */

/* *sum += n * size; false if that is more than a map may have. */
bool mapstore_add(u64 *sum, u64 n, u64 size);

#endif
