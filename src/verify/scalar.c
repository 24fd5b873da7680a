/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scalars: how the known bits and the bounds of the whole and of its half are kept in step, sets, text. */
#include "verify/scalar.h"

#include <inttypes.h>
#include <string.h>

struct scalar scalar_unknown(unsigned bits)
{
	return (struct scalar){ tnum_unknown(bits), range_unknown(bits), range_unknown(bits / 2) };
}

struct scalar scalar_const(u64 v, unsigned bits)
{
	return (struct scalar){ tnum_const(v & tnum_all(bits)), range_const(v, bits),
				range_const(v, bits / 2) };
}

struct scalar scalar_between(u64 min, u64 max, unsigned bits)
{
	struct scalar s = scalar_unknown(bits);

	s.full.umin = min;
	s.full.umax = max;
	return scalar_sync(&s, bits) ? s : scalar_unknown(bits);
}

struct scalar scalar_between_signed(s64 min, s64 max, unsigned bits)
{
	struct scalar s = scalar_unknown(bits);

	s.full.smin = min;
	s.full.smax = max;
	return scalar_sync(&s, bits) ? s : scalar_unknown(bits);
}

bool scalar_has(const struct scalar *s, u64 v, unsigned bits)
{
	return tnum_has(s->bits, v) && range_subset(range_const(v, bits), s->full) &&
	       range_subset(range_const(v, bits / 2), s->low);
}

/*
 * What the low half says of the whole: the least number of the whole has a low half that is allowed, so it moves up to the next
 * that has, in the same upper half or the next one. lo and hi are the whole's bounds in a reading where numbers are 128 bits.
 */
static bool bound_by_half(s128 *lo, s128 *hi, struct range low, unsigned half)
{
	s128 size = (s128)1 << half;
	s128 low_of_lo = *lo & (size - 1), low_of_hi = *hi & (size - 1);

	if (low_of_lo < (s128)low.umin)
		*lo += (s128)low.umin - low_of_lo;
	else if (low_of_lo > (s128)low.umax)
		*lo += size - low_of_lo + (s128)low.umin;
	if (low_of_hi > (s128)low.umax)
		*hi -= low_of_hi - (s128)low.umax;
	else if (low_of_hi < (s128)low.umin)
		*hi -= low_of_hi + size - (s128)low.umax;
	return *lo <= *hi;
}

static bool sync_half(struct scalar *s, unsigned bits)
{
	unsigned half = bits / 2;
	struct tnum low = tnum_cut(s->bits, half);

	s->low = range_meet(s->low, range_cut(s->full, bits, half));
	if (range_is_empty(s->low) || !range_sync(&s->low, &low, half))
		return false;
	u64 above = tnum_all(bits) & ~tnum_all(half);
	s->bits = (struct tnum){ (s->bits.value & above) | low.value,
				 (s->bits.mask & above) | low.mask };
	s128 umin = s->full.umin, umax = s->full.umax, smin = s->full.smin, smax = s->full.smax;
	if (!bound_by_half(&umin, &umax, s->low, half) ||
	    !bound_by_half(&smin, &smax, s->low, half))
		return false;
	s->full = (struct range){ (u64)umin, (u64)umax, (s64)smin, (s64)smax };
	return true;
}

bool scalar_sync(struct scalar *s, unsigned bits)
{
	struct scalar before;

	/* Each round only narrows; a third one seldom finds more, and stopping early is sound. */
	for (int round = 0; round < 4; round++) {
		before = *s;
		if (!range_sync(&s->full, &s->bits, bits) || !sync_half(s, bits) ||
		    !range_sync(&s->full, &s->bits, bits))
			return false;
		if (!memcmp(&before, s, sizeof(before)))
			break;
	}
	return true;
}

struct scalar scalar_join(const struct scalar *a, const struct scalar *b, unsigned bits)
{
	struct scalar s = { tnum_join(a->bits, b->bits), range_join(a->full, b->full),
			    range_join(a->low, b->low) };

	return scalar_sync(&s, bits) ? s : scalar_unknown(bits);
}

bool scalar_subset(const struct scalar *a, const struct scalar *b)
{
	return tnum_subset(a->bits, b->bits) && range_subset(a->full, b->full) &&
	       range_subset(a->low, b->low);
}

/* Numbers near the top are more readable with a sign, large ones in hexadecimal. */
static void print_number(struct buf *out, s64 v)
{
	if (v > -0x10000 && v < 0x100000)
		buf_printf(out, "%" PRId64, v);
	else
		buf_printf(out, "%s0x%" PRIx64, v < 0 ? "-" : "", v < 0 ? 0 - (u64)v : (u64)v);
}

void scalar_print(const struct scalar *s, struct buf *out)
{
	struct range all = range_unknown(SCALAR_BITS);

	if (scalar_is_const(s)) {
		print_number(out, (s64)s->bits.value);
		return;
	}
	if (s->full.smin >= 0) {
		print_number(out, (s64)s->full.umin);
		buf_puts(out, "..");
		print_number(out, (s64)s->full.umax);
	} else if (s->full.smin > all.smin || s->full.smax < all.smax) {
		print_number(out, s->full.smin);
		buf_puts(out, "..");
		print_number(out, s->full.smax);
	} else if (s->full.umin > 0 || s->full.umax < all.umax) {
		buf_printf(out, "0x%" PRIx64 "..0x%" PRIx64, s->full.umin, s->full.umax);
	} else {
		buf_puts(out, "any number");
	}
	unsigned zeroes = s->bits.value | s->bits.mask
				  ? (unsigned)__builtin_ctzll(s->bits.value | s->bits.mask)
				  : 0;
	if (zeroes && zeroes < 63)
		buf_printf(out, ", multiple of %" PRIu64, (u64)1 << zeroes);
}
