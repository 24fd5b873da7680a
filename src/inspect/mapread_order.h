/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order in which the kernel goes through an lpm_trie: what is longer before what is its prefix, 0 before 1. */
#ifndef INSPECT_MAPREAD_ORDER_H
#define INSPECT_MAPREAD_ORDER_H

#include "base/int.h"

/* Keys of that size: 4 bytes that say how many bits count, and these. Below 0: a comes before b. */
int mapread_trie_order(const u8 *a, const u8 *b, u32 size);

#endif
