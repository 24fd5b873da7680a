/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/mapread_order.h"

#include <string.h>

static u32 bits_of(const u8 *key, u32 size)
{
	u32 bits;

	memcpy(&bits, key, 4);
	return bits < (size - 4) * 8 ? bits : (size - 4) * 8;
}

int mapread_trie_order(const u8 *a, const u8 *b, u32 size)
{
	u32 left = bits_of(a, size), right = bits_of(b, size), both = left < right ? left : right;

	for (u32 i = 0; i < both; i++) {
		int one = a[4 + i / 8] >> (7 - i % 8) & 1, other = b[4 + i / 8] >> (7 - i % 8) & 1;

		if (one != other)
			return one - other;
	}
	return left == right ? 0 : left > right ? -1 : 1;
}
