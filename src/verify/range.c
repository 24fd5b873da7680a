/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two readings of one number kept in step: the circle of 2^bits numbers is cut at 0 by one and at the sign by the other. */
#include "verify/range.h"

static u64 max_u(u64 a, u64 b)
{
	return a > b ? a : b;
}

static u64 min_u(u64 a, u64 b)
{
	return a < b ? a : b;
}

struct range range_unknown(unsigned bits)
{
	u64 sign = (u64)1 << (bits - 1);

	return (struct range){ 0, tnum_all(bits), range_signed(sign, bits), (s64)(sign - 1) };
}

struct range range_const(u64 v, unsigned bits)
{
	s64 s = range_signed(v, bits);

	return (struct range){ v & tnum_all(bits), v & tnum_all(bits), s, s };
}

struct range range_fit(u128 lo, u128 hi, unsigned bits)
{
	struct range r = range_unknown(bits);
	u128 half = (u128)1 << (bits - 1);

	if (lo >> bits == hi >> bits) {
		r.umin = (u64)lo & tnum_all(bits);
		r.umax = (u64)hi & tnum_all(bits);
	}
	if ((lo + half) >> bits == (hi + half) >> bits) {
		r.smin = range_signed((u64)lo, bits);
		r.smax = range_signed((u64)hi, bits);
	}
	return r;
}

struct range range_cut(struct range r, unsigned from, unsigned bits)
{
	if (bits >= from)
		return r;
	return range_meet(range_fit(r.umin, r.umax, bits),
			  range_fit((u128)(s128)r.smin, (u128)(s128)r.smax, bits));
}

struct range range_meet(struct range a, struct range b)
{
	return (struct range){ max_u(a.umin, b.umin), min_u(a.umax, b.umax),
			       a.smin > b.smin ? a.smin : b.smin,
			       a.smax < b.smax ? a.smax : b.smax };
}

struct range range_join(struct range a, struct range b)
{
	return (struct range){ min_u(a.umin, b.umin), max_u(a.umax, b.umax),
			       a.smin < b.smin ? a.smin : b.smin,
			       a.smax > b.smax ? a.smax : b.smax };
}

bool range_subset(struct range a, struct range b)
{
	return a.umin >= b.umin && a.umax <= b.umax && a.smin >= b.smin && a.smax <= b.smax;
}

/* A stretch of numbers of one sign, on which both readings have the same order; empty if lo > hi. */
struct stretch {
	u64 lo, hi;
};

/* The ends moved inwards to numbers that have the known bits. */
static struct stretch tighten(struct stretch s, struct tnum t)
{
	if (s.lo <= s.hi && (!tnum_from(t, s.lo, &s.lo) || !tnum_upto(t, s.hi, &s.hi)))
		s = (struct stretch){ 1, 0 };
	return s;
}

static bool sync_once(struct range *r, struct tnum *t, unsigned bits)
{
	u64 sign = (u64)1 << (bits - 1), all = tnum_all(bits);

	if (range_is_empty(*r))
		return false;
	struct stretch positive = { 1, 0 }, negative = { 1, 0 };
	if (r->smax >= 0)
		positive = (struct stretch){ max_u(r->umin, r->smin > 0 ? (u64)r->smin : 0),
					     min_u(r->umax, (u64)r->smax) };
	if (r->smin < 0)
		negative =
			(struct stretch){ max_u(r->umin, (u64)r->smin & all),
					  min_u(r->umax, r->smax < 0 ? (u64)r->smax & all : all) };
	if (negative.lo < sign)
		negative.lo = sign;
	positive = tighten(positive, *t);
	negative = tighten(negative, *t);
	bool has_positive = positive.lo <= positive.hi, has_negative = negative.lo <= negative.hi;
	if (!has_positive && !has_negative)
		return false;
	r->umin = has_positive ? positive.lo : negative.lo;
	r->umax = has_negative ? negative.hi : positive.hi;
	r->smin = range_signed(has_negative ? negative.lo : positive.lo, bits);
	r->smax = range_signed(has_positive ? positive.hi : negative.hi, bits);
	return tnum_meet(*t, tnum_from_range(r->umin, r->umax, bits), t);
}

bool range_sync(struct range *r, struct tnum *t, unsigned bits)
{
	struct range before;

	do {
		before = *r;
		if (!sync_once(r, t, bits))
			return false;
	} while (before.umin != r->umin || before.umax != r->umax || before.smin != r->smin ||
		 before.smax != r->smax);
	return true;
}
