/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Logarithms of 64-bit numbers, by halves. */
#include "prog.h"

static inline __u32 log2_32(__u32 v)
{
	__u32 r, shift;

	r = (__u32)(v > 0xffff) << 4;
	v >>= r;
	shift = (__u32)(v > 0xff) << 3;
	v >>= shift;
	r |= shift;
	shift = (__u32)(v > 0xf) << 2;
	v >>= shift;
	r |= shift;
	shift = (__u32)(v > 0x3) << 1;
	v >>= shift;
	r |= shift;
	return r | v >> 1;
}

PROGRAM(logs)
{
	TAKE_INPUT(__u64, in);
	__u32 sum = 0;

	for (int i = 0; i < WORDS; i++) {
		__u32 high = (__u32)(in[i] >> 32);

		sum += high ? log2_32(high) + 32 : log2_32((__u32)in[i]);
	}
	return (int)sum;
}
