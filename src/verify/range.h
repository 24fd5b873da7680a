/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bounds of a number of some width, read without a sign and with one. Both hold at once: 0xfe or 0xff as 8 bits are
 * umin 254, umax 255, smin -2, smax -1.
 */
#ifndef VERIFY_RANGE_H
#define VERIFY_RANGE_H

#include "verify/tnum.h"

struct range {
	u64 umin, umax;
	s64 smin, smax;
};

__extension__ typedef unsigned __int128 u128;
__extension__ typedef __int128 s128;

/* The low bits of v, read with a sign. */
static inline s64 range_signed(u64 v, unsigned bits)
{
	u64 sign = (u64)1 << (bits - 1);

	v &= tnum_all(bits);
	return (s64)((v ^ sign) - sign);
}

struct range range_unknown(unsigned bits);
struct range range_const(u64 v, unsigned bits);
/*
 * What is left of the integers from lo to hi in a width: those are exact as long as they do not wrap around more than
 * together. Negative ones are given in two's complement.
 */
struct range range_fit(u128 lo, u128 hi, unsigned bits);
struct range range_cut(struct range r, unsigned from, unsigned bits); /* to fewer bits */
struct range range_meet(struct range a, struct range b);              /* may be empty */
struct range range_join(struct range a, struct range b);
bool range_subset(struct range a, struct range b);
static inline bool range_is_empty(struct range r)
{
	return r.umin > r.umax || r.smin > r.smax;
}

/* Tells both readings and the known bits what the others know; false if no number is left. */
bool range_sync(struct range *r, struct tnum *t, unsigned bits);

#endif
