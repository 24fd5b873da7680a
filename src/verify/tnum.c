/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Known bits through arithmetic. Addition is the model for the rest: an unknown bit of the sum is one where a carry can
 * differ, which is where the sum of the least numbers and that of the greatest ones disagree.
 */
#include "verify/tnum.h"

static unsigned highest_bit(u64 v)
{
	return 63u - (unsigned)__builtin_clzll(v);
}

struct tnum tnum_from_range(u64 min, u64 max, unsigned bits)
{
	u64 differ = min ^ max;

	if (!differ)
		return tnum_const(min);
	u64 mask = tnum_all(highest_bit(differ) + 1) & tnum_all(bits);
	return (struct tnum){ min & ~mask, mask };
}

struct tnum tnum_add(struct tnum a, struct tnum b, unsigned bits)
{
	u64 least = a.value + b.value;
	u64 greatest = least + a.mask + b.mask;
	u64 mask = ((greatest ^ least) | a.mask | b.mask) & tnum_all(bits);

	return (struct tnum){ least & ~mask & tnum_all(bits), mask };
}

struct tnum tnum_sub(struct tnum a, struct tnum b, unsigned bits)
{
	u64 middle = a.value - b.value;
	u64 differ = (middle + a.mask) ^ (middle - b.mask);
	u64 mask = (differ | a.mask | b.mask) & tnum_all(bits);

	return (struct tnum){ middle & ~mask & tnum_all(bits), mask };
}

/* Bit by bit as on paper: a known one adds b, an unknown one adds b or nothing, so each of its ones is unknown. */
struct tnum tnum_mul(struct tnum a, struct tnum b, unsigned bits)
{
	struct tnum sum = tnum_const(0);
	u64 product = a.value * b.value & tnum_all(bits);

	for (; a.value || a.mask; a = tnum_rsh(a, 1), b = tnum_lsh(b, 1, bits)) {
		if (a.value & 1)
			sum = tnum_add(sum, (struct tnum){ 0, b.mask }, bits);
		else if (a.mask & 1)
			sum = tnum_add(sum, (struct tnum){ 0, b.value | b.mask }, bits);
	}
	return tnum_add(tnum_const(product), sum, bits);
}

struct tnum tnum_and(struct tnum a, struct tnum b)
{
	u64 maybe = (a.value | a.mask) & (b.value | b.mask);
	u64 sure = a.value & b.value;

	return (struct tnum){ sure, maybe & ~sure };
}

struct tnum tnum_or(struct tnum a, struct tnum b)
{
	u64 sure = a.value | b.value;

	return (struct tnum){ sure, (a.mask | b.mask) & ~sure };
}

struct tnum tnum_xor(struct tnum a, struct tnum b)
{
	u64 mask = a.mask | b.mask;

	return (struct tnum){ (a.value ^ b.value) & ~mask, mask };
}

struct tnum tnum_lsh(struct tnum a, unsigned by, unsigned bits)
{
	return (struct tnum){ a.value << by & tnum_all(bits), a.mask << by & tnum_all(bits) };
}

struct tnum tnum_rsh(struct tnum a, unsigned by)
{
	return (struct tnum){ a.value >> by, a.mask >> by };
}

struct tnum tnum_arsh(struct tnum a, unsigned by, unsigned bits)
{
	return tnum_sext(tnum_rsh(a, by), bits - by, bits);
}

struct tnum tnum_cut(struct tnum a, unsigned bits)
{
	return (struct tnum){ a.value & tnum_all(bits), a.mask & tnum_all(bits) };
}

struct tnum tnum_sext(struct tnum a, unsigned from, unsigned bits)
{
	u64 sign = (u64)1 << (from - 1);
	u64 upper = tnum_all(bits) & ~tnum_all(from);

	a = tnum_cut(a, from);
	if (a.value & sign)
		a.value |= upper;
	else if (a.mask & sign)
		a.mask |= upper;
	return a;
}

struct tnum tnum_swap(struct tnum a, unsigned bits)
{
	unsigned by = 64 - bits;

	return (struct tnum){ __builtin_bswap64(a.value << by), __builtin_bswap64(a.mask << by) };
}

struct tnum tnum_join(struct tnum a, struct tnum b)
{
	u64 mask = a.mask | b.mask | (a.value ^ b.value);

	return (struct tnum){ a.value & ~mask, mask };
}

bool tnum_meet(struct tnum a, struct tnum b, struct tnum *out)
{
	u64 mask = a.mask & b.mask;

	if ((a.value ^ b.value) & ~a.mask & ~b.mask)
		return false;
	*out = (struct tnum){ (a.value | b.value) & ~mask, mask };
	return true;
}

bool tnum_subset(struct tnum a, struct tnum b)
{
	return !(a.mask & ~b.mask) && (a.value & ~b.mask) == b.value;
}

bool tnum_from(struct tnum t, u64 x, u64 *out)
{
	u64 v = t.value | (x & t.mask); /* the number of t that is most like x */

	if (v == x) {
		*out = v;
		return true;
	}
	unsigned k = highest_bit(v ^ x);
	if (v < x) { /* a known zero where x has a one: a free bit above it has to be raised */
		u64 room = t.mask & ~x & ~tnum_all(k + 1);
		if (!room)
			return false;
		k = (unsigned)__builtin_ctzll(room);
		v |= (u64)1 << k;
	}
	*out = (v & ~tnum_all(k)) | (t.value & tnum_all(k));
	return true;
}

/* Complements turn the order round. */
bool tnum_upto(struct tnum t, u64 x, u64 *out)
{
	u64 v;

	if (!tnum_from((struct tnum){ ~t.value & ~t.mask, t.mask }, ~x, &v))
		return false;
	*out = ~v;
	return true;
}
