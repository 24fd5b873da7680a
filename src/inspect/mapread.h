/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entries of a map, one by one, while it may change. Where the kernel can, they are read in batches: of a hash each is then had
 * at most once, and each that is there all the time is. Elsewhere a key leads to the next; where the last one has been deleted
 * meanwhile the kernel begins anew, which is noticed: what is known to have been read is passed over, and the walk ends in any case.
 *
 *	mapread_begin(&r, fd, &info);
 *	while ((got = mapread_next(&r, &e)) > 0)
 *		use(e.key, e.value);
 *	mapread_end(&r);
 */
#ifndef INSPECT_MAPREAD_H
#define INSPECT_MAPREAD_H

#include "inspect/mapinfo.h"

#define MAPREAD_BATCH_BYTES (256u << 10) /* that are had at once, unless one bucket has more */
#define MAPREAD_MAX_BYTES (256u << 20)
#define MAPREAD_REMEMBERED 16 /* of the last keys */

struct mapentry {
	const u8 *key, *value; /* until the next call */
	int err;               /* the value could not be read: -errno, else 0 */
};

struct mapread {
	int fd;
	const struct mapinfo *m;
	bool is_batch, is_last; /* no batch follows */
	bool changed;           /* entries went while they were read: there may be more or fewer */
	u32 room, count, at;    /* entries of a batch */
	u8 *keys, *values;      /* a batch; else the last keys in a ring, and a value */
	u8 *cursor, *next_cursor;
	u8 *first, *last; /* keys */
	u64 steps;        /* so far */
	u32 known;        /* keys in the ring, ever */
	bool is_begun;
};

/* Whether the entries can be gone through; if not, why, for the message: "queue has no keys". */
const char *mapread_refusal(const struct mapinfo *m);
/* 0 or -ENOMEM; m has to outlive it. */
int mapread_begin(struct mapread *r, int fd, const struct mapinfo *m);
/* 1: an entry, 0: the end, -errno. */
int mapread_next(struct mapread *r, struct mapentry *out);
void mapread_end(struct mapread *r);

/* What an error of a look-up means for a map like this: "No such file or directory", or plainer. */
const char *mapread_error(const struct mapinfo *m, int err);

#endif
