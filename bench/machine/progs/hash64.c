/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A 64-bit hash by multiplications and rotations, like the ones that hash tables use. */
#include "prog.h"

static inline __u64 rotate(__u64 x, int by)
{
	return x << by | x >> (64 - by);
}

PROGRAM(hash64)
{
	TAKE_INPUT(__u64, in);
	__u64 h = 0x9e3779b97f4a7c15ull + in[0];

	for (int i = 0; i < 96; i++) {
		__u64 k = in[i] * 0xc2b2ae3d27d4eb4full;

		h ^= rotate(k, 31) * 0x9e3779b185ebca87ull;
		h = rotate(h, 27) * 5 + 0x52dce729;
	}
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdull;
	h ^= h >> 33;
	return (int)(h ^ h >> 32);
}
