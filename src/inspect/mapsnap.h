/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was in a map at the last look, beside what is in it now. */
#ifndef INSPECT_MAPSNAP_H
#define INSPECT_MAPSNAP_H

#include "base/buf.h"

#define MAPSNAP_MAX_BYTES (2ull << 30)

enum mapsnap_change { MAPSNAP_SAME, MAPSNAP_ADDED, MAPSNAP_CHANGED, MAPSNAP_FULL };

struct mapsnap {
	u32 key_size, value_size;
	u32 look;        /* which one it is */
	struct buf rows; /* look, key, value: of each entry */
	u32 *slots;      /* number of a row + 1, 0: none */
	u32 n, cap;      /* rows; slots, a power of two */
	u8 *old;         /* a value */
};

void mapsnap_init(struct mapsnap *s, u32 key_size, u32 value_size);
void mapsnap_done(struct mapsnap *s);
/* A new look begins. */
void mapsnap_begin(struct mapsnap *s);
/* An entry that is there; its value at the last look in *old, if it has changed. FULL: it has no room for it. */
enum mapsnap_change mapsnap_put(struct mapsnap *s, const u8 *key, const u8 *value, const u8 **old);
/* Calls fn for what was there at the last look and is not at this one, and forgets it. */
void mapsnap_end(struct mapsnap *s, void (*fn)(void *arg, const u8 *key, const u8 *value),
		 void *arg);

#endif
