/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a comparison tells of both its sides. Every comparison is brought to one of six: equal, not equal, a bit in common, none
 * in common, less and less-or-equal; "greater" is "less" with the sides changed, and false is the opposite's true.
 */
#include <linux/bpf.h>

#include "verify/scalar.h"

struct side {
	struct tnum t;
	struct range r;
};

/* An end that is the other's only number can be cut off. */
static void cut_number(struct range *r, u64 v, unsigned bits)
{
	s64 s = range_signed(v, bits);

	/* Cutting a range's last number leaves it empty, which the caller finds out. */
	if (r->umin == v && r->umax == v)
		r->umin = 1, r->umax = 0;
	else if (r->umin == v)
		r->umin++;
	else if (r->umax == v)
		r->umax--;
	if (r->smin < r->smax) {
		if (r->smin == s)
			r->smin++;
		else if (r->smax == s)
			r->smax--;
	}
}

static bool refine_equal(struct side *a, struct side *b)
{
	a->r = b->r = range_meet(a->r, b->r);
	if (!tnum_meet(a->t, b->t, &a->t))
		return false;
	b->t = a->t;
	return true;
}

static bool refine_differ(struct side *a, struct side *b, unsigned bits)
{
	if (!b->t.mask)
		cut_number(&a->r, b->t.value, bits);
	if (!a->t.mask)
		cut_number(&b->r, a->t.value, bits);
	return true;
}

/* a & b is not 0. */
static bool refine_common(struct side *a, struct side *b)
{
	u64 common = (a->t.value | a->t.mask) & (b->t.value | b->t.mask);

	if (!common)
		return false;
	if (common & (common - 1))
		return true;
	/* Only one bit can be it. */
	a->t = (struct tnum){ a->t.value | common, a->t.mask & ~common };
	b->t = (struct tnum){ b->t.value | common, b->t.mask & ~common };
	return true;
}

static bool refine_disjoint(struct side *a, struct side *b)
{
	if (a->t.value & b->t.value)
		return false;
	a->t.mask &= ~b->t.value;
	b->t.mask &= ~a->t.value;
	return true;
}

/* a < b, or a <= b. */
static bool refine_below(struct side *a, struct side *b, bool or_equal)
{
	u64 gap = or_equal ? 0 : 1;

	if (b->r.umax < gap || a->r.umin > UINT64_MAX - gap)
		return false;
	if (a->r.umax > b->r.umax - gap)
		a->r.umax = b->r.umax - gap;
	if (b->r.umin < a->r.umin + gap)
		b->r.umin = a->r.umin + gap;
	return true;
}

static bool refine_less(struct side *a, struct side *b, bool or_equal)
{
	s64 gap = or_equal ? 0 : 1;

	if (b->r.smax < INT64_MIN + gap || a->r.smin > INT64_MAX - gap)
		return false;
	if (a->r.smax > b->r.smax - gap)
		a->r.smax = b->r.smax - gap;
	if (b->r.smin < a->r.smin + gap)
		b->r.smin = a->r.smin + gap;
	return true;
}

static bool refine(u8 op, bool is_true, struct side *a, struct side *b, unsigned bits)
{
	switch (op) {
	case BPF_JEQ:
		return is_true ? refine_equal(a, b) : refine_differ(a, b, bits);
	case BPF_JNE:
		return is_true ? refine_differ(a, b, bits) : refine_equal(a, b);
	case BPF_JSET:
		return is_true ? refine_common(a, b) : refine_disjoint(a, b);
	case BPF_JLT:
		return is_true ? refine_below(a, b, false) : refine_below(b, a, true);
	case BPF_JLE:
		return is_true ? refine_below(a, b, true) : refine_below(b, a, false);
	case BPF_JGT:
		return is_true ? refine_below(b, a, false) : refine_below(a, b, true);
	case BPF_JGE:
		return is_true ? refine_below(b, a, true) : refine_below(a, b, false);
	case BPF_JSLT:
		return is_true ? refine_less(a, b, false) : refine_less(b, a, true);
	case BPF_JSLE:
		return is_true ? refine_less(a, b, true) : refine_less(b, a, false);
	case BPF_JSGT:
		return is_true ? refine_less(b, a, false) : refine_less(a, b, true);
	case BPF_JSGE:
		return is_true ? refine_less(b, a, true) : refine_less(a, b, false);
	default:
		return true;
	}
}

static struct side take(const struct scalar *s, bool is_half, unsigned bits)
{
	if (is_half)
		return (struct side){ tnum_cut(s->bits, bits / 2), s->low };
	return (struct side){ s->bits, s->full };
}

static bool put(struct scalar *s, struct side side, bool is_half, unsigned bits)
{
	u64 above = is_half ? tnum_all(bits) & ~tnum_all(bits / 2) : 0;

	s->bits = (struct tnum){ (s->bits.value & above) | side.t.value,
				 (s->bits.mask & above) | side.t.mask };
	if (is_half)
		s->low = side.r;
	else
		s->full = side.r;
	return !range_is_empty(side.r) && scalar_sync(s, bits);
}

bool scalar_branch(u8 op, bool is_true, struct scalar *a, struct scalar *b, bool is_half,
		   unsigned bits)
{
	struct side left = take(a, is_half, bits), right = take(b, is_half, bits);
	struct scalar new_a = *a, new_b = *b;

	if (!refine(op, is_true, &left, &right, is_half ? bits / 2 : bits) ||
	    !put(&new_a, left, is_half, bits) || !put(&new_b, right, is_half, bits))
		return false;
	*a = new_a;
	*b = new_b;
	return true;
}
