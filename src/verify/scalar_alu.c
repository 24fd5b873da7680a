/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arithmetic on what is known of numbers. Each operation is written once, for a number of any width (its known bits and its
 * bounds): the whole uses it at its width, the half at its own. Where bounds move, they are computed as integers of 128 bits that do
 * not overflow, and range_fit() says what is left of them in the width.
 */
#include <linux/bpf.h>

#include "verify/scalar.h"

/* A number of one width. */
struct num {
	struct tnum t;
	struct range r;
};

static struct num num_unknown(unsigned bits)
{
	return (struct num){ tnum_unknown(bits), range_unknown(bits) };
}

static struct num num_const(u64 v, unsigned bits)
{
	return (struct num){ tnum_const(v & tnum_all(bits)), range_const(v, bits) };
}

static bool num_is_const(struct num a)
{
	return !a.t.mask;
}

static u128 wide(s64 v)
{
	return (u128)(s128)v;
}

static struct num num_add(struct num a, struct num b, unsigned bits)
{
	struct range u = range_fit((u128)a.r.umin + b.r.umin, (u128)a.r.umax + b.r.umax, bits);
	struct range s =
		range_fit(wide(a.r.smin) + wide(b.r.smin), wide(a.r.smax) + wide(b.r.smax), bits);

	return (struct num){ tnum_add(a.t, b.t, bits), range_meet(u, s) };
}

static struct num num_sub(struct num a, struct num b, unsigned bits)
{
	struct range u = range_fit((u128)a.r.umin - b.r.umax, (u128)a.r.umax - b.r.umin, bits);
	struct range s =
		range_fit(wide(a.r.smin) - wide(b.r.smax), wide(a.r.smax) - wide(b.r.smin), bits);

	return (struct num){ tnum_sub(a.t, b.t, bits), range_meet(u, s) };
}

/* The least and greatest of four integers: where a monotonic operation has its bounds. */
static struct range fit_corners(const s128 v[4], unsigned bits)
{
	s128 lo = v[0], hi = v[0];

	for (int i = 1; i < 4; i++) {
		lo = v[i] < lo ? v[i] : lo;
		hi = v[i] > hi ? v[i] : hi;
	}
	return range_fit((u128)lo, (u128)hi, bits);
}

static struct num num_mul(struct num a, struct num b, unsigned bits)
{
	struct range u = range_fit((u128)a.r.umin * b.r.umin, (u128)a.r.umax * b.r.umax, bits);
	const s128 corners[4] = { (s128)a.r.smin * b.r.smin, (s128)a.r.smin * b.r.smax,
				  (s128)a.r.smax * b.r.smin, (s128)a.r.smax * b.r.smax };

	return (struct num){ tnum_mul(a.t, b.t, bits), range_meet(u, fit_corners(corners, bits)) };
}

static struct num num_div(struct num a, struct num b, unsigned bits)
{
	struct num out = num_unknown(bits);

	if (!b.r.umax)
		return num_const(0, bits);
	out.r.umin = b.r.umin ? a.r.umin / b.r.umax : 0;
	out.r.umax = a.r.umax / (b.r.umin ? b.r.umin : 1);
	return out;
}

static struct num num_mod(struct num a, struct num b, unsigned bits)
{
	struct num out = num_unknown(bits);

	if (!b.r.umax || a.r.umax < b.r.umin)
		return a;
	if (num_is_const(a) && num_is_const(b))
		return num_const(a.t.value % b.t.value, bits);
	if (num_is_const(b) && !(b.t.value & (b.t.value - 1)))
		out.t = tnum_and(a.t, tnum_const(b.t.value - 1));
	out.r.umax = b.r.umin && a.r.umax > b.r.umax - 1 ? b.r.umax - 1 : a.r.umax;
	return out;
}

/* The divisor's signs one by one: on each, the quotient has its extremes at the corners. The least number by -1 wraps. */
static struct range divide_by(struct range a, s64 from, s64 to, unsigned bits)
{
	const s128 corners[4] = { (s128)a.smin / from, (s128)a.smin / to, (s128)a.smax / from,
				  (s128)a.smax / to };

	return fit_corners(corners, bits);
}

static struct num num_sdiv(struct num a, struct num b, unsigned bits)
{
	bool is_any = false;
	struct range sum = { 0 }, part;

	if (b.r.smin <= 0 && b.r.smax >= 0)
		is_any = true; /* by 0: it is 0 */
	if (b.r.smin < 0) {
		part = divide_by(a.r, b.r.smin, b.r.smax < 0 ? b.r.smax : -1, bits);
		sum = is_any ? range_join(sum, part) : part;
		is_any = true;
	}
	if (b.r.smax > 0) {
		part = divide_by(a.r, b.r.smin > 0 ? b.r.smin : 1, b.r.smax, bits);
		sum = is_any ? range_join(sum, part) : part;
	}
	return (struct num){ tnum_unknown(bits), sum };
}

static struct num num_smod(struct num a, struct num b, unsigned bits)
{
	struct num out = num_unknown(bits);
	s128 below = b.r.smin < 0 ? -(s128)b.r.smin : 0, above = b.r.smax;
	s128 most = (below > above ? below : above) - 1; /* of what is left, either side of 0 */

	if (!b.r.smin && !b.r.smax)
		return a;
	if (b.r.smin <= 0 && b.r.smax >= 0)
		most = (s128)1 << bits; /* by 0: it is the dividend */
	out.r.smin = a.r.smin >= 0 ? 0 : (s64)(a.r.smin < -most ? -most : a.r.smin);
	out.r.smax = a.r.smax <= 0 ? 0 : (s64)(a.r.smax > most ? most : a.r.smax);
	return out;
}

static struct num num_and(struct num a, struct num b, unsigned bits)
{
	struct num out = { tnum_and(a.t, b.t), range_unknown(bits) };

	out.r.umax = a.r.umax < b.r.umax ? a.r.umax : b.r.umax;
	if (a.r.smin < 0 &&
	    b.r.smin < 0) /* the sign of both or of neither: no lower than the common prefix */
		return out;
	out.r.smin = 0;
	out.r.smax = a.r.smin >= 0 ? a.r.smax : b.r.smax;
	return out;
}

static struct num num_or(struct num a, struct num b, unsigned bits)
{
	struct num out = { tnum_or(a.t, b.t), range_unknown(bits) };

	out.r.umin = a.r.umin > b.r.umin ? a.r.umin : b.r.umin;
	return out;
}

static struct num num_xor(struct num a, struct num b, unsigned bits)
{
	return (struct num){ tnum_xor(a.t, b.t), range_unknown(bits) };
}

/* The amounts of a shift: all that are below the width. */
static struct num shift_amount(struct num by, unsigned bits)
{
	struct num out = num_and(by, num_const(bits - 1, bits), bits);

	if (by.r.umax < bits)
		out.r = by.r;
	if (!range_sync(&out.r, &out.t, bits))
		return num_const(0, bits);
	return out;
}

static struct tnum shift_one(u8 op, struct tnum t, unsigned by, unsigned bits)
{
	if (op == BPF_LSH)
		return tnum_lsh(t, by, bits);
	return op == BPF_RSH ? tnum_rsh(t, by) : tnum_arsh(t, by, bits);
}

static struct tnum shift_bits(u8 op, struct tnum t, struct num by, unsigned bits)
{
	struct tnum sum = shift_one(op, t, (unsigned)by.r.umin, bits);

	for (u64 n = by.r.umin + 1; n <= by.r.umax; n++) {
		if (tnum_has(by.t, n))
			sum = tnum_join(sum, shift_one(op, t, (unsigned)n, bits));
	}
	return sum;
}

static struct num num_shift(u8 op, struct num a, struct num by, unsigned bits)
{
	by = shift_amount(by, bits);
	struct num out = { shift_bits(op, a.t, by, bits), range_unknown(bits) };
	u64 least = by.r.umin, most = by.r.umax;

	if (op == BPF_RSH) {
		out.r.umin = a.r.umin >> most;
		out.r.umax = a.r.umax >> least;
	} else if (op == BPF_ARSH) {
		out.r.smin = a.r.smin >> (a.r.smin < 0 ? least : most);
		out.r.smax = a.r.smax >> (a.r.smax < 0 ? most : least);
	} else {
		struct range u = range_fit((u128)a.r.umin << least, (u128)a.r.umax << most, bits);
		struct range s = range_fit(wide(a.r.smin) << (a.r.smin < 0 ? most : least),
					   wide(a.r.smax) << (a.r.smax < 0 ? least : most), bits);
		out.r = range_meet(u, s);
	}
	return out;
}

static struct num num_alu(u8 op, struct num a, struct num b, bool is_signed, unsigned bits)
{
	switch (op) {
	case BPF_ADD:
		return num_add(a, b, bits);
	case BPF_SUB:
		return num_sub(a, b, bits);
	case BPF_MUL:
		return num_mul(a, b, bits);
	case BPF_DIV:
		return is_signed ? num_sdiv(a, b, bits) : num_div(a, b, bits);
	case BPF_MOD:
		return is_signed ? num_smod(a, b, bits) : num_mod(a, b, bits);
	case BPF_AND:
		return num_and(a, b, bits);
	case BPF_OR:
		return num_or(a, b, bits);
	case BPF_XOR:
		return num_xor(a, b, bits);
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		return num_shift(op, a, b, bits);
	case BPF_MOV:
		return b;
	default:
		return num_unknown(bits);
	}
}

/* Operations whose low half depends on the low halves alone. */
static bool is_modular(u8 op)
{
	return op == BPF_ADD || op == BPF_SUB || op == BPF_MUL || op == BPF_AND || op == BPF_OR ||
	       op == BPF_XOR || op == BPF_MOV;
}

static struct num whole(const struct scalar *s)
{
	return (struct num){ s->bits, s->full };
}

static struct num half_of(const struct scalar *s, unsigned bits)
{
	return (struct num){ tnum_cut(s->bits, bits / 2), s->low };
}

/* An operation on scalars that are not empty has a result; should one be lost to a mistake, nothing is known of it. */
static struct scalar finish(struct scalar s, unsigned bits)
{
	return scalar_sync(&s, bits) ? s : scalar_unknown(bits);
}

static struct scalar extend(struct num low, unsigned bits)
{
	struct scalar s = { low.t, range_unknown(bits), low.r };

	s.full.umin = low.r.umin;
	s.full.umax = low.r.umax;
	return finish(s, bits);
}

struct scalar scalar_alu(u8 op, const struct scalar *a, const struct scalar *b,
			 struct scalar_mode mode, unsigned bits)
{
	unsigned half = bits / 2;

	if (mode.is_half)
		return extend(num_alu(op, half_of(a, bits), half_of(b, bits), mode.is_signed, half),
			      bits);
	struct num full = num_alu(op, whole(a), whole(b), mode.is_signed, bits);
	struct scalar s = { full.t, full.r, range_unknown(half) };
	if (is_modular(op))
		s.low = num_alu(op, half_of(a, bits), half_of(b, bits), false, half).r;
	return finish(s, bits);
}

struct scalar scalar_neg(const struct scalar *a, bool is_half, unsigned bits)
{
	struct scalar zero = scalar_const(0, bits);

	return scalar_alu(BPF_SUB, &zero, a, (struct scalar_mode){ .is_half = is_half }, bits);
}

/* The low bits as a number of that width. */
static struct num narrow(const struct scalar *a, unsigned from, unsigned bits)
{
	struct num n = { tnum_cut(a->bits, from), range_cut(a->full, bits, from) };

	if (from <= bits / 2)
		n.r = range_meet(n.r, range_cut(a->low, bits / 2, from));
	if (!range_sync(&n.r, &n.t, from))
		return num_unknown(from);
	return n;
}

struct scalar scalar_zext(const struct scalar *a, unsigned from, unsigned bits)
{
	if (from >= bits)
		return *a;
	struct num n = narrow(a, from, bits);
	struct scalar s = scalar_unknown(bits);
	s.bits = n.t;
	s.full.umin = n.r.umin;
	s.full.umax = n.r.umax;
	return finish(s, bits);
}

struct scalar scalar_sext(const struct scalar *a, unsigned from, bool is_half, unsigned bits)
{
	struct num n = narrow(a, from, bits);
	struct scalar s = scalar_unknown(bits);

	s.bits = tnum_sext(n.t, from, bits);
	s.full.smin = n.r.smin;
	s.full.smax = n.r.smax;
	s = finish(s, bits);
	return is_half ? scalar_zext(&s, bits / 2, bits) : s;
}

struct scalar scalar_swap(const struct scalar *a, unsigned from)
{
	struct scalar s = scalar_unknown(SCALAR_BITS);

	s.bits = tnum_swap(tnum_cut(a->bits, from), from);
	return finish(s, SCALAR_BITS);
}
