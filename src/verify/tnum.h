/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers of which some bits are known: mask has the unknown bits, value the known ones; a bit is never in both.
 *
 *	1x0 = { .value = 100, .mask = 010 } = { 4, 6 }
 *
 * Every function takes the width of the numbers in bits, 1 to 64, and keeps what is above it zero.
 */
#ifndef VERIFY_TNUM_H
#define VERIFY_TNUM_H

#include "base/int.h"

struct tnum {
	u64 value, mask;
};

/* All bits of a width. */
static inline u64 tnum_all(unsigned bits)
{
	return bits >= 64 ? UINT64_MAX : ((u64)1 << bits) - 1;
}

static inline struct tnum tnum_const(u64 v)
{
	return (struct tnum){ v, 0 };
}

static inline struct tnum tnum_unknown(unsigned bits)
{
	return (struct tnum){ 0, tnum_all(bits) };
}

static inline bool tnum_has(struct tnum t, u64 v)
{
	return (v & ~t.mask) == t.value;
}

struct tnum tnum_from_range(u64 min, u64 max, unsigned bits);
struct tnum tnum_add(struct tnum a, struct tnum b, unsigned bits);
struct tnum tnum_sub(struct tnum a, struct tnum b, unsigned bits);
struct tnum tnum_mul(struct tnum a, struct tnum b, unsigned bits);
struct tnum tnum_and(struct tnum a, struct tnum b);
struct tnum tnum_or(struct tnum a, struct tnum b);
struct tnum tnum_xor(struct tnum a, struct tnum b);
/* By a known amount below the width. */
struct tnum tnum_lsh(struct tnum a, unsigned by, unsigned bits);
struct tnum tnum_rsh(struct tnum a, unsigned by);
struct tnum tnum_arsh(struct tnum a, unsigned by, unsigned bits);
struct tnum tnum_cut(struct tnum a, unsigned bits); /* the low bits */
/* The low `from` bits with their sign carried up. */
struct tnum tnum_sext(struct tnum a, unsigned from, unsigned bits);
struct tnum tnum_swap(struct tnum a, unsigned bits); /* bytes reversed */

struct tnum tnum_join(struct tnum a, struct tnum b);
/* False if there is no number that is in both. */
bool tnum_meet(struct tnum a, struct tnum b, struct tnum *out);
bool tnum_subset(struct tnum a, struct tnum b); /* each of a is in b */

/* The least number of t from x on, the greatest up to x; false if there is none. */
bool tnum_from(struct tnum t, u64 x, u64 *out);
bool tnum_upto(struct tnum t, u64 x, u64 *out);

#endif
